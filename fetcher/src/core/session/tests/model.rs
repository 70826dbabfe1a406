//! Whatever happens in whatever order: nothing is committed that nobody acked, and nothing is skipped.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Something that may happen to one partition.
#[derive(Clone, Debug)]
enum Step {
    Batch(i64),
    End,
    Ack(i64, i64),
    CommitTaken,
    CommitLost,
    Break,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1i64..8).prop_map(Step::Batch),
        1 => Just(Step::End),
        6 => (0i64..90, 1i64..20).prop_map(|(first, length)| Step::Ack(first, first + length)),
        3 => Just(Step::CommitTaken),
        1 => Just(Step::CommitLost),
        1 => Just(Step::Break),
        1 => (0u64..1500).prop_map(Step::Pass),
    ]
}

/// What is true outside of the session.
struct World {
    stage: Stage,
    /// Where the client reads.
    position: i64,
    /// Offsets that were sent by any claim.
    sent: BTreeSet<i64>,
    acked: BTreeSet<i64>,
}

impl World {
    fn new() -> Self {
        let mut stage = Stage::feeding();
        stage.actions.clear();
        stage.said.clear();
        Self {
            stage,
            position: 0,
            sent: BTreeSet::new(),
            acked: BTreeSet::new(),
        }
    }

    fn prefix(&self) -> i64 {
        (0..).find(|offset| !self.acked.contains(offset)).unwrap()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Batch(records) => {
                if self.stage.session.holdings[&P].placed {
                    self.stage.batch(self.position, self.position + records);
                    self.position += records;
                }
            }
            Step::End => {
                let (placement, position) = (self.stage.placement(), at(self.position));
                self.stage
                    .session
                    .reached_end(P, placement, end(position), self.stage.now);
                self.stage.settle_down();
            }
            Step::Ack(first, next) => {
                // An aggregator acks what it was sent, and nothing else.
                let sent = (first..next)
                    .take_while(|offset| self.sent.contains(offset))
                    .count();
                let next = first + i64::try_from(sent).unwrap();
                if first < next && self.stage.session.welcomed() {
                    self.acked.extend(first..next);
                    self.stage.ack(first, next);
                }
            }
            Step::CommitTaken => self.answer(CommitOutcome::Taken),
            Step::CommitLost => self.answer(CommitOutcome::NoCoordinator("away".to_owned())),
            Step::Break => {
                self.stage.session.disconnected(self.stage.now);
                self.stage.settle_down();
                self.stage.open();
                self.stage.hear(Answer::Credit(v1::Credit {
                    cumulative_bytes: 1 << 20,
                }));
            }
            Step::Pass(millis) => self.stage.pass(millis),
        }
        self.look();
    }

    fn answer(&mut self, outcome: CommitOutcome) {
        if self.stage.wants_commit() {
            self.stage.commit(outcome);
        }
    }

    /// Sees what was done and said, and holds it against what is true.
    fn look(&mut self) {
        for said in std::mem::take(&mut self.stage.said) {
            match said {
                Said::Batch(batch) => {
                    let packed = batch.packed.unwrap();
                    self.sent.extend(packed.first_offset..packed.next_offset);
                }
                Said::Claim(claim) => {
                    assert!(claim.committed <= self.prefix());
                    let prefix = self.prefix();
                    self.stage.grant(&claim, claim.generation, prefix);
                    self.look();
                }
                _ => {}
            }
        }
        for action in &self.stage.actions {
            match action {
                Action::Commit { offsets, .. } => {
                    assert!(
                        offsets[&P].get() <= self.prefix(),
                        "{offsets:?} beyond {}",
                        self.prefix()
                    );
                }
                Action::Place { at, .. } => self.position = at.get(),
                _ => {}
            }
        }
        self.stage
            .actions
            .retain(|action| matches!(action, Action::Commit { .. }));
    }
}

proptest! {
    #[test]
    fn nothing_is_committed_that_nobody_acked_and_nothing_is_skipped(
        steps in proptest::collection::vec(step(), 1..120)
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        // Everything is acked in the end, and the commit follows.
        for _ in 0..20 {
            let high = world.sent.iter().next_back().map_or(0, |last| last + 1);
            prop_assert!(world.sent.len() == usize::try_from(high).unwrap(), "batches left a hole");
            world.take(&Step::Ack(0, high));
            world.take(&Step::Pass(1100));
            world.take(&Step::CommitTaken);
        }
        let high = world.sent.iter().next_back().map_or(0, |last| last + 1);
        let committed = world.stage.session.holdings[&P].committed;
        prop_assert!(high == 0 || committed == Some(at(high)), "{:?} of {}", committed, high);
    }
}
