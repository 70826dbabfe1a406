//! A labelled trace in a file, on trial.

use std::path::Path;

use rollcall_aggregator::core::trace::trial::{Trial, Verdicts};

use super::fault::{Fault, Why};
use super::read;

/// Plays a trace to its end and holds what is said against its labels. A trace that was cut is a fault here.
pub fn run(path: &Path) -> Result<Verdicts, Fault> {
    let (header, mut lines) = read::open(path)?;
    let mut trial = Trial::begin(header).map_err(|fault| lines.fault(fault))?;
    while let Some(line) = lines.next_line()? {
        trial.take(&line).map_err(|fault| lines.fault(fault))?;
    }
    let verdicts = trial.end();
    match verdicts.replay.end() {
        Some(_) => Ok(verdicts),
        None => Err(lines.fault(Why::Cut)),
    }
}
