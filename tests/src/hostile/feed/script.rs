//! Feeds, gathers, settlements and clocks in any order, read from bytes.

use std::time::Duration;

use prost::Message as _;
use rollcall_aggregator::core::books::FeedKey;
use rollcall_aggregator::core::event::{Action, Call, CallId, Event};
use rollcall_aggregator::core::roster::Roster;
use rollcall_aggregator::core::terms;
use rollcall_proto::ids::{GatherId, Topic};
use rollcall_proto::v1::{self, feed_request};

use super::Stage;
use crate::hostile::cursor::Cursor;
use crate::hostile::{Target, packed};

pub(in crate::hostile) const TARGET: Target = Target {
    name: "feed-script",
    what: "bytes as events of the roll: feeds, gathers, settlements, time",
    try_input,
    seeds,
    words: &["\u{0}\u{0}\u{0}", "\u{1}\u{1}", "\u{3}\u{1}", "\u{6}\u{0}"],
};

/// Texts that mean something.
const NAMES: [&str; 4] = ["t", "u", "", "first-id"];
/// Events of one input.
const EVENTS: usize = 200;

fn try_input(bytes: &[u8]) {
    let mut bytes = Cursor::new(bytes);
    let mut script = Script {
        stage: Stage::new(),
        gathers: 0,
    };
    for _ in 0..EVENTS {
        if bytes.is_empty() {
            break;
        }
        script.next(&mut bytes);
    }
    script.stage.pass(Duration::from_secs(3600));
}

struct Script {
    stage: Stage,
    gathers: u64,
}

impl Script {
    fn next(&mut self, bytes: &mut Cursor<'_>) {
        let kind = bytes.choice(13);
        let feed = FeedKey(u64::from(bytes.choice(3)));
        let gather = GatherId(u64::from(bytes.choice(6)));
        match kind {
            0..=6 => {
                let event = said(kind, bytes);
                self.stage.say(feed, v1::FeedRequest { event });
            }
            7 => self.gather(bytes),
            8 => {
                let ranges = (0..bytes.choice(4)).map(|_| range(bytes)).collect();
                drop(self.stage.apply(Event::Settle(CallId(1), ranges, None)));
            }
            9 => drop(self.stage.apply(Event::ChunkTaken(gather))),
            10 => drop(self.stage.apply(Event::SummaryTaken(gather))),
            11 => {
                let event = match bytes.choice(3) {
                    0 => Event::FeedClosed(feed),
                    1 => Event::StreamEnded(gather),
                    _ => Event::Stop,
                };
                drop(self.stage.apply(event));
            }
            _ => self
                .stage
                .pass(Duration::from_millis(40 * u64::from(bytes.byte()))),
        }
    }

    fn gather(&mut self, bytes: &mut Cursor<'_>) {
        let request = v1::GatherRequest {
            topics: (0..bytes.choice(3)).map(|_| bytes.text(&NAMES)).collect(),
            timeout: bytes.duration(),
            max_records: Some(u32::try_from(bytes.integer()).unwrap_or(u32::MAX)),
            max_bytes: Some(bytes.unsigned()),
            close: bytes.small(),
            delivery: bytes.small(),
            lease: bytes.duration(),
            ..v1::GatherRequest::default()
        };
        let topics = ["t", "u"].map(|name| Topic::new(name).expect("it is a topic's name"));
        let read = terms::read(&request, &Roster::new(topics), Duration::from_secs(1));
        let Ok(terms) = read else { return };
        self.gathers += 1;
        let call = Call {
            gather: GatherId(self.gathers),
            terms,
            settle: vec![range(bytes)],
        };
        let actions = self.stage.apply(Event::Gather(Box::new(call)));
        assert!(!actions.is_empty(), "a call is admitted or refused");
        let reads = bytes.bool();
        for action in actions.into_iter().filter(|_| reads) {
            if let Action::Chunk(gather, _) = action {
                self.stage.apply(Event::ChunkTaken(gather));
            }
        }
    }
}

