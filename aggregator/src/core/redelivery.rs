//! How often unsettled records were handed out before.

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::OffsetRange;

/// Delivery counts of a partition: ranges in order that neither touch with one count nor overlap.
/// Only what was handed out and is not settled is in it.
#[derive(Clone, Debug, Default, Hash)]
pub struct Deliveries(Vec<Handed>);

/// A range and how often it was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Handed {
    range: OffsetRange,
    times: u32,
}

impl Deliveries {
    /// How often the record at `offset` was handed out, and where that count ends.
    ///
    /// The end is `None` when the count holds for everything after.
    pub fn at(&self, offset: Offset) -> (u32, Option<Offset>) {
        let at = self
            .0
            .partition_point(|handed| handed.range.next() <= offset);
        match self.0.get(at) {
            Some(handed) if handed.range.contains(offset) => {
                (handed.times, Some(handed.range.next()))
            }
            Some(handed) => (0, Some(handed.range.first())),
            None => (0, None),
        }
    }

    /// The highest count in a range.
    pub fn most_in(&self, range: OffsetRange) -> u32 {
        let touching = self
            .0
            .iter()
            .filter(|handed| handed.range.intersection(range).is_some());
        touching.map(|handed| handed.times).max().unwrap_or(0)
    }

    /// Notes that a range of one count was handed out once more.
    pub fn hand_out(&mut self, range: OffsetRange) {
        let times = self.at(range.first()).0.saturating_add(1);
        self.forget(range);
        let at = self
            .0
            .partition_point(|handed| handed.range.first() < range.first());
        let joined = at.checked_sub(1).map(|before| self.0[before]);
        match joined.filter(|before| before.times == times && before.range.next() == range.first())
        {
            Some(before) => {
                let whole = OffsetRange::new(before.range.first(), range.next()).unwrap_or(range);
                self.0[at - 1] = Handed {
                    range: whole,
                    times,
                };
            }
            None => self.0.insert(at, Handed { range, times }),
        }
    }

    /// Forgets a range: it is settled.
    pub fn forget(&mut self, range: OffsetRange) {
        let from = self
            .0
            .partition_point(|handed| handed.range.next() <= range.first());
        let to = self
            .0
            .partition_point(|handed| handed.range.first() < range.next());
        let (Some(&left), Some(&right)) = (self.0[from..to].first(), self.0[from..to].last())
        else {
            return;
        };
        let head = OffsetRange::new(left.range.first(), range.first())
            .map(|range| Handed { range, ..left });
        let tail = OffsetRange::new(range.next(), right.range.next())
            .map(|range| Handed { range, ..right });
        self.0.splice(from..to, head.into_iter().chain(tail));
    }

    /// Forgets everything below an offset.
    pub fn forget_below(&mut self, floor: Offset) {
        if let Some(below) = OffsetRange::new(Offset::ZERO, floor) {
            self.forget(below);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests;
