//! What an aggregator is told: the settings of a process, or of one that is started inside another.

mod settings;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use rollcall_proto::ids::Topic;

use crate::core::evidence::OperatorWords;
use crate::core::lane::Lane;
use crate::core::settings::Settings;

pub use settings::{Process, SCHEMA, from_values};

/// What settings accept: the smallest and the largest value.
mod limits {
    use std::time::Duration;

    use rollcall_proto::limits::PULSE_INTERVAL;

    pub(super) const BUDGET: (u64, u64) = (64 << 10, 1 << 40);
    pub(super) const BATCH: (u64, u64) = (1 << 10, 8 << 20);
    pub(super) const RECORD: (u64, u64) = (1 << 10, 1 << 30);
    /// Rules take what a pulse said for a second old.
    pub(super) const PULSE: (Duration, Duration) = (Duration::from_millis(100), PULSE_INTERVAL);
    pub(super) const GRACE: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(5));
    pub(super) const TIMEOUT: (Duration, Duration) = crate::core::terms::TIMEOUTS;
    pub(super) const ANSWER: (Duration, Duration) =
        (Duration::from_millis(100), Duration::from_secs(600));
    pub(super) const COUNT: (i64, i64) = (1, 100_000);
    /// A fetcher keeps a feed to every lane.
    pub(super) const LANES: (i64, i64) = (1, 64);
    pub(super) const METRICS_TOPICS: (i64, i64) = (0, 10_000);
    pub(super) const METRICS_PARTITIONS: (i64, i64) = (0, 100_000);
}

/// Topics that metrics have series of, unless set otherwise.
const METRICS_TOPICS: usize = 200;
/// Partitions that metrics have series of, unless set otherwise.
const METRICS_PARTITIONS: usize = 1000;

/// The settings of an aggregator.
#[derive(Clone, Debug)]
pub struct Config {
    /// The roll, in order; at least one topic, none twice.
    pub topics: Vec<Topic>,
    /// Bytes that may be buffered or leased over all topics; one batch per partition comes on top.
    pub budget_bytes: u64,
    /// Bytes of one batch, unless it holds a single record.
    pub batch_bytes: u64,
    /// Largest record that is taken.
    pub max_record_bytes: u64,
    /// Time between two pulses of a fetcher.
    pub pulse_interval: Duration,
    /// How long an answer waits after its close for fresh evidence.
    pub grace: Duration,
    /// Timeout of a gather that names none, and the one to judge with before the first gather.
    pub default_timeout: Duration,
    /// Gathers that may be open at once.
    pub max_gathers: usize,
    /// How long a client may take to read its answer after the close.
    pub answer_deadline: Duration,
    /// Gathers that are remembered.
    pub history: usize,
    /// What the operator says about topics.
    pub words: BTreeMap<Topic, OperatorWords>,
    /// How many aggregators share the partitions: partition p belongs to lane p modulo this. The same number for all
    /// of them, and for their fetchers.
    pub lanes: u32,
    /// Which of them this one is, from 0.
    pub lane: u32,
    /// Whether this is `rollcall demo`: said on every screen.
    pub demo: bool,
    /// Topics that metrics have series of, at most; the first of the roll.
    pub metrics_topics: usize,
    /// Partitions that metrics have series of, at most, over all topics; their topics' sums are of all.
    pub metrics_partitions: usize,
    /// The file with the token that calls have to show; without it the aggregator may only listen on the loopback.
    pub token_file: Option<PathBuf>,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigFault {
    /// Name of the setting.
    pub setting: &'static str,
    /// What is wrong with it, and what is accepted.
    pub problem: String,
}

impl Config {
    /// Every setting at its default, for these topics.
    pub fn new(topics: Vec<Topic>) -> Self {
        let defaults = Settings::default();
        Self {
            topics,
            budget_bytes: defaults.budget_bytes,
            batch_bytes: defaults.batch_bytes,
            max_record_bytes: defaults.max_record_bytes,
            pulse_interval: defaults.pulse_interval,
            grace: defaults.grace,
            default_timeout: defaults.default_timeout,
            max_gathers: defaults.max_gathers,
            answer_deadline: defaults.answer_deadline,
            history: defaults.history,
            words: BTreeMap::new(),
            lanes: defaults.lane.of.get(),
            lane: defaults.lane.number,
            demo: false,
            metrics_topics: METRICS_TOPICS,
            metrics_partitions: METRICS_PARTITIONS,
            token_file: None,
        }
    }

