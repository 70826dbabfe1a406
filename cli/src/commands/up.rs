//! `rollcall up`.

use crate::args::serve::UpArgs;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs.
pub async fn run(_args: UpArgs) -> Result<Exit, Failure> {
    Ok(Exit::Clear)
}
