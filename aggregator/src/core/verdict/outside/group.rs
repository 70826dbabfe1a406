//! The group as its coordinator tells of it.

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, VerdictCode};

use super::Reading;
use crate::core::evidence::observed::{Failing, GroupFacts, Right};
use crate::core::verdict::case::Case;
use crate::core::verdict::condition::{Condition, HEARD};
use crate::core::verdict::fact::{Value, advice};
use crate::core::verdict::table::{Finding, Wait};

/// Rights without which figures are missing, and no verdict that is made of the others.
const FOR_FIGURES: [&str; 2] = ["READ", "DESCRIBE_CONFIGS"];
/// A coordinator that moves is away for less than this where nothing is wrong.
const MOVES: Wait = Wait::seconds(2);
/// How long a group may share out its partitions before that is a fault.
const REBALANCE: Duration = Duration::from_secs(60);

/// The coordinator described the group.
pub(in crate::core::verdict) const DESCRIBED: Condition = Condition {
    name: "group_described",
    holds: |case| Some(case.described_group().is_some()),
    fact: |case| Some(group_fact(case)),
};

/// What is first known of the group; that it is not described where nothing is.
fn group_fact(case: &Case<'_>) -> v1::Fact {
    let undescribed = || {
        let flag = Value::Flag(false);
        case.topic_fact("group_described", flag, Source::Group, case.now)
    };
    let known = group_facts(case).into_iter().next();
    known.unwrap_or_else(undescribed)
}

/// The group's commit of the partition is known.
pub(super) const COMMITTED: Condition = Condition {
    name: "commit_known",
    holds: |case| Some(case.position().is_some()),
    fact: |case| Some(commit(case)),
};

/// The group's commit, or that none is known.
pub(super) fn commit(case: &Case<'_>) -> v1::Fact {
    let known = case.position().or(case.committed());
    let unknown = || case.fact("commit_known", Value::Flag(false), Source::Group, case.now);
    known.map_or_else(unknown, |committed| case.offset("committed", committed))
}

/// The group as its coordinator describes it, as facts.
pub(in crate::core::verdict) fn group_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(group) = case.group() else {
        return Vec::new();
    };
    let fact = |name, value| case.topic_fact(name, value, Source::Group, group.at);
    let state =
        (!group.state.is_empty()).then(|| fact("group_state", Value::Text(group.state.clone())));
    let since = Value::Length(case.since(group.state_since));
    let members = group
        .members_total
        .map(|members| fact("members", Value::Count(members.into(), "members")));
    let failure = group.failure.as_ref().or(group.commits_failure.as_ref());
    let failure = failure.map(|failing| fact("group_failure", Value::Text(failing.text.clone())));
    let for_so_long = state.is_some().then(|| fact("group_state_for", since));
    let facts = state.into_iter().chain(for_so_long);
    facts.chain(members).chain(failure).collect()
}

/// Rights that are missing for the whole picture, other than those for figures. That the observer may not look
/// says nothing about the group.
pub(super) static AUTHORIZATION_DENIED: Reading = Reading {
    code: VerdictCode::AuthorizationDenied,
    condition: "a right is missing without which the group cannot be judged; nothing is said of the group itself",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Unknown)],
    conditions: &[Condition {
        name: "a_right_is_missing",
        holds: |case| Some(needed(case.group()?).next().is_some()),
        fact: |case| {
            let group = case.group()?;
            let suffice =
                || case.topic_fact("rights_suffice", Value::Flag(true), Source::Group, group.at);
            denied_facts(case)
                .into_iter()
                .next()
                .or_else(|| Some(suffice()))
        },
    }],
    holds: |_| Some(Finding::now()),
    facts: Some(denied_facts),
    advice: Some(|_| Vec::new()),
};

/// Rights that are missing and without which the group cannot be judged.
fn needed(group: &GroupFacts) -> impl Iterator<Item = &Right> {
    let rights = group.missing_rights.iter();
    rights.filter(|right| !FOR_FIGURES.contains(&right.operation.as_str()))
}

fn denied_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(group) = case.group() else {
        return Vec::new();
    };
    let fact = |name, text| case.topic_fact(name, Value::Text(text), Source::Group, group.at);
    let rights = needed(group).flat_map(|right| {
        let named = format!("{} on {} {}", right.operation, right.resource, right.name);
        [
            fact("denied_on", right.resource.clone()),
            fact("missing_right", named),
        ]
    });
    rights.collect()
}

