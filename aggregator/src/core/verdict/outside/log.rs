//! The partition's log, and how far the group has committed.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, ErrorKind, Severity, Source, VerdictCode};

use super::Reading;
use super::group::{COMMITTED, commit, look_at_owner, owner_facts};
use crate::core::verdict::case::Case;
use crate::core::verdict::condition::{
    Condition, HEARD, PROBE_FAILS, TOPIC_CAUGHT_UP, UNREAD, agreeing_probes, leader, probes_agree,
    readable,
};
use crate::core::verdict::fact::Value;
use crate::core::verdict::rules::end::log_length;
use crate::core::verdict::rules::{LOSS_SHOWN, flow};
use crate::core::verdict::table::{Finding, Wait};

/// Probes that must agree before records are called stuck.
const STUCK_PROBES: u32 = 2;

/// The topic's id changed while it was watched.
pub(super) static TOPIC_RECREATED: Reading = Reading {
    code: VerdictCode::TopicRecreated,
    condition: "the topic id changed while it was watched, in the last 10 min",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    conditions: &[Condition {
        name: "topic_id_changed",
        holds: |case| {
            case.evidence.topic_id()?;
            let recreated = case.evidence.recreated();
            Some(recreated.is_some_and(|(_, at)| case.since(*at) < LOSS_SHOWN))
        },
        fact: |case| recreated_facts(case).into_iter().next(),
    }],
    holds: |case| Some(Finding::since(case.evidence.recreated()?.1, case)),
    facts: Some(recreated_facts),
    advice: None,
};

fn recreated_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let fact = |name, id: &rollcall_proto::ids::TopicId, at| {
        case.topic_fact(name, Value::Text(id.to_string()), Source::Metadata, at)
    };
    let before = case
        .evidence
        .recreated()
        .map(|(id, at)| fact("topic_id_before", id, *at));
    let now = case.evidence.measured_topic_id();
    let now = now.map(|id| fact("topic_id", &id.value, id.at));
    before.into_iter().chain(now).collect()
}

/// The leader is named and connected, and questions about the partition run out of time.
pub(super) static BROKER_NOT_ANSWERING: Reading = Reading {
    code: VerdictCode::BrokerNotAnswering,
    condition: "the partition's leader is named and connected, and questions about the partition run out of time",
    confirmation: Wait::seconds(3),
    severity: &[(Wait::seconds(3), Severity::Fault)],
    conditions: &[
        HEARD,
        PROBE_FAILS,
        Condition {
            name: "leader_connected",
            holds: |case| {
                leader(case)?;
                let leader = &case.seen?.leader;
                Some(leader.down.is_none() && leader.none.is_none() && !leader.address.is_empty())
            },
            fact: leader,
        },
        Condition {
            name: "timed_out",
            holds: |case| {
                let failure = case.seen?.probe_failure.as_ref()?;
                Some(failure.kind == ErrorKind::TimedOut)
            },
            fact: crate::core::verdict::condition::probe,
        },
    ],
    holds: |case| {
        Some(Finding::since(
            case.seen?.probe_failure.as_ref()?.since,
            case,
        ))
    },
    facts: None,
    advice: None,
};

/// C < L, or an earlier C > H.
pub(super) static OFFSET_OUT_OF_RANGE: Reading = Reading {
    code: VerdictCode::OffsetOutOfRange,
    condition: "C < L, C read after L; or C > H, H asked after C, twice, 2 s apart; where somebody reads and C < L, a note for max(3W, 10 s, 1.5 commit intervals + 2 s), or 2 min while the commit interval is not known",
    confirmation: Wait::seconds(2),
    severity: &[
        (Wait::seconds(2), Severity::Note),
        (Wait::CommitDue, Severity::Fault),
    ],
    conditions: &[
        COMMITTED,
        Condition {
            name: "commit_outside_the_log",
            holds: |case| {
                let seen = case.seen?;
                let found = seen.below.is_some() || seen.beyond.is_some();
                (found || case.position().is_some()).then_some(found)
            },
            fact: |case| {
                let range = range_facts(case).into_iter().next();
                range.or_else(|| Some(commit(case)))
            },
        },
    ],
    holds: out_of_range,
    facts: Some(|case| [range_facts(case), owner_facts(case)].concat()),
    advice: None,
};

/// A log never begins lower than it did, so C < L, with C read after L, needs no second look. But who reads may have had
/// what is gone, and not have committed it yet: of him it is a fault only once a commit that stands still is one. H of a
/// new leader may lag.
fn out_of_range(case: &Case<'_>) -> Option<Finding> {
    let seen = case.seen?;
    if let Some(below) = seen.below {
        let since = Finding::since(below.since, case);
        return Some(match case.may_commit() {
            true => since,
            false => since.lasted(Duration::MAX),
        });
    }
    let beyond = seen.beyond?;
    let finding = Finding::since(beyond.since, case).lasted(beyond.length());
    Some(finding.graded(Severity::Fault))
}

