//! Every recipe of the catalogue, followed as it stands on a playground of its own: behind `make reproduce`.

mod outcome;
pub mod page;
mod playground;
pub mod recipe;
mod said;
mod terminal;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::bench::machine;
use crate::scratch;
use playground::Playground;
use recipe::Recipe;
use said::said;

pub use outcome::Outcome;

/// The longest recipe takes two minutes; a busy machine gets as much again.
const LIMIT: Duration = Duration::from_secs(300);

/// Follows a recipe, looks for its verdict in what it prints, and keeps both; nothing comes of one without lines.
pub async fn follow(recipe: &Recipe) -> Result<Option<Outcome>> {
    let Some(lines) = recipe.lines else {
        return Ok(None);
    };
    let output = kept(recipe.verdict, "txt")?;
    let playground = Playground::start().await?;
    let begin = Instant::now();
    let has_ended = terminal::follow(lines, playground.path(), &output, LIMIT).await?;
    let took = begin.elapsed();
    playground.end().await?;
    let printed = fs::read(&output).context("could not read what was printed")?;
    let said = said(&String::from_utf8_lossy(&printed));
    let outcome = Outcome {
        lines: lines.to_owned(),
        is_seen: said.iter().any(|said| recipe.is_reproduced_by(said)),
        took,
        has_ended,
        said: said.iter().map(ToString::to_string).collect(),
        time: machine::now(),
        commit: machine::commit(),
    };
    outcome.keep(recipe.verdict)?;
    Ok(Some(outcome))
}

/// Where something of a verdict is kept: what its recipe printed (`txt`), what came of it (`json`).
pub fn kept(verdict: &str, extension: &str) -> Result<PathBuf> {
    let directory = scratch::target()?.join("reproduce");
    fs::create_dir_all(&directory).context("could not create target/reproduce")?;
    Ok(directory.join(format!("{verdict}.{extension}")))
}