/// The coordinator answers neither for the group nor for its commits, while the leaders answer. While a broker restarts
/// in order its groups move to another, which takes some seconds; one that stays away stops every commit.
pub(super) static NO_COORDINATOR: Reading = Reading {
    code: VerdictCode::NoCoordinator,
    condition: "neither the description of the group nor its commits are answered for 10 s, while the partitions' leaders answer; a note up to 20 s",
    confirmation: Wait::seconds(10),
    severity: &[
        (MOVES, Severity::Note),
        (Wait::seconds(20), Severity::Fault),
    ],
    conditions: &[
        Condition {
            name: "group_not_answered_for",
            holds: |case| {
                let group = case.group()?;
                // A broker that cannot be asked (the embedded one) is none that does not answer.
                let silent = |failing: &Option<Failing>| {
                    let failing = failing.as_ref();
                    failing.is_some_and(|failing| failing.kind != ErrorKind::Unsupported)
                };
                let silent = silent(&group.failure) && silent(&group.commits_failure);
                Some(silent && needed(group).next().is_none())
            },
            fact: |case| {
                let last = group_facts(case).pop();
                last.or_else(|| Some(group_fact(case)))
            },
        },
        Condition {
            name: "leaders_answer",
            holds: |case| Some(case.feed?.round.as_ref()?.failure.is_none()),
            fact: round,
        },
    ],
    holds: |case| {
        let group = case.group()?;
        let (described, commits) = (group.failure.as_ref()?, group.commits_failure.as_ref()?);
        Some(Finding::since(described.since.max(commits.since), case))
    },
    facts: Some(group_facts),
    advice: None,
};

/// Why the last round of probes failed, or how long it took, or how old it is.
fn round(case: &Case<'_>) -> Option<v1::Fact> {
    let round = case.feed?.round.as_ref()?;
    let (name, value) = match (&round.failure, round.took) {
        (Some(failure), _) => ("probe_failure", Value::Text(failure.clone())),
        (None, Some(took)) => ("probe_answered_in", Value::Length(took)),
        (None, None) => ("probe_age", Value::Length(case.since(round.at))),
    };
    Some(case.topic_fact(name, value, Source::Metadata, round.at))
}

/// A round of the group is in motion and nobody owns the partition. KIP-848's Assigning and Reconciling have no word
/// in librdkafka and are "Unknown".
pub(super) static REBALANCING: Reading = Reading {
    code: VerdictCode::Rebalancing,
    condition: "the group has members, its state is PreparingRebalance, CompletingRebalance or has no word (KIP-848), and nobody owns the partition; a fault beyond 60 s",
    confirmation: Wait::NONE,
    severity: &[
        (Wait::NONE, Severity::Ok),
        (Wait::For(REBALANCE), Severity::Fault),
    ],
    conditions: &[
        DESCRIBED,
        Condition {
            name: "group_in_motion",
            holds: |case| {
                let group = case.described_group()?;
                let moves = matches!(
                    group.state.as_str(),
                    "PreparingRebalance" | "CompletingRebalance" | "Unknown"
                );
                Some(moves && group.members_total != Some(0))
            },
            fact: |case| group_facts(case).into_iter().next(),
        },
        UNOWNED,
    ],
    holds: |case| Some(Finding::since(case.described_group()?.state_since, case)),
    facts: Some(group_facts),
    advice: None,
};

const UNOWNED: Condition = Condition {
    name: "nobody_owns_the_partition",
    holds: |case| {
        case.described_group()?;
        Some(case.group_owner().is_none())
    },
    fact: |case| {
        let group = case.described_group()?;
        let nobody = || case.fact("owned", Value::Flag(false), Source::Group, group.at);
        owner_facts(case)
            .into_iter()
            .next()
            .or_else(|| Some(nobody()))
    },
};

/// The group is stable and owns other partitions of the topic, and this one is nobody's.
pub(super) static PARTITION_UNOWNED: Reading = Reading {
    code: VerdictCode::PartitionUnowned,
    condition: "the group is Stable and owns other partitions of the topic, and nobody owns this one",
    confirmation: Wait::seconds(30),
    severity: &[
        (Wait::seconds(3), Severity::Note),
        (Wait::seconds(30), Severity::Fault),
    ],
    conditions: &[
        HEARD,
        Condition {
            name: "group_reads_the_topic",
            holds: |case| {
                let group = case.described_group()?;
                Some(group.state == "Stable" && group.owns_topic())
            },
            fact: |case| group_facts(case).into_iter().next(),
        },
        UNOWNED,
    ],
    holds: |case| Some(Finding::since(case.unowned_since()?, case)),
    facts: Some(group_facts),
    advice: None,
};

/// Who owns the partition, as facts.
pub(super) fn owner_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let (Some(owner), Some(group)) = (case.group_owner(), case.group()) else {
        return Vec::new();
    };
    let fact =
        |name, text: &str| case.fact(name, Value::Text(text.to_owned()), Source::Group, group.at);
    vec![
        fact("owner_client_id", &owner.client_id),
        fact("owner_host", &owner.host),
        fact("owner_member_id", &owner.member_id),
    ]
}

/// Look at the member that owns the partition.
pub(super) fn look_at_owner(case: &Case<'_>) -> Vec<v1::Advice> {
    let numbers = case.group_owner().zip(case.group()).map(|(owner, group)| {
        let fact = |name, text: &str| {
            case.fact(name, Value::Text(text.to_owned()), Source::Group, group.at)
        };
        vec![
            fact("client_id", &owner.client_id),
            fact("host", &owner.host),
        ]
    });
    vec![advice(AdviceCode::LookAtOwner, numbers.unwrap_or_default())]
}
