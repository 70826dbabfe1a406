//! How often a silence is called unusual in a topic whose rate falls every night, by the whole rule: gaps and earlier days.
//!
//! As in `alarms`, false alarms are not counted but expected: a Poisson process whose rate is known at every moment stays
//! silent for x after t with probability `e^(−∫ rate)`, the integral from t to t + x.

use super::samples::Dice;
use super::*;

/// A roll of six: seconds between two records by day, in the mean.
const ROLL: [f64; 6] = [2.0, 5.0, 10.0, 20.0, 60.0, 300.0];
const DAY: f64 = 86_400.0;
const MONTH: f64 = 30.0 * DAY;
const NIGHT: [f64; 2] = [0.0, 8.0 * 3_600.0];
/// The log is this old at the start; it reaches back to the same hour of last week, with an hour to spare.
const LOG: f64 = 9.0 * DAY;
/// What is watched; the rest of the month is the last day of it, again and again.
const WATCHED: f64 = 2.0 * DAY;
/// Gaps at which the limit is asked for anew, where night and day are far.
const EVERY: usize = 16;
/// Records to be expected until the rate changes, where it is near.
const NEAR: f64 = 40.0;
/// How often a fetcher counts the records of earlier hours.
const COUNTED: f64 = 1_800.0;
/// Ages at which it counts, in hours: a day ago and a week ago.
const AGES: [f64; 24] = {
    let day = [22, 23, 24, 25, 26, 28, 30, 34, 38, 42, 46, 49];
    let mut all = [0.0; 24];
    let mut at = 0;
    while at < 12 {
        all[at] = day[at] as f64;
        all[at + 12] = (day[at] + 144) as f64;
        at += 1;
    }
    all
};

/// Records by a rate that falls at night.
struct Daily {
    by_day: f64,
    by_night: f64,
}

impl Daily {
    /// The rate at this moment, and how long it stays.
    fn rate(&self, at: f64) -> (f64, f64) {
        let hour = at.rem_euclid(DAY);
        if hour < NIGHT[1] {
            (self.by_night, NIGHT[1] - hour)
        } else {
            (self.by_day, DAY - hour)
        }
    }

    /// Records to be expected between two moments.
    fn expected(&self, from: f64, until: f64) -> f64 {
        let (mut at, mut sum) = (from, 0.0);
        while at < until {
            let (rate, stays) = self.rate(at);
            let step = stays.min(until - at);
            sum += rate * step;
            at += step.max(1e-6);
        }
        sum
    }

    /// All records between two moments.
    fn records(&self, mut at: f64, until: f64, dice: &mut Dice) -> Vec<f64> {
        let mut all = Vec::new();
        let mut due = dice.exponential(1.0);
        while at < until {
            let (rate, stays) = self.rate(at);
            if rate * stays < due {
                due -= rate * stays;
                at += stays + 1e-6;
            } else {
                at += due / rate;
                all.push(at);
                due = dice.exponential(1.0);
            }
        }
        all
    }
}

/// What a fetcher counts of these records.
fn counted(log: &[f64], now: f64) -> v1::History {
    let younger = |age: f64| log.len() - log.partition_point(|&at| at < now - age);
    let rates = AGES.map(|hours| v1::RateSample {
        younger_than: Some(wire_duration(seconds(hours * 3_600.0))),
        records: younger(hours * 3_600.0) as u64,
    });
    v1::History {
        rates: rates.to_vec(),
        records: Some(log.len() as u64),
        ..Default::default()
    }
}

/// A topic that is watched, from a noon on.
struct Watch<'a> {
    daily: &'a Daily,
    /// Records of its log, those to come included.
    log: &'a [f64],
    start: f64,
    model: Arrivals,
    counted: f64,
}

