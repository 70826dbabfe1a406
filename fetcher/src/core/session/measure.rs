//! A fetcher in numbers, for metrics: what its pulse says, and what is only counted.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::facts::CommitOutcome;
use crate::core::session::Session;
use crate::core::session::holding::Holding;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Batches that were sent.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// Their bytes, as credit counts them.
    pub bytes: u64,
    /// Commits that Kafka took, each of one or more partitions.
    pub commits: u64,
    /// Commits that it did not take.
    pub commit_failures: u64,
    /// Rounds of the probe that measured something.
    pub probes: u64,
    /// Rounds that failed as a whole.
    pub probe_failures: u64,
    /// How long the last round took.
    pub probe_took: Option<Duration>,
    /// When it ended.
    probe_ended: Option<Moment>,
    /// Kafka clients that were lost and made anew.
    pub clients_lost: u64,
}

/// A fetcher, or one feed of it, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// What its pulse says.
    pub pulse: v1::Pulse,
    /// What was counted.
    pub tally: Tally,
    /// Whether the aggregators of all lanes have welcomed it.
    pub welcomed: bool,
    /// Lanes that the aggregators agree on; 0 while they do not, or none has said so. Of the whole fetcher only.
    pub lanes: u32,
    /// How many of them are fed. Of the whole fetcher only.
    pub lanes_fed: u32,
    /// Bytes that may still be sent; nothing while there is no feed.
    pub credit_bytes: u64,
    /// Bytes that wait to be sent.
    pub waiting_bytes: u64,
}

impl Session {
    /// What was counted.
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// The feed at this moment.
    pub fn measure(&self, now: Moment) -> Measures {
        Measures {
            pulse: self.pulse_message(now),
            tally: self.tally,
            welcomed: self.welcomed(),
            lanes: 0,
            lanes_fed: 0,
            credit_bytes: self.credit.free(),
            waiting_bytes: self.holdings.values().map(Holding::pending_bytes).sum(),
        }
    }
}

impl Tally {
    /// A batch leaves.
    pub(super) const fn sent(&mut self, records: u32, bytes: u64) {
        self.batches += 1;
        self.records += records as u64;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// A commit was answered.
    pub(super) const fn committed(&mut self, outcome: &CommitOutcome) {
        match outcome {
            CommitOutcome::Taken => self.commits += 1,
            CommitOutcome::Withheld => {}
            CommitOutcome::Fenced(_)
            | CommitOutcome::NoCoordinator(_)
            | CommitOutcome::Refused(..) => self.commit_failures += 1,
        }
    }

    /// A round of the probe ended at this moment. A young one answers later requests too, and is one round still.
    pub(super) fn probed(&mut self, round: &v1::Probed, ended: Moment) {
        if self.probe_ended.replace(ended) == Some(ended) {
            return;
        }
        match round.failure {
            None => self.probes += 1,
            Some(_) => self.probe_failures += 1,
        }
        self.probe_took = round.took.as_ref().map(crate::core::pulse::std_duration);
    }
}
