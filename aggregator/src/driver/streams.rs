//! The driver's ends of the streams.

use std::sync::Arc;
use std::time::Duration;

use rollcall_proto::limits::SILENT;
use rollcall_proto::status::{Refusal, reason};
use rollcall_proto::v1::{FeedResponse, GatherBatch, GatherSummary, feed_response};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::FEED_WORDS;
use crate::core::event::FeedEnd;
use crate::core::fault::{self, FeedFault};

/// A part of a gather's answer.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Records.
    Batches(Vec<GatherBatch>),
    /// The end.
    Summary(Arc<GatherSummary>),
}

/// What a fetcher is told, as its response stream sends it.
pub(crate) type FeedWords = mpsc::Receiver<Result<FeedResponse, Status>>;

/// The driver's end of a feed.
#[derive(Debug)]
pub(crate) struct FeedStream {
    words: mpsc::Sender<Result<FeedResponse, Status>>,
    /// Ends the task that reads the fetcher's messages.
    reading: CancellationToken,
}

impl FeedStream {
    /// Both ends of a feed.
    pub(crate) fn new(reading: CancellationToken) -> (Self, FeedWords) {
        let (words, heard) = mpsc::channel(FEED_WORDS);
        (Self { words, reading }, heard)
    }

    /// Tells the fetcher something.
    pub(super) fn tell(&self, event: feed_response::Event) -> Result<(), FeedFault> {
        let word = FeedResponse { event: Some(event) };
        match self.words.try_send(Ok(word)) {
            // A stream that has ended says so through its reading side.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(FeedFault::Deaf(FEED_WORDS)),
        }
    }

    /// Ends the feed; what was said before still goes out.
    pub(super) fn end(self, end: Option<FeedEnd>) {
        if let Some(status) = end.and_then(status) {
            // A full channel belongs to a fetcher that does not read: it would not read this either.
            drop(self.words.try_send(Err(status)));
        }
        self.reading.cancel();
    }
}

/// The status that a feed ends with; `None` for an orderly end.
fn status(end: FeedEnd) -> Option<Status> {
    match end {
        FeedEnd::Replaced => None,
        FeedEnd::Silent => {
            let why = format!("nothing was heard for {SILENT:?}, and another fetcher takes over");
            Some(Refusal::unavailable(reason::FEED_SILENT, why, Duration::ZERO).into())
        }
        FeedEnd::Fault(fault) => Some(refusal(&fault).into()),
    }
}

/// What a feed that broke the protocol, or counts other lanes, is told.
fn refusal(fault: &FeedFault) -> Refusal {
    let message = fault.to_string();
    if let FeedFault::LanesDisagree { said, lane } = fault {
        return Refusal::failed_precondition(reason::LANES_DISAGREE, message)
            .with("lanes_of_the_fetcher", said)
            .with("lanes", lane.of);
    }
    if let FeedFault::NotInThisLane { partition, lane } = fault {
        return Refusal::failed_precondition(reason::NOT_IN_THIS_LANE, message)
            .with("partition", partition)
            .with("lane_of_the_partition", fault::home(partition, lane))
            .with("lane", lane.number)
            .with("lanes", lane.of);
    }
    Refusal::feed_fault(message).with("fault", fault.count().name())
}
