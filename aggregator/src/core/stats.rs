//! What a topic gave to gathers, over windows of time and since the start.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, VerdictCode};

use crate::core::evidence::wire::wire_duration;

/// The windows, shortest first.
const WINDOWS: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(600),
];
/// Seconds that are remembered: those of the longest window and the one that is running.
const SECONDS: usize = 601;

/// Counts of gathers and records, second by second; peeks are not counted.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    seconds: VecDeque<Second>,
    totals: Totals,
}

/// Counts since the start; peeks are not counted.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Gathers that asked for the topic.
    pub gathers: u64,
    /// Records that they got.
    pub records: u64,
    /// Of those, records that had been handed out before.
    pub redelivered: u64,
    /// Gathers that got none, by the verdict that said why.
    pub empties: BTreeMap<VerdictCode, u64>,
    /// Commits of the topic's partitions that Kafka refused, as the fetchers say.
    pub commits_refused: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    second: u64,
    gathers: u64,
    empties: u64,
    records: u64,
}

impl Statistics {
    /// A gather closed with this many records of the topic, and this verdict.
    pub fn gathered(&mut self, records: u32, verdict: VerdictCode, now: Moment) {
        self.totals.gathers += 1;
        self.totals.records += u64::from(records);
        if records == 0 {
            *self.totals.empties.entry(verdict).or_default() += 1;
        }
        self.remember(records, now);
    }

    /// Records were handed out again.
    pub const fn redelivered(&mut self, records: u64) {
        self.totals.redelivered += records;
    }

    /// Kafka refused commits.
    pub const fn commits_refused(&mut self, partitions: u64) {
        self.totals.commits_refused += partitions;
    }

    /// The counts since the start.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    fn remember(&mut self, records: u32, now: Moment) {
        let second = now.since_start().as_secs();
        if self.seconds.back().is_none_or(|last| last.second < second) {
            self.seconds.push_back(Second {
                second,
                ..Second::default()
            });
            if self.seconds.len() > SECONDS {
                self.seconds.pop_front();
            }
        }
        if let Some(last) = self.seconds.back_mut() {
            last.gathers += 1;
            last.empties += u64::from(records == 0);
            last.records += u64::from(records);
        }
    }

    /// Every window, shortest first. Its rate is over the whole window, also while the process is younger.
    pub fn windows(&self, now: Moment) -> Vec<v1::WindowStatistics> {
        WINDOWS
            .iter()
            .map(|&window| self.window(window, now))
            .collect()
    }

    fn window(&self, window: Duration, now: Moment) -> v1::WindowStatistics {
        let from = now.before(window).since_start().as_secs();
        let inside = self
            .seconds
            .iter()
            .rev()
            .take_while(|second| second.second > from);
        let sum = inside.fold(Second::default(), |sum, second| Second {
            second: 0,
            gathers: sum.gathers + second.gathers,
            empties: sum.empties + second.empties,
            records: sum.records + second.records,
        });
        v1::WindowStatistics {
            window: Some(wire_duration(window)),
            gathers: sum.gathers,
            empties: sum.empties,
            records: sum.records,
            rate: sum.records as f64 / window.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000 + 500)
    }

    #[test]
    fn a_window_counts_gathers_empties_and_records_of_its_own_time_only() {
        let mut statistics = Statistics::default();
        for (second, records) in [(100, 7), (140, 0), (155, 30), (159, 0), (159, 10)] {
            statistics.gathered(records, VerdictCode::CaughtUp, at(second));
        }
        let windows = statistics.windows(at(160));
        let counts = |i: usize| (windows[i].gathers, windows[i].empties, windows[i].records);
        assert_eq!(
            [counts(0), counts(1), counts(2)],
            [(3, 1, 40), (4, 2, 40), (5, 2, 47)]
        );
        assert!((windows[0].rate - 4.0).abs() < 1e-9);
        let totals = statistics.totals();
        assert_eq!((totals.gathers, totals.records), (5, 47));
        assert_eq!(totals.empties, BTreeMap::from([(VerdictCode::CaughtUp, 2)]));
    }

    #[test]
    fn years_of_gathers_take_the_memory_of_ten_minutes() {
        let mut statistics = Statistics::default();
        (0..10_000).for_each(|second| statistics.gathered(1, VerdictCode::Flowing, at(second)));
        assert_eq!(statistics.seconds.len(), SECONDS);
        assert_eq!(statistics.windows(at(10_000))[2].gathers, 599);
    }
}
