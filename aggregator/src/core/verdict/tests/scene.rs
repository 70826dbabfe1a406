//! A topic with a fetcher, second by second, for the tests of the rules.

use std::time::{Duration, SystemTime};

use rollcall_proto::ids::{Epoch, LeaseId, Offset, Partition, Topic};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::books::{ClaimBooks, FeedKey, LeaseBooks, PartitionBooks, TopicBooks};
use crate::core::evidence::wire::wire_duration;
use crate::core::evidence::{OperatorWords, TopicEvidence};
use crate::core::verdict::{Ask, Detail, Judgement, SlotOutcome, judge};

pub(super) const FEED: FeedKey = FeedKey(1);
pub(super) const EMPTY_SLOT: Option<SlotOutcome> = Some(SlotOutcome {
    records: 0,
    capped: None,
});
/// Wall-clock time of the scene's beginning.
pub(super) const BEGAN: Duration = Duration::from_secs(1_700_000_000);

/// One partition's log and reader.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) start: i64,
    pub(super) high: i64,
    pub(super) stable: Option<i64>,
    pub(super) next: Option<i64>,
    pub(super) committed: Option<i64>,
    /// A, where it is not N.
    pub(super) handed_over: Option<i64>,
    pub(super) pulse: v1::PartitionPulse,
    pub(super) probe_failure: Option<String>,
    pub(super) leader: Option<i32>,
}

/// A topic, its fetcher, and what is asked about it.
pub(super) struct Scene {
    pub(super) evidence: TopicEvidence,
    pub(super) books: TopicBooks,
    pub(super) now: Moment,
    pub(super) timeout: Duration,
    pub(super) slot: Option<SlotOutcome>,
    pub(super) logs: Vec<Log>,
    pub(super) pulse: v1::Pulse,
    pub(super) probe: v1::Probed,
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn wire(seconds: u64) -> Option<prost_types::Duration> {
    Some(wire_duration(secs(seconds)))
}

pub(super) fn open() -> v1::Open {
    v1::Open {
        fetcher_id: "fetcher-1".into(),
        topic: "CAR-ORDER".into(),
        topic_id: "topic-id-1".into(),
        group: "group".into(),
        client_id: "rollcall-1".into(),
        host: "host-1".into(),
        group_protocol: "consumer".into(),
        isolation_level: v1::IsolationLevel::ReadUncommitted.into(),
        fetch_wait: wire_duration(Duration::from_millis(500)).into(),
        bootstrap_servers: "kafka:9092".into(),
        ..Default::default()
    }
}

pub(super) fn claim(partition: i32, committed: i64) -> v1::Claim {
    v1::Claim {
        partition,
        topic_id: "topic-id-1".into(),
        committed,
        sent: committed,
        proven: true,
        started_from: v1::StartedFrom::Commit.into(),
        ..Default::default()
    }
}

impl Log {
    /// 100 records, all read.
    fn read_to_the_end() -> Self {
        let pulse = v1::PartitionPulse {
            leader: Some(1),
            leader_up: true,
            assigned: true,
            ..Default::default()
        };
        Self {
            start: 0,
            high: 100,
            stable: None,
            next: Some(100),
            committed: Some(100),
            handed_over: None,
            pulse,
            probe_failure: None,
            leader: Some(1),
        }
    }
}

impl Scene {
    /// An aggregator that started an hour ago, and nothing else.
    pub(super) fn bare() -> Self {
        let started = Moment::new(secs(3_600));
        let topic = Topic::new("CAR-ORDER").unwrap();
        let wall = SystemTime::UNIX_EPOCH + BEGAN;
        Self {
            evidence: TopicEvidence::new(topic, OperatorWords::default(), started, wall),
            books: TopicBooks::default(),
            now: started + secs(3_600),
            timeout: secs(1),
            slot: EMPTY_SLOT,
            logs: Vec::new(),
            pulse: v1::Pulse {
                statistics_age: wire(0),
                group: Some(v1::GroupState {
                    state: "up".into(),
                    join_state: "steady".into(),
                    member_id: "member-1".into(),
                    ..Default::default()
                }),
                brokers_up: 1,
                brokers_known: 1,
                ..Default::default()
            },
            probe: v1::Probed {
                age: wire(0),
                took: wire(0),
                topic_exists: Some(true),
                topic_id: "topic-id-1".into(),
                brokers: 1,
                ..Default::default()
            },
        }
    }

    /// A fetcher that holds partitions of 100 records each and has read all of them, for 30 s.
    pub(super) fn caught_up(partitions: i32) -> Self {
        Self::caught_up_with(&open(), partitions)
    }

    pub(super) fn caught_up_with(open: &v1::Open, partitions: i32) -> Self {
        let mut scene = Self::bare();
        scene.evidence.feed_opened(FEED, open, scene.now);
        for partition in 0..partitions {
            scene.logs.push(Log::read_to_the_end());
            scene.claim(&claim(partition, 100));
        }
        scene.tick(30);
        scene
    }

    /// A log of 100 records, all read.
    pub(super) fn log(&self) -> Log {
        Log::read_to_the_end()
    }

    /// The claim of one partition, in evidence and books.
    pub(super) fn claim(&mut self, claim: &v1::Claim) {
        let partition = Partition(claim.partition);
        self.evidence.claimed(partition, FEED, claim, self.now);
        let floor = Offset::known(claim.committed).unwrap();
        let held = ClaimBooks {
            epoch: Epoch(1),
            feed: FEED,
            since: self.now,
        };
        let books = PartitionBooks {
            claim: Some(held),
            floor,
            received: floor,
            ..Default::default()
        };
        self.books.partitions.insert(partition, books);
    }

