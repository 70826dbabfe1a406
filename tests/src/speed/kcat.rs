//! kcat: it says nothing while it reads, so its time and its CPU are those of its whole run.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::load::Loaded;
use super::plan::{READ, Size};
use super::run::{Role, Run, used};
use crate::command::stdout;
use crate::process::Service;

/// What it has read goes nowhere. The shell becomes kcat, so that the process that is watched is kcat.
const TO_NOWHERE: &str = "exec kcat \"$@\" >/dev/null";

/// Its version, and that of the librdkafka in it; fails with what to do when there is none.
pub(super) async fn version() -> Result<String> {
    let mut kcat = tokio::process::Command::new("kcat");
    kcat.arg("-V");
    let said = stdout(kcat, READ).await.context(
        "no kcat: install it (apt-get install kcat), or leave it out with --readers raw,aiokafka,rollcall",
    )?;
    Ok(told(&said))
}

/// Six processes, one for each topic.
pub(super) async fn run(bootstrap: &str, broker: u32, loaded: &Loaded, size: Size) -> Result<Run> {
    let watched = [(Role::Broker, broker)];
    let before = used(&watched)?;
    let started = Instant::now();
    let start = |topic: &String| start(bootstrap, topic, loaded.records);
    let mut all: Vec<Service> = loaded.topics.iter().map(start).collect::<Result<_>>()?;
    let mut cpu = Duration::ZERO;
    for kcat in &mut all {
        let left = READ.saturating_sub(started.elapsed());
        let (status, its) = kcat.end_and_cpu(left).await?;
        ensure!(status.success(), "kcat failed: {}", kcat.stderr()?);
        cpu += its;
    }
    let seconds = started.elapsed().as_secs_f64();
    let broker = used(&watched)?.values().sum::<f64>() - before.values().sum::<f64>();
    let records = loaded.total();
    Ok(Run {
        records,
        bytes: records * (size.bytes() + size_of::<u64>()) as u64,
        seconds,
        cpu: BTreeMap::from([(Role::Reader, cpu.as_secs_f64()), (Role::Broker, broker)]),
        peaks: BTreeMap::new(),
    })
}

fn start(bootstrap: &str, topic: &str, records: u64) -> Result<Service> {
    let mut sh = Command::new("sh");
    sh.args(["-c", TO_NOWHERE, "kcat", "-C", "-q", "-b", bootstrap]);
    sh.args(["-t", topic, "-o", "beginning", "-c", &records.to_string()]);
    sh.args(["-X", "queued.min.messages=1000000"]);
    Service::spawn("kcat", sh)
}

/// Of what `kcat -V` says: `Version 1.7.1 (JSON, librdkafka 2.0.2 builtin.features=gzip)`.
fn told(said: &str) -> String {
    let after = |word: &str| {
        let mut words = said
            .split([' ', '\n', '('])
            .skip_while(|&each| each != word);
        words.nth(1).unwrap_or("of an unknown version")
    };
    format!(
        "kcat {} (librdkafka {})",
        after("Version"),
        after("librdkafka")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_found_in_what_kcat_says_of_itself() {
        let said = "kcat - Apache Kafka producer and consumer tool\nCopyright (c) 2014-2021, Magnus Edenhill\n\
                    Version 1.7.1 (JSON, Transactions, librdkafka 2.0.2 builtin.features=gzip,snappy)\n";
        assert_eq!(told(said), "kcat 1.7.1 (librdkafka 2.0.2)");
        assert!(told("").contains("unknown"));
    }
}
