//! The file with what has been measured so far: one outcome a line, so that a run goes on where it was interrupted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::costs::Costs;
use super::healthy::Soak;
use super::machine;
use super::score::Outcome;
use crate::scratch;

/// Results under `target/verdicts`.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    soak_path: PathBuf,
    costs_path: PathBuf,
    outcomes: BTreeMap<String, Outcome>,
    soak: Option<Soak>,
    costs: Option<Costs>,
}

impl Results {
    /// What is there already.
    pub fn open() -> Result<Self> {
        let directory = scratch::target()?.join("verdicts");
        fs::create_dir_all(&directory).context("could not make the results' directory")?;
        let path = directory.join("results.ndjson");
        let of_this_commit = |what: &str| {
            let path = directory.join(format!("{what}-{}.json", machine::commit()));
            (fs::read_to_string(&path).ok(), path)
        };
        let (soak, soak_path) = of_this_commit("soak");
        let (costs, costs_path) = of_this_commit("costs");
        Ok(Self {
            outcomes: read(&path)?,
            soak: soak.and_then(|soak| serde_json::from_str(&soak).ok()),
            costs: costs.and_then(|costs| serde_json::from_str(&costs).ok()),
            path,
            soak_path,
            costs_path,
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

    /// What looking costs, if it was measured.
    pub fn costs(&self) -> Option<&Costs> {
        self.costs.as_ref()
    }

    /// Keeps what looking costs.
    pub fn set_costs(&mut self, costs: &Costs) -> Result<()> {
        fs::write(&self.costs_path, serde_json::to_string(costs)?)
            .context("could not write what looking costs")?;
        self.costs = Some(costs.clone());
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

/// A last line that was cut is measured again, and so is what another commit did.
fn read(path: &Path) -> Result<BTreeMap<String, Outcome>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(path).context("could not read old results")?;
    let outcomes = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(outcomes
        .filter(|outcome: &Outcome| outcome.commit == machine::commit())
        .map(|outcome| (outcome.name.clone(), outcome))
        .collect())
}
