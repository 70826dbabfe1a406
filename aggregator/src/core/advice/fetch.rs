//! What the settings of consumer and gather cost a topic.

use std::time::Duration;

use rollcall_proto::service::config::kafka::PROFILES;
use rollcall_proto::v1::{FetchCost, ProfileReason};

use super::Asked;
use crate::core::arrivals::Arrivals;
use crate::core::evidence::TopicEvidence;
use crate::core::evidence::wire::{self, wire_duration};

/// Settings that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    profile: &'static str,
    timeout: Duration,
    max_records: u32,
    fetch_wait: Duration,
    fetch_min_bytes: u32,
}

impl Settings {
    /// What holds today.
    pub(super) fn today(topic: &TopicEvidence, asked: Asked) -> Option<Self> {
        let (fetch_wait, fetch_min_bytes) = topic.fetch_settings()?;
        Some(Self {
            profile: "",
            timeout: asked.timeout(),
            max_records: asked.max_records(),
            fetch_wait,
            fetch_min_bytes,
        })
    }

    /// What they cost; `None` while no gap is known.
    pub(super) fn cost(self, arrivals: &Arrivals) -> Option<FetchCost> {
        let rate = arrivals.records_rate()?;
        let left = rate * self.timeout.as_secs_f64() - f64::from(self.max_records);
        Some(FetchCost {
            profile: self.profile.to_owned(),
            timeout: Some(wire_duration(self.timeout)),
            max_records: self.max_records,
            fetch_wait: Some(wire_duration(self.fetch_wait)),
            fetch_min_bytes: self.fetch_min_bytes,
            p_empty: arrivals.p_empty(self.timeout)?,
            p_empty_in_a_row: arrivals.p_empty_in_a_row(self.timeout)?,
            delay_at_most: Some(wire_duration(self.delay(rate, arrivals.record_bytes()))),
            records_left: left.max(0.0),
        })
    }

    /// How long the broker may hold a record back: until W is over, or M bytes are there. (Source: the Fetch request's
    /// MinBytes and MaxWaitMs in Kafka's protocol; a record that comes while a fetch waits waits with it.)
    fn delay(self, rate: f64, record_bytes: Option<f64>) -> Duration {
        let bytes = f64::from(self.fetch_min_bytes);
        if self.fetch_min_bytes <= 1 || record_bytes.is_some_and(|record| record >= bytes) {
            return Duration::ZERO;
        }
        let filled = record_bytes.map(|record| bytes / (record * rate));
        let filled = filled.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        filled.map_or(self.fetch_wait, |filled| filled.min(self.fetch_wait))
    }
}

/// What each profile would cost.
pub(super) fn profiles(arrivals: &Arrivals) -> Vec<FetchCost> {
    let profiles = PROFILES.iter().map(|profile| Settings {
        profile: profile.name,
        timeout: profile.timeout,
        max_records: profile.max_records,
        fetch_wait: profile.fetch_wait,
        fetch_min_bytes: profile.fetch_min_bytes,
    });
    profiles
        .filter_map(|settings| settings.cost(arrivals))
        .collect()
}

/// The profile that fits best, and why.
pub(super) fn best(profiles: &[FetchCost], target: f64) -> (String, ProfileReason) {
    let keeps_up = |cost: &&FetchCost| cost.records_left <= 0.0;
    let reaches = |cost: &&FetchCost| worst_p_empty(cost) <= 1.0 - target;
    let least = |costs: Vec<&FetchCost>, weight: fn(&FetchCost) -> (f64, Duration)| {
        let best = costs.into_iter().min_by(|a, b| {
            let ((a, a_time), (b, b_time)) = (weight(a), weight(b));
            a.total_cmp(&b).then(a_time.cmp(&b_time))
        });
        best.map(|cost| cost.profile.clone())
    };
    let fits = profiles.iter().filter(keeps_up).filter(reaches).collect();
    if let Some(name) = least(fits, |cost| (delay(cost), length(cost.timeout.as_ref()))) {
        return (name, ProfileReason::ReachesTarget);
    }
    let keep_up = profiles.iter().filter(keeps_up).collect();
    if let Some(name) = least(keep_up, |cost| {
        (worst_p_empty(cost), length(cost.delay_at_most.as_ref()))
    }) {
        return (name, ProfileReason::FewestEmpty);
    }
    let left = least(profiles.iter().collect(), |cost| {
        (cost.records_left, length(cost.timeout.as_ref()))
    });
    left.map_or_else(Default::default, |name| (name, ProfileReason::FewestLeft))
}

fn worst_p_empty(cost: &FetchCost) -> f64 {
    cost.p_empty.max(cost.p_empty_in_a_row)
}

fn delay(cost: &FetchCost) -> f64 {
    length(cost.delay_at_most.as_ref()).as_secs_f64()
}

fn length(length: Option<&prost_types::Duration>) -> Duration {
    wire::duration(length).unwrap_or_default()
}
