//! The rules of the house that can be checked by reading the sources (see ARCHITECTURE.md).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rollcall_tests::scratch::workspace;

/// No file is longer.
const LONGEST_FILE: usize = 500;

/// What a core may not name: runtimes, the network, Kafka's client, clocks.
const KEPT_OUT_OF_CORE: [&str; 9] = [
    "tokio",
    "tonic::",
    "rdkafka",
    "axum",
    "Instant",
    "SystemTime::now",
    "std::thread",
    "std::net",
    "spans::",
];

/// The one room that knows how spans are made and sent, and the collector of the tests.
const TRACING: [&str; 2] = ["proto/src/service/spans", "tests/src/collector"];

/// The one module with `unsafe` in it: a file, and the directory beside it.
const NATIVE: &str = "fetcher/src/kafka/native";

/// One call that tunes the allocator.
const ALLOCATOR: &str = "proto/src/memory";

/// The one place in the tests: three ptrace calls that hold a thread.
const HOLDER: &str = "tests/src/process/held";

/// What is never left behind. In pieces, so that this file does not find itself.
const LEFT_BEHIND: [&str; 3] = [
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
    concat!("dbg", "!"),
];

/// A source file of the workspace.
struct Source {
    /// From the workspace's directory on.
    path: PathBuf,
    text: String,
}

impl Source {
    /// Its lines without comments, each with its number. Texts stay; the words looked for are in none.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = |line: &'_ str| line.find("//").unwrap_or(line.len());
        let lines = self.text.lines().enumerate();
        lines.map(move |(at, line)| (at + 1, &line[..code(line)]))
    }

    /// Where its code has this word, by `found`.
    fn places(&self, word: &str, found: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let lines = self.code().filter(|(_, line)| found(line, word));
        let place =
            |(at, line): (usize, &str)| format!("{}:{at}: {}", self.path.display(), line.trim());
        lines.map(place).collect()
    }

    fn is_in(&self, directory: &str) -> bool {
        self.path.starts_with(directory)
    }
}

/// All Rust files, tests and build scripts included.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for member in ["proto", "fetcher", "aggregator", "cli", "tests"] {
        collect(&workspace().join(member), &mut sources);
    }
    assert!(
        sources.len() > 50,
        "only {} sources were found",
        sources.len()
    );
    sources
}

fn collect(directory: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(workspace()).unwrap().to_owned();
            sources.push(Source { path, text });
        }
    }
}

fn contains(line: &str, word: &str) -> bool {
    line.contains(word)
}

/// Whether the word stands there by itself, and not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let ends = word.ends_with(':') || !after.is_some_and(part);
        ends && !before.is_some_and(part)
    })
}

#[track_caller]
fn none(rule: &str, places: Vec<String>) {
    assert!(places.is_empty(), "{rule}:\n{}", places.join("\n"));
}

#[test]
fn core_knows_no_runtime_no_network_no_kafka_and_no_clock() {
    let cores = ["aggregator/src/core", "fetcher/src/core"];
    let sources = sources();
    for core in cores {
        let rooms: Vec<&Source> = sources.iter().filter(|source| source.is_in(core)).collect();
        assert!(rooms.len() > 5, "{core} has {} files", rooms.len());
        for word in KEPT_OUT_OF_CORE {
            let places = rooms
                .iter()
                .flat_map(|source| source.places(word, has_word));
            none(&format!("{core} is pure: no {word}"), places.collect());
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_bears() {
    let length = |source: &Source| source.text.lines().count();
    let sources = sources();
    let long = sources
        .iter()
        .filter(|source| length(source) > LONGEST_FILE);
    let places = long.map(|source| format!("{}: {} lines", source.path.display(), length(source)));
    none(&format!("at most {LONGEST_FILE} lines"), places.collect());
}

#[test]
fn unsafe_is_in_one_module_only() {
    let sources = sources();
    let is_native = |source: &&Source| {
        let place = source.path.with_extension("");
        [NATIVE, ALLOCATOR, HOLDER]
            .iter()
            .any(|room| place.starts_with(room))
    };
    let others = sources.iter().filter(|source| !is_native(source));
    let unsafe_word = concat!("un", "safe");
    let places = others.flat_map(|source| source.places(unsafe_word, has_word));
    let only = format!("only {NATIVE} and {ALLOCATOR} are {unsafe_word}");
    none(&only, places.collect());
}

#[test]
fn spans_are_made_in_one_room_only() {
    let sources = sources();
    let in_room = |source: &&Source| {
        let path = source.path.with_extension("");
        TRACING.iter().any(|room| path.starts_with(room))
    };
    let others = sources.iter().filter(|source| !in_room(source));
    let word = concat!("opentele", "metry");
    let places = others.flat_map(|source| source.places(word, contains));
    none(&format!("only {TRACING:?} name {word}"), places.collect());
}

#[test]
fn no_channel_is_unbounded() {
    let sources = sources();
    let word = concat!("unbounded", "_channel");
    let places = sources
        .iter()
        .flat_map(|source| source.places(word, contains));
    none("every channel has a capacity with a name", places.collect());
}

#[test]
fn nothing_is_left_to_do() {
    let sources = sources();
    for word in LEFT_BEHIND {
        let places = sources
            .iter()
            .flat_map(|source| source.places(word, contains));
        none(&format!("no {word}"), places.collect());
    }
}

#[test]
fn no_module_hides_behind_mod_rs() {
    let sources = sources();
    let hidden = sources
        .iter()
        .filter(|source| source.path.ends_with("mod.rs"));
    let places = hidden.map(|source| source.path.display().to_string());
    none("foo.rs and foo/, not foo/mod.rs", places.collect());
}

#[test]
fn generated_code_is_not_in_git() {
    let listed = Command::new("git")
        .arg("ls-files")
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(listed.status.success(), "git ls-files: {}", listed.status);
    let files = String::from_utf8(listed.stdout).unwrap();
    let mark = concat!("@gener", "ated");
    let generated = files.lines().filter(|file| {
        let by_name =
            file.ends_with(".pb.rs") || file.ends_with("rollcall.v1.rs") || file.ends_with(".bin");
        let text = fs::read_to_string(workspace().join(file)).unwrap_or_default();
        by_name || (file.ends_with(".rs") && text.contains(mark))
    });
    none(
        "generated code is made by the build",
        generated.map(str::to_owned).collect(),
    );
}
