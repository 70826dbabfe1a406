//! On what it was measured.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// The time by the clock, for intervals that outlive a process.
pub fn since_1970() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

/// What is checked out; where sources differ from it, `-dirty-` and a hash of what differs (of files that Git does not know,
/// of their names). A run rewrites its page and the corpus, which are none.
pub fn commit() -> String {
    static COMMIT: OnceLock<String> = OnceLock::new();
    let ask = || {
        let sources = ["--", ".", ":(exclude)docs", ":(exclude)tests/corpus"];
        let of_sources = |words: &[&str]| said("git", &[words, &sources[..]].concat());
        let changed = of_sources(&["status", "--porcelain"]);
        let mark = match changed.is_empty() {
            true => String::new(),
            false => {
                let mut hasher = DefaultHasher::new();
                (changed, of_sources(&["diff", "HEAD"])).hash(&mut hasher);
                format!("-dirty-{:08x}", hasher.finish() & 0xffff_ffff)
            }
        };
        said("git", &["rev-parse", "--short", "HEAD"]) + &mark
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