fn range_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(seen) = case.seen else {
        return Vec::new();
    };
    let lost = seen.below.and_then(|below| {
        let start = seen.log_start?;
        let lost = start.value.distance_from(below.offset);
        let fact = |name, value| case.fact(name, value, Source::ProbeLogStart, start.at);
        Some([
            // Offsets: compaction may have left fewer records than that.
            fact("lost_records_at_most", Value::Records(lost)),
            fact("lost_first_offset", Value::Offset(below.offset)),
            fact("lost_next_offset", Value::Offset(start.value)),
        ])
    });
    let beyond = seen.beyond.and_then(|beyond| {
        let by = Value::Offsets(beyond.offset.distance_from(seen.ends?.high));
        Some(case.fact("beyond_end_by", by, Source::ProbeHighWatermark, beyond.last))
    });
    lost.into_iter().flatten().chain(beyond).collect()
}

/// No commit, though the log holds records. A client that begins at the end commits nothing before its first record,
/// and then when its next commit is due: it is more than a note only when that is past and still nothing is committed.
pub(super) static START_OFFSET_UNKNOWN: Reading = Reading {
    code: VerdictCode::StartOffsetUnknown,
    condition: "no C, and L < H; a note, and a warning once records came and there is still no C 1.5 commit intervals + 2 s later (2 min while the interval is not known)",
    confirmation: Wait::seconds(5),
    severity: &[
        (Wait::seconds(5), Severity::Note),
        (Wait::AsItSays, Severity::Warn),
    ],
    conditions: &[Condition {
        name: "no_commit_yet",
        holds: |case| {
            case.ends()?;
            let none = case.no_commit().is_some();
            let known = none || case.committed().is_some() || case.empty_at().is_some();
            known.then_some(none)
        },
        fact: |case| {
            let known = || match case.committed() {
                Some(_) => Some(commit(case)),
                None => log_length(case),
            };
            start_facts(case).into_iter().next().or_else(known)
        },
    }],
    holds: |case| {
        let finding = Finding::since(case.no_commit()?, case);
        let came = case.seen?.uncommitted;
        Some(match came {
            Some(came) if case.since(came) >= case.commit_due() => finding.graded(Severity::Warn),
            Some(_) | None => finding,
        })
    },
    facts: Some(|case| [start_facts(case), owner_facts(case)].concat()),
    advice: Some(look_at_owner),
};

fn start_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let (Some(none), Some(ends)) = (case.no_commit(), case.ends()) else {
        return Vec::new();
    };
    let start = case.seen.and_then(|seen| seen.log_start);
    let length = start.map(|start| {
        let records = Value::Offsets(ends.high.distance_from(start.value));
        case.fact("log_length", records, Source::ProbeHighWatermark, ends.at)
    });
    let since = Value::Length(case.since(none));
    let waited = case.fact("no_commit_for", since, Source::Group, case.now);
    let written = Value::Flag(case.seen.is_some_and(|seen| seen.uncommitted.is_some()));
    let written = case.fact(
        "written_meanwhile",
        written,
        Source::ProbeHighWatermark,
        ends.at,
    );
    let facts = [waited, written].into_iter().chain(length);
    facts.chain(interval_facts(case)).collect()
}

/// Reading the unread records as anybody would fails for a record's size.
pub(super) static RECORD_TOO_LARGE: Reading = Reading {
    code: VerdictCode::RecordTooLarge,
    condition: "C < E, C unchanged for two probes, and to read on from C as any consumer would fails for a record's size",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    conditions: &[UNREAD, NOT_MOVING, TOO_LARGE],
    holds: |case| failed_since(case, ErrorKind::RecordTooLarge),
    facts: Some(failure_facts),
    advice: None,
};

/// Reading the unread records as anybody would fails to decode them.
pub(super) static UNDECODABLE_BATCH: Reading = Reading {
    code: VerdictCode::UndecodableBatch,
    condition: "C < E, C unchanged for two probes, and to read on from C as any consumer would fails to decode a batch",
    confirmation: Wait::seconds(5),
    severity: &[(Wait::seconds(5), Severity::Fault)],
    conditions: &[UNREAD, NOT_MOVING, UNDECODABLE],
    holds: |case| failed_since(case, ErrorKind::Undecodable),
    facts: Some(failure_facts),
    advice: Some(look_at_owner),
};

