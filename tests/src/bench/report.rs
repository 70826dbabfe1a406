//! What was measured, for people: printed, and kept as `docs/VERDICT-BENCH.md`.

mod confusion;
mod figures;
mod length;

use std::collections::BTreeSet;
use std::fmt::Write;

use rollcall_aggregator::core::verdict::table::TABLE;

use super::costs::Costs;
use super::healthy::Soak;
use super::score::{Outcome, name};
use super::situation::{Situation, View};
use super::situations::NOT_CAUSED;
use figures::Figure;

/// Everything that was measured.
#[derive(Debug)]
pub struct Report<'a> {
    situations: Vec<(&'a Situation, &'a Outcome)>,
    soak: Option<&'a Soak>,
    costs: Option<&'a Costs>,
    machine: String,
}

impl<'a> Report<'a> {
    /// Of these situations, as far as they were measured.
    pub fn of(
        situations: &[&'a Situation],
        outcome: impl Fn(&str) -> Option<&'a Outcome>,
        soak: Option<&'a Soak>,
        costs: Option<&'a Costs>,
        machine: String,
    ) -> Self {
        let measured = situations
            .iter()
            .filter_map(|situation| Some((*situation, outcome(situation.name)?)));
        Self {
            situations: measured.collect(),
            soak,
            costs,
            machine,
        }
    }

    /// Whether every figure that was asked for is reached.
    pub fn is_reached(&self) -> bool {
        self.figures()
            .iter()
            .all(|figure| figure.reached != Some(false))
    }

    /// The whole report, as Markdown.
    pub fn text(&self) -> String {
        let mut text = String::from(HEAD);
        let _ = writeln!(text, "{}\n", self.machine);
        self.write_figures(&mut text);
        self.write_verdicts(&mut text);
        self.write_missing(&mut text);
        confusion::write(self.outcomes(), &mut text);
        self.write_losses(&mut text);
        self.write_soak(&mut text);
        self.write_situations(&mut text);
        text
    }

    fn outcomes(&self) -> impl Iterator<Item = &'a Outcome> {
        self.situations.iter().map(|(_, outcome)| *outcome)
    }

    fn write_figures(&self, text: &mut String) {
        text.push_str("| figure | asked | measured | |\n|---|---|---|---|\n");
        for figure in self.figures() {
            let sign = match figure.reached {
                Some(true) => "reached",
                Some(false) => "**missed**",
                None => "",
            };
            let Figure {
                what,
                asked,
                measured,
                ..
            } = figure;
            let _ = writeln!(text, "| {what} | {asked} | {measured} | {sign} |");
        }
        let all = self.situations.len();
        let rule =
            |opinion: fn(&Outcome) -> bool| self.outcomes().filter(|one| opinion(one)).count();
        let health = |outcome: &Outcome| match outcome.unhealthy {
            true => outcome.said_unhealthy,
            false => !outcome.said_unhealthy,
        };
        let _ = writeln!(
            text,
            "\nHealthy or not, told right by the time the cause was undone: rollcall {} of {all}, \
             the lag rule {} of {all}, Burrow's rules {} of {all}.\n",
            rule(health),
            rule(|outcome| outcome.agrees(outcome.lag_rule)),
            rule(|outcome| outcome.agrees(outcome.burrow)),
        );
    }

    fn write_verdicts(&self, text: &mut String) {
        text.push_str("## By verdict\n\nTimes are from the injected cause: until the right verdict is named, and until it is \
            confirmed and as grave as it should be (“confirmed” and “longest”); “stated” is what the rule says plus the time the world needs.\n\n\
            | verdict | situations | right first | named, median | confirmed, median | longest | stated | back, median | lag rule | Burrow |\n\
            |---|---|---|---|---|---|---|---|---|---|\n");
        for rule in TABLE {
            let of_it = self.situations.iter();
            let of_it: Vec<&(&Situation, &Outcome)> =
                of_it.filter(|(one, _)| one.is_about(rule.code)).collect();
            if of_it.is_empty() {
                continue;
            }
            let (code, count) = (name(rule.code), of_it.len());
            let right = |(one, outcome): &(&Situation, &Outcome)| {
                outcome.right && (one.expect == rule.code || outcome.not_beside.is_empty())
            };
            let right = of_it.iter().filter(|one| right(one)).count();
            let times = |of: fn(&Outcome) -> Option<f64>| -> Vec<f64> {
                of_it
                    .iter()
                    .filter_map(|(_, outcome)| of(outcome))
                    .collect()
            };
            let (named, took) = (times(|one| one.named), times(|one| one.took));
            let back = times(|one| one.back);
            let stated = of_it
                .iter()
                .map(|(_, outcome)| outcome.allowed - 2.0)
                .fold(0.0, f64::max);
            let longest = took.iter().copied().fold(0.0, f64::max);
            let lag = of_it
                .iter()
                .filter(|(_, outcome)| outcome.agrees(outcome.lag_rule))
                .count();
            let burrow = of_it
                .iter()
                .filter(|(_, outcome)| outcome.agrees(outcome.burrow))
                .count();
            let _ = writeln!(
                text,
                "| {code} | {count} | {right} | {} | {} | {longest:.1} s | {stated:.0} s | {} | {lag} | {burrow} |",
                seconds(median(&named)),
                seconds(median(&took)),
                seconds(median(&back)),
            );
        }
        text.push('\n');
    }

