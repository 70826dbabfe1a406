//! The aggregator's end of a feed, played by the test.

use std::future::Future;
use std::time::Duration;

use rollcall_proto::limits;
use rollcall_proto::packed;
use rollcall_proto::v1;
use rollcall_proto::v1::feed_request::Event as Said;
use rollcall_proto::v1::feed_response::Event as Answer;
use rollcall_proto::v1::feed_service_server::{FeedService, FeedServiceServer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits, but not for ever.
pub(crate) async fn soon<T>(what: &str, wait: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {PATIENCE:?}"),
    }
}

struct Door(Sender<Feed>);

/// One open feed.
pub(crate) struct Feed {
    said: Streaming<v1::FeedRequest>,
    answers: Sender<Result<v1::FeedResponse, Status>>,
    /// Evidence that came while something else was waited for.
    pub(crate) evidence: Vec<Said>,
}

#[tonic::async_trait]
impl FeedService for Door {
    type FeedStream = ReceiverStream<Result<v1::FeedResponse, Status>>;

    async fn feed(
        &self,
        request: Request<Streaming<v1::FeedRequest>>,
    ) -> Result<Response<Self::FeedStream>, Status> {
        let (answers, stream) = channel(64);
        let feed = Feed {
            said: request.into_inner(),
            answers,
            evidence: Vec::new(),
        };
        self.0
            .send(feed)
            .await
            .map_err(|_| Status::unavailable("closed"))?;
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// The desk: where feeds arrive.
pub(crate) struct Desk {
    /// Where it listens.
    pub(crate) address: String,
    feeds: Receiver<Feed>,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (door, feeds) = channel(8);
        let service =
            FeedServiceServer::new(Door(door)).max_decoding_message_size(limits::MAX_MESSAGE_BYTES);
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        Self { address, feeds }
    }

    /// The next feed, welcomed by the only aggregator.
    pub(crate) async fn welcome(&mut self) -> (Feed, v1::Open) {
        self.welcome_as(0, 1).await
    }

    /// The next feed, welcomed by the aggregator of a lane.
    pub(crate) async fn welcome_as(&mut self, lane: u32, lanes: u32) -> (Feed, v1::Open) {
        let mut feed = soon("a feed", self.feeds.recv()).await.unwrap();
        let Some(Said::Open(open)) = feed.hear().await else {
            panic!("the first message is no open")
        };
        let welcome = v1::Welcome {
            incarnation: "desk".to_owned(),
            lane,
            lanes,
            batch_bytes: limits::BATCH_BYTES,
            max_record_bytes: limits::MAX_RECORD_BYTES,
            pulse_interval: Some(prost_types::Duration {
                seconds: 1,
                nanos: 0,
            }),
        };
        feed.answer(Answer::Welcome(welcome)).await;
        (feed, open)
    }
}

/// A batch as it came, read.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) epoch: u64,
    pub(crate) partition: i32,
    pub(crate) first: i64,
    pub(crate) next: i64,
    pub(crate) values: Vec<String>,
}

impl Feed {
    /// The next message; `None` when the fetcher ended the stream.
    pub(crate) async fn hear(&mut self) -> Option<Said> {
        let said = soon("a message", self.said.message()).await;
        said.ok().flatten().and_then(|m| m.event)
    }

    pub(crate) async fn answer(&self, answer: Answer) {
        // A fetcher that has gone hears nothing.
        let _gone = self
            .answers
            .send(Ok(v1::FeedResponse {
                event: Some(answer),
            }))
            .await;
    }

    /// The next message that `pick` takes; evidence is put aside, anything else is a failure.
    pub(crate) async fn until<T>(&mut self, what: &str, pick: impl Fn(&Said) -> Option<T>) -> T {
        let search = async {
            loop {
                let said = self
                    .hear()
                    .await
                    .unwrap_or_else(|| panic!("the feed ended before {what}"));
                if let Some(found) = pick(&said) {
                    return found;
                }
                match said {
                    Said::Pulse(_) | Said::Probed(_) | Said::Committed(_) | Said::History(_) => {
                        self.evidence.push(said)
                    }
                    other => panic!("{other:?} came instead of {what}"),
                }
            }
        };
        soon(what, search).await
    }

