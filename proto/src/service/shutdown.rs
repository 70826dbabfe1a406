//! When to stop: SIGTERM (a supervisor asks) or SIGINT (Ctrl-C).

use std::fmt;
use std::future::Future;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// What asked the process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGINT.
    Interrupt,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        })
    }
}

/// Listens for the signals from this call on; the future ends with the first that comes. The process
/// no longer dies of either signal by itself: whoever calls this ends it.
///
/// # Errors
/// When the handlers cannot be set up.
pub fn requested() -> io::Result<impl Future<Output = Signal> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => Signal::Terminate,
            _ = interrupt.recv() => Signal::Interrupt,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, id};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_supervisors_signal_asks_the_process_to_stop() {
        let asked = requested().unwrap();
        let pid = id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
        let limit = Duration::from_secs(10);
        let signal = tokio::time::timeout(limit, asked).await.unwrap();
        assert_eq!(signal.to_string(), "SIGTERM");
    }
}
