//! Fetchers with fixed membership: no group fences them, the aggregator's claims do.

mod commits;
mod relay;
mod sharing;
mod takeover;

use std::time::Duration;

use anyhow::ensure;
use rollcall_tests::eventually;
use rollcall_tests::roll::Roll;

/// Long enough for anything that is no measurement.
const SOON: Duration = Duration::from_secs(30);

const FIXED: [&str; 2] = ["--membership", "fixed"];

/// Waits until one fetcher holds so many partitions and another one waits for all of them.
async fn until_one_waits(roll: &Roll, topic: &str, partitions: u32) {
    let client = roll.client("look").unwrap();
    eventually("one holds and one waits", SOON, async || {
        let status = client.topic(topic).await?;
        let connected = || status.fetchers.iter().filter(|f| f.connected);
        let count = |wanted| {
            connected()
                .filter(|f| (f.claims, f.standby) == wanted)
                .count()
        };
        let (hold, wait) = (count((partitions, 0)), count((0, partitions)));
        ensure!((hold, wait) == (1, 1), "{:?}", status.fetchers);
        Ok(())
    })
    .await
    .unwrap();
}
