//! grpcurl: a gRPC client that knows a server by reflection only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Deserializer, Value};
use tokio::process::Command;

use crate::provision::provision;
use crate::{command, scratch};

/// The module and version that is built.
const MODULE: &str = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3";

/// Download and build, on a busy machine.
const BUILD: Duration = Duration::from_secs(600);

/// One call.
const CALL: Duration = Duration::from_secs(30);

/// grpcurl, ready to run; clear text only.
#[derive(Debug, Clone)]
pub struct Grpcurl {
    binary: PathBuf,
}

impl Grpcurl {
    /// Builds grpcurl with Go, if it is not there.
    pub async fn get() -> Result<Self> {
        let directory = provision("tools/grpcurl", MODULE, install).await?;
        Ok(Self {
            binary: directory.join("grpcurl"),
        })
    }

    /// The binary.
    pub fn path(&self) -> &Path {
        &self.binary
    }

    /// The names of the server's services, or of one service's methods.
    pub async fn list(&self, address: &str, service: Option<&str>) -> Result<Vec<String>> {
        let mut words = vec!["-plaintext", address, "list"];
        words.extend(service);
        let listed = self.run(&words).await?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// The definition of a service, method or message, in protobuf's language.
    pub async fn describe(&self, address: &str, symbol: &str) -> Result<String> {
        self.run(&["-plaintext", address, "describe", symbol]).await
    }

    /// Calls `method` (`package.Service/Method`) with one request, and returns all messages of the answer, zeros
    /// included. A status other than OK is an error that tells it.
    pub async fn call(&self, address: &str, method: &str, request: &Value) -> Result<Vec<Value>> {
        let request = request.to_string();
        let words = [
            "-plaintext",
            "-emit-defaults",
            "-d",
            &request,
            address,
            method,
        ];
        let answer = self.run(&words).await?;
        let messages: serde_json::Result<Vec<Value>> =
            Deserializer::from_str(&answer).into_iter().collect();
        messages.with_context(|| format!("not a sequence of JSON documents: {answer}"))
    }

    /// Runs a line as a user types it into a shell, with grpcurl on the path; any exit code but 0 is an error.
    pub async fn shell(&self, line: &str) -> Result<String> {
        let directory = self.binary.parent().context("grpcurl is in a directory")?;
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("PATH", path_with(directory));
        command::stdout(shell, CALL).await
    }

    async fn run(&self, words: &[&str]) -> Result<String> {
        let mut grpcurl = Command::new(&self.binary);
        grpcurl.args(words);
        command::stdout(grpcurl, CALL).await
    }
}

/// The search path, with this directory before all others.
fn path_with(directory: &Path) -> OsString {
    let mut path = directory.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

async fn install(directory: &Path) -> Result<()> {
    let mut go = Command::new(go()?);
    go.args(["install", MODULE])
        .env("GOBIN", directory)
        .current_dir(directory);
    command::stdout(go, BUILD).await.map(drop)
}

/// The Go that `scripts/setup.sh` put under `target/` for want of another, else the one on the path.
pub(crate) fn go() -> Result<PathBuf> {
    let own = scratch::target()?.join("tools/go/bin/go");
    Ok(if own.exists() { own } else { "go".into() })
}
