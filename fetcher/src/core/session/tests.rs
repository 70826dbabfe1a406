//! The session, driven by hand: Kafka and the aggregator are the test.

use super::*;
use crate::core::facts::{CommitAnswer, CommitOutcome, CutBatch, LogFacts, Resolved};
use rollcall_proto::ids::{LeaderEpoch, LogPosition};
use rollcall_proto::v1::feed_request::Event as Said;
use rollcall_proto::v1::feed_response::Event as Answer;

mod claims;
mod cut;
mod evidence;
mod feeding;
mod fixed;
mod model;
mod overwritten;
mod recovery;
mod revokes;

/// The partition that most tests use.
const P: Partition = Partition(0);
/// The leader under which every record was written.
const LEADER: LeaderEpoch = LeaderEpoch(7);

fn at(offset: i64) -> Offset {
    Offset::known(offset).unwrap()
}

/// An end of the log, read under the leader.
fn end(offset: Offset) -> LogPosition {
    LogPosition {
        offset,
        leader_epoch: Some(LEADER),
    }
}

/// A session and what it wants done.
struct Stage {
    session: Session,
    now: Moment,
    actions: Vec<Action>,
    said: Vec<Said>,
    topic_id: &'static str,
    facts: LogFacts,
}

impl Stage {
    fn new() -> Self {
        Self::with(StartPolicy::Earliest)
    }

    fn with(policy: StartPolicy) -> Self {
        Self::member(policy, Membership::Group)
    }

    fn member(policy: StartPolicy, membership: Membership) -> Self {
        let now = Moment::from_millis(1_000_000);
        let open = v1::Open {
            max_record_bytes: 1 << 20,
            ..v1::Open::default()
        };
        let identity = Identity {
            open,
            topic: Topic::new("t").unwrap(),
            policy,
            membership,
        };
        let facts = LogFacts {
            committed: None,
            committed_epoch: None,
            committed_for: None,
            log_start: at(0),
            high_watermark: at(100),
            last_stable: None,
        };
        let session = Session::new(identity, Duration::from_secs(1), now);
        Self {
            session,
            now,
            actions: Vec::new(),
            said: Vec::new(),
            topic_id: "id-1",
            facts,
        }
    }

    /// Takes what the session wants to be done and said.
    fn settle_down(&mut self) {
        self.actions.extend(self.session.take_actions());
        while self.session.has_message() {
            let Some(message) = self.session.next_message(self.now) else {
                break;
            };
            self.said.extend(message.event);
        }
        self.actions.extend(self.session.take_actions());
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.session.tick_if_due(self.now);
        self.settle_down();
    }

    fn hear(&mut self, answer: Answer) {
        self.session.received(
            v1::FeedResponse {
                event: Some(answer),
            },
            self.now,
        );
        self.settle_down();
    }

    fn open(&mut self) {
        self.session.connected();
        let welcome = v1::Welcome {
            incarnation: "a".to_owned(),
            lanes: 1,
            batch_bytes: 1000,
            max_record_bytes: 1 << 20,
            ..v1::Welcome::default()
        };
        self.hear(Answer::Welcome(welcome));
    }

    fn assign(&mut self, partitions: &[i32]) {
        let partitions: Vec<_> = partitions.iter().copied().map(Partition).collect();
        self.session.assign(&partitions, self.now);
        self.settle_down();
    }

    /// Answers the newest request for offsets.
    fn resolve(&mut self) {
        let asked = self.take(|action| match action {
            Action::Resolve(partitions) => Some(partitions.clone()),
            _ => None,
        });
        let facts = self.facts.clone();
        let partitions = asked.into_iter().map(|p| (p, Ok(facts.clone()))).collect();
        let topic_id = TopicId::new(self.topic_id);
        self.session.resolved(
            &Resolved {
                topic_id,
                partitions,
            },
            self.now,
        );
        self.settle_down();
    }

    /// Answers the oldest commit that is not answered yet.
    fn commit(&mut self, outcome: CommitOutcome) -> BTreeMap<Partition, Offset> {
        let (ticket, offsets) = self.take(|action| match action {
            Action::Commit { ticket, offsets } => Some((*ticket, offsets.clone())),
            _ => None,
        });
        let answer = CommitAnswer {
            ticket,
            offsets: offsets.clone(),
            outcome,
        };
        self.session.committed(answer, self.now);
        self.settle_down();
        offsets
    }

    fn claim(&mut self) -> v1::Claim {
        let at = self
            .said
            .iter()
            .position(|said| matches!(said, Said::Claim(_)));
        match at.map(|at| self.said.remove(at)) {
            Some(Said::Claim(claim)) => claim,
            _ => panic!("no claim was said: {:?}", self.said),
        }
    }

