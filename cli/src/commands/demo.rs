//! `rollcall demo`.

use crate::args::serve::DemoArgs;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs.
pub async fn run(_args: DemoArgs) -> Result<Exit, Failure> {
    Ok(Exit::Clear)
}
