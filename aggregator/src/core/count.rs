//! Counts with names: everything that was dropped, repeated, skipped or refused since the start.

use std::collections::BTreeMap;

use rollcall_proto::v1;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// Batches of a claim that holds no more.
    BatchesOfOldEpoch,
    /// Records in them.
    RecordsOfOldEpoch,
    /// Batches that came although everything in them was settled.
    BatchesSettledBefore,
    /// Buffered records that a change of the claim dropped; they are sent again.
    RecordsDroppedByClaim,
    /// Partitions whose floor, buffers and leases were discarded because the log is another one.
    PartitionsReset,
    /// Buffered records that a reset discarded.
    RecordsDiscardedByReset,
    /// Offsets that retention took before they were acked.
    OffsetsLost,
    /// Claims that were refused.
    ClaimsRefused,
    /// Claims of a fixed fetcher that waits now, since another one holds the partition.
    ClaimsOnStandby,
    /// Feeds that ended since nothing was heard of the fetcher, and another one waited for what it held.
    FeedsCutOff,
    /// Commits above what was acked here while records were unsettled.
    CommitsBeyondAcked,
    /// Records handed out again.
    RecordsRedelivered,
    /// Leases that ended by their clock with something unsettled.
    LeasesExpired,
    /// Gathers whose client left before the summary.
    GathersAbandoned,
    /// Gathers that were cut off because the client did not take its answer.
    GathersCutOff,
    /// Gathers that were refused because too many were open.
    GathersRefused,
    /// Recordings that were cut off because nobody read them.
    RecordersCutOff,
    /// Ranges that were refused when settling.
    SettlementsRefused,
    /// Acks that were kept for a claim.
    AcksKept,
    /// Acks that were kept, and no claim came in time.
    AcksKeptInVain,
    /// Feeds replaced by a newer feed of the same fetcher.
    FeedsReplaced,
    /// Feeds closed: message before `open`, or `open` twice.
    FeedFaultOpen,
    /// Feeds closed: topic not on the roll.
    FeedFaultUnknownTopic,
    /// Feeds closed: another consumer group than the topic's other feeds.
    FeedFaultOtherGroup,
    /// Feeds closed: more feeds of one topic than are allowed.
    FeedFaultTooManyFeeds,
    /// Feeds closed: the fetcher counts other lanes.
    FeedFaultLanesDisagree,
    /// Feeds closed: a claim of a partition of another lane.
    FeedFaultNotInThisLane,
    /// Feeds closed: a message that cannot be meant.
    FeedFaultMalformed,
    /// Feeds closed: a batch that does not begin where the one before ended.
    FeedFaultOutOfOrder,
    /// Feeds closed: a batch whose lengths do not add up.
    FeedFaultLengths,
    /// Feeds closed: a batch above the limits.
    FeedFaultTooLarge,
    /// Feeds closed: bytes beyond the credit.
    FeedFaultBeyondCredit,
    /// Feeds closed: an epoch that was never given.
    FeedFaultEpoch,
    /// Feeds closed: the fetcher does not read what it is told.
    FeedFaultDeaf,
}

impl Count {
    /// Every count, in the order of the listing.
    pub const ALL: [Self; 34] = [
        Self::BatchesOfOldEpoch,
        Self::RecordsOfOldEpoch,
        Self::BatchesSettledBefore,
        Self::RecordsDroppedByClaim,
        Self::PartitionsReset,
        Self::RecordsDiscardedByReset,
        Self::OffsetsLost,
        Self::ClaimsRefused,
        Self::ClaimsOnStandby,
        Self::FeedsCutOff,
        Self::CommitsBeyondAcked,
        Self::RecordsRedelivered,
        Self::LeasesExpired,
        Self::GathersAbandoned,
        Self::GathersCutOff,
        Self::GathersRefused,
        Self::RecordersCutOff,
        Self::SettlementsRefused,
        Self::AcksKept,
        Self::AcksKeptInVain,
        Self::FeedsReplaced,
        Self::FeedFaultOpen,
        Self::FeedFaultUnknownTopic,
        Self::FeedFaultOtherGroup,
        Self::FeedFaultTooManyFeeds,
        Self::FeedFaultLanesDisagree,
        Self::FeedFaultNotInThisLane,
        Self::FeedFaultMalformed,
        Self::FeedFaultOutOfOrder,
        Self::FeedFaultLengths,
        Self::FeedFaultTooLarge,
        Self::FeedFaultBeyondCredit,
        Self::FeedFaultEpoch,
        Self::FeedFaultDeaf,
    ];

