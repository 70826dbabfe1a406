//! What the kernel says of this process, under the names that all Prometheus libraries use.

use std::fs;
use std::time::{Duration, SystemTime};

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::{Family, Sheet};

const CPU: Family = Family::counter(
    "process_cpu_seconds",
    &[],
    "CPU time of this process, user and system.",
);
const RESIDENT: Family = Family::gauge(
    "process_resident_memory_bytes",
    &[],
    "Memory of this process that is in RAM.",
);
const VIRTUAL: Family = Family::gauge(
    "process_virtual_memory_bytes",
    &[],
    "Address space of this process.",
);
const OPEN: Family = Family::gauge(
    "process_open_fds",
    &[],
    "File descriptors that this process has open.",
);
const MOST_OPEN: Family = Family::gauge(
    "process_max_fds",
    &[],
    "File descriptors that this process may have open.",
);
const THREADS: Family = Family::gauge("process_threads", &[], "Threads of this process.");
const START: Family = Family::gauge(
    "process_start_time_seconds",
    &[],
    "When this process began, in seconds since 1970.",
);

/// All of them, as they are now. `started` is when the process began.
pub(super) fn sheet(started: SystemTime) -> Sheet {
    let mut sheet = Sheet::new([CPU, RESIDENT, VIRTUAL, OPEN, MOST_OPEN, THREADS, START]);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = |field| field_of(&status, field).map(|kibibytes| kibibytes * 1024.0);
    sheet.put(&CPU, &[], cpu().map(|time| time.as_secs_f64()));
    sheet.put(&RESIDENT, &[], kibibytes("VmRSS:"));
    sheet.put(&VIRTUAL, &[], kibibytes("VmSize:"));
    sheet.put(&OPEN, &[], open());
    sheet.put(
        &MOST_OPEN,
        &[],
        getrlimit(Resource::Nofile).current.map(|most| most as f64),
    );
    sheet.put(&THREADS, &[], field_of(&status, "Threads:"));
    let began = started.duration_since(SystemTime::UNIX_EPOCH).ok();
    sheet.put(&START, &[], began.map(|began| began.as_secs_f64()));
    sheet
}

fn cpu() -> Option<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanos = u32::try_from(time.tv_nsec).ok()?;
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, nanos))
}

/// Open descriptors, without the one that counts them.
fn open() -> Option<f64> {
    let entries = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(entries.saturating_sub(1) as f64)
}

/// The number of a line such as `VmRSS:     1234 kB`.
fn field_of(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}
