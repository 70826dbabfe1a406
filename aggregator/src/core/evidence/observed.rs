//! What an observer sees of a group that other software runs.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use serde::{Deserialize, Serialize};

use super::{MAX_PARTITIONS, wire};

/// Members of a group that are taken note of.
const MAX_MEMBERS: usize = 10_000;
/// Missing rights that are taken note of.
const MAX_RIGHTS: usize = 16;

/// A group, as far as one topic is concerned. Its texts are from the network.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupFacts {
    /// When it was seen.
    pub at: Moment,
    /// Its state; "Dead" when there is no such group; empty when it could not be had.
    pub state: String,
    /// Since when it has been in that state, as far as it was watched.
    pub state_since: Moment,
    /// "consumer" or "classic"; empty while unknown.
    pub protocol: String,
    /// Its members.
    pub members: Vec<MemberFacts>,
    /// Who owns each partition of the topic, by place in `members`.
    pub owners: BTreeMap<Partition, usize>,
    /// How many members it has; `None` while unknown.
    pub members_total: Option<u32>,
    /// Partitions of other topics that its members own.
    pub other_partitions: u64,
    /// Partitions of the topic that it has committed.
    pub committed_partitions: u32,
    /// Whether it has committed something, for any topic.
    pub has_commits: Option<bool>,
    /// Why it could not be described, and since when not.
    pub failure: Option<Failing>,
    /// Why its commits could not be read, and since when not.
    pub commits_failure: Option<Failing>,
    /// Rights that are missing.
    pub missing_rights: Vec<Right>,
    /// Least time that one of its partitions, of any topic, usually takes from one commit to the next.
    pub commit_gap: Option<Duration>,
    /// Whether it was ever seen to have members.
    pub had_members: bool,
    /// Whether its unread records of the topic could not be looked at, for lack of bytes.
    pub backlog_unread: bool,
}

/// A right that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Right {
    /// Kind of the resource: "topic", "group", "cluster".
    pub resource: String,
    /// Its name.
    pub name: String,
    /// The operation: "DESCRIBE", "READ".
    pub operation: String,
}

/// A member of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberFacts {
    /// Its id.
    pub member_id: String,
    /// Its client.id.
    pub client_id: String,
    /// Its host as the broker saw it.
    pub host: String,
    /// group.instance.id of a static member; empty otherwise.
    pub instance_id: String,
}

/// Something that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Why. From the network.
    pub text: String,
    /// What that is about.
    #[serde(default)]
    pub kind: v1::ErrorKind,
    /// Since when.
    pub since: Moment,
}

impl Failing {
    fn next(
        before: Option<&Self>,
        failure: (Option<&String>, v1::ErrorKind),
        at: Moment,
    ) -> Option<Self> {
        let (text, kind) = failure;
        text.map(|text| Self {
            text: wire::text(text),
            kind,
            since: before.map_or(at, |before| before.since),
        })
    }
}

impl GroupFacts {
    /// Reads what was seen; `before` is what was seen before.
    pub(super) fn read(seen: &v1::GroupSeen, before: Option<&Self>, now: Moment) -> Self {
        let at = wire::moment(seen.age.as_ref(), now).unwrap_or(now);
        let state = wire::text(&seen.state);
        let same = before.filter(|before| before.state == state);
        let members: Vec<_> = seen.members.iter().take(MAX_MEMBERS).collect();
        let owned = members.iter().enumerate().flat_map(|(index, member)| {
            let partitions = member
                .partitions
                .iter()
                .filter(|&&partition| partition >= 0);
            partitions.map(move |&partition| (Partition(partition), index))
        });
        let others = members
            .iter()
            .map(|member| u64::from(member.other_partitions));
        let rights = seen.missing_rights.iter().take(MAX_RIGHTS);
        Self {
            at,
            state_since: same.map_or(at, |before| before.state_since),
            members_total: (!state.is_empty()).then_some(seen.members_total),
            state,
            protocol: wire::text(&seen.protocol),
            owners: owned.take(MAX_PARTITIONS).collect(),
            other_partitions: others.sum(),
            members: members
                .iter()
                .map(|member| MemberFacts::read(member))
                .collect(),
            committed_partitions: seen.committed_partitions,
            has_commits: seen.has_commits,
            failure: Failing::next(
                before.and_then(|before| before.failure.as_ref()),
                (seen.failure.as_ref(), seen.failure_kind()),
                at,
            ),
            commits_failure: Failing::next(
                before.and_then(|before| before.commits_failure.as_ref()),
                (seen.commits_failure.as_ref(), seen.commits_failure_kind()),
                at,
            ),
            missing_rights: rights.map(Right::read).collect(),
            backlog_unread: seen.backlog_budget_spent,
            commit_gap: wire::duration(seen.commit_gap.as_ref()),
            had_members: seen.members_total > 0 || before.is_some_and(|before| before.had_members),
        }
    }

    /// The member that owns a partition.
    pub fn owner(&self, partition: Partition) -> Option<&MemberFacts> {
        self.members.get(*self.owners.get(&partition)?)
    }

    /// Whether members of the group own partitions of the topic.
    pub fn owns_topic(&self) -> bool {
        !self.owners.is_empty()
    }
}

impl MemberFacts {
    fn read(member: &v1::GroupMember) -> Self {
        Self {
            member_id: wire::text(&member.member_id),
            client_id: wire::text(&member.client_id),
            host: wire::text(&member.host),
            instance_id: wire::text(&member.instance_id),
        }
    }
}

impl Right {
    fn read(right: &v1::MissingRight) -> Self {
        Self {
            resource: wire::text(&right.resource),
            name: wire::text(&right.name),
            operation: wire::text(&right.operation),
        }
    }
}

impl From<&Right> for v1::MissingRight {
    fn from(right: &Right) -> Self {
        Self {
            resource: right.resource.clone(),
            name: right.name.clone(),
            operation: right.operation.clone(),
        }
    }
}

/// The record at S while a transaction is open: its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRecord {
    /// When it was read.
    pub at: Moment,
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp, milliseconds since the epoch; absent when it has none.
    pub timestamp_ms: Option<i64>,
}

/// The unread records of a partition, as far as they were looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// When they were looked at.
    pub at: Moment,
    /// Where the reading began.
    pub first_offset: Offset,
    /// Offset up to which everything was looked at.
    pub next_offset: Offset,
    /// Records that a read_committed consumer would get.
    pub visible: u32,
    /// Records that only a read_uncommitted consumer would get.
    pub hidden: u32,
    /// The first record: its offset, and its timestamp when it has one.
    pub first_record: Option<(Offset, Option<i64>)>,
    /// Why the reading stopped, and what that is about.
    pub failure: Option<(String, v1::ErrorKind)>,
}

impl Backlog {
    /// Reads what was seen; `None` for offsets that cannot be.
    pub(super) fn read(seen: &v1::BacklogSeen, now: Moment) -> Option<Self> {
        let first_record = wire::offset(seen.record_offset);
        Some(Self {
            at: wire::moment(seen.age.as_ref(), now).unwrap_or(now),
            first_offset: wire::offset(Some(seen.first_offset))?,
            next_offset: wire::offset(Some(seen.next_offset))?,
            visible: seen.visible_records,
            hidden: seen.hidden_records,
            first_record: first_record.map(|offset| (offset, seen.record_timestamp_ms)),
            failure: seen
                .failure
                .as_deref()
                .map(|text| (wire::text(text), seen.failure_kind())),
        })
    }
}
