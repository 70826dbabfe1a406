//! What is measured.

use std::time::Duration;

use super::feeds::Load;

/// Partitions of each topic.
pub(super) const PARTITIONS: i32 = 4;

/// Records that lie in each partition when a gather comes that wants all.
pub(super) const RECORDS: u32 = 10;

/// A topic that is silent.
pub(super) const SILENT: Load = Load {
    records: 0,
    ..AT_WORK
};

/// A topic at work: records as large as those of `make bench`.
pub(super) const AT_WORK: Load = Load {
    partitions: PARTITIONS,
    records: RECORDS,
    bytes: 200,
    greedy: false,
};

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Numbers of topics, ascending.
    pub topics: Vec<usize>,
    /// How often each is measured.
    pub rounds: usize,
    /// Time after the start that is not measured.
    pub warm_up: Duration,
    /// How long an idle aggregator is looked at.
    pub idle: Duration,
    /// Calls of GetStatus.
    pub statuses: usize,
    /// Gathers over all topics, one a second.
    pub gathers: usize,
}

impl Plan {
    /// Whether its results are what the page in docs/ holds.
    pub fn is_whole(&self) -> bool {
        self.topics == [10, 100, 1000]
            && self.rounds >= 3
            && self.idle >= Duration::from_secs(15)
            && self.statuses >= 10
            && self.gathers >= 10
    }
}
