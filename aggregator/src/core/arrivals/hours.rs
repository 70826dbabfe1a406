//! How busy the topic was at the same hour of earlier days, from the log's own time index.
//!
//! A fetcher counts the records that are younger than each of some ages; two such counts next to each other give the
//! records of the time between. A topic that is silent every night is not overdue at night: a silence counts
//! as unusual only where the quietest stretch within an hour of the same time yesterday, and a week ago, would
//! have brought `ARRIVALS` arrivals meanwhile. That many are missed by chance, in a Poisson process, once
//! in 160,000 gaps (e⁻¹²).
//!
//! What the first counts in a silence say of it holds until it ends: hours later the same hour of yesterday is counted
//! more coarsely, and an evening and a night in one are neither.
//!
//! A day says nothing where the log does not reach back to it, where nobody counted around that time, or
//! where it lies within the present silence itself.

use std::time::Duration;

use rollcall_proto::v1;
use serde::{Deserialize, Serialize};

use crate::core::evidence::wire;

/// Arrivals that must be missing.
const ARRIVALS: f64 = 12.0;
const HOUR_MS: i64 = 3_600_000;
/// How much earlier or later than on other days a silence may begin.
const SLACK_MS: i64 = HOUR_MS;
/// Days back that are compared.
const DAYS_MS: [i64; 2] = [24 * HOUR_MS, 7 * 24 * HOUR_MS];
/// Samples that are kept; more than a fetcher sends.
const SAMPLES: usize = 100;

/// Records of earlier times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Hours {
    /// Wall-clock time, and how many records are younger: the newest time first.
    samples: Vec<(i64, u64)>,
    /// Records that the log holds, if that was said.
    records: Option<u64>,
    /// Wall-clock time of the counting.
    read_ms: Option<i64>,
}

/// What earlier days say about a silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Usual {
    /// They say nothing.
    Unknown,
    /// At this hour the topic was silent then too.
    Silent,
    /// A silence longer than this would be unusual.
    Longer(Duration),
}

impl Hours {
    /// Takes the counts of a history that was read at `read_ms`; an empty list changes nothing.
    pub fn learn(&mut self, history: &v1::History, read_ms: i64) {
        if history.rates.is_empty() {
            return;
        }
        let known = history.rates.iter().take(SAMPLES).filter_map(|rate| {
            let age = wire::duration(rate.younger_than.as_ref())?;
            let age_ms = i64::try_from(age.as_millis()).ok()?;
            Some((read_ms.checked_sub(age_ms)?, rate.records))
        });
        self.samples = known.collect();
        self.samples.sort_unstable_by(|a, b| b.cmp(a));
        self.records = history.records;
        self.read_ms = Some(read_ms);
    }

    /// Whether the counts were made after this moment.
    pub fn were_read_after(&self, moment_ms: i64) -> bool {
        self.read_ms.is_some_and(|read_ms| read_ms > moment_ms)
    }

    /// What a silence since `last_ms` is worth that became long enough at `long_ms`, if an arrival has `burst`
    /// records.
    pub fn usual(&self, last_ms: i64, long_ms: i64, burst: f64) -> Usual {
        let rates = DAYS_MS.iter().filter_map(|day| {
            let within = (long_ms - day - SLACK_MS, long_ms - day + SLACK_MS);
            (within.1 < last_ms)
                .then(|| self.quietest(within))
                .flatten()
        });
        match rates.reduce(f64::min) {
            None => Usual::Unknown,
            Some(rate) if rate <= 0.0 => Usual::Silent,
            Some(rate) => {
                let silence_ms = ARRIVALS * burst.max(1.0) / rate;
                let known = Duration::try_from_secs_f64(silence_ms / 1e3);
                known.map_or(Usual::Silent, Usual::Longer)
            }
        }
    }

