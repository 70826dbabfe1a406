//! The aggregator: the real roll, and its ends of the feeds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rollcall_aggregator::core::inbound::BatchLimits;
use rollcall_aggregator::core::roll::Roll;
use rollcall_aggregator::core::roster::Roster;
use rollcall_aggregator::core::settings::Settings;
use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::limits::{BATCH_BYTES, MAX_RECORD_BYTES};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::feed_request;

use super::fetcher::{BEGIN, SOON, TOPIC};
use super::size::Size;

/// Nobody judges the roll without a gather.
const NEVER: Duration = Duration::from_secs(100 * 24 * 3600);
/// Bytes of all batches, where credit is tight: one batch of a record, which has about a dozen, and no second one.
const TIGHT: u64 = 8;
/// Batches are cut by their number of records here, and are never as large.
const LIMITS: BatchLimits = BatchLimits {
    batch_bytes: BATCH_BYTES,
    max_record_bytes: MAX_RECORD_BYTES,
};

/// The aggregator's process.
#[derive(Clone, Debug)]
pub struct Aggregator {
    pub(super) roll: Arc<Roll>,
    pub(super) now: Moment,
    /// Its ends of the feeds, by number.
    pub(super) feeds: BTreeMap<u64, FeedEnd>,
    /// How often a gather was called: the number of the last one.
    pub(super) gathers: u64,
}

/// The aggregator's end of a feed.
#[derive(Clone, Debug)]
pub struct FeedEnd {
    /// Whose it is.
    pub(super) fetcher: usize,
    /// Which of its processes that is.
    pub(super) run: u8,
    /// Messages on their way to it.
    pub(super) up: VecDeque<Arc<feed_request::Event>>,
    /// Whether it is broken behind them.
    pub(super) broken: bool,
}

impl Aggregator {
    pub(super) fn start(size: &Size) -> Self {
        Self {
            roll: Arc::new(roll(size, BEGIN)),
            now: BEGIN,
            feeds: BTreeMap::new(),
            gathers: 0,
        }
    }

    /// It died and is there again, and knows nothing. Its clock and the numbers of gathers go on: no two are ever alike.
    pub(super) fn restart(&mut self, size: &Size) {
        self.roll = Arc::new(roll(size, self.now));
        self.feeds.clear();
    }

    pub(super) const fn limits() -> BatchLimits {
        LIMITS
    }

    /// A number for a fetcher's next feed: one that the roll does not know any more.
    pub(super) fn free_feed(&self, fetcher: usize) -> u64 {
        let first = 100 * fetcher as u64;
        let mut numbers = first..first + 100;
        let free = numbers.find(|number| !self.feeds.contains_key(number));
        free.expect("a fetcher has a few broken feeds at the most")
    }

    /// Its next deadline, when it has one.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let at = self.roll.next_deadline()?;
        (at.since(self.now) < SOON).then_some(at)
    }

    /// The feed and the epoch of the claim that holds a partition.
    pub(super) fn holder(&self, partition: Partition) -> Option<(u64, u64)> {
        let topic = self.roll.topics().first()?;
        let claim = topic.partitions.get(&partition)?.claim()?;
        Some((claim.feed.0, claim.epoch.0))
    }
}

fn roll(size: &Size, now: Moment) -> Roll {
    let settings = Settings {
        budget_bytes: if size.tight { TIGHT } else { 64 << 20 },
        batch_bytes: if size.tight { TIGHT } else { BATCH_BYTES },
        grace: Duration::ZERO,
        judge_every: NEVER,
        history: 1,
        ..Settings::default()
    };
    let topic = Topic::new(TOPIC).expect("it is a topic's name");
    let roster = Arc::new(Roster::new([topic]));
    Roll::new(
        settings,
        roster,
        &BTreeMap::new(),
        now,
        SystemTime::UNIX_EPOCH,
    )
}
