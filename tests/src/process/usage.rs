//! What a process uses, as Linux counts it.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// A tick of the counters of CPU time: `USER_HZ`, which Linux keeps at 100 a second on every machine it shows to programs.
const TICK: Duration = Duration::from_millis(10);
/// Fields of `/proc/PID/stat` after the command's name (proc(5)): CPU time in user mode, in the kernel, and threads.
const USER: usize = 11;
const SYSTEM: usize = 12;
const THREADS: usize = 17;

/// What a process has used and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// CPU time of all its threads since its start, in whole ticks of 10 ms.
    pub cpu: Duration,
    /// Memory of it that is resident now, in bytes.
    pub resident_bytes: u64,
    /// The most that ever was, in bytes.
    pub most_bytes: u64,
    /// Its threads now.
    pub threads: u32,
}

impl Usage {
    /// That of a process which runs; an error when it has ended.
    pub fn of(pid: u32) -> Result<Self> {
        let parsed = parse(&read(pid, "stat")?, &read(pid, "status")?);
        parsed.with_context(|| format!("process {pid} tells nothing of what it uses"))
    }

    /// The CPU time alone, which a process that has ended still tells until its parent takes note of the end.
    pub(super) fn cpu_of(pid: u32) -> Result<Duration> {
        let stat = read(pid, "stat")?;
        let cpu = fields(&stat).and_then(|fields| cpu(&fields));
        cpu.with_context(|| format!("process {pid} tells nothing of its CPU time"))
    }
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).with_context(|| format!("could not read {path}"))
}

/// The command's name may hold anything, so the fields are counted from its closing parenthesis.
fn fields(stat: &str) -> Option<Vec<&str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace().collect())
}

fn number(fields: &[&str], place: usize) -> Option<u32> {
    fields.get(place)?.parse().ok()
}

fn cpu(fields: &[&str]) -> Option<Duration> {
    let ticks = number(fields, USER)?.checked_add(number(fields, SYSTEM)?)?;
    Some(TICK * ticks)
}

fn parse(stat: &str, status: &str) -> Option<Usage> {
    let fields = fields(stat)?;
    let bytes = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = found.split_whitespace().next()?.parse().ok()?;
        Some(kib << 10)
    };
    Some(Usage {
        cpu: cpu(&fields)?,
        resident_bytes: bytes("VmRSS:")?,
        most_bytes: bytes("VmHWM:")?,
        threads: number(&fields, THREADS)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_after_a_name_that_holds_anything() {
        let stat = "42 (a) R 1 (b) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 1000 1 2";
        let status = "Name:\ta) R 1 (b\nVmHWM:\t    3072 kB\nVmRSS:\t    2048 kB\nThreads:\t9\n";
        let usage = Usage {
            cpu: Duration::from_secs(2),
            resident_bytes: 2 << 20,
            most_bytes: 3 << 20,
            threads: 9,
        };
        assert_eq!(parse(stat, status), Some(usage));
        assert_eq!(parse("42 (zombie) Z 1 42", status), None);
        assert_eq!(parse(stat, "Name:\ta kernel thread\n"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let before = Usage::of(std::process::id()).unwrap();
        assert!(
            before.resident_bytes > 1 << 20 && before.threads >= 1,
            "{before:?}"
        );
        // It ends: time goes by while it runs.
        let worked = loop {
            let now = Usage::of(std::process::id()).unwrap();
            if now.cpu > before.cpu {
                break now.cpu - before.cpu;
            }
        };
        assert!(worked >= TICK, "{worked:?}");
    }
}
