//! A fetcher that joins no group: it takes the partitions of its shard, claims them, and waits where another one holds them.
//!
//! Kafka fences nobody here, so the aggregator's claims do. Nothing is committed without a claim that was confirmed a
//! moment ago ([`Beats`]), and before each claim the commit is read again: another fetcher may have gone on meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;
use rollcall_proto::v1::feed_request::Event;

use crate::core::beats::Beats;
use crate::core::facts::{CommitAnswer, GroupOwners};
use crate::core::latch::Report;
use crate::core::membership::Shard;
use crate::core::pulse::std_duration;
use crate::core::session::{Action, Holding, Outgoing, Phase, RESOLVE_WAIT, Session};

/// Time between two looks at the group while it has members, or did not say whether it has.
const MEMBERS_AGAIN: Duration = Duration::from_secs(2);
/// Members that a text names.
const NAMED: usize = 3;
/// Time after which a standby claims without being told that nobody holds the partition.
const STANDBY_AGAIN: Duration = Duration::from_secs(30);
/// How often a holder says its commits again. Kafka forgets a commit of a group without members after a while (7 days by
/// default) unless it is said again; and one that an earlier holder had let go when it was stopped may come late.
const SAY_AGAIN: Duration = Duration::from_secs(10);

/// What a fetcher without a group has instead of one.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    shard: Shard,
    /// Partitions of the topic, by the metadata.
    known: BTreeSet<Partition>,
    /// Whether the group has no members, as far as it says so to anybody.
    free: bool,
    /// When to look at the group's members; not while it is free: Kafka refuses a commit if that changes.
    look_due: Option<Moment>,
    beats: Beats,
    /// When commits are said again.
    again_due: Moment,
}

impl Fixed {
    pub(super) fn new(shard: Shard, now: Moment) -> Self {
        Self {
            shard,
            known: BTreeSet::new(),
            free: false,
            look_due: Some(now),
            beats: Beats::default(),
            again_due: now,
        }
    }
}

impl Session {
    /// What another feed of this fetcher may know of the group, without what this one's aggregator confirmed.
    pub(super) fn fixed_beside(&self) -> Option<Fixed> {
        let fixed = self.fixed.clone()?;
        Some(Fixed {
            beats: Beats::default(),
            ..fixed
        })
    }

