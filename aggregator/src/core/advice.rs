//! Timeouts in numbers, from the rhythm of the topics.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::arrivals::p_all_answer;
use super::evidence::TopicEvidence;
use super::evidence::wire::wire_duration;

/// Share of gathers that shall have a record, unless the asker says otherwise.
pub const TARGET: f64 = 0.95;

/// Timeouts for the given topics: P(empty) at `timeout`, the timeout that brings it to 1 − `target`, and
/// P(every topic answers | timeout), the topics taken as independent. A `target` that is no share
/// between 0 and 1 is taken as [`TARGET`].
pub fn advise<'a>(
    topics: impl IntoIterator<Item = &'a TopicEvidence>,
    target: f64,
    timeout: Duration,
    now: Moment,
) -> v1::AdviseResponse {
    let target = if target > 0.0 && target < 1.0 {
        target
    } else {
        TARGET
    };
    let topics: Vec<_> = topics.into_iter().collect();
    v1::AdviseResponse {
        p_all_answer: p_all_answer(topics.iter().map(|topic| topic.arrivals()), timeout),
        topics: topics
            .iter()
            .map(|topic| advise_one(topic, target, timeout, now))
            .collect(),
        timeout: Some(wire_duration(timeout)),
        target,
    }
}

fn advise_one(
    topic: &TopicEvidence,
    target: f64,
    timeout: Duration,
    now: Moment,
) -> v1::TopicAdvice {
    let arrivals = topic.arrivals();
    let advised = arrivals.timeout_for(target);
    v1::TopicAdvice {
        topic: topic.topic().to_string(),
        arrivals: arrivals.rhythm(timeout, now).map(Into::into),
        timeout: advised.map(wire_duration),
        p_empty: advised.and_then(|advised| arrivals.p_empty(advised)),
    }
}

#[cfg(test)]
mod tests;