    pub(crate) async fn claim(&mut self) -> v1::Claim {
        self.until("a claim", |said| match said {
            Said::Claim(claim) => Some(claim.clone()),
            _ => None,
        })
        .await
    }

    /// Grants a claim from its own floor on.
    pub(crate) async fn grant(&self, claim: &v1::Claim, epoch: u64) {
        self.grant_from(claim, epoch, claim.committed).await;
    }

    pub(crate) async fn grant_from(&self, claim: &v1::Claim, epoch: u64, floor: i64) {
        self.answer(Answer::Claimed(v1::Claimed {
            partition: claim.partition,
            generation: claim.generation,
            epoch,
            floor,
            settled: Vec::new(),
            refused: None,
            standby: false,
            written: Vec::new(),
        }))
        .await;
    }

    pub(crate) async fn credit(&self, cumulative_bytes: u64) {
        self.answer(Answer::Credit(v1::Credit { cumulative_bytes }))
            .await;
    }

    pub(crate) async fn batch(&mut self) -> Got {
        self.until("a batch", |said| match said {
            Said::Batch(batch) => Some(read(batch)),
            _ => None,
        })
        .await
    }

    /// Batches until a partition has come to `next`.
    pub(crate) async fn values_until(&mut self, next: i64) -> Vec<String> {
        let mut values = Vec::new();
        loop {
            let got = self.batch().await;
            values.extend(got.values);
            if got.next >= next {
                return values;
            }
        }
    }

    pub(crate) async fn settle(
        &self,
        partition: i32,
        epoch: u64,
        first_offset: i64,
        next_offset: i64,
    ) {
        let ranges = vec![v1::OffsetRange {
            first_offset,
            next_offset,
        }];
        self.answer(Answer::Settled(v1::Settled {
            partition,
            epoch,
            ranges,
            ..v1::Settled::default()
        }))
        .await;
    }

    /// Waits until a commit of the offset was taken by Kafka.
    pub(crate) async fn committed(&mut self, partition: i32, offset: i64) {
        self.until("a commit", |said| match said {
            Said::Committed(committed) => committed
                .partitions
                .iter()
                .any(|c| c.partition == partition && c.offset == offset && c.failure.is_none())
                .then_some(()),
            _ => None,
        })
        .await;
    }

    /// The history, which may have come already.
    pub(crate) async fn history(&mut self) -> v1::History {
        let pick = |said: &Said| match said {
            Said::History(history) => Some(history.clone()),
            _ => None,
        };
        let came = self.evidence.iter().find_map(pick);
        match came {
            Some(history) => history,
            None => self.until("the history", pick).await,
        }
    }

    /// The next pulse that holds, whatever comes before it.
    pub(crate) async fn lossy_pulse(
        &mut self,
        what: &str,
        holds: impl Fn(&v1::Pulse) -> bool,
    ) -> v1::Pulse {
        let search = async {
            loop {
                match self.hear().await {
                    Some(Said::Pulse(pulse)) if holds(&pulse) => return pulse,
                    Some(_) => {}
                    None => panic!("the feed ended before {what}"),
                }
            }
        };
        soon(what, search).await
    }

    pub(crate) async fn pulse(
        &mut self,
        what: &str,
        holds: impl Fn(&v1::Pulse) -> bool,
    ) -> v1::Pulse {
        self.until(what, |said| match said {
            Said::Pulse(pulse) if holds(pulse) => Some(pulse.clone()),
            _ => None,
        })
        .await
    }
}

fn read(batch: &v1::Batch) -> Got {
    let packed = batch.packed.as_ref().unwrap();
    let records = packed::records(packed).unwrap();
    let text =
        |value: Option<&[u8]>| String::from_utf8(value.unwrap_or_default().to_vec()).unwrap();
    Got {
        epoch: batch.epoch,
        partition: packed.partition,
        first: packed.first_offset,
        next: packed.next_offset,
        values: records.map(|r| text(r.value)).collect(),
    }
}
