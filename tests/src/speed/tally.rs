//! What a reader says of itself while it reads: one JSON object a line, the same for every reader.
//!
//! `ready` when it waits for records, `warm` when a third has come, `done` when all have, with what came since `warm`
//! and in what time. The first third is not measured: joining a group, connections, and memory that the process touches
//! for the first time are not what a reader costs. A reader that is done waits to be ended, so that others can see
//! what it used.

use std::time::{Duration, Instant};

/// The line of a reader that waits for records.
pub const READY: &str = r#"{"event":"ready"}"#;

/// The line of a reader that has read its first third.
pub const WARM: &str = r#"{"event":"warm"}"#;

/// Counts records, and says how far it is.
#[derive(Debug)]
pub struct Tally {
    expected: u64,
    records: u64,
    bytes: u64,
    warm: Option<Warm>,
}

#[derive(Debug)]
struct Warm {
    since: Instant,
    records: u64,
    bytes: u64,
}

impl Tally {
    /// Nothing has come of so many.
    pub fn new(expected: u64) -> Self {
        Self {
            expected,
            records: 0,
            bytes: 0,
            warm: None,
        }
    }

    /// More have come; bytes are those of keys and values.
    pub fn add(&mut self, records: u64, bytes: u64) {
        self.records += records;
        self.bytes += bytes;
        match &self.warm {
            None if self.records * 3 >= self.expected => {
                println!("{WARM}");
                self.warm = Some(Warm {
                    since: Instant::now(),
                    records: self.records,
                    bytes: self.bytes,
                });
            }
            Some(warm) if self.is_done() => println!("{}", self.result(warm)),
            None | Some(_) => {}
        }
    }

    /// Whether all have come.
    pub fn is_done(&self) -> bool {
        self.records >= self.expected
    }

    fn result(&self, warm: &Warm) -> String {
        format!(
            r#"{{"event":"done","records":{},"bytes":{},"seconds":{}}}"#,
            self.records - warm.records,
            self.bytes - warm.bytes,
            warm.since.elapsed().as_secs_f64(),
        )
    }
}

/// Waits to be ended.
pub fn wait_to_be_ended() -> ! {
    loop {
        std::thread::park_timeout(Duration::from_secs(3600));
    }
}
