//! Watching the status: the present one, and one after every change, at most five times a second.

use std::time::Duration;

use rollcall_proto::v1::{StatusView, WatchStatusResponse};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::whole;
use crate::core::roster::TopicKey;
use crate::driver::{Gone, Handle};

/// Shortest time between two states.
const PACE: Duration = Duration::from_millis(200);
/// States that wait for the watcher: one. Whatever changes while it waits is in the next one.
const STATES: usize = 1;

/// What is watched.
pub(super) struct Watch {
    pub(super) handle: Handle,
    pub(super) topics: Vec<TopicKey>,
    pub(super) timeout: Option<Duration>,
    pub(super) view: StatusView,
}

impl Watch {
    /// Watches until the watcher or the driver is gone; `place` is given back then.
    pub(super) fn start(
        self,
        place: OwnedSemaphorePermit,
    ) -> ReceiverStream<Result<WatchStatusResponse, Status>> {
        let (states, seen) = mpsc::channel(STATES);
        tokio::spawn(async move {
            let _place = place;
            let watching = self.run(&states);
            tokio::select! {
                () = states.closed() => {}
                Err(gone) = watching => drop(states.try_send(Err(gone.into()))),
            }
        });
        ReceiverStream::new(seen)
    }

    async fn run(
        &self,
        states: &mpsc::Sender<Result<WatchStatusResponse, Status>>,
    ) -> Result<(), Gone> {
        let mut changed = self.handle.changed();
        loop {
            changed.mark_unchanged();
            // A slow watcher holds its place first: the state is as new as possible when it goes out.
            let Ok(place) = states.reserve().await else {
                return Ok(());
            };
            let (topics, timeout) = (self.topics.clone(), self.timeout);
            let status = whole::status(&self.handle, topics, timeout, self.view).await?;
            place.send(Ok(WatchStatusResponse {
                status: Some(status),
            }));
            tokio::time::sleep(PACE).await;
            changed.changed().await.map_err(|_| Gone)?;
        }
    }
}
