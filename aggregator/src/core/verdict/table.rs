//! The ordered table of verdicts, as data.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode};

use super::case::Case;
use super::condition::Condition;
use super::outside::{self, Reading};
use super::rules::{
    broker, data, delivery, end, flow, group, held, lane, membership, offsets, polling, producer,
    reach, retention, topic,
};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The verdict.
    pub code: VerdictCode,
    /// When it holds, in the letters of the design: N next offset to fetch, A handed over, C committed,
    /// H high watermark, S last stable offset, L log start, E the consumer's end (S if read_committed, else
    /// H), T the gather's timeout, W fetch.wait.max.ms, M fetch.min.bytes.
    pub condition: &'static str,
    /// How long it must hold to be confirmed.
    pub confirmation: Wait,
    /// How much it matters, by how long it holds; then what else it may come to. Before the first of them it is not said as a
    /// verdict.
    pub severity: &'static [(Wait, Severity)],
    /// The slots that it explains.
    pub explains: Explains,
    /// What must be so, all of it; each is tried by one function, here and for `--why-not`.
    pub conditions: &'static [Condition],
    /// What is found once all conditions hold: since when, and how much it matters. `None` when a part of it is
    /// unknown after all.
    pub holds: fn(&Case<'_>) -> Option<Finding>,
    /// The facts that it rests on, beside the partition's offsets.
    pub facts: fn(&Case<'_>) -> Vec<v1::Fact>,
    /// What to do.
    pub advice: fn(&Case<'_>) -> Vec<v1::Advice>,
    /// The fact that rules it out, when it does not hold.
    pub against: fn(&Case<'_>) -> Option<v1::Fact>,
}

/// From where a topic's reader is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// From its own fetchers, with the aggregator's books.
    #[default]
    Inside,
    /// As a group that other software runs: by what anybody can see.
    Outside,
}

/// What a row says of itself, from one view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it holds.
    pub condition: &'static str,
    /// How long it must hold to be confirmed.
    pub confirmation: Wait,
    /// How much it matters, by how long it holds.
    pub severity: &'static [(Wait, Severity)],
}

/// How long a commit of which nothing is known may stand still before that is a fault: twice the interval of Kafka
/// Connect's sinks (`offset.flush.interval.ms`) and of ordinary Flink checkpoints.
pub const RARE_COMMITS: Duration = Duration::from_secs(120);

/// How long something must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// This long.
    For(Duration),
    /// As long as it takes to call a position frozen.
    Frozen,
    /// The same, and [`RARE_COMMITS`] while nobody said and nothing showed how often the application commits.
    CommitDue,
    /// As long as the brokers let a transaction be open: their transaction.max.timeout.ms (15 min while it is not
    /// known), and 10 s for the sweep that follows it.
    TransactionLimit,
    /// Not by time: the condition says where a severity is this one ([`Finding::graded`]).
    AsItSays,
}

/// The slots that a rule explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explains {
    /// Empty ones.
    Empty,
    /// Ones with data.
    Data,
    /// Empty ones; and a partition that gives nothing while others do.
    Both,
}

/// That a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Since when, as far as it is known.
    pub since: Option<Moment>,
    /// How long it is known to hold.
    pub lasted: Duration,
    /// Severity that is other than the one by time.
    pub severity: Option<Severity>,
    /// It explains nothing by itself: never the verdict, only in `also`.
    pub also_only: bool,
}

impl Rule {
    /// Whether it explains a slot like this one.
    pub fn applies(&self, case: &Case<'_>) -> bool {
        match self.explains {
            Explains::Empty => !case.has_data(),
            Explains::Data => case.has_data(),
            Explains::Both => true,
        }
    }

    /// When it holds, when it is confirmed and how much it matters, from that view.
    pub fn seen(&self, view: View) -> Seen {
        let reading = match view {
            View::Inside => None,
            View::Outside => outside::reading(self.code),
        };
        let own = Seen {
            condition: self.condition,
            confirmation: self.confirmation,
            severity: self.severity,
        };
        reading.map_or(own, |reading| Seen {
            condition: reading.condition,
            confirmation: reading.confirmation,
            severity: reading.severity,
        })
    }

    /// Whether it reads differently from outside, or is never found there.
    pub fn differs_outside(&self) -> bool {
        outside::reading(self.code).is_some()
    }

    /// Whether it is found from outside at all.
    pub fn found_outside(&self) -> bool {
        !outside::never(self.code)
    }

