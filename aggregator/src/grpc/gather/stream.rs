//! A gather's answer as a stream, which tells the driver what the client's connection has taken.
//!
//! A chunk counts as taken when the connection asks for what comes after it. So a client that does not
//! read holds back its own gather and nothing else.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rollcall_proto::ids::GatherId;
use rollcall_proto::packed;
use rollcall_proto::service::spans::Span;
use rollcall_proto::v1::{
    GatherBatch, GatherResponse, GatherSummary, gather_batch, gather_response,
};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::Status;

use super::span;
use crate::core::event::Event;
use crate::driver::Chunk;

/// The answer to one gather.
#[derive(Debug)]
pub(crate) struct GatherStream {
    gather: GatherId,
    plain: bool,
    chunks: mpsc::Receiver<Chunk>,
    progress: mpsc::Sender<Event>,
    batches: std::vec::IntoIter<GatherBatch>,
    stage: Stage,
    /// Ends with the stream.
    span: Span,
}

/// What the connection was given last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing that the driver waits for.
    Idle,
    /// Batches of a chunk.
    Chunk,
    /// The summary.
    Summary,
    /// The end; the driver knows.
    Over,
}

impl GatherStream {
    pub(super) fn new(
        gather: GatherId,
        plain: bool,
        chunks: mpsc::Receiver<Chunk>,
        progress: mpsc::Sender<Event>,
        span: Span,
    ) -> Self {
        Self {
            gather,
            plain,
            chunks,
            progress,
            batches: Vec::new().into_iter(),
            stage: Stage::Idle,
            span,
        }
    }

    /// The channel has room for all that a gather may say. Only a stream that was cut off can find it
    /// full, and of that one nobody wants to hear.
    fn say(&self, event: Event) {
        if let Err(error) = self.progress.try_send(event) {
            tracing::debug!(gather = self.gather.0, %error, "nobody hears about the answer");
        }
    }

    /// The connection asks for more: it has taken what it was given. Says whether that was all.
    fn taken(&mut self) -> bool {
        match self.stage {
            Stage::Idle => {}
            Stage::Chunk => {
                self.stage = Stage::Idle;
                self.say(Event::ChunkTaken(self.gather));
            }
            Stage::Summary => {
                self.stage = Stage::Over;
                self.say(Event::SummaryTaken(self.gather));
            }
            Stage::Over => {}
        }
        self.stage == Stage::Over
    }

    fn batch(&mut self, mut batch: GatherBatch) -> Result<GatherResponse, Status> {
        span::batch(&mut self.span, &batch);
        if let (true, Some(gather_batch::Records::Packed(records))) = (self.plain, &batch.records) {
            let plain =
                packed::plain(records).map_err(|error| Status::internal(error.to_string()))?;
            batch.records = Some(gather_batch::Records::Plain(plain));
        }
        Ok(GatherResponse {
            event: Some(gather_response::Event::Batch(batch)),
        })
    }
}

impl Stream for GatherStream {
    type Item = Result<GatherResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(batch) = self.batches.next() {
                return Poll::Ready(Some(self.batch(batch)));
            }
            if self.taken() {
                return Poll::Ready(None);
            }
            match ready!(self.chunks.poll_recv(context)) {
                Some(Chunk::Batches(batches)) => {
                    self.batches = batches.into_iter();
                    self.stage = Stage::Chunk;
                }
                Some(Chunk::Summary(summary)) => {
                    self.stage = Stage::Summary;
                    span::summary(&mut self.span, &summary);
                    return Poll::Ready(Some(Ok(end(summary))));
                }
                None => {
                    self.stage = Stage::Over;
                    let late = "the answer was not read in time";
                    self.span.fail(late);
                    return Poll::Ready(Some(Err(Status::aborted(late))));
                }
            }
        }
    }
}

impl Drop for GatherStream {
    fn drop(&mut self) {
        if self.stage != Stage::Over {
            self.span.fail("the client left before the end");
            self.say(Event::StreamEnded(self.gather));
        }
    }
}

fn end(summary: Arc<GatherSummary>) -> GatherResponse {
    let summary = Arc::unwrap_or_clone(summary);
    GatherResponse {
        event: Some(gather_response::Event::Summary(summary)),
    }
}
