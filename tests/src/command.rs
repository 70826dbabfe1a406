//! Running a command to its end, within a time.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;
use tokio::time::timeout;

/// What a command that ended left behind.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output, as text.
    pub stdout: String,
    /// All of its standard error, as text.
    pub stderr: String,
}

/// Runs `command` to its end, whatever its exit code. It is killed when it takes longer than `within`.
pub async fn output(mut command: Command, within: Duration) -> Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let shown = shown(&command);
    let ended = timeout(within, command.output())
        .await
        .with_context(|| format!("did not end within {within:?}: {shown}"))?
        .with_context(|| format!("could not start: {shown}"))?;
    Ok(Output {
        status: ended.status,
        stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
    })
}

/// Runs `command` to its end and returns its standard output; any exit code but 0 is an error that tells all it said.
pub async fn stdout(command: Command, within: Duration) -> Result<String> {
    let shown = shown(&command);
    let ended = output(command, within).await?;
    if !ended.status.success() {
        bail!(
            "{}: {shown}\nstdout: {}\nstderr: {}",
            ended.status,
            ended.stdout,
            ended.stderr
        );
    }
    Ok(ended.stdout)
}

/// The command line, as a reader would type it.
fn shown(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_failure_tells_the_command_and_all_it_said() {
        let failed = stdout(
            sh("echo to-out; echo to-err >&2; exit 3"),
            Duration::from_secs(10),
        )
        .await;
        let told = failed.unwrap_err().to_string();
        for part in [
            "exit status: 3",
            "sh -c",
            "stdout: to-out",
            "stderr: to-err",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told:?}");
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended() {
        let hung = output(sh("exec sleep 60"), Duration::from_millis(100)).await;
        assert!(
            hung.unwrap_err()
                .to_string()
                .starts_with("did not end within 100ms")
        );
    }
}
