//! `make six-zeros`: a real Kafka, a real aiokafka application that gathers `[5, 0, 0, 0, 0, 0]`, and the doctor
//! beside it.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use rollcall_tests::Kafka;
use rollcall_tests::aiokafka::Commit;
use rollcall_tests::kafka::Version;
use rollcall_tests::process::binary;
use rollcall_tests::zeros::Zeros;
use tokio::process::Command;

/// A round takes a second, and four of five meet no record of the slow topic.
const ROUNDS: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> Result<()> {
    say("starting a Kafka, an aiokafka application with six consumers, and what writes its topics");
    let rollcall = binary("rollcall").await?;
    let kafka = Kafka::start(Version::V4_3).await?;
    let mut zeros = Zeros::start(&kafka, "", Commit::Auto).await?;
    say(
        "breaking it: a consumer pauses and 500 records come, a transaction stays open, a producer dies",
    );
    zeros.break_it().await?;

    let words = [
        "doctor",
        "-b",
        kafka.bootstrap(),
        "-g",
        &zeros.group,
        "--app",
        "timeout_ms=1000",
    ];
    let mut doctor = Command::new(rollcall);
    doctor
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let doctor = doctor.spawn().context("could not start the doctor")?;
    let (line, report) = tokio::join!(zeros.line(ROUNDS), doctor.wait_with_output());
    let report = report.context("could not wait for the doctor")?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "the application:\n{}\n", line?)?;
    writeln!(out, "$ rollcall {}", words.join(" "))?;
    out.write_all(&report.stdout)?;
    drop(out);
    zeros.end().await
}

/// Says what goes on, beside what is shown.
fn say(text: &str) {
    eprintln!("{text}");
}
