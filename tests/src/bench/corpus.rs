//! What was heard in a situation, by an aggregator or from outside, kept as a labelled trace that `make test` judges again.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use rollcall::trace::trial;
use rollcall::trace::write::Writer;
use rollcall_aggregator::core::trace::trial::{Outcome, Verdicts};
use rollcall_proto::v1::{TraceHeader, TraceLabel, TraceLine, VerdictCode, trace_line};

use super::score::name;
use super::situation::{SLACK, Situation};
use super::situations;
use crate::scratch;

/// Traces of a verdict that are kept of each view: the first situations of it.
const KEPT: usize = 2;

/// How the traces' files end.
const ENDING: &str = ".ndjson.gz";

/// Where the traces are kept.
pub fn directory() -> PathBuf {
    scratch::workspace().join("tests/corpus")
}

/// Whether the corpus has a place for the situation's trace: for those of several faults, and for the first of each verdict.
pub fn is_wanted(situation: &Situation) -> bool {
    let before = situations::all().take_while(|one| one.name != situation.name);
    let alike = before.filter(|one| one.expect == situation.expect && one.view == situation.view);
    !situation.also.is_empty() || alike.count() < KEPT
}

/// Writes a trace with a label at the moment of the cause. What has no place in the corpus is not written, and neither is
/// a trace whose label is not kept when it is judged again.
pub fn keep(
    situation: &Situation,
    header: &TraceHeader,
    lines: Vec<TraceLine>,
    cause: SystemTime,
    topic: &str,
) -> Result<()> {
    let path = directory().join(format!("{}{ENDING}", situation.name));
    if !is_wanted(situation) {
        return removed(&path);
    }
    let began = header.recorded_at.context("a trace without a beginning")?;
    let began = SystemTime::try_from(began)?;
    let at = cause.duration_since(began).unwrap_or(Duration::ZERO);
    let label = TraceLine {
        at: Some(prost_types::Duration::try_from(at)?),
        topic: topic.to_owned(),
        line: Some(trace_line::Line::Label(TraceLabel {
            expected: vec![situation.expect.into()],
            within: Some(prost_types::Duration::try_from(
                situation.allowed() + SLACK,
            )?),
            ..TraceLabel::default()
        })),
        ..TraceLine::default()
    };
    fs::create_dir_all(directory())?;
    let fresh = scratch::directory("trace")?.join(format!("{}{ENDING}", situation.name));
    write(&fresh, header, lines, label, at)
        .with_context(|| format!("could not write {}", fresh.display()))?;
    let faults = faults(&fresh);
    if faults.is_empty() {
        fs::copy(&fresh, &path).with_context(|| format!("could not write {}", path.display()))?;
    } else {
        eprintln!(
            "      no trace of {}: {}",
            situation.name,
            faults.join("; ")
        );
    }
    Ok(())
}

fn removed(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The kept traces, by name.
pub fn traces() -> Result<Vec<PathBuf>> {
    let mut traces = Vec::new();
    for entry in fs::read_dir(directory())? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ENDING) {
            traces.push(path);
        }
    }
    traces.sort();
    Ok(traces)
}

/// The situation that a trace is of; none for one that was recorded otherwise.
pub fn situation(path: &Path) -> Option<&'static Situation> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
    situations::all().find(|one| one.name == name)
}

/// What is wrong with a trace: it cannot be read, it has no label, a label is not kept, or what should stand beside the
/// verdict at its end does not.
pub fn faults(path: &Path) -> Vec<String> {
    let judged = match trial::run(path) {
        Ok(judged) => judged,
        Err(fault) => return vec![fault.to_string()],
    };
    if judged.outcomes.is_empty() {
        return vec!["it has no label".to_owned()];
    }
    let wrong = judged.outcomes.iter().filter(|one| !one.is_right());
    let mut faults: Vec<String> = wrong.map(broken).collect();
    if let Some(situation) = situation(path) {
        let missing = situation.also.iter();
        let missing = missing.filter(|code| !stands_beside(&judged, **code));
        faults.extend(missing.map(|code| format!("{} is not said beside it", name(*code))));
    }
    faults
}

/// Whether this is said at the end of the trace, of the topic of its last label.
fn stands_beside(judged: &Verdicts, code: VerdictCode) -> bool {
    let last = judged.outcomes.last();
    let topic = last.and_then(|last| judged.replay.topics().get(&last.key));
    let status = topic.map(|topic| topic.status(None, judged.replay.now()));
    status.is_some_and(|status| {
        let mut said = status.verdict.iter().chain(&status.also);
        said.any(|verdict| verdict.code() == code)
    })
}

/// A label that was not kept, in words.
fn broken(outcome: &Outcome) -> String {
    let codes = outcome.label.expected();
    let expected: Vec<&str> = codes.map(VerdictCode::name).collect();
    format!(
        "{} at {:?}, {:?}: expected {expected:?}, reached after {:?}, suspected after {:?}, last {:?}, {} wrong: {:?}",
        outcome.key.topic,
        outcome.at,
        outcome.label.did,
        outcome.reached,
        outcome.suspected,
        outcome.last,
        outcome.wrong_count,
        outcome.wrong,
    )
}

fn write(
    path: &Path,
    header: &TraceHeader,
    lines: Vec<TraceLine>,
    label: TraceLine,
    at: Duration,
) -> Result<()> {
    let mut writer = Writer::begin(File::create(path)?, true, header)?;
    let (mut label, mut end) = (Some(label), None);
    for line in lines {
        let is_later = line
            .at
            .and_then(|of_line| Duration::try_from(of_line).ok())
            .is_some_and(|of_line| of_line >= at);
        if is_later && let Some(label) = label.take() {
            writer.line(&label)?;
        }
        match line.line {
            Some(trace_line::Line::End(_)) => end = line.at,
            _ => writer.line(&line)?,
        }
    }
    if let Some(label) = label {
        writer.line(&label)?;
    }
    writer.end(end)?;
    Ok(())
}
