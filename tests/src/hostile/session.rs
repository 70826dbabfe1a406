//! The fetcher's door for the aggregator, and its edge: answers and events in any order, read from bytes.

use std::time::Duration;

use prost::Message as _;
use rollcall_fetcher::StartPolicy;
use rollcall_fetcher::core::facts::{
    CommitAnswer, CommitOutcome, CutBatch, LogFacts, Refused, Resolved, Suspect,
};
use rollcall_fetcher::core::membership::Membership;
use rollcall_fetcher::core::session::{Action, Identity, Session};
use rollcall_proto::ids::{LeaderEpoch, LogPosition, Offset, Partition, Topic, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, feed_response};

use super::cursor::Cursor;
use super::{Target, packed};

pub(super) const TARGET: Target = Target {
    name: "session",
    what: "bytes as what a fetcher hears of the aggregator, the group and its client",
    try_input,
    seeds,
    words: &["\u{0}", "\u{1}\u{0}", "\u{2}\u{0}"],
};

/// Events of one input.
const EVENTS: usize = 300;
/// Messages that may wait, whatever comes: what is evidence is bounded, and a claim or a release belongs to an event.
const MESSAGES: usize = 5_000;

fn try_input(bytes: &[u8]) {
    let mut bytes = Cursor::new(bytes);
    let mut stage = Stage::new();
    for _ in 0..EVENTS {
        if bytes.is_empty() {
            break;
        }
        stage.next(&mut bytes);
        stage.perform();
    }
    stage.drain();
}

struct Stage {
    session: Session,
    now: Moment,
    placed: [u64; 3],
    tickets: u64,
}

impl Stage {
    fn new() -> Self {
        let now = Moment::from_millis(100_000_000);
        let identity = Identity {
            open: v1::Open {
                max_record_bytes: 1 << 20,
                lanes: 1,
                ..v1::Open::default()
            },
            topic: Topic::new("t").expect("it is a topic's name"),
            policy: StartPolicy::Earliest,
            membership: Membership::Group,
        };
        Self {
            session: Session::new(identity, Duration::from_secs(1), now),
            now,
            placed: [0; 3],
            tickets: 0,
        }
    }

