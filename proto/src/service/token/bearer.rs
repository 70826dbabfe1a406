//! The caller's side: every call shows the token.

use std::path::Path;
use std::sync::Arc;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::{HEADER, SCHEME, TokenFault, TokenFile};
use crate::status::{Refusal, reason};

/// Shows the token of a file with every call; without a file it shows nothing.
#[derive(Clone, Debug, Default)]
pub struct Bearer(Option<Arc<TokenFile>>);

impl Bearer {
    /// Shows the token of this file, if there is one.
    ///
    /// # Errors
    /// When the file gives no token.
    pub fn of(path: Option<&Path>) -> Result<Self, TokenFault> {
        let file = path.map(TokenFile::open).transpose()?;
        Ok(Self(file.map(Arc::new)))
    }

    fn header(file: &TokenFile) -> Result<MetadataValue<Ascii>, Status> {
        let unfit = |why: String| Refusal::unauthenticated(reason::TOKEN_FILE_UNFIT, why);
        let token = file.token().map_err(|fault| unfit(fault.to_string()))?;
        let header: Result<MetadataValue<Ascii>, _> = format!("{SCHEME}{}", token.0).parse();
        // Every token is visible ASCII, which a header may have.
        let mut header = header.map_err(|_| unfit("the token fits no header".to_owned()))?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(file) = &self.0 {
            request.metadata_mut().insert(HEADER, Self::header(file)?);
        }
        Ok(request)
    }
}
