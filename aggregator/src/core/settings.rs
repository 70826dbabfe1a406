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
    /// Time between two pulses.
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
