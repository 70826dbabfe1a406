//! One reading of everything, watched from outside: time as the reader tells it, CPU and memory as Linux does.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::plan::READ;
use super::tally::WARM;
use crate::process::{Service, Usage};

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The consumers of a reader that has no services.
    Reader,
    Fetchers,
    Aggregator,
    Client,
    Broker,
}

/// One reading.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Records that were measured.
    pub(super) records: u64,
    /// Bytes of their keys and values.
    pub(super) bytes: u64,
    /// Their time.
    pub(super) seconds: f64,
    /// CPU seconds in that time.
    pub(super) cpu: BTreeMap<Role, f64>,
    /// The most memory that the largest process of a role held at once, in bytes.
    pub(super) peaks: BTreeMap<Role, u64>,
}

impl Run {
    pub(super) fn records_per_second(&self) -> f64 {
        self.records as f64 / self.seconds
    }

    /// MB (10⁶ bytes) of keys and values per second.
    pub(super) fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds
    }

    /// CPU seconds per million records; none where the role had no process.
    pub(super) fn cpu_per_million(&self, role: Role) -> Option<f64> {
        let seconds = self.cpu.get(&role)?;
        Some(seconds / (self.records as f64 / 1e6))
    }

    /// The same of all that reads: everything but the broker.
    pub(super) fn cpu_of_readers(&self) -> f64 {
        let readers = self.cpu.iter().filter(|&(&role, _)| role != Role::Broker);
        readers.map(|(_, seconds)| seconds).sum::<f64>() / (self.records as f64 / 1e6)
    }
}

/// Whom to watch beside the reader itself.
pub(super) type Watched = [(Role, u32)];

/// What a reader says when it is done.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    records: u64,
    bytes: u64,
    seconds: f64,
}

impl Done {
    pub(super) fn records_per_second(&self) -> f64 {
        self.records as f64 / self.seconds
    }
}

/// Waits until a reader has read its first third.
pub(super) async fn warm(reader: &mut Service) -> Result<()> {
    let is_warm = |line: &str| (line == WARM).then_some(());
    reader.line("that a third has come", READ, is_warm).await
}

/// Whether a line of a reader says that it is done.
pub(super) fn done(line: &str) -> Option<Done> {
    serde_json::from_str(line).ok()
}

/// Watches a reader from its first third to its end. All processes have to live until then.
pub(super) async fn watch(reader: &mut Service, watched: &Watched) -> Result<Run> {
    warm(reader).await?;
    let before = used(watched)?;
    let done = reader.line("that all has come", READ, done).await?;
    let mut cpu = used(watched)?;
    for (role, seconds) in &mut cpu {
        *seconds -= before.get(role).copied().unwrap_or(0.0);
    }
    let mut peaks = BTreeMap::new();
    for &(role, pid) in watched {
        let peak: &mut u64 = peaks.entry(role).or_default();
        *peak = (*peak).max(Usage::of(pid)?.most_bytes);
    }
    Ok(Run {
        records: done.records,
        bytes: done.bytes,
        seconds: done.seconds,
        cpu,
        peaks,
    })
}

/// CPU seconds of each role so far.
pub(super) fn used(watched: &Watched) -> Result<BTreeMap<Role, f64>> {
    let mut used = BTreeMap::new();
    for &(role, pid) in watched {
        *used.entry(role).or_default() += Usage::of(pid)?.cpu.as_secs_f64();
    }
    Ok(used)
}
