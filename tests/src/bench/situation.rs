//! What a situation is: a label and a script.

use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;
use rollcall_aggregator::core::verdict::table::{self, Seen, TABLE, Wait};
use rollcall_proto::v1::{Severity, VerdictCode};
use serde::{Deserialize, Serialize};

use super::Scene;

/// What a script's run is. It stays on the thread of the runner.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Sets up, causes, waits, undoes.
pub type Script = for<'a> fn(&'a mut Scene) -> Running<'a>;

/// Time beyond the stated confirmation time in which a verdict still is in time.
pub const SLACK: Duration = Duration::from_secs(2);

/// How long a position must stand still to be called frozen, for the settings of these situations: max(3W, 2 pulses, 10 s).
const FROZEN: Duration = Duration::from_secs(10);

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum View {
    /// An aggregator that is fed by rollcall's own fetchers.
    Inside,
    /// `doctor`'s engine, on a group that other software made.
    Outside,
}

impl From<View> for table::View {
    fn from(view: View) -> Self {
        match view {
            View::Inside => Self::Inside,
            View::Outside => Self::Outside,
        }
    }
}

/// What the cause disturbs, and so what may run beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Family {
    /// A topic or a group of its own: many run at once on one Kafka.
    Topic,
    /// A broker of several: one at a time.
    Broker,
    /// Users and rights: on a Kafka with security.
    Secured,
}

/// One situation.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// A sentence in kebab case.
    pub name: &'static str,
    /// The verdict that is right.
    pub expect: VerdictCode,
    /// It must matter at least this much.
    pub severity: Severity,
    /// Who looks.
    pub view: View,
    /// What it disturbs.
    pub family: Family,
    /// What it could be mistaken for.
    pub resembles: Option<VerdictCode>,
    /// What may honestly be said before the right verdict: a milder truth of the same cause.
    pub meanwhile: &'static [VerdictCode],
    /// Time that passes in the world between the cause and the moment from which the rule could hold, and why that is.
    pub onset: (Duration, &'static str),
    /// What else must be said beside it; for several faults at once.
    pub also: &'static [VerdictCode],
    /// Whether the cause is made on a real broker.
    pub injected: Injected,
    /// What happens.
    pub script: Script,
}

/// How the cause is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Injected {
    /// On a real broker, by real processes.
    Broker,
    /// By the embedded broker, since a real one cannot be brought to it.
    Mock,
    /// By what a feed says, since no broker can be brought to it.
    Feed,
}

impl Injected {
    /// How people are told; nothing of what is real.
    pub fn note(self) -> &'static str {
        match self {
            Self::Broker => "",
            Self::Mock => " (embedded broker)",
            Self::Feed => " (raw feed)",
        }
    }
}

impl Situation {
    /// A situation of one topic, seen from inside, that looks like nothing else.
    pub const fn inside(
        name: &'static str,
        expect: VerdictCode,
        severity: Severity,
        script: Script,
    ) -> Self {
        Self {
            name,
            expect,
            severity,
            view: View::Inside,
            family: Family::Topic,
            resembles: None,
            meanwhile: &[],
            onset: (Duration::ZERO, ""),
            also: &[],
            injected: Injected::Broker,
            script,
        }
    }

    /// The same, but it disturbs this.
    pub const fn of(self, family: Family) -> Self {
        Self { family, ..self }
    }

    /// The same, seen from outside.
    pub const fn outside(self) -> Self {
        Self {
            view: View::Outside,
            ..self
        }
    }

    /// The same, and it could be mistaken for that.
    pub const fn like(self, code: VerdictCode) -> Self {
        Self {
            resembles: Some(code),
            ..self
        }
    }

    /// The same, with what may be said on the way.
    pub const fn by_way_of(self, meanwhile: &'static [VerdictCode]) -> Self {
        Self { meanwhile, ..self }
    }

    /// The same, whose rule can hold only this much later.
    pub const fn from(self, seconds: u64, why: &'static str) -> Self {
        Self {
            onset: (Duration::from_secs(seconds), why),
            ..self
        }
    }

    /// The same, with what must be said beside the verdict.
    pub const fn beside(self, also: &'static [VerdictCode]) -> Self {
        Self { also, ..self }
    }

    /// The same, with a feed that says what no fetcher says.
    pub const fn by_feed(self) -> Self {
        Self {
            injected: Injected::Feed,
            ..self
        }
    }

    /// Whether this must be said in it: as the verdict, or beside it where it is never said otherwise.
    pub fn is_about(&self, code: VerdictCode) -> bool {
        let only_beside = code == VerdictCode::RetentionNear;
        self.expect == code || only_beside && self.also.contains(&code)
    }

    /// Whether something is wrong in it.
    pub fn is_unhealthy(&self) -> bool {
        is_unhealthy(self.severity)
    }

    /// The time that its rule states for this severity.
    pub fn confirmation(&self) -> Duration {
        let rule = TABLE.iter().find(|rule| rule.code == self.expect);
        let seen = rule.map(|rule| rule.seen(self.view.into()));
        seen.map_or(Duration::ZERO, |seen| stated(seen, self.severity))
    }

    /// Within this time after the cause the verdict is in time.
    pub fn allowed(&self) -> Duration {
        self.onset.0 + self.confirmation() + SLACK
    }
}

/// Whether this is a warning or a fault.
pub fn is_unhealthy(severity: Severity) -> bool {
    matches!(severity, Severity::Warn | Severity::Fault)
}

/// From what on it is confirmed at this severity.
fn stated(seen: Seen, severity: Severity) -> Duration {
    let steps = seen.severity.iter();
    let step = steps
        .filter(|(_, grade)| rank(*grade) >= rank(severity))
        .filter_map(|(wait, _)| length(*wait))
        .min();
    step.max(length(seen.confirmation)).unwrap_or_default()
}

fn length(wait: Wait) -> Option<Duration> {
    match wait {
        Wait::For(length) => Some(length),
        Wait::Frozen | Wait::CommitDue => Some(FROZEN),
        // Kafka's default; no situation waits for it.
        Wait::TransactionLimit => Some(Duration::from_secs(15 * 60 + 10)),
        Wait::AsItSays => None,
    }
}

/// Higher is worse.
pub fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Ok => 0,
        Severity::Note => 1,
        Severity::Unspecified | Severity::Unknown => 2,
        Severity::Warn => 3,
        Severity::Fault => 4,
    }
}
