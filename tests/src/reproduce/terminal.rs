//! The second terminal: a shell with job control, and everything that is started in it.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::scratch;

/// Killed processes are gone within milliseconds.
const CLEARED: Duration = Duration::from_secs(30);

/// Runs the lines as they stand, in a directory in which `target` is Cargo's, with this PATH; what they print is
/// written to `output`. Says whether they came to their end within `limit`. Nothing that they started is left.
pub(super) async fn follow(
    lines: &str,
    path: &str,
    output: &Path,
    limit: Duration,
) -> Result<bool> {
    let home = scratch::directory("terminal")?;
    symlink(scratch::target()?, home.join("target")).context("could not link target")?;
    let recipe = home.join("recipe.sh");
    fs::write(&recipe, lines).context("could not write the recipe")?;

    let mut shell = Command::new("setsid");
    shell.args(["bash", "-c", include_str!("terminal.sh"), "terminal"]);
    shell.arg(&recipe).current_dir(&home).env("PATH", path);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped());
    shell.stderr(File::create(output).context("could not open the output")?);
    let mut shell = shell.spawn().context("could not start setsid bash")?;
    let open = shell.stdin.take();
    let mut closing = shell.stdout.take().context("standard output is piped")?;

    let ended = timeout(limit, shell.wait()).await;
    drop(open);
    timeout(CLEARED, closing.read_to_end(&mut Vec::new()))
        .await
        .context("processes of the recipe are left")?
        .context("could not wait for the end of the recipe's processes")?;
    match ended {
        Ok(status) => status.map(|_| true).context("could not wait for the shell"),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = env!("PATH");

    async fn printed(lines: &str, limit: Duration) -> (bool, String) {
        let output = scratch::directory("printed").unwrap().join("output");
        let has_ended = follow(lines, PATH, &output, limit).await.unwrap();
        (has_ended, fs::read_to_string(output).unwrap())
    }

    fn is_alive(pid: &str) -> bool {
        let state = fs::read_to_string(format!("/proc/{}/status", pid.trim()));
        state.is_ok_and(|status| !status.contains("State:\tZ"))
    }

    #[tokio::test]
    async fn jobs_are_told_by_number_and_what_is_left_of_them_ends_with_the_terminal() {
        // A job is a process group of its own, as at a terminal.
        // The shell may tell of the first one's end, and forget its number, before it is waited for: its id stays.
        let lines = "sleep 300 & first=$!\nsleep 301 | cat &\nkill %1\nwait $first\necho ended with $?\nkill -STOP %2\n\
                     ps -o pgid= $! | grep -qw $(jobs -p %2) && echo grouped\necho left $!\n";
        let (has_ended, printed) = printed(lines, Duration::from_secs(30)).await;
        assert!(has_ended && printed.contains("ended with 143"), "{printed}");
        assert!(printed.contains("grouped"), "{printed}");
        let (_, left) = printed.split_once("left ").unwrap();
        assert!(!is_alive(left), "{printed}");
    }

    #[tokio::test]
    async fn lines_that_do_not_end_are_cut_off() {
        let lines = "echo $$\nls -d target\nsleep 300\n";
        let (has_ended, printed) = printed(lines, Duration::from_secs(2)).await;
        let (shell, rest) = printed.split_once('\n').unwrap();
        assert!(!has_ended && rest == "target\n", "{printed}");
        assert!(!is_alive(shell), "{printed}");
    }
}
