//! Whether the consumer group gives the partition to a fetcher.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::{
    COORDINATED, Condition, IN_MOTION, MEMBER, STEADY, UNCLAIMED, probe,
};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::{error_facts, latched, look_at_fetcher, said, says};
use crate::core::evidence::pulse::Foreign;

/// Time in which the unowned moments of a partition are added up.
const UNOWNED_WINDOW: Duration = Duration::from_secs(300);
/// Longest time in that window that a rebalance may take a partition away.
const UNOWNED: Duration = Duration::from_secs(60);

/// Shards that a fact names.
const SHARDS_NAMED: usize = 8;

/// Another assignor or protocol in the group.
pub(in super::super) const GROUP_PROTOCOL_MISMATCH: Rule = Rule {
    code: VerdictCode::GroupProtocolMismatch,
    condition: "the group refused the client, since another member uses another assignor or protocol; or the fetcher joins no group, and this one has members",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "group_refused_the_protocol",
        holds: |case| says(case, ErrorKind::GroupProtocol),
        fact: |case| said(case, ErrorKind::GroupProtocol),
    }],
    holds: |case| latched(case, ErrorKind::GroupProtocol),
    facts: |case| error_facts(case, ErrorKind::GroupProtocol),
    advice: look_at_fetcher,
    against: no_fact,
};

/// No coordinator.
pub(in super::super) const NO_COORDINATOR: Rule = Rule {
    code: VerdictCode::NoCoordinator,
    condition: "the client has had no coordinator for 10 s; a steady member, or a fetcher that joins no group and holds the partition, keeps reading, so there it is only said beside, as a warning",
    confirmation: Wait::seconds(10),
    severity: &[
        (Wait::seconds(10), Severity::Fault),
        (Wait::AsItSays, Severity::Warn),
    ],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "no_coordinator",
        holds: |case| Some(case.pulse()?.coordinator_lost.is_some()),
        fact: |case| state_facts(case).into_iter().next(),
    }],
    holds: no_coordinator,
    facts: state_facts,
    advice: |_| vec![advice(AdviceCode::CheckCluster, Vec::new())],
    against: no_fact,
};

fn no_coordinator(case: &Case<'_>) -> Option<Finding> {
    let pulse = case.pulse()?;
    let finding = Finding::since(pulse.coordinator_lost?, case);
    let holds = case.in_the_group() == Some(false) && case.claim().is_some();
    Some(if holds || pulse.group.steady() == Some(true) {
        finding.graded(Severity::Warn).only_also()
    } else {
        finding
    })
}

fn state_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(pulse) = case.pulse() else {
        return Vec::new();
    };
    let state = |name, text: &str| {
        case.topic_fact(name, Value::Text(text.to_owned()), Source::Pulse, pulse.at)
    };
    let rounds = pulse.group.rebalancing.map(|since| {
        case.topic_fact(
            "rebalancing_for",
            Value::Length(case.since(since)),
            Source::Pulse,
            pulse.at,
        )
    });
    let states = [
        state("group_state", &pulse.group.state),
        state("join_state", &pulse.group.join_state),
    ];
    states.into_iter().chain(rounds).collect()
}

/// A round is in motion.
pub(in super::super) const REBALANCING: Rule = Rule {
    code: VerdictCode::Rebalancing,
    condition: "nobody holds the partition, the group has a coordinator, and a rebalance is in motion; a fault when unowned for more than 60 s of 5 min",
    confirmation: Wait::NONE,
    severity: &[
        (Wait::NONE, Severity::Ok),
        (Wait::AsItSays, Severity::Fault),
    ],
    explains: Explains::Empty,
    conditions: &[MEMBER, UNCLAIMED, IN_MOTION, COORDINATED],
    holds: rebalancing,
    facts: rebalancing_facts,
    advice: |_| vec![advice(AdviceCode::Wait, Vec::new())],
    against: claim_holds,
};

fn rebalancing(case: &Case<'_>) -> Option<Finding> {
    let pulse = case.pulse()?;
    let unowned_since = case.owner.and_then(|owner| owner.unowned_since());
    let since = unowned_since
        .or(pulse.group.rebalancing)
        .or(case.feed.map(|feed| feed.opened))?;
    let finding = Finding::since(since, case);
    Some(if unowned(case).max(finding.lasted) > UNOWNED {
        finding.graded(Severity::Fault)
    } else {
        finding
    })
}

fn unowned(case: &Case<'_>) -> Duration {
    case.owner
        .map(|owner| owner.unowned_within(UNOWNED_WINDOW, case.now))
        .unwrap_or_default()
}

fn rebalancing_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let unowned = case.own("unowned_in_5_min", Value::Length(unowned(case)));
    [state_facts(case), vec![unowned]].concat()
}

