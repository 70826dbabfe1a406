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
    /// None where it was not measured.
    pub(crate) measured: Option<f64>,
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
        let measured = self.measured?;
        Some(match self.goal {
            Goal::AtLeast(goal) => measured >= goal,
            Goal::AtMost(goal) => measured <= goal,
        })
    }
}

/// The goals of one size of record.
struct Goals {
    of_raw: f64,
    of_aiokafka: f64,
    cpu: f64,
    aggregator_cpu: f64,
}

impl Goals {
    const fn of(size: Size) -> Self {
        match size {
            Size::Small => Self {
                of_raw: 0.55,
                of_aiokafka: 2.8,
                cpu: 1.0,
                aggregator_cpu: 0.25,
            },
            Size::Large => Self {
                of_raw: 0.30,
                of_aiokafka: 1.7,
                cpu: 3.8,
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

fn of_size(measured: &Measured, size: Size) -> [Figure; 5] {
    let goals = Goals::of(size);
    let rate = |reader| median(measured, size, reader, |run| Some(run.records_per_second()));
    let rollcall = rate(Reader::Rollcall);
    let aiokafka = [Reader::Aiokafka, Reader::AiokafkaUnlimited].map(rate);
    let aiokafka = aiokafka.into_iter().flatten().reduce(f64::max);
    let of = |cost: fn(&Run) -> Option<f64>| median(measured, size, Reader::Rollcall, cost);
    let figure = |what: &str, goal, measured, unit| Figure {
        what: format!("{}: {what}", size.name()),
        goal,
        measured,
        unit,
    };
    [
        figure(
            "records/s against six BaseConsumers",
            Goal::AtLeast(goals.of_raw),
            ratio(rollcall, rate(Reader::Raw)),
            "",
        ),
        figure(
            "records/s against aiokafka (the faster row)",
            Goal::AtLeast(goals.of_aiokafka),
            ratio(rollcall, aiokafka),
            "",
        ),
        figure(
            "CPU of fetchers, aggregator and client",
            Goal::AtMost(goals.cpu),
            of(|run| Some(run.cpu_of_readers())),
            " s/M",
        ),
        figure(
            "CPU of the aggregator",
            Goal::AtMost(goals.aggregator_cpu),
            of(|run| run.cpu_per_million(Role::Aggregator)),
            " s/M",
        ),
        figure(
            "the aggregator's memory at its most (budget + 30 %)",
            Goal::AtMost(MEMORY_MIB),
            of(|run| Some(mib(*run.peaks.get(&Role::Aggregator)?))),
            " MiB",
        ),
    ]
}

fn of_waiting(measured: &Measured) -> [Figure; 4] {
    let delay = |share| quantile(measured.delays.get(&Reader::Rollcall)?, share);
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
            moments.and_then(|moments| quantile(&moments.status_ms, 0.5)),
            " ms",
        ),
        figure(
            "first table of `rollcall up`",
            10.0,
            moments.map(|moments| moments.up_s),
            " s",
        ),
    ]
}

fn beside_another(measured: &Measured, size: Size) -> Figure {
    let beside = measured.beside.get(&size);
    Figure {
        what: format!(
            "{}: produce to the client's hands, p99, another topic at half of full speed",
            size.name()
        ),
        goal: Goal::AtMost(25.0),
        measured: beside.and_then(|beside| quantile(&beside.delays, 0.99)),
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
    let figure = |what: &str, goal, measured, unit| Figure {
        what: what.to_owned(),
        goal: Goal::AtMost(goal),
        measured,
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

/// The median over the rounds.
pub(super) fn median(
    measured: &Measured,
    size: Size,
    reader: Reader,
    value: impl Fn(&Run) -> Option<f64>,
) -> Option<f64> {
    let runs = measured.runs.get(&(size, reader))?;
    Spread::of(runs.iter().filter_map(value)).map(|spread| spread.median)
}

fn ratio(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    Some(part? / whole?)
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
        let reached = |goal, measured| {
            let figure = Figure {
                what: String::new(),
                goal,
                measured,
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