    fn grant(&mut self, claim: &v1::Claim, epoch: u64, floor: i64) {
        self.hear(Answer::Claimed(v1::Claimed {
            partition: claim.partition,
            generation: claim.generation,
            epoch,
            floor,
            ..v1::Claimed::default()
        }));
    }

    /// The same by an aggregator that knows the leader of the log up to a place.
    fn grant_written(&mut self, claim: &v1::Claim, floor: i64, written: i64) {
        self.hear(Answer::Claimed(v1::Claimed {
            partition: claim.partition,
            generation: claim.generation,
            epoch: 2,
            floor,
            written: vec![v1::LogPosition {
                offset: written,
                leader_epoch: LEADER.0,
            }],
            ..v1::Claimed::default()
        }));
    }

    /// A partition that is assigned, claimed as epoch 1 and read from 0, with credit.
    fn feeding() -> Self {
        let mut stage = Self::new();
        stage.feed_from(0);
        stage
    }

    /// The same of one that is read from `floor`.
    fn feed_from(&mut self, floor: i64) {
        self.open();
        self.hear(Answer::Credit(v1::Credit {
            cumulative_bytes: 1 << 20,
        }));
        self.assign(&[0]);
        self.resolve();
        self.commit(CommitOutcome::Taken);
        let claim = self.claim();
        self.grant(&claim, 1, floor);
    }

    /// A probe finds the topic under another id.
    fn recreate(&mut self, topic_id: &'static str) {
        self.topic_id = topic_id;
        let probed = v1::Probed {
            topic_exists: Some(true),
            topic_id: topic_id.to_owned(),
            ..v1::Probed::default()
        };
        let round = ProbeRound {
            measured: self.now,
            probed,
            ..ProbeRound::default()
        };
        self.session.probed(round, self.now);
        self.settle_down();
    }

    /// The placement that holds now.
    fn placement(&self) -> u64 {
        self.session.holdings[&P].placement
    }

    /// Records `[first, next)` come from the polling thread.
    fn batch(&mut self, first: i64, next: i64) {
        self.batch_of(P, self.placement(), first, next);
    }

    /// The same, written under another leader.
    fn batch_under(&mut self, first: i64, next: i64, leader: LeaderEpoch) {
        self.batch_from(P, self.placement(), (first, next), leader);
    }

    fn batch_of(&mut self, partition: Partition, generation: u64, first: i64, next: i64) {
        self.batch_from(partition, generation, (first, next), LEADER);
    }

    fn batch_from(
        &mut self,
        partition: Partition,
        generation: u64,
        (first, next): (i64, i64),
        leader: LeaderEpoch,
    ) {
        let packed = v1::PackedBatch {
            partition: partition.0,
            first_offset: first,
            next_offset: next,
            record_count: 1,
            body: vec![0; 100].into(),
            ..v1::PackedBatch::default()
        };
        let batch = CutBatch {
            generation,
            packed,
            first_timestamp_ms: None,
            last_timestamp_ms: None,
            first_record: at(first),
            behind: LogPosition {
                offset: at(next),
                leader_epoch: Some(leader),
            },
        };
        self.session.batch(batch, self.now);
        self.settle_down();
    }

    fn ack(&mut self, first_offset: i64, next_offset: i64) {
        let ranges = vec![v1::OffsetRange {
            first_offset,
            next_offset,
        }];
        let held = self.session.holdings.get(&P);
        let epoch = held.and_then(Holding::epoch).map_or(1, |epoch| epoch.0);
        self.hear(Answer::Settled(v1::Settled {
            partition: 0,
            epoch,
            ranges,
            ..v1::Settled::default()
        }));
    }

    fn sent(&self) -> Vec<(u64, i64, i64)> {
        let batch = |said: &Said| match said {
            Said::Batch(batch) => batch
                .packed
                .as_ref()
                .map(|p| (batch.epoch, p.first_offset, p.next_offset)),
            _ => None,
        };
        self.said.iter().filter_map(batch).collect()
    }

    /// Takes the first action that `pick` takes.
    fn take<T>(&mut self, pick: impl Fn(&Action) -> Option<T>) -> T {
        let at = self
            .actions
            .iter()
            .position(|action| pick(action).is_some());
        let Some(at) = at else {
            panic!("not among {:?}", self.actions)
        };
        pick(&self.actions.remove(at)).unwrap()
    }

    fn wants(&self, action: &Action) -> bool {
        self.actions.contains(action)
    }

    fn wants_commit(&self) -> bool {
        self.actions
            .iter()
            .any(|action| matches!(action, Action::Commit { .. }))
    }

    fn pulse(&mut self) -> v1::Pulse {
        self.session.pulse_message(self.now)
    }
}
