//! What stands on the page of runs that went well, badly, and not at all.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::anyhow;

use super::super::beside::Beside;
use super::super::plan::Plan;
use super::*;

fn nothing() -> Measured {
    Measured::nothing(&Plan {
        readers: vec![Reader::Raw, Reader::Kcat, Reader::Rollcall],
        sizes: vec![Size::Small],
        rounds: 3,
        scale: 1.0,
        samples: 2,
        moments: true,
        idle: Duration::from_secs(60),
    })
}

/// A million records in this time, with this CPU.
fn run(seconds: f64, cpu: f64) -> Run {
    Run {
        records: 1_000_000,
        bytes: 208_000_000,
        seconds,
        cpu: BTreeMap::from([(Role::Reader, cpu)]),
        peaks: BTreeMap::new(),
    }
}

fn read(measured: &mut Measured, reader: Reader, runs: &[(f64, f64)]) {
    let runs = runs.iter().map(|&(seconds, cpu)| run(seconds, cpu));
    measured.runs.insert((Size::Small, reader), runs.collect());
}

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(
        text.lines().any(|each| each == line),
        "{line} is not in\n{text}"
    );
}

#[test]
fn a_wide_spread_is_called_so_in_every_column() {
    let mut measured = nothing();
    read(
        &mut measured,
        Reader::Raw,
        &[(1.0, 0.8), (0.5, 0.5), (2.0, 0.9)],
    );
    read(
        &mut measured,
        Reader::Rollcall,
        &[(2.0, 1.0), (2.0, 1.0), (2.1, 1.1)],
    );
    let rounds = [[1.0, 9.0], [2.0, 9.1], [4.0, 9.2]].map(Vec::from);
    measured.delays.insert(Reader::Rollcall, rounds.to_vec());
    let text = text(&measured);
    has(
        &text,
        "| six BaseConsumers | 1.00 M | 0.50 M to 2.00 M (wide) | 208 | 0.80 (0.50 to 0.90, wide) | – | – | – | – |  |",
    );
    has(
        &text,
        "| rollcall | 0.50 M | 0.48 M to 0.50 M | 104 | 1.00 | – | – | – | – |  |",
    );
    has(
        &text,
        "| rollcall | 3 × 2 | 2.0 (1.0 to 4.0, wide) | 9.1 | 9.2 |",
    );
    has(
        &text,
        "| 200 B: records/s against six BaseConsumers | ≥ 0.55 | 0.50 (0.25 to 0.95, wide) | **missed** |",
    );
    has(
        &text,
        "| 200 B: CPU of fetchers, aggregator and client | ≤ 1 s/M | 1.00 s/M (1.00 to 1.10) | reached |",
    );
    has(
        &text,
        "| 200 B: CPU of fetchers, aggregator and client, required of the next step | ≤ 0.85 s/M | 1.00 s/M (1.00 to 1.10) | **missed** |",
    );
}

#[test]
fn a_step_that_failed_says_why_in_its_place_and_the_others_are_there() {
    let mut measured = nothing();
    read(&mut measured, Reader::Raw, &[(1.0, 0.8)]);
    measured.beside.insert(
        Size::Small,
        vec![Beside {
            delays: vec![3.0, 5.0],
            rate: 5e5,
        }],
    );
    assert!(measured.is_complete());
    measured.miss(
        Step::Read(Size::Small, Reader::Kcat),
        &anyhow!("a | b\n  c").context("kcat failed"),
    );
    measured.miss(Step::Beside(Size::Small), &anyhow!("too slow"));
    measured.miss(Step::Idle, &anyhow!("it ended"));
    assert!(!measured.is_complete());
    let text = text(&measured);
    has(
        &text,
        "| six BaseConsumers | 1.00 M | 1.00 M to 1.00 M | 208 | 0.80 | – | – | – | – |  |",
    );
    has(
        &text,
        "| six kcat; not measured: kcat failed: a / b c | | | | | | | | | |",
    );
    has(
        &text,
        "| rollcall, another topic with 0.50 M records of 200 B a second; not measured: too slow | 1 × 2 | 3.0 | 5.0 | 5.0 |",
    );
    has(&text, "an idle roll: not measured: it ended");
    has(
        &text,
        "| produce to the client's hands, p99 | ≤ 15 ms | – | not measured |",
    );
}

#[test]
fn warnings_and_versions_come_first() {
    let mut measured = nothing();
    measured.warnings.push("This machine was busy.".to_owned());
    measured.others.push("kcat 1".to_owned());
    let text = text(&measured);
    assert!(
        text.starts_with(
            "**This machine was busy.**\n\nBeside it: kcat 1.\n\n### Records of 200 B"
        ),
        "{text}"
    );
}
