//! The file with what has been measured so far: one outcome a line, so that a run goes on where it was interrupted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::healthy::Soak;
use super::score::Outcome;
use crate::scratch;

/// Results under `target/verdicts`.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    soak_path: PathBuf,
    outcomes: BTreeMap<String, Outcome>,
    soak: Option<Soak>,
}

impl Results {
    /// What is there already.
    pub fn open() -> Result<Self> {
        let directory = scratch::target()?.join("verdicts");
        fs::create_dir_all(&directory).context("could not make the results' directory")?;
        let path = directory.join("results.ndjson");
        let soak_path = directory.join("soak.json");
        let soak = fs::read_to_string(&soak_path).ok();
        Ok(Self {
            outcomes: read(&path)?,
            soak: soak.and_then(|soak| serde_json::from_str(&soak).ok()),
            path,
            soak_path,
        })
    }

    /// The result of a situation, if it was measured.
    pub fn of(&self, name: &str) -> Option<&Outcome> {
        self.outcomes.get(name)
    }

    /// The healthy soak, if it was measured.
    pub fn soak(&self) -> Option<&Soak> {
        self.soak.as_ref()
    }

    /// Keeps what came of the healthy soak.
    pub fn set_soak(&mut self, soak: &Soak) -> Result<()> {
        fs::write(&self.soak_path, serde_json::to_string(soak)?)
            .context("could not write the soak's result")?;
        self.soak = Some(soak.clone());
        Ok(())
    }

    /// Adds one; the last of a name holds.
    pub fn add(&mut self, outcome: Outcome) -> Result<()> {
        let mut line = serde_json::to_string(&outcome)?;
        line.push('\n');
        let mut file = File::options().create(true).append(true).open(&self.path)?;
        file.write_all(line.as_bytes())
            .context("could not write a result")?;
        self.outcomes.insert(outcome.name.clone(), outcome);
        Ok(())
    }
}

/// A last line that was cut is measured again.
fn read(path: &Path) -> Result<BTreeMap<String, Outcome>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(path).context("could not read old results")?;
    let outcomes = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(outcomes
        .map(|outcome: Outcome| (outcome.name.clone(), outcome))
        .collect())
}
