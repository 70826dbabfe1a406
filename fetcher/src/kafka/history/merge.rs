//! The tails of all partitions as one row of arrivals. Pure: the time comes in.

use rollcall_proto::v1::TimestampType;

use super::tail::Tail;

/// How far a timestamp may lie in the future: clocks differ, but not by more.
const AHEAD_MILLIS: i64 = 60_000;
/// Arrivals that are kept, the newest: what a rhythm needs, in a message of 120 KB.
const MAX_ARRIVALS: usize = 10_000;

/// The arrivals of a topic.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arrivals {
    /// Milliseconds since the epoch, oldest first.
    pub(super) millis: Vec<i64>,
    /// Whose clock they are from; the producers' when any of them is.
    pub(super) timestamp_type: TimestampType,
    /// Records whose timestamp cannot be right: missing, 0 or in the future.
    pub(super) dropped: usize,
    /// Whether older records precede the first arrival.
    pub(super) cut: bool,
    /// Bytes of the records.
    pub(super) bytes: u64,
}

/// Merges the tails. Before the first record of a tail that older records precede, that partition's arrivals are not
/// known, so the row begins where the last such tail begins.
pub(super) fn arrivals(tails: &[Tail], now_millis: i64) -> Arrivals {
    let believable =
        |millis: &i64| *millis > 0 && *millis <= now_millis.saturating_add(AHEAD_MILLIS);
    let begins = tails
        .iter()
        .filter(|tail| tail.is_cut())
        .filter_map(|tail| tail.millis.iter().copied().find(believable))
        .max();
    let read: usize = tails.iter().map(|tail| tail.millis.len()).sum();
    let all = tails.iter().flat_map(|tail| &tail.millis).copied();
    let mut millis: Vec<i64> = all.filter(believable).collect();
    let dropped = read - millis.len();
    millis.retain(|millis| begins.is_none_or(|begins| *millis >= begins));
    millis.sort_unstable();
    let too_many = millis.len().saturating_sub(MAX_ARRIVALS);
    millis.drain(..too_many);
    Arrivals {
        cut: begins.is_some() || too_many > 0,
        timestamp_type: timestamp_type(tails),
        millis,
        dropped,
        bytes: tails.iter().map(|tail| tail.bytes).sum(),
    }
}

fn timestamp_type(tails: &[Tail]) -> TimestampType {
    let types = || tails.iter().map(|tail| tail.timestamp_type);
    [TimestampType::CreateTime, TimestampType::LogAppendTime]
        .into_iter()
        .find(|wanted| types().any(|found| found == *wanted))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Ends;
    use super::*;
    use rollcall_proto::ids::{Offset, Partition};

    const NOW: i64 = 1_800_000_000_000;
    const K: u32 = 3;

    /// A tail of a partition whose log begins at 0 and ends at `end`.
    fn tail(end: i64, millis: &[i64]) -> Tail {
        let ends = Ends {
            partition: Partition(0),
            log_start: Offset::ZERO,
            end: Offset::known(end).unwrap(),
        };
        let mut tail = Tail::new(ends, K);
        tail.millis = millis.to_vec();
        tail
    }

    #[test]
    fn partitions_are_merged_in_the_order_of_time() {
        let tails = [
            tail(2, &[NOW - 40, NOW - 10]),
            tail(2, &[NOW - 30, NOW - 20]),
        ];
        let merged = arrivals(&tails, NOW);
        assert_eq!(merged.millis, [NOW - 40, NOW - 30, NOW - 20, NOW - 10]);
    }

    #[test]
    fn timestamps_that_cannot_be_right_are_dropped_and_counted() {
        let soon = NOW + AHEAD_MILLIS;
        let tails = [tail(3, &[-1, 0, NOW]), tail(2, &[soon, soon + 1])];
        let merged = arrivals(&tails, NOW);
        assert_eq!(merged.millis, [NOW, soon]);
        assert_eq!(merged.dropped, 3);
    }

    #[test]
    fn the_row_begins_where_the_shortest_tail_does() {
        // Older records precede the busy partition's tail: nothing is known of it before NOW - 30.
        let busy = tail(1000, &[NOW - 30, NOW - 20, NOW - 10]);
        let slow = tail(2, &[NOW - 5_000, NOW - 25]);
        let merged = arrivals(&[busy, slow], NOW);
        assert_eq!(merged.millis, [NOW - 30, NOW - 25, NOW - 20, NOW - 10]);
    }

    #[test]
    fn a_partition_that_is_known_from_its_start_shortens_nothing() {
        let whole = tail(1, &[NOW - 10]);
        let older = tail(2, &[NOW - 5_000, NOW - 4_000]);
        let merged = arrivals(&[whole, older], NOW);
        assert_eq!(merged.millis, [NOW - 5_000, NOW - 4_000, NOW - 10]);
    }

    #[test]
    fn of_very_many_arrivals_the_newest_stay() {
        let many: Vec<i64> = (0..20_000).map(|index| NOW - 20_000 + index).collect();
        let merged = arrivals(&[tail(3, &many)], NOW);
        assert_eq!(merged.millis.len(), MAX_ARRIVALS);
        assert_eq!(merged.millis.last(), Some(&(NOW - 1)));
    }
}