impl<'a> Watch<'a> {
    fn begin(daily: &'a Daily, log: &'a [f64], start: f64) -> Self {
        let mut model = arrivals();
        let known = &log[..log.partition_point(|&at| at < start)];
        let tail = known[known.len().saturating_sub(100)..].iter();
        let millis = tail.map(|at| WALL_MS + ((at - start) * 1e3) as i64);
        model.history(millis, true, Duration::ZERO, START);
        model.hours(&counted(known, start), Duration::ZERO, START);
        Self {
            daily,
            log,
            start,
            model,
            counted: start,
        }
    }

    fn moment(&self, at: f64) -> Moment {
        START + seconds(at - self.start)
    }

    /// The record in this place comes.
    fn comes(&mut self, place: usize) {
        let at = self.log[place];
        if at > self.counted + COUNTED {
            self.counted = at;
            let history = counted(&self.log[..place], at);
            self.model.hours(&history, Duration::ZERO, self.moment(at));
        }
        self.model.batch(live(1, None, None), self.moment(at));
    }

    /// The chance that the silence after this record is called unusual. The fetcher goes on counting while it lasts, so
    /// the limit may come to lie behind it.
    fn chance(&self, place: usize) -> f64 {
        let at = self.log[place];
        let limit = |model: &Arrivals, now: f64| {
            let limit = model.overdue_after(Duration::ZERO, self.moment(now));
            limit.map_or(f64::INFINITY, |limit| limit.as_secs_f64())
        };
        let (mut now, mut alarm) = (at, at + limit(&self.model, at));
        let mut model = (alarm > at + COUNTED).then(|| self.model.clone());
        while let Some(model) = model.as_mut().filter(|_| alarm > now && now < at + DAY) {
            now += COUNTED;
            let history = counted(&self.log[..=place], now);
            model.hours(&history, Duration::ZERO, self.moment(now));
            alarm = at + limit(model, now);
        }
        if alarm > at + DAY {
            return 0.0;
        }
        (-self.daily.expected(at, alarm.max(now))).exp()
    }

    /// Whether many gaps follow that are like this one.
    fn is_in_the_midst(&self, at: f64) -> bool {
        let (rate, stays) = self.daily.rate(at);
        rate == self.daily.by_day && rate * stays > NEAR
    }
}

/// False alarms to be expected of the first day and, after that, of each day; `reach` is the age of the log at the start.
fn false_alarms(daily: &Daily, reach: f64, seed: u64) -> [f64; 2] {
    let start = LOG + DAY / 2.0;
    let records = daily.records(start - LOG, start + WATCHED, &mut Dice::new(seed));
    let log = &records[records.partition_point(|&at| at < start - reach)..];
    let mut watch = Watch::begin(daily, log, start);
    let (mut first, mut latest, mut chance) = (0.0, 0.0, 0.0);
    let begin = log.partition_point(|&at| at < start);
    for (place, &at) in log.iter().enumerate().skip(begin) {
        watch.comes(place);
        if place % EVERY == 0 || !watch.is_in_the_midst(at) {
            chance = watch.chance(place);
        }
        if at < start + DAY {
            first += chance;
        } else {
            latest += chance;
        }
    }
    [first, latest]
}

/// False alarms of the roll in a month; by night the rate is this share of that by day.
fn of_the_roll(night: f64, reach: f64) -> f64 {
    let months = ROLL.iter().zip(1..).map(|(mean, seed)| {
        let daily = Daily {
            by_day: 1.0 / mean,
            by_night: night / mean,
        };
        let [first, latest] = false_alarms(&daily, reach, seed);
        first + latest * (MONTH / DAY - 1.0)
    });
    months.sum()
}

#[test]
fn a_roll_that_keeps_its_days_and_nights_raises_less_than_one_false_alarm_a_month() {
    // A log that begins today tells of no night: that of a tenth is met by the gaps alone.
    for (night, reach) in [(0.1, LOG), (0.1, 0.0), (0.01, LOG), (0.0, LOG)] {
        let days = reach / DAY;
        let expected = of_the_roll(night, reach);
        println!("nights of {night}, a log of {days} days: {expected:.4} false alarms a month");
        assert!(expected < 1.0, "{night}, {days} days: {expected}");
    }
}
