//! How many records may be read at once.
//!
//! librdkafka hands out many records at once at half the cost of one by one, but takes the end of a partition, when it comes
//! among them, for a record: its position is then one too far, until the next record comes or the partition is placed
//! anew (2.12.1, `rd_kafka_q_serve_rkmessages`). So records are read in batches only while every end is further away than
//! that; an end that comes all the same, since offsets may hold no records, is mended and remembered.

use std::time::Duration;

use rollcall_proto::ids::Offset;
use rollcall_proto::time::Moment;

/// How long records are read one by one after an end came in a batch: mending its position costs a fetch.
const ONE_BY_ONE: Duration = Duration::from_secs(1);

/// How far a partition is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Offset of the next record.
    pub position: Offset,
    /// The log's end as the last fetch told it; `None` before there was one.
    pub end: Option<Offset>,
    /// Where the last end came: what follows it may be hidden by a transaction, and the next end may be near.
    pub ended_at: Option<Offset>,
}

impl Distance {
    fn records(self) -> u64 {
        if self.ended_at.is_some_and(|at| at >= self.position) {
            return 0;
        }
        self.end.map_or(0, |end| end.distance_from(self.position))
    }
}

/// Records that can be read before any partition may come to its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headway {
    records: u64,
    one_by_one_until: Option<Moment>,
}

impl Headway {
    /// The partitions that are read, as they are now. The nearest end counts: all records may come from its partition.
    pub fn measure(&mut self, partitions: impl Iterator<Item = Distance>) {
        self.records = partitions.map(Distance::records).min().unwrap_or(0);
    }

    /// Whether that many records may be read at once.
    pub fn allows(&self, records: usize, now: Moment) -> bool {
        self.records > records as u64 && self.one_by_one_until.is_none_or(|until| now >= until)
    }

    /// So many were read.
    pub const fn read(&mut self, records: usize) {
        self.records = self.records.saturating_sub(records as u64);
    }

    /// Nothing is known any more: partitions came or moved.
    pub const fn forget(&mut self) {
        self.records = 0;
    }

    /// An end came in a batch.
    pub fn surprised(&mut self, now: Moment) {
        self.records = 0;
        self.one_by_one_until = Some(now + ONE_BY_ONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_millis(0);

    fn offset(at: i64) -> Offset {
        Offset::known(at).unwrap()
    }

    fn distance(position: i64, end: i64) -> Distance {
        Distance {
            position: offset(position),
            end: Some(offset(end)),
            ended_at: None,
        }
    }

    #[test]
    fn the_nearest_end_bounds_what_is_read_at_once() {
        let mut headway = Headway::default();
        assert!(!headway.allows(1, START), "nothing was measured");
        headway.measure([distance(0, 1000), distance(10, 110)].into_iter());
        assert!(headway.allows(99, START) && !headway.allows(100, START));
        headway.read(60);
        assert!(headway.allows(39, START) && !headway.allows(40, START));
        headway.forget();
        assert!(!headway.allows(1, START));
    }

    #[test]
    fn an_end_that_is_not_known_or_was_just_met_is_near() {
        let mut headway = Headway::default();
        let unknown = Distance {
            end: None,
            ..distance(0, 0)
        };
        headway.measure([unknown, distance(0, 1000)].into_iter());
        assert!(!headway.allows(1, START));
        let behind_a_transaction = Distance {
            ended_at: Some(offset(5)),
            ..distance(5, 1000)
        };
        headway.measure([behind_a_transaction].into_iter());
        assert!(!headway.allows(1, START));
        let past_it = Distance {
            position: offset(6),
            ..behind_a_transaction
        };
        headway.measure([past_it].into_iter());
        assert!(headway.allows(993, START));
    }

    #[test]
    fn an_end_that_came_in_a_batch_makes_it_careful_for_a_while() {
        let mut headway = Headway::default();
        headway.surprised(START);
        headway.measure([distance(0, 1000)].into_iter());
        let again = START + ONE_BY_ONE;
        assert!(!headway.allows(1, again.before(Duration::from_millis(1))));
        assert!(headway.allows(1, again));
    }
}
