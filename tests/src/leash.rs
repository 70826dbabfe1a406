//! A process on a leash: it never outlives the one that started it.
//!
//! A static never drops in Rust, and nothing drops when a process is killed, so `Drop` alone would leave brokers behind.
//! The leash is a pipe which only the starting process holds open: the kernel closes it at any kind of end, and a watcher
//! (three lines of shell, see `leash.sh`) that waits for it kills the process. `PR_SET_PDEATHSIG` was not taken: it
//! needs `unsafe`, and fires when the *thread* ends that forked, which under libtest is the end of one test.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// A running process; dropping it kills it.
#[derive(Debug)]
pub struct Leashed {
    child: Child,
    /// Held open while the process may live. Closing it kills the process; a line through it lets the watcher go.
    leash: Option<ChildStdin>,
}

impl Leashed {
    /// Starts `command` with empty standard input, its output appended to the two files (which may be the same).
    ///
    /// Only program, arguments, environment and working directory are taken from `command`. The process gets a process
    /// group of its own, so that a signal to the tests' group reaches it through the leash only.
    pub fn start(command: &Command, stdout: &Path, stderr: &Path) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", include_str!("leash.sh"), "leash"]);
        shell.arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(key, value),
                None => shell.env_remove(key),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            shell.current_dir(directory);
        }
        shell.process_group(0).stdin(Stdio::piped());
        shell.stdout(append(stdout)?).stderr(append(stderr)?);
        let mut child = shell
            .spawn()
            .with_context(|| format!("could not start {command:?}"))?;
        let leash = child.stdin.take();
        Ok(Self { child, leash })
    }

    /// The process id; it stays the process's own until this value has seen it end.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the process ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let ended = self
            .child
            .try_wait()
            .context("could not ask for the process's end")?;
        if ended.is_some() {
            self.release();
        }
        Ok(ended)
    }

    /// Whether the process has ended; what Linux counted of it can be read until [`Leashed::ended`] takes note of the end.
    pub fn is_over(&self) -> Result<bool> {
        let looks = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let over = waitid(WaitId::Pid(Pid::from_child(&self.child)), looks);
        let over = over.with_context(|| format!("no news of process {}", self.pid()))?;
        Ok(over.is_some())
    }

    /// Sends a signal to this process alone.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        ensure!(self.ended()?.is_none(), "process {} has ended", self.pid());
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("could not send {signal:?} to process {}", self.pid()))
    }

    /// Kills the process and waits for its end, which for SIGKILL is a matter of milliseconds.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.child.kill().context("could not kill the process")?;
        let status = self
            .child
            .wait()
            .context("could not wait for the killed process")?;
        self.release();
        Ok(status)
    }

    /// Lets the watcher go: the process was reaped, and its id may soon be another's.
    fn release(&mut self) {
        if let Some(mut leash) = self.leash.take() {
            // A watcher that is gone needs no release.
            let _ = leash.write_all(b"\n");
        }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        // A failure leaves the leash in place: its end, when this value is gone, kills the process.
        let _ = self.kill();
    }
}

fn append(path: &Path) -> Result<File> {
    let opened = File::options().create(true).append(true).open(path);
    opened.with_context(|| format!("could not open {}", path.display()))
}