const TOO_LARGE: Condition = Condition {
    name: "unread_record_too_large",
    holds: |case| fails(case, ErrorKind::RecordTooLarge),
    fact: |case| failure_facts(case).into_iter().next(),
};

const UNDECODABLE: Condition = Condition {
    name: "unread_batch_undecodable",
    holds: |case| fails(case, ErrorKind::Undecodable),
    fact: |case| failure_facts(case).into_iter().next(),
};

/// N has stayed where it is for at least two probes.
const NOT_MOVING: Condition = Condition {
    name: "position_unchanged",
    holds: |case| probes_agree(case, STUCK_PROBES),
    fact: |case| match probes_agree(case, STUCK_PROBES) {
        Some(true) => unchanged_for(case),
        Some(false) | None => agreeing_probes(case),
    },
};

fn fails(case: &Case<'_>, kind: ErrorKind) -> Option<bool> {
    let failure = case.unread()?.failure.as_ref();
    Some(failure.is_some_and(|(_, of)| *of == kind))
}

fn failed_since(case: &Case<'_>, kind: ErrorKind) -> Option<Finding> {
    fails(case, kind)?.then(|| Finding::since(still_since(case)?, case).into())?
}

fn failure_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(unread) = case.unread() else {
        return Vec::new();
    };
    let failure = unread
        .failure
        .as_ref()
        .map(|(text, _)| case.fact("error", Value::Text(text.clone()), Source::Log, unread.at));
    let at = case.fact(
        "record_offset",
        Value::Offset(unread.next_offset),
        Source::Log,
        unread.at,
    );
    failure
        .into_iter()
        .chain([at])
        .chain(owner_facts(case))
        .collect()
}

/// Everything up to S was read, or holds nothing that a read_committed consumer would get, and S < H.
pub(super) static OPEN_TRANSACTION: Reading = Reading {
    code: VerdictCode::OpenTransaction,
    condition: "read_committed (assumed, unless told), S < H, and C = S or all of [C, S) holds nothing for a reader; a fault beyond the brokers' transaction.max.timeout.ms (15 min if unknown) + 10 s",
    confirmation: Wait::seconds(10),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::seconds(10), Severity::Warn),
        (Wait::TransactionLimit, Severity::Fault),
    ],
    conditions: &[
        COMMITTED,
        Condition {
            name: "records_hidden",
            holds: |case| case.hidden().map(|hidden| hidden > 0),
            fact: |case| {
                let (hidden, ends) = (case.hidden()?, case.ends()?);
                let hidden = Value::Offsets(hidden);
                Some(case.fact("hidden", hidden, Source::ProbeLastStable, ends.at))
            },
        },
        Condition {
            name: "nothing_visible",
            holds: |case| Some(case.readable()? == 0 || nothing_visible(case)),
            fact: readable,
        },
    ],
    holds: flow::open_transaction,
    facts: Some(transaction_facts),
    advice: None,
};

fn transaction_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let assumed = case.feed.is_some_and(|feed| feed.isolation_assumed());
    let assumed = assumed.then(|| {
        let assumed = Value::Flag(true);
        case.topic_fact("isolation_assumed", assumed, Source::Setting, case.now)
    });
    flow::transaction_facts(case)
        .into_iter()
        .chain(assumed)
        .collect()
}

/// Whether all of [N, E) was looked at and holds nothing that would be handed over.
fn nothing_visible(case: &Case<'_>) -> bool {
    let looked = case.unread().zip(case.end());
    looked.is_some_and(|(unread, end)| {
        unread.failure.is_none() && unread.visible == 0 && unread.next_offset >= end.value
    })
}

/// What is unread holds nothing: control records, aborted transactions, or what compaction took.
pub(super) static NO_VISIBLE_RECORDS: Reading = Reading {
    code: VerdictCode::NoVisibleRecords,
    condition: "C < E, and all of [C, E) was looked at and holds nothing for a reader: control records, aborted transactions, or what compaction left",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    conditions: &[
        COMMITTED,
        UNREAD,
        Condition {
            name: "nothing_visible",
            holds: |case| {
                case.unread()?;
                Some(nothing_visible(case))
            },
            fact: |case| {
                let unread = case.unread()?;
                let visible = Value::Records(unread.visible.into());
                Some(case.fact("visible_records", visible, Source::Log, unread.at))
            },
        },
    ],
    holds: |_| Some(Finding::now()),
    facts: Some(unread_facts),
    advice: None,
};

