//! The demo's client: gathers every second, and settles what it got.

use std::time::Duration;

use rollcall_proto::v1::gather_response::Event;
use rollcall_proto::v1::{Close, Delivery, Encoding, GatherRequest, GatherSummary, SettleRange};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::{CallError, Client, Taken};

/// Timeout of a gather, and time between the starts of two.
const ROUND: Duration = Duration::from_secs(1);
/// Who asks, on every screen.
const CLIENT_ID: &str = "demo-client";

/// Gathers until it is dropped or a call fails; the last summary can be watched.
pub async fn run(client: Client, last: watch::Sender<Option<GatherSummary>>) -> CallError {
    let mut rounds = interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        rounds.tick().await;
        match round(&client).await {
            Ok(summary) => drop(last.send_replace(Some(summary))),
            Err(error) => return error,
        }
    }
}

/// Gathers, does its work (none), and settles.
async fn round(client: &Client) -> Result<GatherSummary, CallError> {
    let (summary, ranges) = gather(client).await?;
    client.settle(ranges).await?;
    Ok(summary)
}

/// One gather: its summary, and what is to be settled.
async fn gather(client: &Client) -> Result<(GatherSummary, Vec<SettleRange>), CallError> {
    let request = GatherRequest {
        timeout: prost_types::Duration::try_from(ROUND).ok(),
        close: Close::Each.into(),
        delivery: Delivery::Lease.into(),
        encoding: Encoding::Packed.into(),
        client_id: CLIENT_ID.to_owned(),
        ..GatherRequest::default()
    };
    let mut answer = client.gather(request, ROUND).await?;
    let mut taken = Taken::default();
    while let Some(message) = answer.next().await? {
        match message.event {
            Some(Event::Batch(batch)) => taken.add(&batch),
            Some(Event::Summary(summary)) => return Ok((summary, taken.into_ranges())),
            None => {}
        }
    }
    Err(answer.cut_short())
}