    /// When something has to be done for the want of a group.
    pub(super) fn fixed_deadline(&self) -> Option<Moment> {
        let fixed = self.fixed.as_ref()?;
        let beat = fixed.beats.due().filter(|_| self.welcomed());
        [fixed.look_due, beat, Some(fixed.again_due)]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn tick_fixed(&mut self, now: Moment) {
        let welcomed = self.welcomed();
        let Some(fixed) = &mut self.fixed else {
            return;
        };
        if fixed.look_due.is_some_and(|due| now >= due) {
            fixed.look_due = Some(now + MEMBERS_AGAIN);
            self.actions.push(Action::Describe);
        }
        let beats = welcomed && fixed.beats.due().is_some_and(|due| now >= due);
        if now >= fixed.again_due {
            self.say_commits_again(now);
        }
        if beats {
            self.beat(now);
        }
    }

    /// Has every commit said again, at once and then now and then.
    pub(super) fn say_commits_again(&mut self, now: Moment) {
        let Some(fixed) = &mut self.fixed else {
            return;
        };
        fixed.again_due = now + SAY_AGAIN;
        let holds = |held: &&mut Holding| held.epoch().is_some();
        let held = self.holdings.values_mut().filter(holds);
        held.for_each(|held| held.again = true);
        self.commit_what_is_settled(now);
    }

    /// The metadata of a topic that exists. A recreated one may have fewer partitions.
    pub(super) fn know_partitions(&mut self, probed: &v1::Probed, recreated: bool) {
        let Some(fixed) = &mut self.fixed else {
            return;
        };
        if probed.topic_exists != Some(true) || probed.failure.is_some() {
            return;
        }
        let partitions = probed.partitions.iter().map(|log| Partition(log.partition));
        if recreated {
            fixed.known.clear();
        }
        fixed.known.extend(partitions);
        let gone = |p: &Partition| recreated && !fixed.known.contains(p);
        let gone: Vec<_> = self.holdings.keys().copied().filter(gone).collect();
        for partition in gone {
            self.release(partition);
            self.withdraw(partition);
            self.holdings.remove(&partition);
        }
    }

    /// Takes the partitions of the shard that are not taken yet, once the group is known to have no members.
    pub(super) fn take_partitions(&mut self, now: Moment) {
        let leaving = self.leaving.is_some();
        let Some(fixed) = self.fixed.as_ref().filter(|fixed| fixed.free && !leaving) else {
            return;
        };
        let wanted = |p: &Partition| {
            fixed.shard.has(*p) && self.in_lane(*p) && !self.holdings.contains_key(p)
        };
        let new: Vec<_> = fixed.known.iter().copied().filter(wanted).collect();
        self.assign(&new, now);
    }

    /// The group was described. One with members takes no commits from outside; what is held already goes on, and its
    /// commits fail.
    pub(super) fn members_seen(&mut self, owners: &GroupOwners, now: Moment) -> Option<Report> {
        let fixed = self.fixed.as_mut()?;
        if owners.members.is_empty() {
            self.latches.contradict(&[ErrorKind::GroupProtocol]);
            self.free_to_take(now);
            return None;
        }
        (fixed.free, fixed.look_due) = (false, Some(now + MEMBERS_AGAIN));
        let report = Report {
            kind: ErrorKind::GroupProtocol,
            code: 0,
            text: has_members(&self.identity.open.group, owners),
            partition: None,
        };
        self.error(&report, now).then_some(report)
    }

    /// The group could not be described. Where nobody can tell, or this fetcher may not know, Kafka itself refuses the
    /// commits of a group that has members; else it is asked again.
    pub fn undescribed(&mut self, kind: ErrorKind, now: Moment) {
        let told = matches!(kind, ErrorKind::Unsupported | ErrorKind::GroupAuthorization);
        if told && self.fixed.is_some() {
            self.free_to_take(now);
        }
    }

    fn free_to_take(&mut self, now: Moment) {
        if let Some(fixed) = &mut self.fixed {
            (fixed.free, fixed.look_due) = (true, None);
            self.take_partitions(now);
        }
    }

    /// A commit from outside of the group is refused when the group has members: who they are is asked at once.
    pub(super) fn group_refuses(&mut self, why: &str, now: Moment) {
        let Some(fixed) = &mut self.fixed else {
            return;
        };
        fixed.look_due = Some(now);
        let report = Report {
            kind: ErrorKind::Commit,
            code: 0,
            text: why.to_owned(),
            partition: None,
        };
        self.error(&report, now);
    }

    /// Reads the commits of what is ready to be claimed.
    pub(super) fn check_ready(&mut self, now: Moment) {
        let mut asked = Vec::new();
        for (partition, held) in &mut self.holdings {
            if held.phase == Phase::Resolved {
                held.phase = Phase::Checking {
                    retry: now + RESOLVE_WAIT,
                };
                asked.push(*partition);
            }
        }
        if !asked.is_empty() {
            self.actions.push(Action::Resolve(asked));
        }
    }

    /// Nobody holds these partitions any more: those that this fetcher waits for are claimed.
    pub(super) fn vacant(&mut self, partitions: &[i32], now: Moment) {
        let told: BTreeSet<_> = partitions.iter().copied().map(Partition).collect();
        for (partition, held) in &mut self.holdings {
            if held.stands_by() && told.contains(partition) {
                held.phase = Phase::Resolved;
            }
        }
        self.prove_ready(now);
        self.pulse(now);
    }

    /// Another fetcher holds the partition: it is not read here, and nothing of it is committed.
    pub(super) fn stand_by(&mut self, partition: Partition, now: Moment) {
        self.withdraw(partition);
        if let Some(held) = self.holdings.get_mut(&partition) {
            held.hand_over();
            held.phase = Phase::Standby {
                again: now + STANDBY_AGAIN,
            };
        }
        self.pulse(now);
    }

    /// Leaves the commits that may be made now. Where a fetcher without a group has to hear first that its claims hold,
    /// it asks.
    pub(super) fn leave_confirmed(
        &mut self,
        offsets: &mut BTreeMap<Partition, Offset>,
        now: Moment,
    ) {
        let connected = self.welcomed();
        let Some(fixed) = self.fixed.as_ref().filter(|_| !offsets.is_empty()) else {
            return;
        };
        if connected && fixed.beats.confirmed(now) {
            return;
        }
        let asks = connected && !fixed.beats.asking(now);
        offsets.clear();
        if asks {
            self.beat(now);
        }
    }

    /// Until when a commit that is asked for now may be made; `None` for one that a group fences.
    pub fn commit_until(&self, now: Moment) -> Option<Moment> {
        self.fixed
            .as_ref()
            .map(|fixed| fixed.beats.until().unwrap_or(now))
    }

    fn beat(&mut self, now: Moment) {
        if let Some(fixed) = &mut self.fixed {
            let number = fixed.beats.say(now);
            let beat = v1::Beat {
                number,
                every: None,
            };
            self.say_if_room(Outgoing::Ready(Box::new(Event::Beat(beat))));
        }
    }

    /// The aggregator answered a beat, or wants some.
    pub(super) fn beat_heard(&mut self, beat: v1::Beat, now: Moment) {
        let Some(fixed) = &mut self.fixed else {
            return;
        };
        if beat.number == 0 {
            fixed.beats.want(beat.every.as_ref().map(std_duration), now);
            self.tick_fixed(now);
        } else {
            fixed.beats.answered(beat.number);
            self.commit_what_is_settled(now);
        }
    }

    /// The feed ended: nothing is confirmed any more.
    pub(super) fn forget_beats(&mut self) {
        if let Some(fixed) = &mut self.fixed {
            fixed.beats = Beats::default();
        }
    }

    /// A commit was not made, since its time was over. It is asked for again once the claims are confirmed.
    pub(super) fn commit_withheld(&mut self, answer: &CommitAnswer, now: Moment) {
        for (partition, at) in &answer.offsets {
            if let Some(held) = self.holdings.get_mut(partition) {
                held.committing = held.committing.filter(|asked| asked > at);
            }
        }
        self.tick_holdings(now);
    }
}

/// Who is in a group that should have no members.
fn has_members(group: &str, owners: &GroupOwners) -> String {
    let count = owners.members.len();
    let named: Vec<_> = owners
        .members
        .values()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    let more = match count.saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    format!(
        "group {group} has members ({named}{more}): fixed membership needs a group without any; it begins when they are gone"
    )
}
