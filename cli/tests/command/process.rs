//! Running the command, in bounded time.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// Longer than anything here takes; a command that hangs is killed then.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines that wait to be looked at.
const LINES: usize = 10_000;

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it said beside.
    pub(crate) stderr: String,
}

/// The command with its arguments, without the environment's settings.
pub(crate) fn rollcall(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.args(arguments.split_whitespace());
    command
        .env_remove("ROLLCALL_SERVER")
        .env_remove("RUST_LOG")
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    command
}

/// Runs the command to its end.
pub(crate) async fn run(arguments: &str) -> Ended {
    let mut command = rollcall(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let Output {
        status,
        stdout,
        stderr,
    } = tokio::time::timeout(PATIENCE, output)
        .await
        .unwrap()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code: status.code(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

/// A command that is looked at while it runs; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(arguments: &str) -> Self {
        let mut child = rollcall(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits for a line on stdout that has `part`; all lines up to it.
    pub(crate) async fn printed(&mut self, part: &str) -> Vec<String> {
        until(&self.stdout, part).await
    }

    /// Waits for a line on stderr that has `part`; all lines up to it.
    pub(crate) async fn said(&mut self, part: &str) -> Vec<String> {
        until(&self.stderr, part).await
    }

    /// Sends SIGINT, as Ctrl-C does; the exit code, and how long it took.
    pub(crate) async fn interrupt(&mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), begun.elapsed());
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(LINES);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                // Nobody looks any more; the pipe must not fill all the same.
                let _ = reader.read_to_string(&mut line);
            }
        }
    });
    receiver
}

async fn until(lines: &Receiver<String>, part: &str) -> Vec<String> {
    let begun = Instant::now();
    let mut seen = Vec::new();
    loop {
        match lines.try_recv() {
            Ok(line) => {
                let found = line.contains(part);
                seen.push(line.trim_end().to_owned());
                if found {
                    return seen;
                }
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "no line has {part:?}: {seen:#?}"
        );
    }
}
