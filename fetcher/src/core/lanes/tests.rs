//! The front, driven by hand: Kafka takes every commit, and the aggregators grant every claim.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one message among many"
)]

use rollcall_proto::ids::Offset;
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::feed_request::Event as Said;

use super::*;
use crate::core::assignment::StartPolicy;
use crate::core::facts::{CommitAnswer, CommitOutcome, CutBatch, LogFacts, ProbeId, ProbeRound};
use crate::core::facts::{GroupOwners, Owner, Resolved};
use crate::core::membership::Membership;

mod moves;
mod orders;
mod shares;

const A: FeedId = FeedId(0);
const B: FeedId = FeedId(1);
const C: FeedId = FeedId(2);

fn at(offset: i64) -> Offset {
    Offset::known(offset).unwrap()
}

fn partitions(numbers: &[i32]) -> Vec<Partition> {
    numbers.iter().copied().map(Partition).collect()
}

/// Where a partition is read: for whom, under which number, and where the next batch begins.
type Reader = (FeedId, u64, i64);

struct Stage {
    lanes: Lanes,
    now: Moment,
    committed: BTreeMap<Partition, Offset>,
    readers: BTreeMap<Partition, Reader>,
    /// Claims that were granted and not given back.
    claims: BTreeMap<Partition, (FeedId, u64)>,
    claimed: Vec<(FeedId, i32, i64)>,
    sent: Vec<(FeedId, i32, i64, i64)>,
    epoch: u64,
    /// Whether Kafka answers commits.
    commits: bool,
    /// What else was to be done.
    rest: Vec<(FeedId, Action)>,
    probed: Vec<(FeedId, u64)>,
}

impl Stage {
    fn new(addresses: usize) -> Self {
        Self::member(addresses, Membership::Group)
    }

    fn member(addresses: usize, membership: Membership) -> Self {
        let now = Moment::from_millis(1_000_000);
        let identity = Identity {
            open: v1::Open {
                max_record_bytes: 1 << 20,
                ..v1::Open::default()
            },
            topic: Topic::new("t").unwrap(),
            policy: StartPolicy::Earliest,
            membership,
        };
        let addresses: Vec<_> = (0..addresses).map(|n| format!("http://{n}:1")).collect();
        Self {
            lanes: Lanes::new(&identity, Duration::from_secs(1), &addresses, now),
            now,
            committed: BTreeMap::new(),
            readers: BTreeMap::new(),
            claims: BTreeMap::new(),
            claimed: Vec::new(),
            sent: Vec::new(),
            epoch: 0,
            commits: true,
            rest: Vec::new(),
            probed: Vec::new(),
        }
    }

    /// Two lanes that agree, with four partitions.
    fn of_two() -> Self {
        let mut stage = Self::new(2);
        stage.open(A, 0, 2);
        stage.open(B, 1, 2);
        stage.assign(&[0, 1, 2, 3]);
        stage
    }

    fn open(&mut self, feed: FeedId, lane: u32, lanes: u32) {
        self.lanes.connected(feed);
        let welcome = v1::Welcome {
            lane,
            lanes,
            batch_bytes: 1_000,
            max_record_bytes: 1 << 20,
            ..v1::Welcome::default()
        };
        self.hear(feed, Answer::Welcome(welcome));
        self.hear(
            feed,
            Answer::Credit(v1::Credit {
                cumulative_bytes: 1_000,
            }),
        );
    }

    fn hang_up(&mut self, feed: FeedId) {
        self.lanes.disconnected(feed, self.now);
        self.claims.retain(|_, (claimer, _)| *claimer != feed);
        self.go_on();
    }

    fn hear(&mut self, feed: FeedId, answer: Answer) {
        let event = Some(answer);
        self.lanes
            .received(feed, v1::FeedResponse { event }, self.now);
        self.go_on();
    }

    fn assign(&mut self, numbers: &[i32]) {
        self.lanes.assign(&partitions(numbers), self.now);
        self.go_on();
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.go_on();
    }

    /// Everything that follows by itself.
    fn go_on(&mut self) {
        loop {
            self.lanes.tick_if_due(self.now);
            let actions = self.lanes.take_actions();
            let speakers: Vec<_> = self.lanes.speakers().collect();
            if actions.is_empty() && speakers.is_empty() {
                return;
            }
            for (feed, action) in actions {
                self.perform(feed, action);
            }
            for feed in speakers {
                while let Some(message) = self.lanes.next_message(feed, self.now) {
                    self.heard(feed, message.event.unwrap());
                }
            }
        }
    }

