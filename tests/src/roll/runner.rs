//! One service that can be started again as it was.

use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{Service, UP, listening};

/// A service may drain for a while when it is asked to end.
const END: Duration = Duration::from_secs(15);

/// A binary, its arguments and variables, and the process while there is one.
#[derive(Debug)]
pub struct Runner {
    binary: &'static str,
    args: Vec<String>,
    environment: Vec<(String, String)>,
    listens: bool,
    service: Option<Service>,
}

impl Runner {
    /// Not started yet.
    pub fn new(
        binary: &'static str,
        args: Vec<String>,
        environment: Vec<(String, String)>,
    ) -> Self {
        Self {
            binary,
            args,
            environment,
            listens: true,
            service: None,
        }
    }

    /// The same, of a binary that listens to nobody: its start is not waited for.
    pub fn without_port(mut self) -> Self {
        self.listens = false;
        self
    }

    /// Starts it, for the first time or again, and waits until it listens: from then on it ends in order when asked to.
    pub async fn start(&mut self) -> Result<()> {
        ensure!(self.service.is_none(), "{} runs already", self.binary);
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        let variables = self.environment.iter();
        let environment: Vec<(&str, &str)> = variables
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut service = Service::start_with(self.binary, &args, &environment).await?;
        if self.listens {
            service.line("where it listens", UP, listening("")).await?;
        }
        self.service = Some(service);
        Ok(())
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        let mut service = self.service.take().context("it does not run")?;
        service.kill()
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        let mut service = self.service.take().context("it does not run")?;
        service.terminate()?;
        service.end(END).await
    }

    /// Freezes it (SIGSTOP).
    pub fn pause(&mut self) -> Result<()> {
        self.running()?.pause()
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&mut self) -> Result<()> {
        self.running()?.resume()
    }

    /// The process.
    pub fn running(&mut self) -> Result<&mut Service> {
        let binary = self.binary;
        self.service
            .as_mut()
            .with_context(|| format!("{binary} does not run"))
    }

    /// How it ended and what it said, when it ended by itself.
    pub fn ended(&mut self) -> Result<Option<String>> {
        let service = self.running()?;
        let Some(status) = service.ended()? else {
            return Ok(None);
        };
        Ok(Some(format!("{status}: {}", service.stderr()?)))
    }
}
