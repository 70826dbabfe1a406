//! Hostile input: bytes that nobody vouches for, and what must hold whatever they are.
//!
//! A [`Target`] gives bytes to one of the product's doors and panics when something does not hold: a panic of the product,
//! an invariant of the core, a text that could drive a terminal. The corpus (`tests/hostile/TARGET/`) is replayed by
//! `make test`; `make fuzz` changes what is in it for as long as one likes ([`fuzz`]). Stable Rust does both: there is no
//! feedback from coverage, so doors that are deep are reached by *scripts*, bytes read as a sequence of events with numbers
//! that are likely to hurt (`cursor`).

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a finding is told"
)]

mod cli;
mod config;
mod cursor;
mod feed;
pub mod fuzz;
mod mutate;
mod packed;
mod screens;
mod session;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::scratch;

/// A door, and what is tried there.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its directory in the corpus.
    pub name: &'static str,
    /// What comes in there.
    pub what: &'static str,
    /// Tries an input; panics when something does not hold.
    pub try_input: fn(&[u8]),
    /// Inputs that are taken, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something there.
    pub words: &'static [&'static str],
}

/// All of them.
pub const TARGETS: [Target; 9] = [
    packed::TARGET,
    feed::MESSAGES,
    feed::SCRIPT,
    session::TARGET,
    config::TARGET,
    cli::ARGUMENTS,
    cli::PROPERTIES,
    cli::TRACE,
    screens::TARGET,
];

/// The corpus of a target: each file with its name, in order.
pub fn corpus(target: &Target) -> Result<Vec<(String, Vec<u8>)>> {
    let directory = directory(target);
    let listed = fs::read_dir(&directory);
    let listed = listed.with_context(|| format!("no corpus at {}", directory.display()))?;
    let mut files = Vec::new();
    for entry in listed {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        files.push((name.to_string_lossy().into_owned(), fs::read(&path)?));
    }
    files.sort();
    Ok(files)
}

/// Where the corpus of a target lies.
pub fn directory(target: &Target) -> PathBuf {
    scratch::workspace().join("tests/hostile").join(target.name)
}

/// Writes an input to a file for a door that takes one, and lets it through.
fn with_file<T>(bytes: &[u8], act: impl FnOnce(&std::path::Path) -> T) -> T {
    thread_local! {
        static DIRECTORY: PathBuf = scratch::directory("hostile").expect("there is a scratch directory");
    }
    DIRECTORY.with(|directory| {
        let path = directory.join("input");
        fs::write(&path, bytes).expect("a scratch file can be written");
        act(&path)
    })
}
