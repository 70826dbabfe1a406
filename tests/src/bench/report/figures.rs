//! The figures that were asked for, and what was measured.

use super::super::costs::Costs;
use super::super::score::Outcome;
use super::super::situation::{Situation, View};
use super::{Report, length, median, seconds, share};

/// Share of right first verdicts that is asked for.
const RIGHT: f64 = 0.98;
/// Median time until the right verdict is named that is asked for, for rollcall's own fetchers, in seconds.
const MEDIAN: f64 = 2.0;
/// Minutes that the whole bench may take.
const LONGEST: f64 = 45.0;

/// One of them.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) asked: String,
    pub(super) measured: String,
    /// None where nothing was asked for.
    pub(super) reached: Option<bool>,
}

impl Figure {
    fn at_most(what: &'static str, most: f64, measured: f64, unit: &str) -> Self {
        Self {
            what,
            asked: format!("≤ {most:.0} {unit}"),
            measured: format!("{measured:.1} {unit}"),
            reached: Some(measured <= most),
        }
    }

    fn none(what: &'static str, count: usize, measured: String) -> Self {
        Self {
            what,
            asked: "none".to_owned(),
            measured,
            reached: Some(count == 0),
        }
    }

    fn told(what: &'static str, measured: String) -> Self {
        Self {
            what,
            asked: "–".to_owned(),
            measured,
            reached: None,
        }
    }
}

impl Report<'_> {
    /// All that there are.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let mut figures = self.of_rightness();
        figures.extend(self.of_time());
        figures.extend(self.of_alarms());
        figures.extend(self.costs.map(of_costs).into_iter().flatten());
        figures.extend(self.of_length());
        figures
    }

    /// How long it took to measure all of this; the soak runs beside the situations.
    fn of_length(&self) -> Option<Figure> {
        let runs = self
            .outcomes()
            .map(|one| (one.ended - one.whole, one.ended));
        let (situations, parts) = length::of(runs.collect())?;
        let costs = self.costs.map_or(0.0, |costs| costs.took);
        let minutes = (situations + costs) / 60.0;
        let resumed = match parts {
            1 => String::new(),
            parts => format!("; in {parts} parts, what lies between them not counted"),
        };
        Some(Figure {
            what: "the whole bench: the situations, the soak beside them, and then what looking costs",
            asked: format!("≤ {LONGEST:.0} min"),
            measured: format!(
                "{minutes:.1} min ({:.1} min the situations{resumed})",
                situations / 60.0
            ),
            reached: Some(minutes <= LONGEST),
        })
    }

    fn of_rightness(&self) -> Vec<Figure> {
        let all = self.situations.len();
        let count = |is: fn(&Outcome) -> bool| self.outcomes().filter(|one| is(one)).count();
        let (right, strictly) = (count(|one| one.right), count(|one| one.strictly));
        let part = |part: usize| format!("{part} of {all} ({:.1} %)", share(part, all) * 100.0);
        let excused = self.outcomes().filter(|one| one.right && !one.strictly);
        let faults = count(|one| one.unhealthy);
        let called = count(|one| one.unhealthy && one.said_unhealthy);
        vec![
            Figure {
                what: "right first verdict",
                asked: format!("≥ {:.0} %", RIGHT * 100.0),
                measured: part(right),
                reached: Some(share(right, all) >= RIGHT),
            },
            Figure::told(
                "the same, were nothing else allowed on the way",
                format!("{}; {}", part(strictly), leniency(excused)),
            ),
            Figure {
                what: "faults and warnings of which “not healthy” is said, confirmed",
                asked: "100 %".to_owned(),
                measured: format!("{called} of {faults}"),
                reached: Some(called == faults),
            },
        ]
    }

    fn of_time(&self) -> Vec<Figure> {
        let inside = || {
            let of_it = self.situations.iter();
            of_it.filter(|(situation, one)| situation.view == View::Inside && !one.stays)
        };
        // What was never said comes after everything that was.
        let never = f64::INFINITY;
        let named: Vec<f64> = inside()
            .map(|(_, one)| one.named.unwrap_or(never))
            .collect();
        let took: Vec<f64> = inside().map(|(_, one)| one.took.unwrap_or(never)).collect();
        let beyond = |(situation, outcome): &(&Situation, &Outcome)| {
            let stated = (situation.onset.0 + situation.confirmation()).as_secs_f64();
            (outcome.took.unwrap_or(never) - stated).max(0.0)
        };
        let beyond: Vec<f64> = inside().map(beyond).collect();
        let late = self.outcomes().filter(|one| !one.in_time()).count();
        vec![
            Figure::at_most(
                "until the right verdict is named (in the row or beside it, `…` while it is not confirmed), own fetchers, median",
                MEDIAN,
                median(&named).unwrap_or(never),
                "s",
            ),
            Figure::told(
                "until it is confirmed, own fetchers, median",
                seconds(median(&took)),
            ),
            Figure::told(
                "the same, beyond the time that the rule states",
                seconds(median(&beyond)),
            ),
            Figure::none(
                "later than the stated confirmation time + 2 s",
                late,
                format!("{late} of {}", self.situations.len()),
            ),
        ]
    }

    fn of_alarms(&self) -> Vec<Figure> {
        let alarms: usize = self.outcomes().map(|one| one.false_alarms.len()).sum();
        let soak = self.soak.map(|soak| Figure {
            what: "false faults and warnings in the healthy soak, by the aggregator and from outside",
            asked: "none".to_owned(),
            measured: format!("{} in {:.0} s", soak.false_alarms(), soak.seconds),
            reached: Some(soak.false_alarms() == 0 && soak.failed.is_none()),
        });
        let before = Figure::none(
            "false faults and warnings before a cause",
            alarms,
            alarms.to_string(),
        );
        std::iter::once(before).chain(soak).collect()
    }
}

