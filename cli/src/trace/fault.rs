//! What is wrong with a trace, and in which line.

use std::io;

use rollcall_aggregator::core::trace::fault::TraceFault;

use super::{LINE_BYTES, LINE_OBJECTS, LINES, TRACE_BYTES};

/// What is wrong with a trace.
#[derive(Debug, thiserror::Error)]
#[error("{name}{}: {why}", at(.line))]
pub struct Fault {
    /// The file.
    pub name: String,
    /// The line, from 1; `None` when it is not about one.
    pub line: Option<u64>,
    /// What is wrong.
    pub why: Why,
}

/// What can be wrong.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is not JSON, or not what the contract says.
    #[error("it is no line of a trace: {0}")]
    Json(String),
    /// It ends in the middle of a line.
    #[error("it ends in the middle of the line")]
    Cut,
    /// It has nothing in it.
    #[error("it is empty")]
    Empty,
    /// A line is too long.
    #[error("the line has more than {LINE_BYTES} bytes")]
    LongLine,
    /// A line has too many parts.
    #[error("the line has more than {LINE_OBJECTS} objects")]
    ManyObjects,
    /// Too many lines.
    #[error("it has more than {LINES} lines")]
    ManyLines,
    /// Too many bytes.
    #[error("it has more than {TRACE_BYTES} bytes when it is unpacked")]
    ManyBytes,
    /// The engine refuses it.
    #[error(transparent)]
    Trace(#[from] TraceFault),
}

fn at(line: &Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}
