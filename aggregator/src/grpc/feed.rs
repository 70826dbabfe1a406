//! FeedService: one task per feed reads and checks what the fetcher says; the driver answers.

use std::error::Error as _;

use rollcall_proto::stream::Incoming;
use rollcall_proto::v1::{FeedRequest, FeedResponse};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Response, Status};

use crate::core::books::FeedKey;
use crate::core::event::Event;
use crate::core::fault::FeedFault;
use crate::core::inbound::{self, BatchLimits};
use crate::driver::{FeedStream, Handle};

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Feeds {
    handle: Handle,
    limits: BatchLimits,
}

impl Feeds {
    pub(super) const fn new(handle: Handle, limits: BatchLimits) -> Self {
        Self { handle, limits }
    }

    /// Opens a feed that says `messages`.
    pub(super) async fn feed(
        &self,
        messages: Incoming<FeedRequest>,
    ) -> Result<Response<ReceiverStream<Result<FeedResponse, Status>>>, Status> {
        let reading = CancellationToken::new();
        let (stream, words) = FeedStream::new(reading.clone());
        let feed = self.handle.open_feed(stream).await?;
        let reader = Reader {
            feed,
            handle: self.handle.clone(),
            limits: self.limits,
        };
        tokio::spawn(reader.run(messages, reading));
        Ok(Response::new(ReceiverStream::new(words)))
    }
}

/// Reads one feed.
struct Reader {
    feed: FeedKey,
    handle: Handle,
    limits: BatchLimits,
}

impl Reader {
    /// Reads until the fetcher or the driver ends the feed. Waits while the driver is busy, and so does
    /// the fetcher then.
    async fn run(self, mut messages: Incoming<FeedRequest>, reading: CancellationToken) {
        let read = async {
            loop {
                let event = match messages.message().await {
                    Ok(Some(message)) => match inbound::read(message, self.limits) {
                        Ok(message) => Event::Feed(self.feed, message),
                        Err(fault) => Event::FeedFault(self.feed, fault),
                    },
                    Ok(None) => break,
                    Err(status) => match unreadable(&status) {
                        Some(fault) => Event::FeedFault(self.feed, fault),
                        None => break,
                    },
                };
                if self.handle.tell(event).await.is_err() {
                    break;
                }
            }
        };
        // A driver that is gone needs no word any more.
        if reading.run_until_cancelled(read).await.is_some() {
            let _gone = self.handle.tell(Event::FeedClosed(self.feed)).await;
        }
    }
}

/// Whether a stream ended because of what was sent on it, not because the connection did.
///
/// OUT_OF_RANGE is a message above the limit, and INTERNAL without a source one that is no protobuf
/// ([`Incoming::message`]); the ends of connections carry their error as source.
fn unreadable(status: &Status) -> Option<FeedFault> {
    if status.code() == Code::OutOfRange {
        return Some(FeedFault::MessageTooLarge);
    }
    let no_protobuf = status.code() == Code::Internal && status.source().is_none();
    no_protobuf.then_some(FeedFault::NoProtobuf)
}