/// What was confirmed first in the situations that are right by leave of their label.
fn leniency<'a>(excused: impl Iterator<Item = &'a Outcome>) -> String {
    let mut counts = [0_usize; KINDS.len()];
    let mut all = 0;
    for outcome in excused {
        all += 1;
        counts[kind(outcome)] += 1;
    }
    let said = KINDS.iter().zip(counts).filter(|(_, count)| *count > 0);
    let said: Vec<String> = said
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    match said.is_empty() {
        true => "no leave was needed".to_owned(),
        false => format!(
            "by leave of the label {all}, first said: {}",
            said.join(", ")
        ),
    }
}

/// Kinds of first words that a label excuses.
const KINDS: [&str; 5] = [
    "that all is well, or a note",
    "another warning",
    "another fault",
    "the right verdict, milder",
    "nothing that is sure",
];

/// Which of [`KINDS`] it was.
fn kind(outcome: &Outcome) -> usize {
    match outcome.news.as_ref() {
        Some((code, _)) if *code == outcome.expected => 3,
        Some((_, grade)) => match grade.as_str() {
            "ok" | "note" => 0,
            "warn" => 1,
            "fault" => 2,
            _unknown => 4,
        },
        None => 4,
    }
}

fn of_costs(costs: &Costs) -> Vec<Figure> {
    let zeros = [costs.zeros_auto, costs.zeros_default, costs.zeros_read];
    let zeros = zeros.into_iter().fold(0.0, f64::max);
    vec![
        Figure::at_most(
            "the six zeros all right from outside, after the onset, the slowest of three ways of committing",
            15.0,
            zeros,
            "s",
        ),
        Figure::at_most(
            "doctor, first table of 6 topics × 12 partitions",
            3.0,
            costs.first_table,
            "s",
        ),
        Figure::at_most(
            "doctor, first table of all of 100 groups × 600 partitions, records in each, every tenth group with a lag",
            10.0,
            costs.hundred_groups,
            "s",
        ),
        Figure {
            what: "the same, until all is confirmed: that nobody reads where records wait takes 10 s",
            asked: "–".to_owned(),
            measured: format!("{:.1} s", costs.hundred_sure),
            reached: None,
        },
        Figure {
            what: "rounds of the probe per fetcher and second, at ten gathers a second",
            asked: "≤ 1".to_owned(),
            measured: format!(
                "{:.2} (at {:.1} gathers a second, of six fetchers the one with the most)",
                costs.probe_rounds, costs.gathers
            ),
            reached: Some(costs.probe_rounds <= 1.0),
        },
        Figure {
            what: "an idle roll of six topics beyond six plain consumers",
            asked: "≤ 1 % of a core".to_owned(),
            measured: format!(
                "{:.2} % ({:.2} % in all, at load {})",
                costs.idle * 100.0,
                costs.idle_all * 100.0,
                costs.load
            ),
            reached: Some(costs.idle <= 0.01),
        },
    ]
}
