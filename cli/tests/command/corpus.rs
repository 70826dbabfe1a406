//! The corpus: recordings of real runs with labels, each judged again by this engine.

use std::path::{Path, PathBuf};

use rollcall::trace::trial;
use rollcall::view::verdict::known_name;
use rollcall_aggregator::core::trace::trial::{Outcome, Verdicts};
use rollcall_proto::v1::VerdictCode;

fn corpus() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let entries = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".ndjson.gz"));
    files.sort();
    files
}

/// A label that was not kept, in words.
fn broken(outcome: &Outcome) -> String {
    let names = |codes: &[i32]| -> Vec<&str> {
        let codes = codes
            .iter()
            .filter_map(|&code| VerdictCode::try_from(code).ok());
        codes.map(known_name).collect()
    };
    format!(
        "  {} at {:?}, {:?}: expected {:?}, reached after {:?}, suspected after {:?}, last {:?}, {} wrong: {:?}",
        outcome.key.topic,
        outcome.at,
        outcome.label.did,
        names(&outcome.label.expected),
        outcome.reached,
        outcome.suspected,
        outcome.last,
        outcome.wrong_count,
        outcome.wrong,
    )
}

fn faults(file: &Path, verdicts: &Verdicts) -> Vec<String> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let mut faults = Vec::new();
    if verdicts.outcomes.is_empty() {
        faults.push(format!("{name} has no label"));
    }
    let wrong = verdicts
        .outcomes
        .iter()
        .filter(|outcome| !outcome.is_right());
    faults.extend(wrong.map(|outcome| format!("{name}\n{}", broken(outcome))));
    faults
}

#[test]
fn every_label_of_the_corpus_is_kept() {
    let files = corpus();
    assert!(!files.is_empty());
    let mut all = Vec::new();
    for file in files {
        match trial::run(&file) {
            Ok(verdicts) => all.extend(faults(&file, &verdicts)),
            Err(fault) => all.push(fault.to_string()),
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}
