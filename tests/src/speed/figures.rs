//! The figures that shall be reached, and what was measured of each.

use super::measure::Measured;
use super::plan::{Reader, Size};
use super::run::{Role, Run};
use super::spread::{Spread, quantile};
use crate::idle::Share;

/// A figure: a goal and what was measured.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) goal: Goal,
    /// Its median is judged. None where it was not measured.
    pub(crate) measured: Option<Spread>,
    pub(crate) unit: &'static str,
}

/// On which side of it is good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    /// Whether it was reached; none where it was not measured.
    pub(super) fn is_reached(&self) -> Option<bool> {
        let measured = self.measured?.median;
        Some(match self.goal {
            Goal::AtLeast(goal) => measured >= goal,
            Goal::AtMost(goal) => measured <= goal,
        })
    }
}

/// The goals of one size of record: those of the first step, and those that are required of the next one.
struct Goals {
    of_raw: [f64; 2],
    of_aiokafka: [f64; 2],
    cpu: [f64; 2],
    aggregator_cpu: f64,
}

/// What stands behind a goal of the first step, and of the next one.
const STEPS: [&str; 2] = ["", ", required of the next step"];

impl Goals {
    const fn of(size: Size) -> Self {
        match size {
            Size::Small => Self {
                of_raw: [0.55, 0.75],
                of_aiokafka: [2.8, 4.0],
                cpu: [1.0, 0.85],
                aggregator_cpu: 0.25,
            },
            Size::Large => Self {
                of_raw: [0.30, 0.40],
                of_aiokafka: [1.7, 2.4],
                cpu: [3.8, 2.8],
                aggregator_cpu: 1.1,
            },
        }
    }
}

/// The aggregator's default budget, and what it may hold beyond it.
const MEMORY_MIB: f64 = 64.0 * 1.3;

/// All figures.
pub(super) fn figures(measured: &Measured) -> Vec<Figure> {
    let mut figures: Vec<Figure> = measured
        .plan
        .sizes
        .iter()
        .flat_map(|&size| of_size(measured, size))
        .collect();
    figures.extend(of_waiting(measured));
    let beside = measured.plan.sizes.iter();
    figures.extend(beside.map(|&size| beside_another(measured, size)));
    figures.extend(of_idling(measured));
    figures
}

fn of_size(measured: &Measured, size: Size) -> Vec<Figure> {
    let goals = Goals::of(size);
    let of = |cost: fn(&Run) -> Option<f64>| spread(measured, size, Reader::Rollcall, cost);
    let mut figures = Vec::new();
    let mut add = |what: &str, goal, measured, unit| {
        figures.push(Figure {
            what: format!("{}: {what}", size.name()),
            goal,
            measured,
            unit,
        });
    };
    let of_raw = against(measured, size, Reader::Raw);
    let of_aiokafka = against(measured, size, faster_aiokafka(measured, size));
    let cpu = of(|run| Some(run.cpu_of_readers()));
    for (step, goal) in STEPS.iter().zip(goals.of_raw) {
        let what = format!("records/s against six BaseConsumers{step}");
        add(&what, Goal::AtLeast(goal), of_raw, "");
    }
    for (step, goal) in STEPS.iter().zip(goals.of_aiokafka) {
        let what = format!("records/s against aiokafka (the faster row){step}");
        add(&what, Goal::AtLeast(goal), of_aiokafka, "");
    }
    for (step, goal) in STEPS.iter().zip(goals.cpu) {
        let what = format!("CPU of fetchers, aggregator and client{step}");
        add(&what, Goal::AtMost(goal), cpu, " s/M");
    }
    add(
        "CPU of the aggregator",
        Goal::AtMost(goals.aggregator_cpu),
        of(|run| run.cpu_per_million(Role::Aggregator)),
        " s/M",
    );
    add(
        "the aggregator's memory at its most (budget + 30 %)",
        Goal::AtMost(MEMORY_MIB),
        of(|run| Some(mib(*run.peaks.get(&Role::Aggregator)?))),
        " MiB",
    );
    figures
}

/// The application, with or without its limit.
fn faster_aiokafka(measured: &Measured, size: Size) -> Reader {
    let median = |reader| rate(measured, size, reader).map(|rate| rate.median);
    match median(Reader::AiokafkaUnlimited) > median(Reader::Aiokafka) {
        true => Reader::AiokafkaUnlimited,
        false => Reader::Aiokafka,
    }
}

