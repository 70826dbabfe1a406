//! Follows the recipes of the catalogue, each on a fresh playground: `make reproduce`.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use rollcall::catalog;
use rollcall_proto::v1::VerdictCode;
use rollcall_tests::reproduce::page::{Row, is_complete, line, page};
use rollcall_tests::reproduce::recipe::Recipe;
use rollcall_tests::reproduce::{Outcome, follow, kept};
use rollcall_tests::scratch;

/// Follows the lines that reproduce each verdict as they stand, and looks whether it is said.
#[derive(Debug, Parser)]
struct Args {
    /// Verdicts; all without any, which writes docs/REPRODUCED.md
    #[arg(value_parser = verdict)]
    verdicts: Vec<&'static str>,
    /// Goes on with a run that was interrupted: leaves out what was seen before with the same lines
    #[arg(long)]
    resume: bool,
}

fn verdict(name: &str) -> Result<&'static str, String> {
    let found = catalog::find(name).map(VerdictCode::name);
    found.map_err(|near| match near {
        Some(near) => format!("did you mean {near}?"),
        None => "`rollcall verdicts` lists them".to_owned(),
    })
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    tokio::select! {
        code = reproduce(&args) => code,
        // What runs ends with what is dropped here.
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            bail!("stopped; --resume goes on")
        }
    }
}

async fn reproduce(args: &Args) -> Result<ExitCode> {
    let is_whole = args.verdicts.is_empty();
    let mut recipes = Recipe::all();
    recipes.retain(|recipe| is_whole || args.verdicts.contains(&recipe.verdict));
    let mut outcomes = Vec::new();
    for (at, recipe) in recipes.iter().enumerate() {
        let outcome = once(recipe, args.resume).await?;
        let row = line(&(recipe, outcome.as_ref()));
        eprintln!("[{}/{}] {row}", at + 1, recipes.len());
        if outcome.as_ref().is_some_and(|outcome| !outcome.is_seen) {
            eprintln!(
                "      it printed {}",
                kept(recipe.verdict, "txt")?.display()
            );
        }
        outcomes.push(outcome);
    }
    let rows: Vec<Row<'_>> = recipes
        .iter()
        .zip(outcomes.iter().map(Option::as_ref))
        .collect();
    for row in &rows {
        println!("{}", line(row));
    }
    if is_whole {
        let path = scratch::workspace().join("docs/REPRODUCED.md");
        std::fs::write(path, page(&rows)).context("could not write docs/REPRODUCED.md")?;
    }
    Ok(match is_complete(&rows) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// What comes of a recipe, or came of it before where that is enough.
async fn once(recipe: &Recipe, resume: bool) -> Result<Option<Outcome>> {
    let before = Outcome::of(recipe).filter(|outcome| resume && outcome.is_seen);
    match before {
        Some(before) => Ok(Some(before)),
        None => follow(recipe)
            .await
            .with_context(|| format!("could not follow the recipe of {}", recipe.verdict)),
    }
}
