//! Where the workspace's binaries are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::{command, scratch};

/// Set by `make test`, which has built them: the directory of the binaries.
const BUILT: &str = "TEST_ROLLCALL_BINARIES";

/// From nothing, librdkafka included, on a busy machine.
const BUILD: Duration = Duration::from_secs(900);

/// The path of a binary of this workspace, of the same profile as the test itself.
///
/// Cargo tells a test only of the binaries of its own package, so they are built here, once per test binary: a test
/// never runs yesterday's binary, and nothing happens when they are up to date.
pub async fn binary(name: &str) -> Result<PathBuf> {
    static DIRECTORY: OnceCell<PathBuf> = OnceCell::const_new();
    let directory = DIRECTORY.get_or_try_init(directory).await?;
    let binary = directory.join(name);
    ensure!(
        binary.exists(),
        "no binary {name} in {}",
        directory.display()
    );
    Ok(binary)
}

async fn directory() -> Result<PathBuf> {
    match std::env::var_os(BUILT) {
        Some(built) => Ok(built.into()),
        None => build(&beside_this_test()?).await,
    }
}

/// `target/debug` of `target/debug/deps/fixture-0123456789abcdef`, and of `target/debug/six-zeros`.
fn beside_this_test() -> Result<PathBuf> {
    let test = std::env::current_exe().context("the test binary's own path is unknown")?;
    let directory = test
        .parent()
        .and_then(|directory| match directory.ends_with("deps") {
            true => directory.parent(),
            false => Some(directory),
        });
    Ok(directory
        .context("the test binary is not in a target directory")?
        .to_owned())
}

async fn build(directory: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--workspace", "--bins"])
        .current_dir(scratch::workspace());
    if directory
        .file_name()
        .is_some_and(|profile| profile == "release")
    {
        cargo.arg("--release");
    }
    command::stdout(cargo, BUILD)
        .await
        .context("could not build the binaries")?;
    Ok(directory.to_owned())
}
