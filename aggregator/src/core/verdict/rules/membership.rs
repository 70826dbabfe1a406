//! Whether a group that other software runs is there, and reads the topic. Only from outside.

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::Condition;
use super::super::fact::{Value, advice};
use super::super::outside::{self, DESCRIBED};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};

/// How long nobody may be there before that is told as a fault: an application that is restarted is back then.
const RESTART: Duration = Duration::from_secs(5);

/// No such group.
pub(in super::super) const NO_GROUP: Rule = Rule {
    code: VerdictCode::NoGroup,
    condition: "from outside: the coordinator knows no such group, and nothing was ever committed for it",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        DESCRIBED,
        Condition {
            name: "no_such_group",
            holds: |case| Some(case.described_group()?.state == "Dead"),
            fact: |case| outside::group_facts(case).into_iter().next(),
        },
        Condition {
            name: "nothing_committed",
            holds: |case| case.group()?.has_commits.map(|has| !has),
            fact: committed_partitions,
        },
    ],
    holds: |case| Some(Finding::since(case.group()?.state_since, case)),
    facts: outside::group_facts,
    advice: |_| vec![advice(AdviceCode::CheckTopicName, Vec::new())],
    against: no_fact,
};

/// No member.
pub(in super::super) const NO_MEMBER: Rule = Rule {
    code: VerdictCode::NoMember,
    condition: "from outside: the group has no member; a fault after 5 s where records wait for it (10 s if none was ever seen), unknown where that is not known, else a note; only beside other verdicts while its commits move",
    confirmation: Wait::For(RESTART),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::For(RESTART), Severity::Fault),
        (Wait::AsItSays, Severity::Unknown),
    ],
    explains: Explains::Both,
    conditions: &[
        DESCRIBED,
        Condition {
            name: "no_members",
            holds: |case| {
                let group = case.described_group()?;
                Some(group.members_total == Some(0) && group.state != "Dead")
            },
            fact: members,
        },
    ],
    holds: no_member,
    facts: outside::group_facts,
    advice: |_| vec![advice(AdviceCode::Gather, Vec::new())],
    against: members_are_there,
};

/// It matters where records wait for the group. One whose commits move all the same assigns its partitions by hand, and
/// is judged by them.
fn no_member(case: &Case<'_>) -> Option<Finding> {
    let group = case.group()?;
    let finding = Finding::since(group.state_since, case);
    if case.commits_without_members() {
        return Some(finding.graded(Severity::Note).only_also());
    }
    let matters = case.partition.is_some() && case.empty_at().is_none();
    Some(match case.readable() {
        Some(unread) if matters && unread > 0 => finding.lasted(absent(case, finding.lasted)),
        None if matters => finding.graded(Severity::Unknown),
        Some(_) | None => finding.graded(Severity::Note),
    })
}

/// For how long nobody reads. Where members were seen to go, as long as they are gone; where none was ever seen, less by
/// the time in which a commit would show that somebody reads without being one.
fn absent(case: &Case<'_>, empty: Duration) -> Duration {
    if case.group().is_some_and(|group| group.had_members) {
        return empty;
    }
    empty.saturating_sub(case.frozen_after().saturating_sub(RESTART))
}

fn members(case: &Case<'_>) -> Option<v1::Fact> {
    let group = case.described_group()?;
    let count = Value::Count(group.members_total?.into(), "members");
    Some(case.topic_fact("members", count, Source::Group, group.at))
}

fn members_are_there(case: &Case<'_>) -> Option<v1::Fact> {
    (case.described_group()?.members_total? > 0).then(|| members(case))?
}

/// Nobody reads the topic.
pub(in super::super) const NOT_SUBSCRIBED: Rule = Rule {
    code: VerdictCode::NotSubscribed,
    condition: "from outside: the group is stable and has members, and none of them owns a partition of the topic",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Both,
    conditions: &[
        DESCRIBED,
        Condition {
            name: "group_has_members",
            holds: |case| {
                let group = case.described_group()?;
                Some(group.state == "Stable" && group.members_total? > 0)
            },
            fact: members,
        },
        Condition {
            name: "nobody_owns_the_topic",
            holds: |case| Some(!case.described_group()?.owns_topic()),
            fact: committed_partitions,
        },
    ],
    holds: |case| Some(Finding::since(case.group()?.state_since, case)),
    facts: subscription_facts,
    advice: |_| vec![advice(AdviceCode::Nothing, Vec::new())],
    against: no_fact,
};

fn subscription_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let facts = outside::group_facts(case);
    facts
        .into_iter()
        .chain(committed_partitions(case))
        .collect()
}

fn committed_partitions(case: &Case<'_>) -> Option<v1::Fact> {
    let group = case.group()?;
    let count = Value::Count(group.committed_partitions.into(), "partitions");
    Some(case.topic_fact("committed_partitions", count, Source::Group, group.at))
}
