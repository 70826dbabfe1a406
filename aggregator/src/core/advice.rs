//! Timeouts and settings in numbers, from the rhythm of the topics.
//!
//! Everything is told for two callers (see [`super::arrivals`]): one at a random moment, and one who gathers in a row.
//! Which one an application is, only its author knows; most gather in a row, so what is to be set is the longer of both.

mod fetch;
mod roll;

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use self::fetch::Settings;
use super::arrivals::Arrivals;
use super::arrivals::known::ENOUGH;
use super::evidence::TopicEvidence;
use super::evidence::wire::wire_duration;

/// Share of gathers that shall have a record, unless the asker says otherwise.
pub const TARGET: f64 = 0.95;
/// Timeout to judge, unless the asker says otherwise.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Records per topic and gather, unless the asker says otherwise.
const MAX_RECORDS: u32 = 200;

/// What is to be advised.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// Share of gathers that shall have a record; one that is no share between 0 and 1 is taken as [`TARGET`].
    pub target: f64,
    /// Timeout to judge.
    pub timeout: Option<Duration>,
    /// Records per topic and gather; 0: as usual.
    pub max_records: u32,
}

impl Asked {
    fn target(&self) -> f64 {
        if self.target > 0.0 && self.target < 1.0 {
            self.target
        } else {
            TARGET
        }
    }

    fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    fn max_records(&self) -> u32 {
        if self.max_records > 0 {
            self.max_records
        } else {
            MAX_RECORDS
        }
    }
}

/// Timeouts for the given topics, one by one and for all of them together.
pub fn advise<'a>(
    topics: impl IntoIterator<Item = &'a TopicEvidence>,
    asked: Asked,
    now: Moment,
) -> v1::AdviseResponse {
    let topics: Vec<_> = topics.into_iter().collect();
    let timeout = asked.timeout();
    let all = roll::all(&topics, now);
    v1::AdviseResponse {
        p_all_answer: roll::p_all_answer(&topics, timeout, now),
        topics: topics.iter().map(|topic| one(topic, asked, now)).collect(),
        timeout: Some(wire_duration(timeout)),
        target: asked.target(),
        points: all.points(timeout, asked.target()),
        timeout_for_all: all.timeout(asked.target()).map(wire_duration),
        timeout_for_all_in_a_row: all.timeout_in_a_row(asked.target()).map(wire_duration),
        topics_unknown: all.unknown,
        topics_expected_empty: all.expected_empty,
        topics_silent: all.silent,
    }
}

/// Whether enough gaps are known to advise anything.
pub(super) fn is_known(arrivals: &Arrivals) -> bool {
    arrivals.gap_count() >= ENOUGH
}

/// How long a topic of known rhythm has been silent, where that is far beyond its rhythm or longer than the operator
/// allows: whether it will answer is not known then.
fn silent_for(topic: &TopicEvidence, now: Moment) -> Option<Duration> {
    let arrivals = topic.arrivals();
    let allowed = topic.words().max_silence;
    let beyond_allowed = allowed.and_then(|allowed| {
        let silence = topic.silence(now);
        (silence > allowed).then_some(silence)
    });
    let silence = beyond_allowed.or_else(|| arrivals.silence_beyond_rhythm(now));
    silence.filter(|_| is_known(arrivals) && !topic.words().expect_empty)
}

fn one(topic: &TopicEvidence, asked: Asked, now: Moment) -> v1::TopicAdvice {
    let arrivals = topic.arrivals();
    let rhythm = arrivals.rhythm(asked.timeout(), now);
    let known = is_known(arrivals).then_some(arrivals);
    let timeout = known.and_then(|known| known.timeout_for(asked.target()));
    let in_a_row = known.and_then(|known| known.timeout_in_a_row(asked.target()));
    let missing = ENOUGH.saturating_sub(arrivals.gap_count());
    let cost = |settings: Settings| settings.cost(arrivals);
    let profiles: Vec<_> = known.map(fetch::profiles).unwrap_or_default();
    let (profile, reason) = fetch::best(&profiles, asked.target());
    v1::TopicAdvice {
        topic: topic.topic().to_string(),
        arrivals: rhythm.map(Into::into),
        timeout: timeout.map(wire_duration),
        p_empty: timeout.and_then(|timeout| arrivals.p_empty(timeout)),
        timeout_in_a_row: in_a_row.map(wire_duration),
        p_empty_in_a_row: in_a_row.and_then(|timeout| arrivals.p_empty_in_a_row(timeout)),
        gaps_missing: missing,
        watch_for: watch_for(arrivals, missing).map(wire_duration),
        today: Settings::today(topic, asked).and_then(cost),
        profiles,
        profile,
        reason: reason.into(),
        expect_empty: topic.words().expect_empty,
        record_bytes: arrivals.record_bytes(),
        silent_for: silent_for(topic, now).map(wire_duration),
    }
}

/// How long the gaps that are missing before anything is advised take at the present rate; `None` once it is.
pub(super) fn advice_in(arrivals: &Arrivals) -> Option<Duration> {
    watch_for(arrivals, ENOUGH.saturating_sub(arrivals.gap_count()))
}

/// How long the missing gaps take at the present rate.
fn watch_for(arrivals: &Arrivals, missing: u64) -> Option<Duration> {
    let seconds = missing as f64 / arrivals.rate()?;
    (missing > 0)
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}

#[cfg(test)]
mod tests;
