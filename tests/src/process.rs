//! Rollcall's own binaries as processes: start, listen, read what they say, signal, end.

mod binaries;
mod held;
mod listening;
mod usage;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use crate::leash::Leashed;
use crate::wait::eventually;
use crate::{command, scratch};

pub use binaries::binary;
pub use held::HeldThread;
pub use listening::listening;
pub use usage::Usage;

/// A debug build on a busy machine is up within this.
pub const UP: Duration = Duration::from_secs(30);

/// A running binary of the workspace. Dropping it kills it; its output stays if the test panics.
#[derive(Debug)]
pub struct Service {
    name: String,
    process: Leashed,
    home: PathBuf,
}

impl Service {
    /// Starts `binary` (such as `rollcall-aggregator`) with these arguments.
    pub async fn start(binary: &str, args: &[&str]) -> Result<Self> {
        Self::start_with(binary, args, &[]).await
    }

    /// Starts `binary` with these arguments and environment variables, its colours off.
    pub async fn start_with(
        binary: &str,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let mut command = Command::new(self::binary(binary).await?);
        command.args(args).env("LC_ALL", "C");
        command.envs(environment.iter().copied());
        Self::spawn(binary, command)
    }

    /// Starts any command, under a name of the caller's choice, its colours off.
    pub fn spawn(name: &str, mut command: Command) -> Result<Self> {
        command.env("NO_COLOR", "1");
        let home = scratch::directory(name)?;
        let process = Leashed::start(&command, &home.join("stdout"), &home.join("stderr"))?;
        Ok(Self {
            name: name.to_owned(),
            process,
            home,
        })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it uses of the machine.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid())
    }

    /// Its standard output so far.
    pub fn stdout(&self) -> Result<String> {
        self.read("stdout")
    }

    /// Its standard error so far.
    pub fn stderr(&self) -> Result<String> {
        self.read("stderr")
    }

    /// The first line of its output, standard output before standard error, of which `parse` makes something; waits for
    /// it, and fails at once when the process ends without it. For ports: [`listening`].
    pub async fn line<T>(
        &mut self,
        what: &str,
        within: Duration,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        let what = format!("{} says {what}", self.name);
        let said = eventually(&what, within, async || {
            // The end is asked for first: all that a process wrote is there once it is seen to have ended.
            let ended = self.process.ended()?;
            let output = self.stdout()? + &self.stderr()?;
            match (output.lines().find_map(&parse), ended) {
                (Some(found), _) => Ok(Ok(found)),
                (None, Some(status)) => Ok(Err(format!("{status}; it said:\n{output}"))),
                (None, None) => bail!("it said:\n{output}"),
            }
        });
        said.await?
            .map_err(|ended| anyhow::anyhow!("{what}: but it ended with {ended}"))
    }

    /// Asks it to end, as Kubernetes does (SIGTERM).
    pub fn terminate(&mut self) -> Result<()> {
        self.process.signal(Signal::TERM)
    }

    /// Asks it to end, as Ctrl-C does (SIGINT).
    pub fn interrupt(&mut self) -> Result<()> {
        self.process.signal(Signal::INT)
    }

    /// Freezes it (SIGSTOP).
    pub fn pause(&mut self) -> Result<()> {
        self.process.signal(Signal::STOP)
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&mut self) -> Result<()> {
        self.process.signal(Signal::CONT)
    }

    /// Holds one of its threads, whose name begins so, while the others go on.
    pub async fn hold_thread(&self, name: &str) -> Result<HeldThread> {
        HeldThread::hold(self.pid(), name).await
    }

    /// Kills it (SIGKILL), frozen or not.
    pub fn kill(&mut self) -> Result<()> {
        ensure!(
            self.process.ended()?.is_none(),
            "{} has ended by itself",
            self.name
        );
        self.process.kill().map(drop)
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Waits for its end.
    pub async fn end(&mut self, within: Duration) -> Result<ExitStatus> {
        eventually(&format!("{} ends", self.name), within, async || {
            self.process.ended()?.context("it still runs")
        })
        .await
    }

    /// Waits for its end; how it ended, and the CPU time of its whole life.
    pub async fn end_and_cpu(&mut self, within: Duration) -> Result<(ExitStatus, Duration)> {
        let what = format!("{} ends", self.name);
        let cpu = eventually(&what, within, async || {
            ensure!(self.process.is_over()?, "it still runs");
            Usage::cpu_of(self.pid())
        });
        let cpu = cpu.await?;
        let status = self.process.ended()?;
        Ok((status.context("it ended, and still runs")?, cpu))
    }

    fn read(&self, stream: &str) -> Result<String> {
        let bytes = fs::read(self.home.join(stream))
            .with_context(|| format!("could not read the {stream}"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Runs `binary` to its end, whatever its exit code: for the command line tool.
pub async fn run(binary: &str, args: &[&str], within: Duration) -> Result<command::Output> {
    run_with(binary, args, &[], within).await
}

/// The same, with more variables.
pub async fn run_with(
    binary: &str,
    args: &[&str],
    environment: &[(String, String)],
    within: Duration,
) -> Result<command::Output> {
    let mut command = tokio::process::Command::new(self::binary(binary).await?);
    command.args(args).env("NO_COLOR", "1").env("LC_ALL", "C");
    command.envs(environment.iter().cloned());
    command::output(command, within).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_process_used_is_known_when_it_has_ended() {
        let mut sh = Command::new("sh");
        sh.args([
            "-c",
            "at=0; while [ $at -lt 300000 ]; do at=$((at + 1)); done; exit 3",
        ]);
        let mut counts = Service::spawn("counts", sh).unwrap();
        let (status, cpu) = counts.end_and_cpu(UP).await.unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(cpu >= Duration::from_millis(20), "{cpu:?}");
    }
}