    fn next(&mut self, bytes: &mut Cursor<'_>) {
        let (session, now) = (&mut self.session, self.now);
        let partition = Partition(bytes.choice(3).into());
        match bytes.choice(14) {
            0 => session.connected(),
            1 => session.disconnected(now),
            2..=4 => session.received(answer(bytes), now),
            5 => session.assign(&[partition], now),
            6 => session.revoke(&[partition], bytes.bool(), now),
            7 => session.resolved(&resolved(partition, bytes), now),
            8 => {
                let answer = self.commit(partition, bytes);
                self.session.committed(answer, now);
            }
            9 => self.batch(partition, bytes),
            10 => {
                let (placement, at) = (self.placement(partition, bytes), offset(bytes));
                let end = LogPosition::of_unknown_epoch(at);
                self.session.reached_end(partition, placement, end, now);
            }
            11 => {
                let suspect = Suspect {
                    partition,
                    placement: self.placement(partition, bytes),
                    next_offset: offset(bytes),
                    certain: bytes.bool(),
                    refused: bytes.bool().then(|| Refused {
                        end: bytes.bool().then(|| position(bytes)),
                    }),
                };
                self.session.stalled(&[suspect], now);
            }
            12 => self.end(bytes),
            _ => self.pass(Duration::from_millis(20 * u64::from(bytes.byte()))),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.session.tick_if_due(self.now);
        self.drain();
    }

    fn end(&mut self, bytes: &mut Cursor<'_>) {
        match bytes.choice(4) {
            0 => self
                .session
                .leave(self.now + Duration::from_secs(5), self.now),
            1 => self.session.client_lost(self.now),
            2 => self.session.client_built(),
            _ => self.drain(),
        }
    }

    /// Everything that waits is sent, and there is an end to it.
    fn drain(&mut self) {
        for _ in 0..MESSAGES {
            if self.session.next_message(self.now).is_none() {
                return;
            }
        }
        panic!("more than {MESSAGES} messages wait");
    }

    fn perform(&mut self) {
        for action in self.session.take_actions() {
            if let Action::Place {
                partition,
                placement,
                ..
            } = action
            {
                let at = usize::try_from(partition.0).expect("partitions are 0 to 2");
                self.placed[at] = placement;
            } else if let Action::Commit { ticket, .. } = action {
                self.tickets = ticket;
            }
        }
    }

    /// The present placement, or any.
    fn placement(&self, partition: Partition, bytes: &mut Cursor<'_>) -> u64 {
        let at = usize::try_from(partition.0).expect("partitions are 0 to 2");
        match bytes.choice(4) {
            0 => bytes.unsigned(),
            _ => self.placed[at],
        }
    }

    fn batch(&mut self, partition: Partition, bytes: &mut Cursor<'_>) {
        let generation = self.placement(partition, bytes);
        let first = bytes.integer().clamp(0, 1 << 40);
        let count = 1 + i64::from(bytes.choice(5));
        let mut packed = packed::batch(first, count, 1, bytes.byte().into());
        packed.partition = partition.0;
        let batch = CutBatch {
            generation,
            packed,
            first_timestamp_ms: Some(bytes.integer()),
            last_timestamp_ms: None,
            first_record: Offset::known(first).unwrap_or_default(),
            behind: position(bytes),
        };
        self.session.batch(batch, self.now);
    }

    fn commit(&self, partition: Partition, bytes: &mut Cursor<'_>) -> CommitAnswer {
        let outcome = match bytes.choice(4) {
            0 => CommitOutcome::Taken,
            1 => CommitOutcome::Fenced("fenced".to_owned()),
            2 => CommitOutcome::NoCoordinator("away".to_owned()),
            _ => CommitOutcome::Refused(bytes.small(), bytes.text(&["no"])),
        };
        CommitAnswer {
            ticket: if bytes.bool() {
                self.tickets
            } else {
                bytes.unsigned()
            },
            offsets: [(partition, offset(bytes))].into(),
            outcome,
        }
    }
}

fn offset(bytes: &mut Cursor<'_>) -> Offset {
    Offset::known(bytes.integer()).unwrap_or_default()
}

fn place(bytes: &mut Cursor<'_>) -> v1::LogPosition {
    v1::LogPosition {
        offset: bytes.integer(),
        leader_epoch: bytes.small(),
    }
}

fn position(bytes: &mut Cursor<'_>) -> LogPosition {
    LogPosition {
        offset: offset(bytes),
        leader_epoch: LeaderEpoch::known(bytes.small()),
    }
}

fn resolved(partition: Partition, bytes: &mut Cursor<'_>) -> Resolved {
    let facts = LogFacts {
        committed: bytes.bool().then(|| offset(bytes)),
        committed_epoch: LeaderEpoch::known(bytes.small()),
        committed_for: TopicId::new(&bytes.text(&["first-id", ""])),
        log_start: offset(bytes),
        high_watermark: offset(bytes),
        last_stable: bytes.bool().then(|| offset(bytes)),
    };
    let facts = if bytes.choice(8) == 0 {
        Err("away".to_owned())
    } else {
        Ok(facts)
    };
    Resolved {
        topic_id: TopicId::new(&bytes.text(&["first-id", "", "second-id"])),
        partitions: vec![(partition, facts)],
    }
}

/// Something that an aggregator says, or bytes that are taken for it.
fn answer(bytes: &mut Cursor<'_>) -> v1::FeedResponse {
    use feed_response::Event as Said;
    let event = match bytes.choice(7) {
        0 => Said::Welcome(v1::Welcome {
            batch_bytes: bytes.unsigned(),
            max_record_bytes: bytes.unsigned(),
            pulse_interval: bytes.duration(),
            lanes: 1,
            ..v1::Welcome::default()
        }),
        1 => Said::Claimed(v1::Claimed {
            partition: bytes.small(),
            generation: bytes.unsigned(),
            epoch: bytes.unsigned(),
            floor: bytes.integer(),
            settled: (0..bytes.choice(3)).map(|_| range(bytes)).collect(),
            refused: None,
            standby: bytes.bool(),
            written: (0..bytes.choice(3)).map(|_| place(bytes)).collect(),
        }),
        2 => Said::Credit(v1::Credit {
            cumulative_bytes: bytes.unsigned(),
        }),
        3 => Said::Settled(v1::Settled {
            partition: bytes.small(),
            epoch: bytes.unsigned(),
            ranges: (0..bytes.choice(3)).map(|_| range(bytes)).collect(),
            ..v1::Settled::default()
        }),
        4 => Said::Probe(v1::Probe {
            probe_id: bytes.unsigned(),
            ..v1::Probe::default()
        }),
        5 => Said::Drain(v1::Drain {
            deadline: bytes.duration(),
        }),
        _ => return v1::FeedResponse::decode(bytes.slice()).unwrap_or_default(),
    };
    v1::FeedResponse { event: Some(event) }
}

fn range(bytes: &mut Cursor<'_>) -> v1::OffsetRange {
    v1::OffsetRange {
        first_offset: bytes.integer(),
        next_offset: bytes.integer(),
    }
}

/// A fetcher that is welcomed, owns a partition, claims it, and sends a batch that is settled.
fn seeds() -> Vec<Vec<u8>> {
    let connected = [0, 0];
    let welcome = [0, 2, 0, 206, 206, 0, 0, 0];
    let credit = [0, 2, 2, 206];
    let assign = [0, 5];
    let resolved = [0, 7, 0, 0, 0, 10, 0, 1, 0];
    let proof = [0, 8, 0, 1, 0];
    let claimed = [0, 2, 1, 0, 1, 1, 0, 0];
    let batch = [0, 9, 1, 0, 2, 5, 0];
    let settled = [0, 2, 3, 0, 1, 1, 0, 3];
    let head = [
        &connected[..],
        &welcome,
        &credit,
        &assign,
        &resolved,
        &proof,
    ]
    .concat();
    vec![
        [&head[..], &claimed, &batch, &settled, &[0, 13, 60]].concat(),
        [&head[..], &claimed, &batch, &[0, 1], &connected, &welcome].concat(),
    ]
}
