//! The service's side: who shows no token is not let in.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::{HEADER, SCHEME, TokenFault, TokenFile};
use crate::status::{Refusal, reason};

/// When to come again while the gate itself has no token.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Lets the calls in that show the token of a file; without a file it lets in everybody.
#[derive(Clone, Debug, Default)]
pub struct Gate(Option<Arc<Door>>);

#[derive(Debug)]
struct Door {
    file: TokenFile,
    refused: AtomicU64,
}

/// Why there can be no gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGate {
    /// Its token file is unfit.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// Everybody could call.
    #[error(
        "whoever reaches {0} could call, since there is no token file: set --token-file (ROLLCALL_TOKEN_FILE, \
         or token_file in the settings' file), or listen on a loopback address"
    )]
    Open(SocketAddr),
}

impl Gate {
    /// The gate of a service that listens on `address`. Only on the loopback may it stand open.
    ///
    /// # Errors
    /// When the file gives no token, or when there must be one.
    pub fn of(address: SocketAddr, path: Option<&Path>) -> Result<Self, NoGate> {
        match path {
            Some(path) => {
                let door = Door {
                    file: TokenFile::open(path)?,
                    refused: AtomicU64::new(0),
                };
                Ok(Self(Some(Arc::new(door))))
            }
            None if is_loopback(address.ip()) => Ok(Self(None)),
            None => Err(NoGate::Open(address)),
        }
    }

    /// Whether calls need a token.
    pub const fn is_shut(&self) -> bool {
        self.0.is_some()
    }
}

/// Whether only this machine reaches an address; ::ffff:127.0.0.1 is one of those too.
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

impl Interceptor for Gate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let Some(door) = &self.0 else {
            return Ok(request);
        };
        if let Err(refusal) = door.check(request.metadata()) {
            door.tell(&refusal, request.remote_addr());
            return Err(refusal.into());
        }
        // Nobody behind the gate has a use for it.
        request.metadata_mut().remove(HEADER);
        Ok(request)
    }
}

impl Door {
    fn check(&self, metadata: &MetadataMap) -> Result<(), Refusal> {
        let token = self.file.token().map_err(|_| {
            let why =
                "the aggregator's own token file is unfit, so nobody is let in; its log says why";
            Refusal::unavailable(reason::TOKEN_UNKNOWN, why, RETRY_AFTER)
        })?;
        let shown = metadata.get(HEADER).ok_or_else(|| {
            let why = "calls need a token: --token-file (or ROLLCALL_TOKEN_FILE) for rollcall's own programs, \
                       the header `authorization: Bearer TOKEN` for others";
            Refusal::unauthenticated(reason::TOKEN_MISSING, why)
        })?;
        let shown = shown.to_str().ok().and_then(bearer).ok_or_else(|| {
            let why = "the authorization is no bearer token: it reads `Bearer TOKEN`";
            Refusal::unauthenticated(reason::TOKEN_MALFORMED, why)
        })?;
        match token.is(shown) {
            true => Ok(()),
            false => {
                let why = "the token is another than the aggregator's: compare the token files";
                Err(Refusal::unauthenticated(reason::TOKEN_WRONG, why))
            }
        }
    }

    /// Says it in the log, ever more rarely: whoever may not call must not fill the disk either.
    fn tell(&self, refusal: &Refusal, from: Option<SocketAddr>) {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        if refused.is_power_of_two() {
            let from = from.map(|address| address.to_string());
            tracing::warn!(refused, from, why = %refusal, "a call was not let in");
        }
    }
}

/// The token in a header's text.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_at_checked(SCHEME.len())?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case(SCHEME) && !token.is_empty()).then_some(token)
}