fn of_waiting(measured: &Measured) -> [Figure; 4] {
    let delay = |share| over(measured.delays.get(&Reader::Rollcall)?, share);
    let moments = measured.moments.as_ref();
    let figure = |what: &str, goal, measured, unit| Figure {
        what: what.to_owned(),
        goal: Goal::AtMost(goal),
        measured,
        unit,
    };
    [
        figure("produce to the client's hands, p50", 3.0, delay(0.5), " ms"),
        figure(
            "produce to the client's hands, p99",
            15.0,
            delay(0.99),
            " ms",
        ),
        figure(
            "`rollcall status`, p50",
            50.0,
            moments
                .and_then(|moments| quantile(&moments.status_ms, 0.5))
                .map(Spread::once),
            " ms",
        ),
        figure(
            "first table of `rollcall up`",
            10.0,
            moments.map(|moments| Spread::once(moments.up_s)),
            " s",
        ),
    ]
}

fn beside_another(measured: &Measured, size: Size) -> Figure {
    let rounds = measured.beside.get(&size);
    Figure {
        what: format!(
            "{}: produce to the client's hands, p99, another topic at half of full speed",
            size.name()
        ),
        goal: Goal::AtMost(25.0),
        measured: rounds.and_then(|rounds| over(rounds.iter().map(|round| &round.delays), 0.99)),
        unit: " ms",
    }
}

fn of_idling(measured: &Measured) -> [Figure; 3] {
    let idle = measured.idle.as_ref();
    let fetchers = idle.map(|idle| idle.readers.as_slice()).unwrap_or_default();
    let aggregator = idle.and_then(|idle| idle.aggregator);
    let resident = |share: &Share| share.usage.resident_bytes as f64 / 1e6;
    let core = aggregator.map(|aggregator| {
        let cores = fetchers.iter().chain([&aggregator]).map(|share| share.core);
        cores.sum::<f64>() * 100.0
    });
    let figure = |what: &str, goal, measured: Option<f64>, unit| Figure {
        what: what.to_owned(),
        goal: Goal::AtMost(goal),
        measured: measured.map(Spread::once),
        unit,
    };
    [
        figure(
            "idle: six fetchers and an aggregator, of a core",
            4.0,
            core,
            " %",
        ),
        figure(
            "idle: the largest fetcher, resident",
            25.0,
            fetchers.iter().map(resident).reduce(f64::max),
            " MB",
        ),
        figure(
            "idle: the aggregator, resident",
            30.0,
            aggregator.as_ref().map(resident),
            " MB",
        ),
    ]
}

/// Over the rounds.
pub(super) fn spread(
    measured: &Measured,
    size: Size,
    reader: Reader,
    value: impl Fn(&Run) -> Option<f64>,
) -> Option<Spread> {
    let runs = measured.runs.get(&(size, reader))?;
    Spread::of(runs.iter().filter_map(value))
}

/// Records a second, over the rounds.
pub(super) fn rate(measured: &Measured, size: Size, reader: Reader) -> Option<Spread> {
    let rate = |run: &Run| Some(run.records_per_second());
    spread(measured, size, reader, rate)
}

/// A quantile of each round's delays, over the rounds.
pub(super) fn over<'a>(
    rounds: impl IntoIterator<Item = &'a Vec<f64>>,
    share: f64,
) -> Option<Spread> {
    let each = rounds
        .into_iter()
        .filter_map(|delays| quantile(delays, share));
    Spread::of(each)
}

/// Rollcall's records a second against a reader's: the ratio of the medians, and as its ends those of readings that were beside
/// each other in the same round.
fn against(measured: &Measured, size: Size, reader: Reader) -> Option<Spread> {
    let runs = |reader| measured.runs.get(&(size, reader));
    let pairs = runs(Reader::Rollcall)?.iter().zip(runs(reader)?);
    let ends = Spread::of(
        pairs.map(|(ours, theirs)| ours.records_per_second() / theirs.records_per_second()),
    )?;
    let rate = |reader| rate(measured, size, reader);
    Some(Spread {
        median: rate(Reader::Rollcall)?.median / rate(reader)?.median,
        ..ends
    })
}

/// Bytes as MiB.
pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_that_is_just_met_is_reached_and_one_that_was_not_measured_is_neither() {
        let reached = |goal, measured: Option<f64>| {
            let figure = Figure {
                what: String::new(),
                goal,
                measured: measured.map(Spread::once),
                unit: "",
            };
            figure.is_reached()
        };
        assert_eq!(reached(Goal::AtLeast(2.0), Some(2.0)), Some(true));
        assert_eq!(reached(Goal::AtLeast(2.0), Some(1.9)), Some(false));
        assert_eq!(reached(Goal::AtMost(2.0), Some(2.1)), Some(false));
        assert_eq!(reached(Goal::AtMost(2.0), None), None);
    }
}
