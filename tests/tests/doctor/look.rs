//! Running the doctor, and reading what it says.

use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_tests::command::Output;

pub(crate) use rollcall_tests::doctor::{answer, doctor, verdicts};

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