/// The commit stands still below the end, and nothing above explains it.
pub(super) static STUCK_WITH_LAG: Reading = Reading {
    code: VerdictCode::StuckWithLag,
    condition: "C < E by a fresh probe, C frozen for max(3W, 10 s, 1.5 commit intervals + 2 s), seen twice, and nothing above; a note until the commit interval is known, at most for 2 min",
    confirmation: Wait::Frozen,
    severity: &[
        (Wait::Frozen, Severity::Note),
        (Wait::CommitDue, Severity::Fault),
    ],
    conditions: &[HEARD, COMMITTED, UNREAD, NOT_MOVING],
    holds: |case| Some(Finding::since(still_since(case)?, case)),
    facts: Some(|case| [still_facts(case), unread_facts(case), owner_facts(case)].concat()),
    advice: Some(look_at_owner),
};

/// Since when N has been seen to stand still below E.
pub(super) fn still_since(case: &Case<'_>) -> Option<Moment> {
    let seen = case.seen?;
    Some(seen.behind?.since.max(seen.moved.unwrap_or_default()))
}

fn unchanged_for(case: &Case<'_>) -> Option<v1::Fact> {
    let still = Value::Length(case.since(still_since(case)?));
    Some(case.fact("position_unchanged_for", still, Source::Group, case.now))
}

fn still_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(seen) = case.seen else {
        return Vec::new();
    };
    let probes = seen.behind.and_then(|_| agreeing_probes(case));
    let facts = unchanged_for(case).into_iter().chain(probes);
    facts.chain(interval_facts(case)).collect()
}

/// Whether it is known how often the application commits, and how often that is.
fn interval_facts(case: &Case<'_>) -> impl Iterator<Item = v1::Fact> {
    let interval = case.commit_interval();
    let fact = |name, value| case.topic_fact(name, value, Source::Group, case.now);
    let known = fact("commit_interval_known", Value::Flag(interval.is_some()));
    let interval = interval.map(|interval| fact("commit_interval", Value::Length(interval)));
    [known].into_iter().chain(interval)
}

/// What was read of the unread records.
fn unread_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(unread) = case.unread() else {
        return Vec::new();
    };
    let fact = |name, value| case.fact(name, value, Source::Log, unread.at);
    let oldest = case
        .oldest_unread()
        .map(|age| fact("oldest_unread_age", Value::Length(age)));
    let hidden =
        (unread.hidden > 0).then(|| fact("hidden_records", Value::Records(unread.hidden.into())));
    [
        fact("visible_records", Value::Records(unread.visible.into())),
        fact("looked_at_up_to", Value::Offset(unread.next_offset)),
    ]
    .into_iter()
    .chain(hidden)
    .chain(oldest)
    .collect()
}

/// As from inside, but only against a timeout that was told.
pub(super) static PRODUCER_SLOWER_THAN_TIMEOUT: Reading = Reading {
    code: VerdictCode::ProducerSlowerThanTimeout,
    condition: "T was told, caught up, and the topic's usual gap (the one that half of all time is spent in or above) is longer than T",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    conditions: &[
        Condition {
            name: "timeout_told",
            holds: |case| Some(case.ask.timeout_told),
            fact: |case| {
                let timeout = Value::Length(case.ask.timeout);
                Some(case.topic_fact("timeout", timeout, Source::Setting, case.now))
            },
        },
        TOPIC_CAUGHT_UP,
        Condition {
            name: "topic_not_expected_to_be_empty",
            holds: |case| Some(!case.evidence.words().expect_empty),
            fact: |case| {
                let expected = Value::Flag(case.evidence.words().expect_empty);
                Some(case.topic_fact("expect_empty", expected, Source::Setting, case.now))
            },
        },
        Condition {
            name: "usual_gap_longer_than_timeout",
            holds: |case| Some(case.whole.rhythm?.usual > case.ask.timeout),
            fact: |case| {
                let usual = Value::Length(case.whole.rhythm?.usual);
                Some(case.topic_fact("gap_usual", usual, Source::ArrivalModel, case.now))
            },
        },
    ],
    holds: |_| Some(Finding::now()),
    facts: None,
    advice: None,
};

/// The commit is at the end, or was so lately that what is unread came since.
pub(super) static CAUGHT_UP: Reading = Reading {
    code: VerdictCode::CaughtUp,
    condition: "C = E, or C was at E so lately that what is unread came since; or the log is empty and there is no C",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    conditions: &[
        HEARD,
        Condition {
            name: "committed_to_the_end",
            holds: |case| Some(case.outside_caught_up()),
            fact: |case| {
                let empty = || log_length(case).filter(|_| case.empty_at().is_some());
                readable(case).or_else(empty).or_else(|| Some(commit(case)))
            },
        },
    ],
    holds: |_| Some(Finding::now()),
    facts: None,
    advice: None,
};