fn claim_holds(case: &Case<'_>) -> Option<v1::Fact> {
    let claim = case.claim()?;
    Some(case.own("claimed_for", Value::Length(case.since(claim.at))))
}

/// Nobody's.
pub(in super::super) const PARTITION_UNOWNED: Rule = Rule {
    code: VerdictCode::PartitionUnowned,
    condition: "in metadata, the group is steady, and a description of it that is younger than 11 s names no owner of the partition; or the fetchers join no group, and it is in the shard of none",
    confirmation: Wait::seconds(30),
    severity: &[
        (Wait::seconds(3), Severity::Note),
        (Wait::seconds(30), Severity::Fault),
    ],
    explains: Explains::Both,
    conditions: &[
        UNCLAIMED,
        Condition {
            name: "group_steady_or_not_joined",
            holds: |case| match case.in_the_group()? {
                true => (STEADY.holds)(case),
                false => Some(true),
            },
            fact: |case| match case.in_the_group()? {
                true => (STEADY.fact)(case),
                false => (MEMBER.fact)(case),
            },
        },
        Condition {
            name: "in_metadata",
            holds: |case| {
                let fails = case.seen?.probe_failure.is_some();
                // One that was measured, but too long ago, may be gone.
                case.seen?
                    .ends
                    .map(|_| case.ends().is_some() || fails)
                    .or(fails.then_some(true))
            },
            fact: probe,
        },
        Condition {
            name: "owned_by_nobody",
            holds: |case| match case.in_the_group()? {
                true => {
                    case.pulse()?.described?;
                    Some(unowned_since(case).is_some())
                }
                false => Some(left_out_since(case).is_some()),
            },
            fact: |case| match case.in_the_group()? {
                true => {
                    let described = case.pulse()?.described?;
                    let owned = Value::Flag(unowned_since(case).is_none());
                    Some(case.fact("owned", owned, Source::Group, described))
                }
                false => Some(shards(case)),
            },
        },
    ],
    holds: |case| {
        let since = match case.in_the_group()? {
            true => unowned_since(case),
            false => left_out_since(case),
        };
        Some(Finding::since(since?, case))
    },
    facts: unowned_facts,
    advice: look_at_fetcher,
    against: no_fact,
};

fn unowned_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    if case.in_the_group() == Some(false) {
        let left_out = left_out_since(case).map(|since| {
            let length = Value::Length(case.since(since));
            case.own("in_no_shard_for", length)
        });
        return left_out.into_iter().chain([shards(case)]).collect();
    }
    let unowned = unowned_since(case).map(|since| {
        let length = Value::Length(case.since(since));
        case.fact("unowned_for", length, Source::Group, case.now)
    });
    unowned.into_iter().collect()
}

/// Since when no fetcher has claimed a partition that is in the shard of none; `None` while one may take it.
fn left_out_since(case: &Case<'_>) -> Option<Moment> {
    let partition = case.partition?;
    let feeds = case.evidence.feeds().values();
    if !feeds.clone().all(|feed| feed.open.leaves_out(partition)) {
        return None;
    }
    let given_back = case.owner.and_then(|owner| owner.unowned_since());
    let known = || {
        feeds
            .filter_map(|feed| feed.partitions.get(&partition)?.known)
            .min()
    };
    given_back.or_else(known)
}

/// The shards of the topic's fetchers.
fn shards(case: &Case<'_>) -> v1::Fact {
    let feeds = case.evidence.feeds().values();
    let shards: BTreeSet<_> = feeds.filter_map(|feed| feed.open.shard).collect();
    let named = shards.iter().take(SHARDS_NAMED);
    let named: Vec<_> = named.map(|(number, of)| format!("{number}/{of}")).collect();
    let more = if shards.len() > SHARDS_NAMED {
        ", …"
    } else {
        ""
    };
    let text = Value::Text(format!("{}{more}", named.join(", ")));
    case.topic_fact("shards", text, Source::Setting, case.now)
}

/// Since when no fetcher of the topic has it and the group's description names nobody else.
fn unowned_since(case: &Case<'_>) -> Option<Moment> {
    let partition = case.partition?;
    let feeds = case.evidence.feeds().values();
    let elsewhere = feeds.filter_map(|feed| feed.partitions.get(&partition)?.pulse.as_ref());
    let assigned = elsewhere.into_iter().any(|part| part.assigned);
    (!assigned).then(|| case.seen?.unowned)?
}

