//! A fresh playground, as `make playground` starts it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{Service, binary};

/// Two brokers and rollcall on a busy machine; the first time Kafka and grpcurl are fetched too.
const UP: Duration = Duration::from_secs(900);

/// Brokers are killed, files removed.
const END: Duration = Duration::from_secs(60);

/// A playground that runs; dropping it ends it.
#[derive(Debug)]
pub(super) struct Playground {
    process: Service,
    path: String,
}

impl Playground {
    /// Starts it, and waits until it says how to use it.
    pub(super) async fn start() -> Result<Self> {
        let command = Command::new(binary("playground").await?);
        let mut process = Service::spawn("playground", command)?;
        let bin = process.line("its PATH", UP, |line| bin(line).map(str::to_owned));
        let bin = bin.await?;
        let inherited = std::env::var("PATH").context("there is no PATH")?;
        Ok(Self {
            process,
            path: format!("{bin}:{inherited}"),
        })
    }

    /// The PATH that it prints.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Ends it, as Ctrl-C in its terminal does.
    pub(super) async fn end(mut self) -> Result<()> {
        self.process.interrupt()?;
        let status = self.process.end(END).await?;
        ensure!(status.success(), "the playground ended with {status}");
        Ok(())
    }
}

/// The directory in the line `export PATH=/the/directory:$PATH`.
fn bin(line: &str) -> Option<&str> {
    line.trim()
        .strip_prefix("export PATH=")?
        .strip_suffix(":$PATH")
}

#[cfg(test)]
mod tests {
    use super::bin;

    #[test]
    fn the_directory_of_the_tools_is_read_from_the_line_that_is_printed() {
        assert_eq!(bin("  export PATH=/a/bin:$PATH"), Some("/a/bin"));
        assert_eq!(bin("  rollcall status"), None);
    }
}