    /// Rows of the table that no measured situation is about.
    fn write_missing(&self, text: &mut String) {
        let measured = |code| self.situations.iter().any(|(one, _)| one.is_about(code));
        let reason = |code| NOT_CAUSED.iter().find(|(one, _)| *one == code);
        let missing = TABLE.iter().filter(|rule| !measured(rule.code));
        let missing = missing.map(|rule| match reason(rule.code) {
            Some((code, reason)) => format!("{} ({reason})", name(*code)),
            None => name(rule.code),
        });
        let missing: Vec<String> = missing.collect();
        if !missing.is_empty() {
            let _ = writeln!(
                text,
                "Not caused here, and held by unit tests alone: {}.\n",
                missing.join(", ")
            );
        }
    }

    fn write_losses(&self, text: &mut String) {
        let bad: Vec<&Outcome> = self
            .outcomes()
            .filter(|outcome| !outcome.is_good())
            .collect();
        if bad.is_empty() {
            return;
        }
        text.push_str("## Losses\n\nWhat was said from the cause on; `?` is not confirmed, `+` is said beside.\n\n");
        for outcome in bad {
            let _ = writeln!(
                text,
                "- **{}** (expected {} within {:.0} s): {}",
                outcome.name,
                outcome.expected,
                outcome.allowed,
                why(outcome)
            );
            for (at, said) in outcome.said.iter().take(8) {
                let _ = writeln!(text, "  - {at:.1} s {said}");
            }
        }
        text.push('\n');
    }

    fn write_soak(&self, text: &mut String) {
        let Some(soak) = self.soak else {
            return;
        };
        text.push_str("## Healthy soak\n\n");
        text.push_str(&soak.text());
        text.push('\n');
    }

    fn write_situations(&self, text: &mut String) {
        text.push_str("## Every situation\n\n| situation | verdict | like | told | within | back | lag rule | Burrow |\n|---|---|---|---|---|---|---|---|\n");
        for (situation, outcome) in &self.situations {
            let told = match (outcome.stays, outcome.took) {
                (true, _) => "stays".to_owned(),
                (false, took) => seconds(took),
            };
            let note = situation.injected.note();
            let like = situation.resembles.map(name).unwrap_or_default();
            let view = if situation.view == View::Outside {
                " (outside)"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "| {}{note}{view} | {} | {like} | {told} | {:.0} s | {} | {:?} | {:?} |",
                situation.name,
                outcome.expected,
                outcome.allowed,
                seconds(outcome.back),
                outcome.lag_rule,
                outcome.burrow
            );
        }
        let onsets: BTreeSet<(&str, u64)> = self
            .situations
            .iter()
            .filter(|(situation, _)| !situation.onset.0.is_zero())
            .map(|(situation, _)| (situation.onset.1, situation.onset.0.as_secs()))
            .collect();
        if !onsets.is_empty() {
            text.push_str("\nTime that the world needs before a rule could hold, which is allowed besides:\n\n");
        }
        for (why, seconds) in onsets {
            let _ = writeln!(text, "- {seconds} s: {why}");
        }
    }
}

const HEAD: &str = "\
# The labelled bench

`make verdicts` makes each situation below on a real Kafka, looks five times a second at what is said of it, and writes this
page. A first verdict is the first one after the cause that is news: the right one as soon as it is in the row, confirmed or not
and however grave, any other once it is confirmed. UNDETERMINED is none, and a situation's label may name what may be said on the
way (a broker that is down before its partition has no leader). How much that excuses is counted too: strictly, the first
confirmed verdict is the right one, and as grave as it should be.
Each verdict has situations that are easily taken for another (column “like”). The lag rule and Burrow's rules see the
offsets of the same runs, once a second (`tests/src/bench/baselines.rs` says how they are read). What is marked as a raw feed is not
made by a fetcher: it is what a program of the bench says to a real aggregator. RETENTION_NEAR is only ever said beside another verdict.

Two limits are asked for in time. Most rules hold back their word until it has held for a time that they state, between 0 and
60 s, so that nothing that passes by itself is called a fault: the median of the times of confirmation mostly says how many
situations each rule has. So the median that is asked for is that of the time until the right verdict is *named*: until its
code is in the row, with `…` while it is not confirmed, or beside the verdict there, and stays until it is confirmed. And
each verdict alone must be *confirmed*, as grave as it should be, within the stated time and 2 s more.

";

fn why(outcome: &Outcome) -> String {
    if let Some(failed) = &outcome.failed {
        return format!("the run failed: {failed}");
    }
    let mut reasons = Vec::new();
    if !outcome.right {
        reasons.push(format!(
            "first said was {}",
            outcome.first.as_deref().unwrap_or("nothing new")
        ));
    }
    if !outcome.in_time() {
        reasons.push(format!("told after {}", seconds(outcome.took)));
    }
    if outcome.unhealthy && !outcome.said_unhealthy {
        reasons.push("never called unhealthy".to_owned());
    }
    if !outcome.false_alarms.is_empty() {
        reasons.push(format!(
            "false alarm before the cause: {}",
            outcome.false_alarms.join(", ")
        ));
    }
    if !outcome.not_beside.is_empty() {
        reasons.push(format!(
            "not said beside it: {}",
            outcome.not_beside.join(", ")
        ));
    }
    if outcome.undone && outcome.back.is_none() {
        reasons.push("not well again after the undoing".to_owned());
    }
    reasons.join("; ")
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or("–".to_owned(), |seconds| format!("{seconds:.1} s"))
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred situations")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
