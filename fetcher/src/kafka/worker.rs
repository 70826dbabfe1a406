//! An OS thread with a bounded inbox. librdkafka's calls block, so none runs on the runtime's threads.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How often a joining thread looks whether another has ended.
const JOIN_STEP: Duration = Duration::from_millis(5);

/// A thread and the way to ask it something. It ends when this is dropped, after what it is doing.
#[derive(Debug)]
pub(crate) struct Worker<R> {
    inbox: SyncSender<R>,
    thread: JoinHandle<()>,
}

impl<R: Send + 'static> Worker<R> {
    /// Starts a thread that takes requests until there can be no more.
    pub(crate) fn start(
        name: &str,
        capacity: usize,
        body: impl FnOnce(&Receiver<R>) + Send + 'static,
    ) -> io::Result<Self> {
        let (inbox, requests) = sync_channel(capacity);
        let thread = Builder::new()
            .name(name.to_owned())
            .spawn(move || body(&requests))?;
        Ok(Self { inbox, thread })
    }

    /// Asks something; a full inbox means that as much is on its way already.
    pub(crate) fn ask(&self, request: R) -> bool {
        match self.inbox.try_send(request) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Lets the thread end, and gives its handle.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.thread
    }
}

/// Waits for threads to end, at most `patience` in all. One that hangs in a call without a timeout (a
/// commit to a frozen broker) is left behind. Tells how many were.
pub(crate) fn join_all(threads: Vec<JoinHandle<()>>, patience: Duration) -> usize {
    // By the clock: on a machine that is too busy each sleep is several times as long.
    let until = Instant::now() + patience;
    while Instant::now() < until && threads.iter().any(|t| !t.is_finished()) {
        std::thread::sleep(JOIN_STEP);
    }
    threads.iter().filter(|t| !t.is_finished()).count()
}
