//! `make fuzz`: changes inputs for a while, and keeps what breaks something.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::panic;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;

use super::{Target, corpus, mutate};
use crate::scratch;

/// An input that takes longer is a finding too.
const SLOW: Duration = Duration::from_secs(10);
/// Between two lines of progress.
const TELL: Duration = Duration::from_secs(5);

/// What was found, and how to see it again.
#[derive(Debug)]
pub struct Finding {
    /// The target.
    pub target: &'static str,
    /// The file with the input.
    pub file: PathBuf,
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// For so long.
    Time(Duration),
    /// So many inputs.
    Inputs(u64),
}

impl Until {
    fn over(self, begun: Instant, tried: u64) -> bool {
        match self {
            Self::Time(time) => begun.elapsed() >= time,
            Self::Inputs(inputs) => tried >= inputs,
        }
    }
}

/// Tries inputs of a target; the seed makes the same ones again. Stops at the first that breaks something.
pub fn run(target: &Target, until: Until, seed: u64) -> Result<Option<Finding>> {
    let mut inputs = (target.seeds)();
    inputs.extend(corpus(target)?.into_iter().map(|(_, bytes)| bytes));
    for input in &inputs {
        if breaks(target, input) {
            return keep(target, input).map(Some);
        }
    }
    let mut rng = Rng::with_seed(seed);
    let (begun, mut told, mut tried) = (Instant::now(), Instant::now(), 0_u64);
    while !until.over(begun, tried) {
        let pick = |rng: &mut Rng| rng.usize(..inputs.len());
        let (from, other) = (pick(&mut rng), pick(&mut rng));
        let input = mutate::change(&mut rng, &inputs[from], &inputs[other], target.words);
        if breaks(target, &input) {
            return keep(target, &input).map(Some);
        }
        tried += 1;
        if told.elapsed() >= TELL {
            told = Instant::now();
            println!("{}", progress(target, tried, begun));
        }
    }
    println!("{}", progress(target, tried, begun));
    Ok(None)
}

fn progress(target: &Target, tried: u64, begun: Instant) -> String {
    let took = begun.elapsed().as_secs_f64();
    format!(
        "{}: {tried} inputs in {took:.0} s, {:.0}/s",
        target.name,
        tried as f64 / took
    )
}

fn breaks(target: &Target, input: &[u8]) -> bool {
    let begun = Instant::now();
    panic::catch_unwind(|| (target.try_input)(input)).is_err() || begun.elapsed() > SLOW
}

fn keep(target: &Target, input: &[u8]) -> Result<Finding> {
    let mut hash = DefaultHasher::new();
    input.hash(&mut hash);
    let directory = scratch::target()?.join("fuzz");
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("{}-{:016x}", target.name, hash.finish()));
    fs::write(&file, input).with_context(|| format!("{} cannot be written", file.display()))?;
    let target = target.name;
    Ok(Finding { target, file })
}