    fn perform(&mut self, feed: FeedId, action: Action) {
        match action {
            Action::Resolve(asked) => self.resolve(&asked),
            Action::Commit { ticket, offsets } if self.commits => {
                self.commit_taken(ticket, offsets)
            }
            Action::Place {
                partition,
                placement,
                first,
                ..
            } => {
                let reader = (feed, placement, first.get());
                self.readers.insert(partition, reader);
            }
            Action::Withdraw(partition) => drop(self.readers.remove(&partition)),
            other => self.rest.push((feed, other)),
        }
    }

    fn resolve(&mut self, asked: &[Partition]) {
        let facts = |p: &Partition| LogFacts {
            committed: self.committed.get(p).copied(),
            committed_epoch: None,
            committed_for: None,
            log_start: at(0),
            high_watermark: at(1_000),
            last_stable: None,
        };
        let answer = Resolved {
            topic_id: TopicId::new("id-1"),
            partitions: asked.iter().map(|p| (*p, Ok(facts(p)))).collect(),
        };
        self.lanes.resolved(&answer, self.now);
    }

    fn commit_taken(&mut self, ticket: u64, offsets: BTreeMap<Partition, Offset>) {
        self.committed.extend(&offsets);
        let outcome = CommitOutcome::Taken;
        let answer = CommitAnswer {
            ticket,
            offsets,
            outcome,
        };
        self.lanes.committed(answer, self.now);
    }

    fn heard(&mut self, feed: FeedId, said: Said) {
        match said {
            Said::Claim(claim) => self.grant(feed, &claim),
            Said::Release(release) => {
                let partition = Partition(release.partition);
                if self.claims.get(&partition) == Some(&(feed, release.epoch)) {
                    self.claims.remove(&partition);
                }
            }
            Said::Batch(batch) => {
                let packed = batch.packed.unwrap();
                self.sent.push((
                    feed,
                    packed.partition,
                    packed.first_offset,
                    packed.next_offset,
                ));
            }
            Said::Probed(probed) => self.probed.push((feed, probed.probe_id)),
            Said::Beat(beat) => {
                let event = Some(Answer::Beat(beat));
                self.lanes
                    .received(feed, v1::FeedResponse { event }, self.now);
            }
            _ => {}
        }
    }

    fn grant(&mut self, feed: FeedId, claim: &v1::Claim) {
        let partition = Partition(claim.partition);
        let other = self.claims.get(&partition);
        assert!(
            other.is_none_or(|(claimer, _)| *claimer == feed),
            "{partition} is claimed at {feed:?} while {other:?} has it"
        );
        self.epoch += 1;
        self.claims.insert(partition, (feed, self.epoch));
        self.claimed.push((feed, claim.partition, claim.committed));
        let granted = v1::Claimed {
            partition: claim.partition,
            generation: claim.generation,
            epoch: self.epoch,
            floor: claim.committed,
            ..v1::Claimed::default()
        };
        let event = Some(Answer::Claimed(granted));
        self.lanes
            .received(feed, v1::FeedResponse { event }, self.now);
    }

    /// So many records of a partition come, 100 bytes in all.
    fn read(&mut self, partition: i32, count: i64) {
        let (feed, generation, first) = self.readers[&Partition(partition)];
        let next = first + count;
        self.readers
            .insert(Partition(partition), (feed, generation, next));
        self.lanes
            .batch(feed, batch(partition, generation, first, next), self.now);
        self.go_on();
    }

    fn ack(&mut self, partition: i32, first_offset: i64, next_offset: i64) {
        let (feed, epoch) = self.claims[&Partition(partition)];
        self.hear(
            feed,
            Answer::Settled(v1::Settled {
                partition,
                epoch,
                ranges: vec![v1::OffsetRange {
                    first_offset,
                    next_offset,
                }],
                ..v1::Settled::default()
            }),
        );
    }

    /// Who reads what.
    fn dealt(&self) -> Vec<(i32, FeedId)> {
        let readers = self.readers.iter();
        readers.map(|(p, (feed, ..))| (p.0, *feed)).collect()
    }

    fn wants(&self, wanted: &Action) -> bool {
        self.rest.iter().any(|(_, action)| action == wanted)
    }

    fn disagreement(&self) -> &str {
        match self.lanes.standing() {
            Standing::Disagreed(how) => how,
            agreed => panic!("{agreed:?}"),
        }
    }
}

fn batch(partition: i32, generation: u64, first: i64, next: i64) -> CutBatch {
    let packed = v1::PackedBatch {
        partition,
        first_offset: first,
        next_offset: next,
        record_count: 1,
        body: vec![0; 100].into(),
        ..v1::PackedBatch::default()
    };
    CutBatch {
        generation,
        packed,
        first_timestamp_ms: None,
        last_timestamp_ms: None,
        first_record: Offset::known(first).unwrap(),
        behind: LogPosition::default(),
    }
}
