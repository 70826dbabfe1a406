//! kcat: it says nothing while it reads, so its time and its CPU are those of its whole run.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::load::Loaded;
use super::plan::{READ, Size};
use super::run::{Role, Run, used};
use crate::command::stdout;
use crate::process::Service;

/// Fails with what to do when there is none.
pub(super) async fn look_for() -> Result<()> {
    let mut kcat = tokio::process::Command::new("kcat");
    kcat.arg("-V");
    let found = stdout(kcat, READ).await.map(drop);
    found.context(
        "no kcat: install it (apt-get install kcat), or leave it out with --readers raw,aiokafka,rollcall",
    )
}

/// Six processes, one for each topic.
pub(super) async fn run(bootstrap: &str, broker: u32, loaded: &Loaded, size: Size) -> Result<Run> {
    let mut sh = Command::new("sh");
    sh.args(["-c", include_str!("kcat.sh"), "kcat.sh", bootstrap]);
    sh.args([loaded.records.to_string(), READ.as_secs().to_string()]);
    sh.args(&loaded.topics);
    let watched = [(Role::Broker, broker)];
    let before = used(&watched)?;
    let started = Instant::now();
    let mut all = Service::spawn("kcat", sh)?;
    let status = all.end(READ * 2).await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(status.success(), "kcat failed: {}", all.stderr()?);
    let broker = used(&watched)?.values().sum::<f64>() - before.values().sum::<f64>();
    let records = loaded.total();
    Ok(Run {
        records,
        bytes: records * (size.bytes() + size_of::<u64>()) as u64,
        seconds,
        cpu: BTreeMap::from([
            (Role::Reader, children(&all.stdout()?)?),
            (Role::Broker, broker),
        ]),
        peaks: BTreeMap::new(),
    })
}

/// The CPU seconds of ended children, as the shell's `times` tells them: `0m1.230s 0m0.450s` in the second line.
fn children(times: &str) -> Result<f64> {
    let line = times.lines().nth(1).context("no times of children")?;
    let part = |text: &str| {
        let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    let sum: Option<f64> = line.split_whitespace().map(part).sum();
    sum.with_context(|| format!("not the times of a shell: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_children_are_added_up() {
        let seconds = children("0m0.000s 0m0.010s\n1m1.250s 0m0.500s\n").unwrap();
        assert!((seconds - 61.75).abs() < 1e-9, "{seconds}");
        assert!(children("0m0.000s 0m0.010s\n").is_err());
        assert!(children("a\nb c\n").is_err());
    }
}
