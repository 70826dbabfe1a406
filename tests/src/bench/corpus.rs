//! What an aggregator heard in a situation, kept as a labelled trace that `make test` judges again.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use rollcall::trace::write::Writer;
use rollcall_proto::v1::{TraceHeader, TraceLabel, TraceLine, trace_line};

use super::situation::{SLACK, Situation};
use crate::scratch;

/// Where the traces are kept.
pub fn directory() -> std::path::PathBuf {
    scratch::workspace().join("tests/corpus")
}

/// Writes a trace with a label at the moment of the cause.
pub fn keep(
    situation: &Situation,
    header: &TraceHeader,
    lines: Vec<TraceLine>,
    cause: SystemTime,
    topic: &str,
) -> Result<()> {
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
    let path = directory().join(format!("{}.ndjson.gz", situation.name));
    write(&path, header, lines, label, at)
        .with_context(|| format!("could not write {}", path.display()))
}

fn write(
    path: &Path,
    header: &TraceHeader,
    lines: Vec<TraceLine>,
    label: TraceLine,
    at: Duration,
) -> Result<()> {
    let mut writer = Writer::begin(File::create(path)?, true, header)?;
    let mut label = Some(label);
    for line in lines {
        let is_later = line
            .at
            .and_then(|of_line| Duration::try_from(of_line).ok())
            .is_some_and(|of_line| of_line >= at);
        if is_later && let Some(label) = label.take() {
            writer.line(&label)?;
        }
        if !matches!(line.line, Some(trace_line::Line::End(_))) {
            writer.line(&line)?;
        }
    }
    if let Some(label) = label {
        writer.line(&label)?;
    }
    writer.end(None)?;
    Ok(())
}
