//! What disturbs a broker: pause, kill, restart.

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::{Kafka, launch};

impl Kafka {
    /// Freezes the broker (SIGSTOP): its connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a frozen broker go on (SIGCONT).
    pub fn resume(&mut self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Kills the broker (SIGKILL), paused or not; its data stays for [`restart`](Self::restart).
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("the broker does not run")?;
        process.kill().map(drop)
    }

    /// Starts the broker again, at the same port, with the same data, and waits until it serves. One that still runs
    /// is killed first.
    pub async fn restart(&mut self) -> Result<()> {
        if self.process.is_some() {
            self.kill()?;
        }
        launch::serve(self).await
    }

    fn signal(&mut self, signal: Signal) -> Result<()> {
        self.process
            .as_mut()
            .context("the broker does not run")?
            .signal(signal)
    }
}
