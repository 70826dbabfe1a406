//! Waiting for a condition: the only place in the tests that sleeps.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{Instant, sleep, timeout_at};

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(25);

/// Calls `probe` until it answers `Ok`, for at most `within`.
///
/// A probe says what is missing by its error (`ensure!(lag == 0, "lag is {lag}")`); when time is up, the last of these
/// errors is in the answer, under `what`. A probe that hangs is cut off with the time.
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    let mut last = anyhow!("the first look at it did not end");
    loop {
        match timeout_at(deadline, probe()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(missing)) => last = missing,
            Err(_) => return Err(last.context(format!("not within {within:?}: {what}"))),
        }
        if Instant::now() + INTERVAL >= deadline {
            return Err(last.context(format!("not within {within:?}: {what}")));
        }
        sleep(INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    #[tokio::test]
    async fn the_condition_is_looked_at_until_it_holds() {
        let mut looks = 0;
        let found = eventually("three looks", Duration::from_secs(5), async || {
            looks += 1;
            ensure!(looks == 3, "{looks} looks");
            Ok("held")
        });
        assert_eq!(found.await.unwrap(), "held");
    }

    #[tokio::test]
    async fn the_last_reason_is_told_when_time_is_up() {
        let never = eventually::<()>("pigs fly", Duration::from_millis(60), async || {
            Err(anyhow!("still on the ground"))
        });
        let told = format!("{:#}", never.await.unwrap_err());
        assert_eq!(told, "not within 60ms: pigs fly: still on the ground");
    }

    #[tokio::test]
    async fn a_probe_that_hangs_is_cut_off() {
        let hung = eventually::<()>("an answer", Duration::from_millis(60), async || {
            std::future::pending().await
        });
        assert!(hung.await.is_err());
    }
}
