//! A recording on its way to whoever asked for it: the past, then what comes, then the end.

use std::time::Duration;

use rollcall_proto::status::{Refusal, reason};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{RecordResponse, TraceEnd, TraceLine, trace_line};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::core::trace::log::Traced;
use crate::driver::Recording;
use crate::grpc::RETRY_AFTER;

/// Messages that wait for the reader.
const MESSAGES: usize = 4;
/// Bytes of lines after which a message is full.
const MESSAGE_BYTES: usize = 64 << 10;
/// Lines of one message.
const MESSAGE_LINES: usize = 200;

/// Streams a recording; `place` is given back at its end. For ever without `duration`.
pub(super) fn start(
    recording: Recording,
    duration: Option<Duration>,
    place: OwnedSemaphorePermit,
) -> ReceiverStream<Result<RecordResponse, Status>> {
    let (messages, seen) = mpsc::channel(MESSAGES);
    tokio::spawn(async move {
        let _place = place;
        let until = duration.map(|duration| Instant::now() + duration);
        let mut stream = Stream {
            zero: recording.zero,
            lines: 1,
            missed: 0,
            at: None,
            waiting: RecordResponse {
                header: Some(recording.header),
                lines: Vec::new(),
            },
            bytes: 0,
            messages,
        };
        // A reader that is gone needs to be told nothing.
        let _ = stream.run(recording.past, recording.lines, until).await;
    });
    ReceiverStream::new(seen)
}

struct Stream {
    zero: Moment,
    lines: u64,
    missed: u64,
    /// The time of the last line.
    at: Option<prost_types::Duration>,
    waiting: RecordResponse,
    bytes: usize,
    messages: mpsc::Sender<Result<RecordResponse, Status>>,
}

/// The reader is gone.
struct Gone;

impl Stream {
    async fn run(
        &mut self,
        past: Vec<Traced>,
        mut lines: mpsc::Receiver<Traced>,
        until: Option<Instant>,
    ) -> Result<(), Gone> {
        for traced in past {
            self.take(&traced);
            if self.is_full() {
                self.send().await?;
            }
        }
        self.send().await?;
        loop {
            let next = tokio::select! {
                () = self.messages.closed() => return Err(Gone),
                next = lines.recv() => next,
                () = sleep_until(until) => return self.end().await,
            };
            let Some(traced) = next else {
                return self.cut_off().await;
            };
            self.take(&traced);
            while !self.is_full() {
                let Ok(traced) = lines.try_recv() else { break };
                self.take(&traced);
            }
            self.send().await?;
        }
    }

    fn take(&mut self, traced: &Traced) {
        match traced.to_line(self.zero) {
            Some(line) => {
                self.bytes += prost::Message::encoded_len(&line);
                self.lines += 1;
                self.at = line.at;
                self.waiting.lines.push(line);
            }
            None => self.missed += 1,
        }
    }

    fn is_full(&self) -> bool {
        self.bytes >= MESSAGE_BYTES || self.waiting.lines.len() >= MESSAGE_LINES
    }

    async fn send(&mut self) -> Result<(), Gone> {
        let message = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        self.messages.send(Ok(message)).await.map_err(|_| Gone)
    }

    async fn end(&mut self) -> Result<(), Gone> {
        let end = TraceEnd {
            lines: self.lines,
            missed: self.missed,
        };
        self.waiting.lines.push(TraceLine {
            at: self.at,
            line: Some(trace_line::Line::End(end)),
            ..TraceLine::default()
        });
        self.send().await
    }

    /// Cut off by the driver, or the driver is gone: the reader sees which by the status.
    async fn cut_off(&mut self) -> Result<(), Gone> {
        let text =
            "the recording was cut off: it was not read fast enough, or the aggregator stops";
        let refusal = Refusal::exhausted(reason::RECORDING_CUT_OFF, text, RETRY_AFTER);
        self.messages
            .send(Err(refusal.into()))
            .await
            .map_err(|_| Gone)
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rollcall_proto::v1::TraceHeader;
    use tokio::sync::Semaphore;
    use tokio_stream::StreamExt as _;
    use tonic::Code;

    use super::*;

    #[tokio::test]
    async fn a_reader_that_was_cut_off_is_told_so_and_leaves_its_place_to_another() {
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().unwrap();
        let (sender, lines) = mpsc::channel(1);
        let recording = Recording {
            header: TraceHeader::default(),
            zero: Moment::default(),
            past: Vec::new(),
            lines,
        };
        let mut stream = start(recording, None, place);
        let first = stream.next().await.unwrap().unwrap();
        assert!(first.header.is_some());
        drop(sender);
        let refusal = stream.next().await.unwrap().unwrap_err();
        assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
        assert!(stream.next().await.is_none());
        let _free = places.acquire().await.unwrap();
    }
}