    /// How it reads for a case: from outside some rules read differently.
    fn reading(&self, case: &Case<'_>) -> Option<&'static Reading> {
        case.outside().then(|| outside::reading(self.code))?
    }

    /// What must be so for a case.
    pub fn conditions_for(&self, case: &Case<'_>) -> &'static [Condition] {
        self.reading(case)
            .map_or(self.conditions, |reading| reading.conditions)
    }

    /// Tries it: what is found when all of its conditions hold.
    pub fn find(&self, case: &Case<'_>) -> Option<Finding> {
        let holds = |condition: &Condition| (condition.holds)(case) == Some(true);
        let all = self.applies(case) && self.conditions_for(case).iter().all(holds);
        let found = self
            .reading(case)
            .map_or(self.holds, |reading| reading.holds);
        all.then(|| found(case))?
    }

    /// The facts that it rests on for a case.
    pub fn facts_for(&self, case: &Case<'_>) -> Vec<v1::Fact> {
        let facts = self.reading(case).and_then(|reading| reading.facts);
        facts.unwrap_or(self.facts)(case)
    }

    /// What to do for a case.
    pub fn advice_for(&self, case: &Case<'_>) -> Vec<v1::Advice> {
        let advice = self.reading(case).and_then(|reading| reading.advice);
        advice.unwrap_or(self.advice)(case)
    }
}

impl View {
    /// From where a case is seen.
    pub fn of(case: &Case<'_>) -> Self {
        match case.outside() {
            true => Self::Outside,
            false => Self::Inside,
        }
    }
}

impl Wait {
    /// No time at all.
    pub const NONE: Self = Self::For(Duration::ZERO);

    /// Some seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self::For(Duration::from_secs(seconds))
    }

    /// The time, for this partition; `None` where none brings it about.
    pub fn length(self, case: &Case<'_>) -> Option<Duration> {
        Some(match self {
            Self::For(length) => length,
            Self::Frozen => case.frozen_after(),
            Self::CommitDue => match case.commit_interval() {
                Some(_) => case.frozen_after(),
                None => case.frozen_after().max(RARE_COMMITS),
            },
            Self::TransactionLimit => case.transaction_limit(),
            Self::AsItSays => return None,
        })
    }
}

impl Finding {
    /// It holds since then.
    pub fn since(since: Moment, case: &Case<'_>) -> Self {
        Self {
            since: Some(since),
            lasted: case.since(since),
            severity: None,
            also_only: false,
        }
    }

    /// It holds, and since when is not known: as good as for ever.
    pub const fn now() -> Self {
        Self {
            since: None,
            lasted: Duration::MAX,
            severity: None,
            also_only: false,
        }
    }

    /// It was seen to hold for this long, which may be less than the time since.
    pub const fn lasted(self, lasted: Duration) -> Self {
        Self { lasted, ..self }
    }

    /// It matters this much, however long it holds: one of the rule's severities.
    pub const fn graded(self, severity: Severity) -> Self {
        Self {
            severity: Some(severity),
            ..self
        }
    }

    /// It is never the verdict.
    pub const fn only_also(self) -> Self {
        Self {
            also_only: true,
            ..self
        }
    }
}

/// No facts of its own.
pub fn no_facts(_: &Case<'_>) -> Vec<v1::Fact> {
    Vec::new()
}

/// No advice of its own.
pub fn no_advice(_: &Case<'_>) -> Vec<v1::Advice> {
    Vec::new()
}

/// No single fact rules it out.
pub fn no_fact(_: &Case<'_>) -> Option<v1::Fact> {
    None
}

/// Where a verdict stands in the table; behind it for one that no rule makes.
pub fn place(code: VerdictCode) -> usize {
    let at = TABLE.iter().position(|rule| rule.code == code);
    at.unwrap_or(TABLE.len())
}

/// The rules, in the order in which they are tried.
pub static TABLE: &[Rule] = &[
    reach::FETCHER_UNREACHABLE,
    lane::LANES_DISAGREE,
    lane::NOT_IN_THIS_LANE,
    reach::CONSUMER_FATAL,
    reach::AUTHENTICATION_FAILED,
    reach::PROTOCOL_MISMATCH,
    group::GROUP_PROTOCOL_MISMATCH,
    reach::AUTHORIZATION_DENIED,
    topic::TOPIC_MISSING,
    topic::TOPIC_RECREATED,
    broker::CLUSTER_UNREACHABLE,
    polling::POLL_INTERVAL_EXCEEDED,
    membership::NO_GROUP,
    group::NO_COORDINATOR,
    membership::NO_MEMBER,
    group::REBALANCING,
    group::PARTITION_UNOWNED,
    membership::NOT_SUBSCRIBED,
    group::OWNER_ELSEWHERE,
    group::OWNER_SILENT,
    broker::BROKER_DOWN,
    broker::LEADER_UNAVAILABLE,
    broker::BROKER_NOT_ANSWERING,
    offsets::OFFSET_OUT_OF_RANGE,
    offsets::START_OFFSET_UNKNOWN,
    offsets::RECORD_TOO_LARGE,
    offsets::UNDECODABLE_BATCH,
    delivery::COMMIT_FAILING,
    delivery::WAITING_FOR_ACK,
    delivery::NO_CLIENT,
    delivery::PAUSED_BACKPRESSURE,
    polling::NOT_POLLED,
    held::THROTTLED,
    flow::OPEN_TRANSACTION,
    flow::NO_VISIBLE_RECORDS,
    held::WAITING_MIN_BYTES,
    flow::ARRIVED_TOO_LATE,
    flow::STUCK_WITH_LAG,
    end::SKIPPED_TO_END,
    producer::PRODUCER_OVERDUE,
    producer::PRODUCER_SLOWER_THAN_TIMEOUT,
    end::TOPIC_EMPTY,
    end::CAUGHT_UP,
    end::UNDETERMINED,
    data::FLOWING,
    data::CAPPED_BY_MAX_RECORDS,
    data::CAPPED_BY_MAX_BYTES,
    data::FALLING_BEHIND,
    retention::RETENTION_NEAR,
];