    /// Records per millisecond of the quietest stretch that touches the given time; `None` unless all of it was counted.
    fn quietest(&self, (from_ms, until_ms): (i64, i64)) -> Option<f64> {
        let reaches = |younger: u64| self.records.is_some_and(|all| younger < all);
        let stretches = self.samples.windows(2).map(|pair| {
            let ((end, after), (begin, all)) = (pair[0], pair[1]);
            (begin, end, all.saturating_sub(after), reaches(all))
        });
        let touching: Vec<_> = stretches
            .filter(|&(begin, end, ..)| begin < until_ms && end > from_ms)
            .collect();
        let (newest, oldest) = (touching.first()?, touching.last()?);
        let covered = oldest.0 <= from_ms && newest.1 >= until_ms && oldest.3;
        let rates = touching
            .iter()
            .map(|&(begin, end, records, _)| records as f64 / (end - begin).max(1) as f64);
        covered.then(|| rates.reduce(f64::min)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::evidence::wire::wire_duration;

    /// Noon of some day.
    const NOON_MS: i64 = 1_700_000_000_000;

    /// Counts at every hour of eight days, read at noon, of a topic with so many records in each hour (by its age).
    fn read(records_in_hour: impl Fn(u64) -> u64, beyond: u64) -> Hours {
        let mut younger = 0;
        let rates = (1..=96).map(|hour| {
            // The last two days, and the two before a week ago.
            let age = if hour <= 48 { hour } else { hour + 100 };
            younger += records_in_hour(age);
            v1::RateSample {
                younger_than: Some(wire_duration(Duration::from_secs(age * 3600))),
                records: younger,
            }
        });
        let rates: Vec<_> = rates.collect();
        let history = v1::History {
            records: Some(rates[95].records + beyond),
            rates,
            ..Default::default()
        };
        let mut hours = Hours::default();
        hours.learn(&history, NOON_MS);
        hours
    }

    /// Hours before noon, modulo a day: 22 h to 6 h is night.
    fn by_day(age: u64) -> u64 {
        let hour = (12 + 24 * 20 - age) % 24;
        if (6..22).contains(&hour) { 3_600 } else { 0 }
    }

    fn at(hours: i64) -> i64 {
        NOON_MS + hours * HOUR_MS
    }

    #[test]
    fn a_topic_that_is_silent_every_night_is_so_tonight() {
        let hours = read(by_day, 1);
        assert_eq!(
            hours.usual(at(0), at(0) + 10_000, 1.0),
            Usual::Longer(Duration::from_secs(12))
        );
        for (hour, usual) in [
            (-13, true),
            (-14, true),
            (-11, true),
            (-9, true),
            (-3, false),
        ] {
            let silent = hours.usual(at(hour), at(hour) + 10_000, 1.0) == Usual::Silent;
            assert_eq!(silent, usual, "{hour} h from noon");
        }
    }

    #[test]
    fn the_day_of_the_present_silence_says_nothing_about_it() {
        let week_ago = |age| if age > 100 { 3_600 } else { 0 };
        let hours = read(week_ago, 1);
        let day = at(0) - 30 * HOUR_MS;
        assert_eq!(
            hours.usual(day, at(0), 1.0),
            Usual::Longer(Duration::from_secs(12))
        );
        assert_eq!(
            hours.usual(at(0) - 10_000, at(0), 1.0),
            Usual::Silent,
            "yesterday it was over"
        );
    }

    #[test]
    fn a_log_that_does_not_reach_back_says_nothing() {
        assert_eq!(
            read(by_day, 0).quietest((at(-169), at(-167))),
            Some(1e-3),
            "counted"
        );
        let young = read(|age| if age < 20 { 100 } else { 0 }, 0);
        assert_eq!(young.usual(at(0), at(0) + 10_000, 1.0), Usual::Unknown);
        assert_eq!(Hours::default().usual(at(0), at(0), 1.0), Usual::Unknown);
    }

    #[test]
    fn bursts_are_arrivals() {
        let hours = read(|_| 3_600, 1);
        assert_eq!(
            hours.usual(at(0), at(0), 10.0),
            Usual::Longer(Duration::from_secs(120))
        );
    }
}