    /// Everything that is wrong, at once.
    pub fn faults(&self) -> Vec<ConfigFault> {
        let mut faults = Vec::new();
        let mut wrong = |setting, problem| faults.push(ConfigFault { setting, problem });
        if self.topics.is_empty() {
            wrong("topic", "no topic; at least one is needed".to_owned());
        }
        for (at, topic) in self.topics.iter().enumerate() {
            if self.topics[..at].contains(topic) {
                wrong("topic", format!("{topic} is named twice"));
            }
        }
        for topic in self
            .words
            .keys()
            .filter(|topic| !self.topics.contains(topic))
        {
            wrong(
                "topic",
                format!("something is said about {topic}, but {topic} is not on the roll"),
            );
        }
        let reserves = self.batch_bytes.saturating_mul(self.topics.len() as u64);
        if self.budget_bytes < reserves {
            let (budget, topics) = (self.budget_bytes, self.topics.len());
            wrong(
                "budget",
                format!(
                    "{budget} bytes are below one batch for each of {topics} topics: at least {reserves}"
                ),
            );
        }
        self.limits(&mut wrong);
        self.lane_faults(&mut wrong);
        faults
    }

    fn limits(&self, wrong: &mut impl FnMut(&'static str, String)) {
        let bytes = [
            ("batch_bytes", self.batch_bytes, limits::BATCH),
            ("max_record_bytes", self.max_record_bytes, limits::RECORD),
        ];
        for (setting, value, (least, most)) in bytes {
            if !(least..=most).contains(&value) {
                wrong(
                    setting,
                    format!("{value} bytes; {least} to {most} are accepted"),
                );
            }
        }
        let times = [
            ("pulse_interval", self.pulse_interval, limits::PULSE),
            ("grace", self.grace, limits::GRACE),
            ("default_timeout", self.default_timeout, limits::TIMEOUT),
            ("answer_deadline", self.answer_deadline, limits::ANSWER),
        ];
        for (setting, value, (least, most)) in times {
            if !(least..=most).contains(&value) {
                wrong(
                    setting,
                    format!("{value:?}; {least:?} to {most:?} are accepted"),
                );
            }
        }
        let counts = [("max_gathers", self.max_gathers), ("history", self.history)];
        for (setting, value) in counts {
            let (least, most) = limits::COUNT;
            if i64::try_from(value).map_or(true, |value| !(least..=most).contains(&value)) {
                wrong(setting, format!("{value}; {least} to {most} are accepted"));
            }
        }
    }

    fn lane_faults(&self, wrong: &mut impl FnMut(&'static str, String)) {
        let (lane, lanes) = (self.lane, self.lanes);
        let (least, most) = limits::LANES;
        if !(least..=most).contains(&i64::from(lanes)) {
            wrong("lanes", format!("{lanes}; {least} to {most} are accepted"));
        }
        if lane >= lanes.max(1) {
            let last = lanes.saturating_sub(1);
            let problem = format!("{lane} is none of {lanes} lanes; 0 to {last} are accepted");
            wrong("lane", problem);
        }
    }

    /// What the core is told; `incarnation` names the run.
    pub(crate) fn settings(&self, incarnation: String) -> Settings {
        Settings {
            incarnation,
            demo: self.demo,
            lane: Lane::new(self.lane, self.lanes),
            budget_bytes: self.budget_bytes,
            batch_bytes: self.batch_bytes,
            max_record_bytes: self.max_record_bytes,
            pulse_interval: self.pulse_interval,
            grace: self.grace,
            max_gathers: self.max_gathers,
            answer_deadline: self.answer_deadline,
            default_timeout: self.default_timeout,
            history: self.history,
            ..Settings::default()
        }
    }
}
