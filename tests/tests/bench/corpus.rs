//! Traces of situations on a real Kafka, judged again: an engine that judges otherwise than it did is noticed in seconds.

use std::fs;

use rollcall::trace::trial;
use rollcall_tests::bench::corpus::directory;

#[test]
fn every_kept_situation_is_still_called_what_it_is_and_in_time() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        count += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match trial::run(&path) {
            Ok(verdicts) => {
                let late = verdicts
                    .outcomes
                    .iter()
                    .filter(|outcome| !outcome.in_time());
                wrong.extend(late.map(|outcome| format!("{name}: {outcome:?}")));
            }
            Err(fault) => wrong.push(format!("{name}: {fault:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= 50, "only {count} traces are kept");
}