    /// Seconds go by, each with a pulse and a probe.
    pub(super) fn tick(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now + secs(1);
            self.pulse();
            self.probe();
        }
    }

    /// Time goes by in silence.
    pub(super) fn silence(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }

    pub(super) fn pulse(&mut self) {
        let mut pulse = self.pulse.clone();
        pulse.partitions = self
            .logs
            .iter()
            .zip(0..)
            .map(|(log, partition)| v1::PartitionPulse {
                partition,
                next_offset: log.next,
                handed_over: log.handed_over.or(log.next),
                committed: log.committed,
                ..log.pulse.clone()
            })
            .collect();
        self.evidence.pulse(FEED, &pulse, self.now);
    }

    pub(super) fn probe(&mut self) {
        let mut probe = self.probe.clone();
        probe.partitions = self
            .logs
            .iter()
            .zip(0..)
            .map(|(log, partition)| v1::ProbedPartition {
                partition,
                high_watermark: log.probe_failure.is_none().then_some(log.high),
                last_stable_offset: log.stable,
                log_start: Some(log.start),
                next_offset: log.next,
                failure: log.probe_failure.clone(),
                leader: log.leader,
                leader_address: "kafka-2:9092".into(),
                committed: None,
                commit_known: false,
                failure_kind: v1::ErrorKind::Unspecified.into(),
            })
            .collect();
        self.evidence.probed(FEED, &probe, self.now);
    }

    /// A record arrives, is read, and is settled at once.
    pub(super) fn arrive(&mut self, partition: i32) {
        let log = &mut self.logs[partition as usize];
        let first = log.high;
        log.high += 1;
        log.next = Some(log.high);
        log.committed = Some(log.high);
        let next = log.high;
        let millis = self.evidence.wall().millis(self.now);
        self.evidence.batch(
            Partition(partition),
            &batch(partition, first, next, millis),
            self.now,
        );
        let books = self
            .books
            .partitions
            .get_mut(&Partition(partition))
            .unwrap();
        books.received = Offset::known(next).unwrap();
        books.floor = books.received;
    }

    /// Records every `gap` milliseconds, `count` of them, with pulses and probes once a second.
    pub(super) fn rhythm(&mut self, gap: u64, count: u64) {
        let mut since_tick = 0;
        for _ in 0..count {
            self.arrive(0);
            self.silence(gap);
            since_tick += gap;
            if since_tick >= 1_000 {
                since_tick = 0;
                self.pulse();
                self.probe();
            }
        }
        self.pulse();
        self.probe();
    }

    /// The partition is out on a lease, since so many seconds.
    pub(super) fn lease(&mut self, partition: i32, unacked: u64, since: u64) {
        let books = self
            .books
            .partitions
            .get_mut(&Partition(partition))
            .unwrap();
        books.unacked_records = unacked;
        books.lease = Some(LeaseBooks {
            lease: LeaseId(7),
            client: "client-7".into(),
            since: self.now.before(secs(since)),
            remaining: Some(secs(12)),
            range: OffsetRange::from_raw(100, 100 + unacked as i64).unwrap(),
        });
    }

    pub(super) fn book(&mut self, partition: i32) -> &mut PartitionBooks {
        self.books
            .partitions
            .get_mut(&Partition(partition))
            .unwrap()
    }

    pub(super) fn error(&mut self, kind: v1::ErrorKind, first_age: u64) {
        self.pulse.errors.push(v1::LatchedError {
            kind: kind.into(),
            code: -1,
            text: "what the client said".into(),
            first_age: wire(first_age),
            last_age: wire(0),
            count: 3,
            partition: None,
        });
    }

    pub(super) fn judge(&self) -> Judgement {
        self.told(Detail::Full)
    }

    pub(super) fn told(&self, detail: Detail) -> Judgement {
        let started = self.now.before(self.timeout);
        let ask = Ask {
            timeout: self.timeout,
            started,
            closed: self.now,
            slot: self.slot,
            timeout_told: true,
            detail,
        };
        judge(&self.evidence, &self.books, &ask, self.now)
    }
}

pub(super) fn batch(partition: i32, first: i64, next: i64, millis: i64) -> v1::Batch {
    let packed = v1::PackedBatch {
        partition,
        first_offset: first,
        next_offset: next,
        record_count: u32::try_from(next - first).unwrap(),
        ..Default::default()
    };
    v1::Batch {
        epoch: 1,
        packed: Some(packed),
        first_timestamp_ms: Some(millis),
        last_timestamp_ms: Some(millis),
        ..v1::Batch::default()
    }
}

/// The fact of this name, of the verdict.
pub(super) fn fact<'a>(judgement: &'a Judgement, name: &str) -> Option<&'a v1::Fact> {
    judgement
        .verdict
        .facts
        .iter()
        .find(|fact| fact.name == name)
}

/// The number of this name, of the verdict.
pub(super) fn number(judgement: &Judgement, name: &str) -> Option<i64> {
    match fact(judgement, name)?.value.as_ref()? {
        v1::fact::Value::Number(number) => Some(*number),
        v1::fact::Value::Ratio(_)
        | v1::fact::Value::Duration(_)
        | v1::fact::Value::Time(_)
        | v1::fact::Value::Text(_)
        | v1::fact::Value::Flag(_) => None,
    }
}
