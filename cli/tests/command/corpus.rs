//! The corpus as the command shows it: recordings of real runs, each explained without anybody being asked. Whether their
//! labels are kept is judged in `tests/tests/bench/corpus.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rollcall::trace::read;
use rollcall_proto::v1::trace_line::Line;

use super::process::run;

fn traces() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let entries = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".ndjson.gz"));
    files.sort();
    files
}

/// The topic and the verdicts of a trace's first label.
fn label(path: &Path) -> Option<(String, Vec<i32>)> {
    let (_, mut lines) = read::open(path).unwrap();
    while let Some(line) = lines.next_line().unwrap() {
        if let Some(Line::Label(label)) = line.line {
            return Some((line.topic, label.expected));
        }
    }
    None
}

/// One trace for each set of verdicts that a first label expects.
fn one_of_each() -> BTreeMap<Vec<i32>, (PathBuf, String)> {
    let labelled = traces().into_iter().filter_map(|path| {
        let (topic, expected) = label(&path)?;
        Some((expected, (path, topic)))
    });
    labelled.collect()
}

#[tokio::test]
async fn a_trace_of_each_verdict_is_whole_and_has_its_topic_explained() {
    let chosen = one_of_each();
    assert!(chosen.len() >= 20, "{} kinds of labels", chosen.len());
    for (path, topic) in chosen.values() {
        let command = format!("explain {topic} --from {}", path.display());
        let explained = run(&command).await;
        let judged = matches!(explained.code, Some(0..=2));
        assert!(
            judged && explained.stdout.contains("\nrule "),
            "{explained:?}"
        );
        assert!(!explained.stderr.contains("cut"), "{explained:?}");
    }
}
