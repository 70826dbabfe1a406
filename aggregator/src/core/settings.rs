//! What the core is told at the start.

use std::time::Duration;

use rollcall_proto::limits;

use super::lane::Lane;

/// Limits and times of one aggregator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names this run.
    pub incarnation: String,
    /// Version, as screens show it.
    pub version: String,
    /// Whether this is `rollcall demo`.
    pub demo: bool,
    /// Which partitions this aggregator is for.
    pub lane: Lane,
    /// Bytes that may be buffered or leased over all topics, reserves excluded.
    pub budget_bytes: u64,
    /// Bytes of one batch, unless it holds a single record.
    pub batch_bytes: u64,
    /// Largest record that is taken.
    pub max_record_bytes: u64,
    /// Time between two pulses of a fetcher.
    pub pulse_interval: Duration,
    /// How long an answer waits after its close for fresh evidence.
    pub grace: Duration,
    /// Gathers that may be open at once.
    pub max_gathers: usize,
    /// How long a client may take to read its answer after the close.
    pub answer_deadline: Duration,
    /// Timeout to judge with when nobody has gathered yet.
    pub default_timeout: Duration,
    /// Time between two judgements of the roll without a gather.
    pub judge_every: Duration,
    /// Gathers that are remembered.
    pub history: usize,
    /// How long fetchers have to settle and leave when the aggregator stops.
    pub drain: Duration,
}

/// Pulses a second over all topics. Hearing one and judging by it costs the loop that owns the roll about a tenth of a millisecond.
const PULSES: u32 = 256;
/// A fetcher is heard of so often on a roll of any size.
const LONGEST_TURN: Duration = Duration::from_secs(10);

impl Settings {
    /// The same for a roll of so many topics: of more than [`PULSES`] each is heard of, and judged without a gather, less often.
    #[must_use]
    pub(super) fn for_topics(self, topics: usize) -> Self {
        let topics = u32::try_from(topics).unwrap_or(u32::MAX);
        let turn = Duration::from_secs(1).saturating_mul(topics) / PULSES;
        let turn = turn.min(LONGEST_TURN);
        Self {
            pulse_interval: self.pulse_interval.max(turn),
            judge_every: self.judge_every.max(turn),
            ..self
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            incarnation: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            demo: false,
            lane: Lane::default(),
            budget_bytes: 64 << 20,
            batch_bytes: limits::BATCH_BYTES,
            max_record_bytes: limits::MAX_RECORD_BYTES,
            pulse_interval: limits::PULSE_INTERVAL,
            grace: Duration::from_millis(50),
            max_gathers: 1000,
            answer_deadline: Duration::from_secs(10),
            default_timeout: Duration::from_secs(1),
            judge_every: Duration::from_secs(1),
            history: 1000,
            drain: Duration::from_secs(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulses_over_all_topics_are_bounded() {
        let times = |topics| {
            let settings = Settings::default().for_topics(topics);
            (settings.pulse_interval, settings.judge_every)
        };
        for (topics, seconds) in [(6, 1), (256, 1), (1_024, 4), (1_000_000, 10)] {
            let seconds = Duration::from_secs(seconds);
            assert_eq!(times(topics), (seconds, seconds), "{topics} topics");
        }
        let rarely = Settings {
            pulse_interval: Duration::from_secs(30),
            ..Settings::default()
        };
        let asked = rarely.for_topics(1_024);
        assert_eq!(asked.pulse_interval, Duration::from_secs(30));
    }
}
