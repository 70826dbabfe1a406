//! On what it was measured.

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use crate::kafka::Version;
use crate::scratch;

/// Versions and machine, in one paragraph.
pub fn told() -> String {
    let (_, librdkafka) = rdkafka::util::get_rdkafka_version();
    format!(
        "Measured {} at commit {}, with Kafka {} and librdkafka {librdkafka}, on {} cores and {} GiB ({}, Linux {}).",
        now(),
        commit(),
        Version::V4_3,
        std::thread::available_parallelism().map_or(0, usize::from),
        memory(),
        processor(),
        said("uname", &["-r"]),
    )
}

/// The time by the clock, to the minute.
pub fn now() -> String {
    said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])
}

/// What is checked out; `-dirty` where sources differ from it. A run rewrites its page and the corpus, which are none.
pub fn commit() -> String {
    static COMMIT: OnceLock<String> = OnceLock::new();
    let ask = || {
        let sources = ["--", ".", ":(exclude)docs", ":(exclude)tests/corpus"];
        let changed = said("git", &[&["status", "--porcelain"], &sources[..]].concat());
        let mark = if changed.is_empty() { "" } else { "-dirty" };
        said("git", &["rev-parse", "--short", "HEAD"]) + mark
    };
    COMMIT.get_or_init(ask).clone()
}

/// Processes that ran or wanted to, in the mean of the last 1, 5 and 15 minutes; empty where it is not told.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a command says; nothing when it cannot be asked.
fn said(command: &str, args: &[&str]) -> String {
    let output = Command::new(command)
        .args(args)
        .current_dir(scratch::workspace())
        .output();
    let output = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

fn memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("MemTotal"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / (1 << 20)
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    line.unwrap_or_default()
        .trim_start_matches([' ', '\t', ':'])
        .to_owned()
}