/// A message of a fetcher.
fn said(kind: u8, bytes: &mut Cursor<'_>) -> Option<feed_request::Event> {
    use feed_request::Event as Said;
    let said = match kind {
        0 => Said::Open(v1::Open {
            topic: bytes.text(&NAMES),
            fetcher_id: bytes.text(&NAMES),
            group: bytes.text(&["g"]),
            topic_id: bytes.text(&NAMES),
            ..v1::Open::default()
        }),
        1 => Said::Claim(claim(bytes)),
        2 => Said::Release(v1::Release {
            partition: bytes.small(),
            epoch: bytes.unsigned(),
        }),
        3 => Said::Batch(v1::Batch {
            epoch: bytes.unsigned(),
            packed: Some(batch(bytes)),
            first_timestamp_ms: Some(bytes.integer()),
            last_timestamp_ms: Some(bytes.integer()),
            leader_epoch: bytes.bool().then(|| bytes.small()),
            ..v1::Batch::default()
        }),
        4 => Said::Committed(v1::Committed {
            partitions: vec![v1::CommittedPartition {
                partition: bytes.small(),
                offset: bytes.integer(),
                failure: bytes.bool().then(|| bytes.text(&NAMES)),
            }],
        }),
        5 => Said::Probed(probed(bytes)),
        _ => return v1::FeedRequest::decode(bytes.slice()).ok()?.event,
    };
    Some(said)
}

fn claim(bytes: &mut Cursor<'_>) -> v1::Claim {
    v1::Claim {
        partition: bytes.small(),
        generation: bytes.unsigned(),
        topic_id: bytes.text(&["first-id", ""]),
        committed: bytes.integer(),
        sent: bytes.integer(),
        settled: (0..bytes.choice(4)).map(|_| offsets(bytes)).collect(),
        proven: bytes.bool(),
        started_from: bytes.small(),
        lost: bytes.bool().then(|| offsets(bytes)),
        cut_at: bytes.bool().then(|| bytes.integer()),
    }
}

/// A batch that holds together, or one with numbers of its own.
fn batch(bytes: &mut Cursor<'_>) -> v1::PackedBatch {
    let (first, count) = (
        bytes.integer().clamp(0, 1 << 40),
        i64::from(bytes.choice(8)),
    );
    let step = 1 + i64::from(bytes.choice(3));
    let mut batch = packed::batch(first, count.max(1), step, bytes.byte().into());
    batch.partition = bytes.small();
    if bytes.choice(8) == 0 {
        batch.next_offset = bytes.integer();
        batch.record_count = u32::try_from(bytes.integer()).unwrap_or(u32::MAX);
    }
    batch
}

fn probed(bytes: &mut Cursor<'_>) -> v1::Probed {
    v1::Probed {
        probe_id: bytes.unsigned(),
        age: bytes.duration(),
        topic_exists: bytes.bool().then(|| bytes.bool()),
        topic_id: bytes.text(&NAMES),
        partitions: (0..bytes.choice(3))
            .map(|_| v1::ProbedPartition {
                partition: bytes.small(),
                log_start: Some(bytes.integer()),
                high_watermark: Some(bytes.integer()),
                ..v1::ProbedPartition::default()
            })
            .collect(),
        ..v1::Probed::default()
    }
}

fn offsets(bytes: &mut Cursor<'_>) -> v1::OffsetRange {
    v1::OffsetRange {
        first_offset: bytes.integer(),
        next_offset: bytes.integer(),
    }
}

fn range(bytes: &mut Cursor<'_>) -> v1::SettleRange {
    v1::SettleRange {
        topic: bytes.text(&NAMES),
        topic_id: bytes.text(&["first-id", ""]),
        partition: bytes.small(),
        first_offset: bytes.integer(),
        next_offset: bytes.integer(),
        outcome: bytes.small(),
        lease_id: bytes.unsigned(),
    }
}

/// A feed that opens, claims and sends; a gather over it; an ack; time.
fn seeds() -> Vec<Vec<u8>> {
    let open = [0, 0, 0, 0, 0, 0, 3];
    let claim = [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0];
    let batch = [3, 0, 0, 1, 0, 3, 0, 10, 0, 1, 1, 1];
    let gather = [
        7, 0, 0, 1, 0, 1, 0, 1, 10, 206, 2, 0, 1, 0, 1, 0, 0, 0, 0, 3, 0, 0, 1,
    ];
    let settle = [8, 0, 0, 1, 0, 0, 0, 0, 3, 1, 1];
    let time = [12, 0, 0, 200];
    vec![
        [&open[..], &claim, &batch, &gather, &settle, &time].concat(),
        [
            &open[..],
            &claim,
            &batch,
            &batch,
            &time,
            &gather,
            &[10, 0, 1],
        ]
        .concat(),
    ]
}
