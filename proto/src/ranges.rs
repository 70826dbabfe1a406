//! Half-open ranges of offsets, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::Offset;
use crate::v1;

/// `[first, next)`: offsets from `first` up to and without `next`; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64)", into = "(i64, i64)")]
pub struct OffsetRange {
    first: Offset,
    next: Offset,
}

impl OffsetRange {
    /// The range, or `None` when it would be empty or the wrong way round.
    pub fn new(first: Offset, next: Offset) -> Option<Self> {
        (first < next).then_some(Self { first, next })
    }

    /// The range from the wire, or `None` when it is negative, empty or the wrong way round.
    pub fn from_raw(first_offset: i64, next_offset: i64) -> Option<Self> {
        Self::new(Offset::known(first_offset)?, Offset::known(next_offset)?)
    }

    /// First offset of the range.
    pub const fn first(self) -> Offset {
        self.first
    }

    /// Offset after the range.
    pub const fn next(self) -> Offset {
        self.next
    }

    /// Offsets in the range (records at the most).
    pub fn len(self) -> u64 {
        self.next.distance_from(self.first)
    }

    /// Always false: a range has at least one offset.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// Whether `offset` lies in the range.
    pub fn contains(self, offset: Offset) -> bool {
        self.first <= offset && offset < self.next
    }

    /// Whether all of `other` lies in the range.
    pub fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.next <= self.next
    }

    /// The offsets that both ranges have.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.next.min(other.next))
    }
}

impl fmt::Display for OffsetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.first, self.next)
    }
}

impl From<OffsetRange> for v1::OffsetRange {
    fn from(range: OffsetRange) -> Self {
        Self {
            first_offset: range.first.get(),
            next_offset: range.next.get(),
        }
    }
}

impl TryFrom<(i64, i64)> for OffsetRange {
    type Error = &'static str;

    fn try_from((first, next): (i64, i64)) -> Result<Self, Self::Error> {
        Self::from_raw(first, next).ok_or("it is empty, negative or the wrong way round")
    }
}

impl From<OffsetRange> for (i64, i64) {
    fn from(range: OffsetRange) -> Self {
        (range.first.get(), range.next.get())
    }
}

/// A set of offsets as ranges that neither touch nor overlap, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RangeSet(Vec<OffsetRange>);

impl RangeSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a range; ranges that touch become one.
    pub fn insert(&mut self, range: OffsetRange) {
        let from = self.0.partition_point(|r| r.next < range.first);
        let to = self.0.partition_point(|r| r.first <= range.next);
        let merged = self.0[from..to].iter().fold(range, |all, r| OffsetRange {
            first: all.first.min(r.first),
            next: all.next.max(r.next),
        });
        self.0.splice(from..to, [merged]);
    }

    /// Takes a range out.
    pub fn remove(&mut self, range: OffsetRange) {
        let from = self.0.partition_point(|r| r.next <= range.first);
        let to = self.0.partition_point(|r| r.first < range.next);
        let (Some(left), Some(right)) = (self.0[from..to].first(), self.0[from..to].last()) else {
            return;
        };
        let rest = [
            OffsetRange::new(left.first, range.first),
            OffsetRange::new(range.next, right.next),
        ];
        self.0.splice(from..to, rest.into_iter().flatten());
    }

    /// Takes out everything below `floor`.
    pub fn remove_below(&mut self, floor: Offset) {
        if let Some(below) = OffsetRange::new(Offset::ZERO, floor) {
            self.remove(below);
        }
    }

    /// Takes out everything from `at` on.
    pub fn remove_from(&mut self, at: Offset) {
        if let Some(rest) = OffsetRange::from_raw(at.get(), i64::MAX) {
            self.remove(rest);
        }
    }

    /// Whether every offset of `range` is in the set.
    pub fn covers(&self, range: OffsetRange) -> bool {
        let at = self.0.partition_point(|r| r.next <= range.first);
        self.0.get(at).is_some_and(|r| r.covers(range))
    }

    /// Whether `offset` is in the set.
    pub fn contains(&self, offset: Offset) -> bool {
        let at = self.0.partition_point(|r| r.next <= offset);
        self.0.get(at).is_some_and(|r| r.contains(offset))
    }

    /// The end of the contiguous part that begins at or below `floor`; `floor` itself when there is none.
    pub fn contiguous_from(&self, floor: Offset) -> Offset {
        let at = self.0.partition_point(|r| r.next < floor);
        match self.0.get(at) {
            Some(r) if r.first <= floor => r.next.max(floor),
            Some(_) | None => floor,
        }
    }

    /// The parts of `range` that are not in the set, in order.
    pub fn missing_in(&self, range: OffsetRange) -> impl Iterator<Item = OffsetRange> + '_ {
        let from = self.0.partition_point(|r| r.next <= range.first);
        let inside = self.0[from..]
            .iter()
            .copied()
            .take_while(move |r| r.first < range.next);
        let mut at = range.first;
        inside.map(Some).chain([None]).filter_map(move |known| {
            let gap = OffsetRange::new(at, known.map_or(range.next, |r| r.first));
            at = known.map_or(range.next, |r| r.next);
            gap
        })
    }

    /// The ranges, in order.
    pub fn iter(&self) -> impl Iterator<Item = OffsetRange> + '_ {
        self.0.iter().copied()
    }

    /// Number of separate ranges.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Offsets in the set.
    pub fn offsets(&self) -> u64 {
        self.0.iter().map(|r| r.len()).sum()
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl FromIterator<OffsetRange> for RangeSet {
    fn from_iter<I: IntoIterator<Item = OffsetRange>>(ranges: I) -> Self {
        // In order, each is added at the end: the order of others may be chosen to cost their square.
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        ranges.sort_unstable_by_key(|range| range.first);
        let mut set = Self::new();
        for range in ranges {
            set.insert(range);
        }
        set
    }
}

#[cfg(test)]
mod tests;
