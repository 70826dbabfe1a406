//! Whether this machine has room for a run and is left alone by others: looked at before anything is started.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::plan::{Plan, TOPICS};
use crate::{command, scratch};

const GIB: u64 = 1 << 30;

/// Fetchers, aggregator, client and broker at work get in each other's way on fewer; the goals are for two.
const CORES: usize = 2;
/// Below this a reader and the broker may not fit, and the log is not in memory.
const MEMORY: u64 = 4 * GIB;
/// Below this nothing fits.
const LEAST_MEMORY: u64 = GIB;
/// What the topics that run beside a timed one leave on the disk until they are deleted.
const BESIDE: u64 = 5 * GIB;
/// Bytes of a record on the disk beyond its value: its key, its own head.
const HEAD: u64 = 24;
/// For so long it is looked what others use. The load average would not do: it still knows of the build before this run.
const LOOK: Duration = Duration::from_secs(2);
/// More of the machine's CPU than this in the hands of others is said.
const OTHERS: f64 = 0.1;
/// A command that looks.
const ASK: Duration = Duration::from_secs(10);

/// What is there.
#[derive(Clone, Copy, Debug)]
struct Machine {
    cores: usize,
    /// Bytes that programs can have (`MemAvailable`, proc(5)).
    memory: u64,
    /// Bytes that are free where the broker writes.
    disk: u64,
    /// Share of all its CPU that others use, other guests of its host included.
    others: f64,
}

/// What makes this machine one whose figures are to be read with care; an error where it cannot do the work.
pub(super) async fn look(plan: &Plan) -> Result<Vec<String>> {
    let before = ticks()?;
    // Time is what is measured here, and no condition.
    tokio::time::sleep(LOOK).await;
    let others = before.share_until(ticks()?);
    let machine = Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory: available_memory()?,
        disk: free_disk(&scratch::target()?).await?,
        others,
    };
    machine.judge(needed_disk(plan))
}

impl Machine {
    fn judge(&self, disk: u64) -> Result<Vec<String>> {
        ensure!(
            self.disk >= disk,
            "{} of disk are free, {} are needed: make room, or measure less (--sizes 200, --scale 0.5, --samples 0)",
            gib(self.disk),
            gib(disk)
        );
        ensure!(
            self.memory >= LEAST_MEMORY,
            "{} of memory are available, at least {} are needed",
            gib(self.memory),
            gib(LEAST_MEMORY)
        );
        let mut words = Vec::new();
        if self.cores < CORES {
            let cores = self.cores;
            words.push(format!("This machine is too small ({cores} core): the figures are for {CORES} cores, and processes wait for each other here."));
        }
        if self.memory < MEMORY {
            let memory = gib(self.memory);
            words.push(format!("This machine is too small ({memory} of memory available): a reader may be slowed down by the disk."));
        }
        if self.others > OTHERS {
            let share = self.others * 100.0;
            words.push(format!("This machine was busy: before the run, others used {share:.0} % of its CPU. Only ratios say something, and only where they are not wide."));
        }
        Ok(words)
    }
}

fn gib(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / GIB as f64)
}

/// What the topics take: those of one size are deleted before the next, but the disk is only free again a while later.
fn needed_disk(plan: &Plan) -> u64 {
    let records = |size| plan.records_of_topic(size) * TOPICS as u64;
    let loaded = plan
        .sizes
        .iter()
        .map(|&size| records(size) * (size.bytes() as u64 + HEAD));
    loaded.sum::<u64>() + if plan.samples > 0 { BESIDE } else { 0 }
}

fn available_memory() -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo").context("could not read /proc/meminfo")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib << 10)
        .context("/proc/meminfo tells no MemAvailable")
}

async fn free_disk(directory: &Path) -> Result<u64> {
    let mut df = Command::new("df");
    df.args(["--output=avail", "--block-size=1"]).arg(directory);
    let said = command::stdout(df, ASK).await?;
    let free = said
        .lines()
        .nth(1)
        .and_then(|line| line.trim().parse().ok());
    free.with_context(|| format!("df tells no free bytes: {said}"))
}

/// The machine's CPU time since its start, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    /// The share that was not idle between this look and a later one.
    fn share_until(self, later: Self) -> f64 {
        let (all, idle) = (
            later.all.saturating_sub(self.all),
            later.idle.saturating_sub(self.idle),
        );
        match all {
            0 => 0.0,
            _ => all.saturating_sub(idle) as f64 / all as f64,
        }
    }
}

fn ticks() -> Result<Ticks> {
    let text = fs::read_to_string("/proc/stat").context("could not read /proc/stat")?;
    parse(&text).context("/proc/stat tells no times")
}

/// Of `cpu user nice system idle iowait irq softirq steal …` (proc(5)); what runs in guests is in `user` already.
fn parse(stat: &str) -> Option<Ticks> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let times = line.split_whitespace().take(8).map(str::parse);
    let times: Vec<u64> = times.collect::<Result<_, _>>().ok()?;
    Some(Ticks {
        all: times.iter().sum(),
        idle: times.get(3)? + times.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Machine = Machine {
        cores: 2,
        memory: 8 * GIB,
        disk: 20 * GIB,
        others: 0.02,
    };

    #[test]
    fn a_machine_that_is_small_or_busy_is_called_so() {
        let words = |machine: Machine| machine.judge(10 * GIB).unwrap().join(" ");
        assert_eq!(words(GOOD), "");
        assert!(words(Machine { cores: 1, ..GOOD }).contains("too small (1 core)"));
        assert!(
            words(Machine {
                memory: 2 * GIB,
                ..GOOD
            })
            .contains("too small (2.0 GiB")
        );
        assert!(
            words(Machine {
                others: 0.37,
                ..GOOD
            })
            .contains("others used 37 %")
        );
    }

    #[test]
    fn a_machine_that_cannot_do_it_is_an_error_that_says_what_is_missing() {
        let error = |machine: Machine| machine.judge(10 * GIB).unwrap_err().to_string();
        assert!(
            error(Machine {
                disk: 9 * GIB,
                ..GOOD
            })
            .starts_with("9.0 GiB of disk are free, 10.0 GiB are needed")
        );
        assert!(
            error(Machine {
                memory: GIB / 2,
                ..GOOD
            })
            .starts_with("0.5 GiB of memory")
        );
    }

    #[test]
    fn the_share_of_the_cpu_counts_what_a_host_took_away_and_no_waiting() {
        let before = parse("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1\n").unwrap();
        let after = parse("cpu  120 0 110 850 10 0 0 10 0 0\n").unwrap();
        assert!((before.share_until(after) - 0.4).abs() < 1e-9);
        assert_eq!(before.share_until(before), 0.0);
        assert_eq!(parse("cpu0 1 2 3"), None);
    }

    #[tokio::test]
    async fn this_machine_can_be_looked_at() {
        assert!(available_memory().unwrap() > 0);
        assert!(free_disk(Path::new("/")).await.is_ok());
        assert!(ticks().unwrap().all > 0);
    }
}
