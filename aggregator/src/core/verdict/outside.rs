//! A partition of a group that other software runs, as the rules see it: what the words of [`Case`] mean there.
//!
//! The group is the consumer. N is what it has committed, read after the log's ends; nobody claims anything and there
//! are no books. Inside a member nothing can be seen, so what looks the same is said to look the same.

mod group;
mod log;
mod missing;
mod retention;

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode};

use super::case::{Case, IN_FLIGHT, PULSE_FRESH};
use super::condition::Condition;
use super::fact::Value;
use super::table::{Finding, RARE_COMMITS, Wait};
use crate::core::evidence::observed::{Backlog, GroupFacts, MemberFacts};
use crate::core::evidence::partition::Seen;
use crate::core::evidence::pulse::Logged;

pub(super) use group::{DESCRIBED, group_facts};

/// Time beyond one and a half commit intervals until a commit that stands still means something: a look at each end.
const BEYOND_COMMIT: Duration = Duration::from_secs(2);
/// Longest commit interval that is believed without being told.
const LONGEST_COMMIT: Duration = Duration::from_secs(300);
/// A record this young that is committed already was read as it came.
const JUST_NOW: Duration = Duration::from_secs(2);

/// A row of the table as it reads from outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// The verdict.
    pub code: VerdictCode,
    /// When it holds there, in the letters of [`Rule::condition`](super::table::Rule::condition).
    pub condition: &'static str,
    /// How long it must hold there to be confirmed.
    pub confirmation: Wait,
    /// How much it matters there, by how long it holds.
    pub severity: &'static [(Wait, Severity)],
    /// What must be so there.
    pub conditions: &'static [Condition],
    /// What is found then.
    pub holds: fn(&Case<'_>) -> Option<Finding>,
    /// The facts, where they are others.
    pub facts: Option<fn(&Case<'_>) -> Vec<v1::Fact>>,
    /// The advice, where it is another.
    pub advice: Option<fn(&Case<'_>) -> Vec<v1::Advice>>,
}

/// Rows that read differently from outside. All others read as they stand.
static READINGS: &[&Reading] = &[
    &group::AUTHORIZATION_DENIED,
    &group::NO_COORDINATOR,
    &group::REBALANCING,
    &group::PARTITION_UNOWNED,
    &log::TOPIC_RECREATED,
    &log::BROKER_NOT_ANSWERING,
    &log::OFFSET_OUT_OF_RANGE,
    &log::START_OFFSET_UNKNOWN,
    &log::RECORD_TOO_LARGE,
    &log::UNDECODABLE_BATCH,
    &log::OPEN_TRANSACTION,
    &log::NO_VISIBLE_RECORDS,
    &log::STUCK_WITH_LAG,
    &log::PRODUCER_SLOWER_THAN_TIMEOUT,
    &log::CAUGHT_UP,
    &missing::UNDETERMINED,
    &retention::RETENTION_NEAR,
];

/// Rows that speak of what only rollcall's own fetchers have, or of a gather: never from outside.
const INSIDE_ONLY: [VerdictCode; 18] = [
    VerdictCode::FetcherUnreachable,
    VerdictCode::LanesDisagree,
    VerdictCode::NotInThisLane,
    VerdictCode::GroupProtocolMismatch,
    VerdictCode::PollIntervalExceeded,
    VerdictCode::OwnerElsewhere,
    VerdictCode::OwnerSilent,
    VerdictCode::CommitFailing,
    VerdictCode::WaitingForAck,
    VerdictCode::NoClient,
    VerdictCode::PausedBackpressure,
    VerdictCode::NotPolled,
    VerdictCode::Throttled,
    VerdictCode::WaitingMinBytes,
    VerdictCode::ArrivedTooLate,
    VerdictCode::SkippedToEnd,
    VerdictCode::CappedByMaxRecords,
    VerdictCode::CappedByMaxBytes,
];

/// What never holds from outside.
static NEVER: Reading = Reading {
    code: VerdictCode::Unspecified,
    condition: "never: from outside it cannot be seen",
    confirmation: Wait::NONE,
    severity: &[],
    conditions: &[Condition {
        name: "seen_from_inside",
        holds: |_| Some(false),
        fact: |case| Some(case.own("outside", Value::Flag(true))),
    }],
    holds: |_| None,
    facts: None,
    advice: None,
};

/// Whether a row is never found from outside.
pub(super) fn never(code: VerdictCode) -> bool {
    INSIDE_ONLY.contains(&code)
}

/// How a row reads from outside; `None` when it reads as it stands.
pub(super) fn reading(code: VerdictCode) -> Option<&'static Reading> {
    if never(code) {
        return Some(&NEVER);
    }
    let found = READINGS.iter().find(|reading| reading.code == code);
    found.copied()
}

impl<'a> Case<'a> {
    /// Whether the consumer is a group that other software runs, seen from outside.
    pub fn outside(&self) -> bool {
        self.feed.is_some_and(|feed| feed.open.observer)
    }

    /// Whether the partition is read by whoever is judged: by a claim that holds, or from outside by a group whose
    /// commit is known.
    pub fn is_read(&self) -> bool {
        self.claim().is_some() || (self.outside() && self.position().is_some())
    }

    /// The group, while what is known of it is fresh.
    pub fn group(&self) -> Option<&'a GroupFacts> {
        let group = self.feed?.group.as_ref()?;
        (self.since(group.at) <= PULSE_FRESH.saturating_mul(2)).then_some(group)
    }

    /// The group, when its coordinator described it.
    pub fn described_group(&self) -> Option<&'a GroupFacts> {
        self.group()
            .filter(|group| group.failure.is_none() && !group.state.is_empty())
    }

    /// The member that owns the partition, from outside.
    pub fn group_owner(&self) -> Option<&'a MemberFacts> {
        self.group()?.owner(self.partition?)
    }

    /// Since when the group is known to have no commit of the partition though its log holds records.
    pub fn no_commit(&self) -> Option<Moment> {
        let none = self.seen?.no_commit?;
        let (ends, start) = (self.ends()?, self.seen?.log_start?);
        let known = self.group()?.commits_failure.is_none();
        (self.outside() && known && start.value < ends.high).then_some(none)
    }

    /// Whether the group has read everything: its commit is at the end, or was within the time that no commit is
    /// called frozen, so that what is unread came since; or there is nothing to be read and nothing committed. What the
    /// observer itself fails to read is not merely new.
    pub(super) fn outside_caught_up(&self) -> bool {
        let lately = || {
            let at_end = self.seen.and_then(|seen| seen.was_at_end);
            let fails = self.unread().is_some_and(|unread| unread.failure.is_some());
            !fails && at_end.is_some_and(|at| self.since(at) < self.frozen_after())
        };
        // Who lost records has not read them.
        let inside = self.seen.is_some_and(|seen| seen.below.is_none());
        let left = self.readable();
        let read = inside && left.is_some_and(|unread| unread == 0 || lately());
        let empty =
            self.seen.is_some_and(|seen| seen.no_commit.is_some()) && self.empty_at().is_some();
        self.heard() && ((read && self.hidden() == Some(0)) || empty)
    }

    /// Whether the group's commit moved lately.
    pub(super) fn flows(&self) -> bool {
        let Some(seen) = self.seen.filter(|seen| self.outside() && seen.moves > 0) else {
            return false;
        };
        let shown = self.frozen_after() + self.ask.timeout;
        self.heard() && seen.moved.is_some_and(|moved| self.since(moved) <= shown)
    }

    /// How much time the application lets pass between two commits: told, or seen of the group; longer where records of
    /// this partition waited longer for a commit more than once. `None` until it is told or seen.
    pub(super) fn commit_interval(&self) -> Option<Duration> {
        let feed = self.feed.filter(|feed| feed.open.observer)?;
        let told = feed.open.commit_interval;
        let seen = || Some(self.group()?.commit_gap?.min(LONGEST_COMMIT));
        let known = told.or_else(seen)?;
        let mut waits: Vec<_> = self.seen.iter().flat_map(|seen| &seen.waits).collect();
        waits.sort_unstable();
        // The longest may be a time in which the application was stuck.
        let waited = waits.iter().rev().nth(1).or(waits.last());
        Some(known.max(waited.map_or(Duration::ZERO, |&&wait| wait.min(LONGEST_COMMIT))))
    }

    /// How long a commit may stand still because the next is not due; nothing while the interval is not known.
    pub(super) fn commit_shown(&self) -> Duration {
        let interval = self.commit_interval();
        interval.map_or(Duration::ZERO, |interval| {
            interval.saturating_add(interval / 2) + BEYOND_COMMIT
        })
    }

    /// How long records may have been there without a first commit.
    pub(super) fn commit_due(&self) -> Duration {
        match self.commit_interval() {
            Some(_) => self.commit_shown(),
            None => RARE_COMMITS,
        }
    }

    /// Whether commits of the topic move though the group has had no member for longer than the last one's may take
    /// to be seen: who assigns partitions by hand is no member.
    pub(super) fn commits_without_members(&self) -> bool {
        let (Some(feed), Some(group)) = (self.feed, self.described_group()) else {
            return false;
        };
        let since = group.state_since + IN_FLIGHT;
        let moves = |seen: &Seen| {
            let moved = seen.moved.filter(|_| seen.moves > 0);
            moved.is_some_and(|moved| moved > since && self.since(moved) <= self.frozen_after())
        };
        group.members_total == Some(0) && feed.partitions.values().any(moves)
    }

    /// Whether somebody may be reading the partition, so that what is not committed may merely not be committed yet. Who
    /// reads is not known of a group that was not described just now, or that is sharing out its partitions.
    pub(super) fn may_commit(&self) -> bool {
        let settled =
            |group: &GroupFacts| matches!(group.state.as_str(), "Stable" | "Empty" | "Dead");
        self.group_owner().is_some()
            || self.commits_without_members()
            || !self.described_group().is_some_and(settled)
    }

    /// Since when nobody has owned the partition, as far as it was watched.
    pub fn unowned_since(&self) -> Option<Moment> {
        self.seen?.unowned_since
    }

    /// Time since the oldest unread record, by its timestamp; unknown for one that no clock can have written.
    pub fn oldest_unread(&self) -> Option<Duration> {
        let millis = self.evidence.oldest_unread(self.seen?)?;
        self.evidence.wall().age_of_stamp(millis, self.now)
    }

    /// The oldest unread record itself, as it was read.
    pub fn oldest_unread_record(&self) -> Option<Logged> {
        let backlog = self.seen?.backlog.as_ref()?;
        let (offset, _) = backlog.first_record?;
        let timestamp_ms = self.evidence.oldest_unread(self.seen?)?;
        Some(Logged {
            offset,
            timestamp_ms,
            at: backlog.at,
        })
    }

    /// The record at S that the observer read: the first of the open transaction.
    pub(super) fn open_record(&self) -> Option<Logged> {
        let (read, stable) = (self.seen?.open_record.as_ref()?, self.ends()?.stable?);
        let timestamp_ms = (read.offset == stable).then_some(read.timestamp_ms?)?;
        Some(Logged {
            offset: read.offset,
            timestamp_ms,
            at: read.at,
        })
    }

    /// What was read of the unread records, while it still speaks of those from N on.
    pub fn unread(&self) -> Option<&'a Backlog> {
        let backlog = self.seen?.backlog.as_ref()?;
        let n = self.position()?.value;
        (backlog.first_offset <= n && n <= backlog.next_offset).then_some(backlog)
    }
}

/// Whether data flows in the topic of an observed group: its commit moves, or the newest record was committed as it
/// came. A topic that is slower than the timeout does not flow while everything is read, and a commit that moved some
/// seconds ago is no flow once all is read and nothing comes any more.
pub(super) fn flowing(cases: &[Case<'_>], caught_up: bool) -> bool {
    let Some(first) = cases.first() else {
        return false;
    };
    let rhythm = first
        .evidence
        .arrivals()
        .rhythm(first.ask.timeout, first.now);
    let slow = rhythm.is_some_and(|rhythm| rhythm.usual > first.ask.timeout);
    let just_now = first
        .evidence
        .arrivals()
        .silence(first.now)
        .is_some_and(|silence| silence <= first.ask.timeout.max(JUST_NOW));
    let read = cases.iter().any(|case| case.position().is_some());
    let unread = cases
        .iter()
        .any(|case| case.readable().is_none_or(|unread| unread > 0));
    let flows = cases.iter().any(Case::flows);
    if caught_up {
        // The newest record was committed as it came, or commits follow at their interval.
        read && just_now && !slow && (flows || !unread)
    } else {
        flows
    }
}
