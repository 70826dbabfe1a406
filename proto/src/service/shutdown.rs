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
