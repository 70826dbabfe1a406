//! Traces of situations on a real Kafka, judged again: an engine that judges otherwise than it did is noticed in seconds.

use std::collections::BTreeSet;
use std::fs;

use rollcall_tests::bench::corpus::{faults, situation, traces};
use rollcall_tests::bench::score::name;
use rollcall_tests::bench::situation::View;
use rollcall_tests::bench::{Situation, situations};

/// More bytes nobody wants to fetch with the sources.
const LARGEST: u64 = 3 << 20;

#[test]
fn every_kept_trace_is_still_called_what_it_is_and_in_time() {
    let traces = traces().unwrap();
    let judged = traces.iter().map(|path| (path, faults(path)));
    let wrong: Vec<String> = judged
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(path, faults)| format!("{}: {}", path.display(), faults.join("; ")))
        .collect();
    let (few, many) = (wrong.len(), traces.len());
    assert!(few == 0, "{few} of {many}:\n{}", wrong.join("\n"));
}

/// What a situation is about, and who looks.
fn cells(situation: &Situation) -> impl Iterator<Item = String> {
    let view = match situation.view {
        View::Inside => "from inside",
        View::Outside => "from outside",
    };
    let about = std::iter::once(situation.expect).chain(situation.also.iter().copied());
    let about = about.filter(|code| situation.is_about(*code));
    about.map(move |code| format!("{} {view}", name(code)))
}

#[test]
fn every_verdict_that_the_bench_causes_has_a_trace_of_each_view() {
    let caused: BTreeSet<String> = situations::all().flat_map(cells).collect();
    let traces = traces().unwrap();
    let kept = traces.iter().filter_map(|path| situation(path));
    let kept: BTreeSet<String> = kept.flat_map(cells).collect();
    let missing = caused.difference(&kept);
    let missing: Vec<&String> = missing.collect();
    assert!(
        missing.is_empty(),
        "{} of {}: {missing:?}",
        missing.len(),
        caused.len()
    );
}

#[test]
fn the_corpus_is_small() {
    let traces = traces().unwrap();
    let sizes = traces.iter().map(|path| fs::metadata(path).unwrap().len());
    let size: u64 = sizes.sum();
    assert!(size <= LARGEST, "{size} bytes in {} traces", traces.len());
}