    /// Stable name in snake_case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BatchesOfOldEpoch => "batches_of_old_epoch",
            Self::RecordsOfOldEpoch => "records_of_old_epoch",
            Self::BatchesSettledBefore => "batches_settled_before",
            Self::RecordsDroppedByClaim => "records_dropped_by_claim",
            Self::PartitionsReset => "partitions_reset",
            Self::RecordsDiscardedByReset => "records_discarded_by_reset",
            Self::OffsetsLost => "offsets_lost",
            Self::ClaimsRefused => "claims_refused",
            Self::ClaimsOnStandby => "claims_on_standby",
            Self::FeedsCutOff => "feeds_cut_off",
            Self::CommitsBeyondAcked => "commits_beyond_acked",
            Self::RecordsRedelivered => "records_redelivered",
            Self::LeasesExpired => "leases_expired",
            Self::GathersAbandoned => "gathers_abandoned",
            Self::GathersCutOff => "gathers_cut_off",
            Self::GathersRefused => "gathers_refused",
            Self::RecordersCutOff => "recorders_cut_off",
            Self::SettlementsRefused => "settlements_refused",
            Self::AcksKept => "acks_kept",
            Self::AcksKeptInVain => "acks_kept_in_vain",
            Self::FeedsReplaced => "feeds_replaced",
            Self::FeedFaultOpen => "feed_fault_open",
            Self::FeedFaultUnknownTopic => "feed_fault_unknown_topic",
            Self::FeedFaultOtherGroup => "feed_fault_other_group",
            Self::FeedFaultTooManyFeeds => "feed_fault_too_many_feeds",
            Self::FeedFaultLanesDisagree => "feed_fault_lanes_disagree",
            Self::FeedFaultNotInThisLane => "feed_fault_not_in_this_lane",
            Self::FeedFaultMalformed => "feed_fault_malformed",
            Self::FeedFaultOutOfOrder => "feed_fault_out_of_order",
            Self::FeedFaultLengths => "feed_fault_lengths",
            Self::FeedFaultTooLarge => "feed_fault_too_large",
            Self::FeedFaultBeyondCredit => "feed_fault_beyond_credit",
            Self::FeedFaultEpoch => "feed_fault_epoch",
            Self::FeedFaultDeaf => "feed_fault_deaf",
        }
    }
}

/// The counts since the start.
#[derive(Clone, Debug, Default)]
pub struct Counters(BTreeMap<Count, u64>);

impl Counters {
    /// Adds to a count.
    pub fn add(&mut self, count: Count, more: u64) {
        let counted = self.0.entry(count).or_default();
        *counted = counted.saturating_add(more);
    }

    /// A count.
    pub fn get(&self, count: Count) -> u64 {
        self.0.get(&count).copied().unwrap_or(0)
    }

    /// Every count as it travels, zeros included.
    pub fn to_wire(&self) -> Vec<v1::Counter> {
        let counter = |count: Count| v1::Counter {
            name: count.name().to_owned(),
            count: self.get(count),
        };
        Count::ALL.into_iter().map(counter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stays_at_its_most() {
        let mut counters = Counters::default();
        // A hostile claim may name ranges as long as it likes.
        for _ in 0..3 {
            counters.add(Count::OffsetsLost, i64::MAX.unsigned_abs());
        }
        assert_eq!(counters.get(Count::OffsetsLost), u64::MAX);
    }
}
