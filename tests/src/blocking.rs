//! Calls into librdkafka that block, from async code and within a time.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Runs `call` on a thread of its own and waits for it for at most `within`.
///
/// Not on tokio's blocking pool: some calls (a synchronous commit against a frozen broker) have no timeout of their own,
/// and a runtime cannot end before its blocking pool is idle. A thread that is late is left behind.
pub(crate) async fn blocking<T: Send + 'static>(
    what: &str,
    within: Duration,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let run = move || {
        // Nobody waits any more when the time was up.
        let _ = answer.send(call());
    };
    std::thread::Builder::new()
        .name(what.to_owned())
        .spawn(run)
        .context("could not start a thread")?;
    let in_time = timeout(within, answered).await;
    in_time
        .with_context(|| format!("not within {within:?}: {what}"))?
        .with_context(|| format!("panicked: {what}"))
}