/// The partition is a stranger's, who reads.
pub(in super::super) const OWNER_ELSEWHERE: Rule = Rule {
    code: VerdictCode::OwnerElsewhere,
    condition: "steady, the partition belongs to a member that is no fetcher of ours, and C moves, is at the end or is unknown",
    confirmation: Wait::seconds(10),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::seconds(10), Severity::Warn),
    ],
    explains: Explains::Both,
    conditions: &[
        MEMBER,
        UNCLAIMED,
        STEADY,
        OWNED_BY_A_STRANGER,
        Condition {
            name: "owner_not_silent",
            holds: |case| {
                case.foreign()?;
                Some(silent_since(case).is_none())
            },
            fact: owner_commit,
        },
    ],
    holds: |case| Some(since_ours(case)),
    facts: owner_facts,
    advice: look_at_owner,
    against: claim_holds,
};

/// The partition is a stranger's, who does not read.
pub(in super::super) const OWNER_SILENT: Rule = Rule {
    code: VerdictCode::OwnerSilent,
    condition: "steady, the partition belongs to a member that is no fetcher of ours, and its C, or the want of one, is frozen while records wait",
    confirmation: Wait::Frozen,
    severity: &[(Wait::Frozen, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        MEMBER,
        UNCLAIMED,
        STEADY,
        OWNED_BY_A_STRANGER,
        Condition {
            name: "owner_does_not_read",
            holds: |case| {
                is_behind(case, case.foreign()?)?;
                Some(silent_since(case).is_some())
            },
            fact: owner_commit,
        },
    ],
    holds: |case| Some(Finding::since(silent_since(case)?, case)),
    facts: owner_facts,
    advice: look_at_owner,
    against: no_fact,
};

/// A member that is no fetcher of ours owns the partition.
const OWNED_BY_A_STRANGER: Condition = Condition {
    name: "owned_by_another_member",
    holds: |case| {
        case.pulse()?;
        Some(case.foreign().is_some())
    },
    fact: |case| {
        let pulse = case.pulse()?;
        let nobody = || {
            case.fact(
                "owned_by_another",
                Value::Flag(false),
                Source::Pulse,
                pulse.at,
            )
        };
        owner_facts(case)
            .into_iter()
            .next()
            .or_else(|| Some(nobody()))
    },
};

fn owner_commit(case: &Case<'_>) -> Option<v1::Fact> {
    let owner = case.foreign()?;
    let unchanged = Value::Length(case.since(owner.committed_since));
    Some(case.fact(
        "owner_commit_unchanged_for",
        unchanged,
        Source::Group,
        owner.at,
    ))
}

/// Since when records have waited for an owner whose commit, or the want of one, has not changed; `None` until that
/// is so for long enough.
fn silent_since(case: &Case<'_>) -> Option<Moment> {
    let owner = case.foreign()?;
    let since = case.seen?.owner_behind?.max(owner.committed_since);
    let frozen = is_behind(case, owner)? && case.since(since) >= case.frozen_after();
    frozen.then_some(since)
}

fn is_behind(case: &Case<'_>, owner: &Foreign) -> Option<bool> {
    case.ends()?;
    case.seen?.is_behind(owner, case.feed?.isolation())
}

/// Since when the partition has not been ours.
fn since_ours(case: &Case<'_>) -> Finding {
    let unowned_since = case.owner.and_then(|owner| owner.unowned_since());
    let opened = case.feed.map_or(case.now, |feed| feed.opened);
    Finding::since(unowned_since.unwrap_or(opened), case)
}

fn owner_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(owner) = case.foreign() else {
        return Vec::new();
    };
    let fact = |name, value| case.fact(name, value, Source::Group, owner.at);
    let mut facts = vec![
        fact("owner_client_id", Value::Text(owner.client_id.clone())),
        fact("owner_host", Value::Text(owner.host.clone())),
        fact("owner_member_id", Value::Text(owner.member_id.clone())),
        fact(
            "owner_commit_unchanged_for",
            Value::Length(case.since(owner.committed_since)),
        ),
    ];
    let committed = owner.committed.map(Value::Offset);
    facts.extend(committed.map(|offset| fact("owner_committed", offset)));
    let none = owner.no_commit.then_some(Value::Flag(false));
    facts.extend(none.map(|flag| fact("owner_has_committed", flag)));
    let behind = case.seen.and_then(|seen| seen.owner_behind);
    let behind = behind.map(|since| Value::Length(case.since(since)));
    facts.extend(behind.map(|length| fact("owner_behind_for", length)));
    facts
}

fn look_at_owner(case: &Case<'_>) -> Vec<v1::Advice> {
    let numbers = case.foreign().map(|owner| {
        let fact = |name, text: &str| {
            case.fact(name, Value::Text(text.to_owned()), Source::Group, owner.at)
        };
        vec![
            fact("client_id", &owner.client_id),
            fact("host", &owner.host),
        ]
    });
    vec![advice(AdviceCode::LookAtOwner, numbers.unwrap_or_default())]
}
