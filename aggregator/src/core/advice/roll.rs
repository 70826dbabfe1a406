//! What a timeout does for all topics together.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::RollPoint;

use super::{is_known, silent_for};
use crate::core::arrivals::{self, Arrivals};
use crate::core::evidence::TopicEvidence;
use crate::core::evidence::wire::wire_duration;
use crate::core::terms::TIMEOUTS;

/// Longest timeout that a gather takes.
const LONGEST: Duration = TIMEOUTS.1;
/// Steps within a power of ten.
const STEPS: [u64; 6] = [10, 15, 20, 30, 50, 70];
/// The shortest and the longest power of ten, in milliseconds, a tenth of it.
const DECADES: [u64; 4] = [10, 100, 1_000, 10_000];
/// A roll that answers less often than this answers never, as far as a plot shows.
const NEVER: f64 = 0.005;
/// A roll that answers more often than this answers always.
const ALWAYS: f64 = 0.995;

/// The topics that are expected to answer, as far as they are known.
pub(super) struct All<'a> {
    known: Vec<&'a Arrivals>,
    /// Topics of which too little is known.
    pub(super) unknown: u32,
    /// Topics that are expected to be empty.
    pub(super) expected_empty: u32,
    /// Topics that have been silent far beyond their rhythm.
    pub(super) silent: u32,
}

/// P(every topic answers | timeout) at a random moment; `None` where that is not known of one of them.
pub(super) fn p_all_answer(
    topics: &[&TopicEvidence],
    timeout: Duration,
    now: Moment,
) -> Option<f64> {
    let is_silent = |topic: &&TopicEvidence| silent_for(topic, now).is_some();
    if topics.iter().any(is_silent) {
        return None;
    }
    arrivals::p_all_answer(topics.iter().map(|topic| topic.arrivals()), timeout)
}

/// Takes those together that can be.
pub(super) fn all<'a>(topics: &[&'a TopicEvidence], now: Moment) -> All<'a> {
    let (empty, expected): (Vec<&'a TopicEvidence>, Vec<&'a TopicEvidence>) = topics
        .iter()
        .copied()
        .partition(|topic| topic.words().expect_empty);
    let known = expected
        .iter()
        .copied()
        .filter(|topic| is_known(topic.arrivals()));
    let (silent, answering): (Vec<_>, Vec<_>) =
        known.partition(|topic| silent_for(topic, now).is_some());
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    All {
        unknown: count(expected.len() - silent.len() - answering.len()),
        expected_empty: count(empty.len()),
        silent: count(silent.len()),
        known: answering.into_iter().map(TopicEvidence::arrivals).collect(),
    }
}

impl All<'_> {
    fn p(&self, timeout: Duration) -> f64 {
        let answers = |arrivals: &&Arrivals| 1.0 - arrivals.p_empty(timeout).unwrap_or(1.0);
        self.known.iter().map(answers).product()
    }

    fn p_in_a_row(&self, timeout: Duration) -> f64 {
        let answers =
            |arrivals: &&Arrivals| 1.0 - arrivals.p_empty_in_a_row(timeout).unwrap_or(1.0);
        self.known.iter().map(answers).product()
    }

    fn p_if_late(&self, timeout: Duration) -> f64 {
        let answers = |arrivals: &&Arrivals| 1.0 - arrivals.p_empty_if_late(timeout).unwrap_or(1.0);
        self.known.iter().map(answers).product()
    }

    /// Shortest timeout at which all answer with this probability, at a random moment.
    pub(super) fn timeout(&self, target: f64) -> Option<Duration> {
        self.shortest(|timeout| self.p(timeout) >= target)
    }

    /// The same in a row.
    pub(super) fn timeout_in_a_row(&self, target: f64) -> Option<Duration> {
        self.shortest(|timeout| self.p_if_late(timeout) >= target)
    }

    /// The shortest timeout, in whole milliseconds, from which on something holds.
    fn shortest(&self, holds: impl Fn(Duration) -> bool) -> Option<Duration> {
        if self.known.is_empty() || !holds(LONGEST) {
            return None;
        }
        let (mut short, mut long) = (0, u64::try_from(LONGEST.as_millis()).unwrap_or(u64::MAX));
        while long - short > 1 {
            let middle = short + (long - short) / 2;
            if holds(Duration::from_millis(middle)) {
                long = middle;
            } else {
                short = middle;
            }
        }
        Some(Duration::from_millis(long))
    }

    /// The probabilities over round timeouts, from "never" to "always", with today's and the advised ones among them.
    pub(super) fn points(&self, today: Duration, target: f64) -> Vec<RollPoint> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let round = DECADES
            .iter()
            .flat_map(|decade| STEPS.map(|step| step * decade));
        let round = round.map(Duration::from_millis).filter(|at| *at <= LONGEST);
        let mut shown: Vec<_> = round
            .filter(|at| self.p(*at).max(self.p_in_a_row(*at)) >= NEVER)
            .collect();
        let always = |at: &Duration| self.p(*at).min(self.p_in_a_row(*at)) >= ALWAYS;
        let first = shown.iter().position(always).unwrap_or(shown.len());
        shown.truncate(first + 1);
        shown.push(today);
        shown.extend(self.timeout(target));
        shown.extend(self.timeout_in_a_row(target));
        shown.sort_unstable();
        shown.dedup();
        shown.into_iter().map(|at| self.point(at)).collect()
    }

    fn point(&self, timeout: Duration) -> RollPoint {
        RollPoint {
            timeout: Some(wire_duration(timeout)),
            p_all_answer: self.p(timeout),
            p_all_answer_in_a_row: self.p_in_a_row(timeout),
        }
    }
}
