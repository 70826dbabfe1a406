//! Running the doctor, and reading what it says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rollcall_tests::command::Output;
use rollcall_tests::process::run;
use serde_json::Value;

/// Longer than the doctor ever takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// The doctor to its end, and how long it took.
pub(crate) async fn doctor(args: &[&str]) -> Result<(Output, Duration)> {
    let begun = Instant::now();
    let ended = run("rollcall", &[&["doctor"], args].concat(), PATIENCE).await?;
    Ok((ended, begun.elapsed()))
}

/// The doctor, which shall end with this exit code.
pub(crate) async fn ends_with(exit: i32, args: &[&str]) -> Result<(Output, Duration)> {
    let (ended, took) = doctor(args).await?;
    ensure!(
        ended.status.code() == Some(exit),
        "{args:?} ended with {}, not {exit}\nstdout: {}\nstderr: {}",
        ended.status,
        ended.stdout,
        ended.stderr
    );
    Ok((ended, took))
}

/// The doctor's answer for one group, whatever its exit code.
pub(crate) async fn answer(args: &[&str]) -> Result<(Value, Duration)> {
    let (ended, took) = doctor(&[args, &["-o", "json"]].concat()).await?;
    let answer = serde_json::from_str(&ended.stdout)
        .with_context(|| format!("no document: {}\nstderr: {}", ended.stdout, ended.stderr))?;
    Ok((answer, took))
}

/// The verdicts of an answer by topic, without their prefix; those that are confirmed.
pub(crate) fn verdicts(answer: &Value) -> BTreeMap<String, String> {
    let topics = answer["topics"].as_array().into_iter().flatten();
    let confirmed = topics.filter(|topic| topic["verdict"]["confirmed"] == true);
    let named = confirmed.map(|topic| {
        let code = topic["verdict"]["code"].as_str().unwrap_or_default();
        let code = code.trim_start_matches("VERDICT_CODE_").to_owned();
        (topic["topic"].as_str().unwrap_or_default().to_owned(), code)
    });
    named.collect()
}
