//! `make fuzz`: hostile input for a bounded time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use rollcall_tests::hostile::{TARGETS, Target, fuzz};

/// Gives rollcall's doors input that nobody vouches for, and keeps what breaks something.
#[derive(Debug, Parser)]
struct Args {
    /// Targets, all of them by default; or one target and a file to try again
    what: Vec<String>,
    /// How long each target is tried
    #[arg(long = "for", value_parser = humantime::parse_duration, default_value = "20s")]
    time: Duration,
    /// Makes the same inputs again [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Names the targets
    #[arg(long)]
    list: bool,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if args.list {
        TARGETS
            .iter()
            .for_each(|target| println!("{:<14} {}", target.name, target.what));
        return Ok(ExitCode::SUCCESS);
    }
    if let [name, file] = &args.what[..]
        && named(file).is_none()
    {
        return again(name, file.into());
    }
    let targets = chosen(&args.what)?;
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let mut found = false;
    for target in targets {
        if let Some(finding) = fuzz::run(&target, fuzz::Until::Time(args.time), seed)? {
            let (name, file) = (finding.target, finding.file.display());
            println!("{name}: broken; again: make fuzz ARGS=\"{name} {file}\"");
            found = true;
        }
    }
    Ok(if found {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Tries one input, and lets it panic.
fn again(name: &str, file: PathBuf) -> Result<ExitCode> {
    let target = named(name).with_context(|| unknown(name))?;
    let input =
        std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    (target.try_input)(&input);
    println!("{name}: nothing is wrong with {}", file.display());
    Ok(ExitCode::SUCCESS)
}

fn chosen(names: &[String]) -> Result<Vec<Target>> {
    if let Some(wrong) = names.iter().find(|name| named(name).is_none()) {
        bail!(unknown(wrong));
    }
    let wanted = |target: &Target| names.is_empty() || names.iter().any(|name| name == target.name);
    Ok(TARGETS.into_iter().filter(wanted).collect())
}

fn named(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

fn unknown(name: &str) -> String {
    let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    format!(
        "there is no target {name:?}; there are {}",
        known.join(", ")
    )
}
