//! What a topic gave to gathers, over windows of time.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

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
pub struct Statistics(VecDeque<Second>);

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    second: u64,
    gathers: u64,
    empties: u64,
    records: u64,
}

impl Statistics {
    /// A gather closed with this many records of the topic.
    pub fn gathered(&mut self, records: u32, now: Moment) {
        let second = now.since_start().as_secs();
        if self.0.back().is_none_or(|last| last.second < second) {
            self.0.push_back(Second {
                second,
                ..Second::default()
            });
            if self.0.len() > SECONDS {
                self.0.pop_front();
            }
        }
        if let Some(last) = self.0.back_mut() {
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
            .0
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
            statistics.gathered(records, at(second));
        }
        let windows = statistics.windows(at(160));
        let counts = |i: usize| (windows[i].gathers, windows[i].empties, windows[i].records);
        assert_eq!(
            [counts(0), counts(1), counts(2)],
            [(3, 1, 40), (4, 2, 40), (5, 2, 47)]
        );
        assert!((windows[0].rate - 4.0).abs() < 1e-9);
    }

    #[test]
    fn years_of_gathers_take_the_memory_of_ten_minutes() {
        let mut statistics = Statistics::default();
        (0..10_000).for_each(|second| statistics.gathered(1, at(second)));
        assert_eq!(statistics.0.len(), SECONDS);
        assert_eq!(statistics.windows(at(10_000))[2].gathers, 599);
    }
}
