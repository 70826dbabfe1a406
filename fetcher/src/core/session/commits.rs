//! Commits: the contiguous settled prefix, and nothing beyond it.

use std::collections::BTreeMap;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;
use rollcall_proto::v1::feed_request::Event;

use crate::core::facts::{CommitAnswer, CommitOutcome};
use crate::core::latch::{Report, printable};
use crate::core::session::{Action, Outgoing, Phase, RETRY, Session};

impl Session {
    /// Commits what was settled since the last commit. After a failure it waits a moment.
    pub(super) fn commit_what_is_settled(&mut self, now: Moment) {
        if self.commit_hold.is_some_and(|until| now < until) {
            return;
        }
        self.commit_hold = None;
        let mut offsets = self.to_commit();
        self.leave_confirmed(&mut offsets, now);
        for (partition, at) in &offsets {
            if let Some(held) = self.holdings.get_mut(partition) {
                held.ask_commit(*at);
            }
        }
        if !offsets.is_empty() {
            self.commit(offsets);
        }
    }

    fn to_commit(&self) -> BTreeMap<Partition, Offset> {
        let held = self.holdings.iter().filter(|(_, held)| match self.fixed {
            Some(_) => held.epoch().is_some(),
            None => commits(held.phase),
        });
        held.filter_map(|(partition, held)| Some((*partition, held.to_commit()?)))
            .collect()
    }

    pub(super) fn commit(&mut self, offsets: BTreeMap<Partition, Offset>) {
        self.tickets += 1;
        let ticket = self.tickets;
        self.actions.push(Action::Commit { ticket, offsets });
    }

    /// A commit was answered.
    pub fn committed(&mut self, mut answer: CommitAnswer, now: Moment) {
        self.tally.committed(&answer.outcome);
        self.forget_unasked(&mut answer);
        let answer = &answer;
        let failure = match &answer.outcome {
            CommitOutcome::Taken => {
                self.commit_taken(answer);
                None
            }
            CommitOutcome::Withheld => return self.commit_withheld(answer, now),
            CommitOutcome::Fenced(why) => {
                self.commit_failed(answer, Some(now + RETRY), now);
                self.group_refuses(why, now);
                Some(why)
            }
            CommitOutcome::NoCoordinator(why) => {
                self.commit_failed(answer, None, now);
                Some(why)
            }
            CommitOutcome::Refused(code, why) => {
                self.commit_failed(answer, None, now);
                let kind = ErrorKind::Commit;
                let text = why.clone();
                self.error(
                    &Report {
                        kind,
                        code: *code,
                        text,
                        partition: None,
                    },
                    now,
                );
                Some(why)
            }
        };
        self.report_commit(answer, failure.map(|why| printable(why)));
        self.tick_holdings(now);
        self.finish_revoke(now);
    }

    /// A topic may be recreated while Kafka takes its time for a commit. Its late answer names an offset of
    /// the log that is gone; taken for the present one it would hide every record below.
    fn forget_unasked(&self, answer: &mut CommitAnswer) {
        let asked = |p: &Partition| self.holdings.get(p).map(|held| held.asked);
        answer
            .offsets
            .retain(|p, at| asked(p).is_none_or(|asked| Some(*at) <= asked));
    }

    /// A proof is a commit that was asked for after the feed opened: an answer that was on its way while
    /// this process slept proves nothing.
    fn commit_taken(&mut self, answer: &CommitAnswer) {
        self.latches
            .contradict(&[ErrorKind::Commit, ErrorKind::GroupAuthorization]);
        let mut proven = Vec::new();
        for (partition, at) in &answer.offsets {
            let Some(held) = self.holdings.get_mut(partition) else {
                continue;
            };
            held.committed = held.committed.max(Some(*at));
            held.committing = held.committing.filter(|asked| asked > at);
            if matches!(held.phase, Phase::Proving { ticket, .. } if ticket <= answer.ticket) {
                proven.push(*partition);
            }
        }
        for partition in proven {
            self.claim(partition, true);
        }
    }

    /// A fenced process does not claim; without a coordinator nothing is proven, and the claim says so.
    fn commit_failed(&mut self, answer: &CommitAnswer, fenced: Option<Moment>, now: Moment) {
        self.commit_hold = Some(now + RETRY);
        for (partition, at) in &answer.offsets {
            let Some(held) = self.holdings.get_mut(partition) else {
                continue;
            };
            held.committing = held.committing.filter(|asked| asked > at);
            let asked =
                matches!(held.phase, Phase::Proving { ticket, .. } if ticket <= answer.ticket);
            match (asked, fenced) {
                (true, Some(until)) => held.phase = Phase::Waiting { until },
                (true, None) => self.claim(*partition, false),
                (false, Some(_)) if matches!(held.phase, Phase::LastCommit { .. }) => {
                    held.committed = held.committed.max(Some(*at));
                }
                (false, Some(_) | None) => {}
            }
        }
    }

    fn report_commit(&mut self, answer: &CommitAnswer, failure: Option<String>) {
        if !self.welcomed() {
            return;
        }
        let partition = |(p, at): (&Partition, &Offset)| v1::CommittedPartition {
            partition: p.0,
            offset: at.get(),
            failure: failure.clone(),
        };
        let partitions = answer.offsets.iter().map(partition).collect();
        let committed = Event::Committed(v1::Committed { partitions });
        self.say_if_room(Outgoing::Ready(Box::new(committed)));
    }
}

/// Whether a partition in this phase commits what is settled; before its claim only the proof does.
const fn commits(phase: Phase) -> bool {
    match phase {
        Phase::Feeding { .. }
        | Phase::Draining { .. }
        | Phase::LastCommit { .. }
        | Phase::Claiming
        | Phase::Waiting { .. } => true,
        Phase::Resolving { .. }
        | Phase::Resolved
        | Phase::Proving { .. }
        | Phase::Checking { .. }
        | Phase::Standby { .. }
        | Phase::Done => false,
    }
}
