//! Calls into librdkafka that block, from async code and within a time.

use std::sync::Arc;
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

/// A value whose end may block, such as a consumer that leaves its group: it ends on a thread of its own.
pub(crate) struct EndsElsewhere<T: Send + Sync + 'static>(Option<Arc<T>>);

impl<T: Send + Sync + 'static> EndsElsewhere<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(Arc::new(value)))
    }

    /// One more holder of the value, to be let go before this ends.
    pub(crate) fn share(&self) -> Option<Arc<T>> {
        self.0.clone()
    }
}

impl<T: Send + Sync + 'static> Drop for EndsElsewhere<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            let end = move || {
                let mut value = value;
                // Others that hold it let it go within moments.
                while let Err(held) = Arc::try_unwrap(value) {
                    value = held;
                    std::thread::park_timeout(Duration::from_millis(20));
                }
            };
            // Without a thread it ends here.
            let _ = std::thread::Builder::new().spawn(end);
        }
    }
}
