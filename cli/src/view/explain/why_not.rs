//! Why a verdict was not given: the conditions of its rule, each with the fact that decided it.

use rollcall_proto::v1::{Check, CheckOutcome, PartitionChecks, Severity, VerdictCode};

use super::evidence::phrase;
use crate::view::Reader;
use crate::view::quantity::{self, of_proto};
use crate::view::style::{self, paint};
use crate::view::table::{Align, Cell, Table};
use crate::view::verdict::code_name;
use crate::view::wrap::labelled;
use crate::words::arguments::Arguments;

/// The screen about one verdict. Partitions whose conditions ended alike are one paragraph, with the facts of the first.
pub fn text(code: VerdictCode, checks: &[PartitionChecks], reader: &Reader) -> String {
    let name = code.name();
    let mut screen = format!("{}\n", paint(style::STRONG, name));
    if let Some(rule) = reader.speech.rule(code) {
        screen.push_str(&labelled(&reader.speech.word("label-rule"), &rule));
    }
    if checks.is_empty() {
        let verdict = Arguments::default().text("verdict", name);
        screen.push_str(&labelled("", &reader.speech.say("no-rule", &verdict)));
    }
    let mut groups: Vec<Vec<&PartitionChecks>> = Vec::new();
    for one in checks {
        let alike = groups
            .iter_mut()
            .find(|group| outcomes(group[0]) == outcomes(one));
        match alike {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    for group in groups {
        screen.push_str(&paragraph(&group, reader));
    }
    screen
}

fn outcomes(checks: &PartitionChecks) -> (Vec<(&str, i32)>, i32) {
    let all = checks.checks.iter();
    (
        all.map(|check| (check.name.as_str(), check.outcome))
            .collect(),
        checks.verdict,
    )
}

fn paragraph(group: &[&PartitionChecks], reader: &Reader) -> String {
    let first = group[0];
    let numbers = group.iter().filter_map(|checks| checks.partition);
    let mut names: Vec<String> = numbers.map(|number| format!("P{number}")).collect();
    if names.is_empty() {
        names.push(reader.speech.word("whole-topic"));
    }
    let said = Arguments::default()
        .text("partitions", names.join(" "))
        .text("verdict", code_name(first.verdict));
    let head = reader.speech.say("has-verdict", &said);
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (word("column-condition"), Align::Left),
        (String::new(), Align::Left),
        (word("column-fact"), Align::Left),
        (word("column-age"), Align::Right),
    ]);
    for check in &first.checks {
        table.push(row(check, reader));
    }
    format!("{head}\n{}", table.render())
}

fn row(check: &Check, reader: &Reader) -> Vec<Cell> {
    let (outcome, style) = match check.outcome() {
        CheckOutcome::Holds => ("outcome-holds", style::of(Severity::Ok)),
        CheckOutcome::Failed => ("outcome-failed", style::of(Severity::Fault)),
        CheckOutcome::Unknown | CheckOutcome::Unspecified => {
            ("outcome-unknown", style::of(Severity::Unknown))
        }
    };
    let fact = check.fact.as_ref();
    let age = fact.and_then(|fact| of_proto(fact.age.as_ref()));
    vec![
        Cell::new(reader.speech.check(&check.name)),
        Cell::new(reader.speech.word(outcome)).style(style),
        Cell::new(fact.map(|fact| phrase(fact, reader)).unwrap_or_default()),
        Cell::new(age.map(quantity::duration).unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use rollcall_proto::v1::Source;
    use rollcall_proto::v1::fact::Value;

    use super::*;
    use crate::view::fixtures::{fact, plain, reader};

    fn check(name: &str, outcome: CheckOutcome, up: bool) -> Check {
        let fact = fact("paused", Some(0), Value::Flag(up), Source::Pulse, 400);
        Check {
            name: name.to_owned(),
            outcome: outcome.into(),
            fact: Some(fact).filter(|_| outcome != CheckOutcome::Unknown),
        }
    }

    #[test]
    fn partitions_that_ended_alike_are_told_once_with_every_condition() {
        let one = |partition, probe| PartitionChecks {
            partition: Some(partition),
            checks: vec![
                check("fetch_wanted", CheckOutcome::Holds, false),
                check("probe_fails", probe, true),
            ],
            holds: false,
            verdict: VerdictCode::CaughtUp.into(),
        };
        let checks = [
            one(0, CheckOutcome::Failed),
            one(1, CheckOutcome::Failed),
            one(2, CheckOutcome::Unknown),
        ];
        let screen = plain(&text(VerdictCode::BrokerDown, &checks, &reader()));
        let (_, told) = screen.split_once("P0").unwrap();
        assert_eq!(
            format!("P0{told}"),
            "\
P0 P1: its verdict is CAUGHT_UP
condition            fact               age
fetch wanted  holds  paused no (P0)   0.4 s
probe fails   fails  paused yes (P0)  0.4 s
P2: its verdict is CAUGHT_UP
condition              fact              age
fetch wanted  holds    paused no (P0)  0.4 s
probe fails   unknown
"
        );
    }

    #[test]
    fn a_verdict_without_a_rule_is_said_to_have_none() {
        let screen = plain(&text(VerdictCode::NoGroup, &[], &reader()));
        assert!(screen.contains("no rule for NO_GROUP"), "{screen}");
    }
}
