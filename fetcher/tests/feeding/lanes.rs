//! A fetcher of several aggregators.

use rollcall_proto::v1::feed_request::Event as Said;

use crate::PLENTY;
use crate::desk::{Desk, Feed};
use crate::stage::{Fetcher, Stage};

/// A fetcher of both desks.
fn fetcher(stage: &Stage, desks: [&Desk; 2]) -> Fetcher {
    let [one, other] = desks.map(|desk| desk.address.as_str());
    Stage::run(stage.config(&format!("{one}, {other}")))
}

/// Grants a lane's claims, which are these.
async fn grant(feed: &mut Feed, partitions: &[i32]) {
    feed.credit(PLENTY).await;
    let mut claimed = Vec::new();
    for epoch in 1..=partitions.len() as u64 {
        let claim = feed.claim().await;
        feed.grant(&claim, epoch).await;
        claimed.push(claim.partition);
    }
    claimed.sort_unstable();
    assert_eq!(claimed, partitions);
}

async fn released(feed: &mut Feed) -> i32 {
    feed.until("a release", |said| match said {
        Said::Release(release) => Some(release.partition),
        _ => None,
    })
    .await
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lane_gets_its_partitions_and_goes_on_without_the_other() {
    let stage = Stage::new("two-lanes", 2);
    stage.produce(0, 0..5).await;
    stage.produce(1, 5..9).await;
    let (mut even, mut odd) = (Desk::open().await, Desk::open().await);
    let fetcher = fetcher(&stage, [&odd, &even]);
    let (mut second, open) = odd.welcome_as(1, 2).await;
    assert_eq!(open.lanes, 2, "as many as it was told");
    grant(&mut second, &[1]).await;
    assert_eq!(second.values_until(4).await, numbers(5..9));
    let (mut first, _) = even.welcome_as(0, 2).await;
    grant(&mut first, &[0]).await;
    assert_eq!(first.values_until(5).await, numbers(0..5));

    drop(second);
    stage.produce(0, 9..12).await;
    assert_eq!(first.values_until(8).await, numbers(9..12));
    first.settle(0, 1, 0, 8).await;
    first.committed(0, 8).await;
    let (mut second, _) = odd.welcome_as(1, 2).await;
    grant(&mut second, &[1]).await;
    assert_eq!(second.values_until(4).await, numbers(5..9), "again");
    fetcher.stop().await;
    assert_eq!(stage.committed(0).await, Some(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn aggregators_that_disagree_get_nothing_until_they_agree() {
    let stage = Stage::new("disagree", 2);
    let (mut one, mut other) = (Desk::open().await, Desk::open().await);
    let fetcher = fetcher(&stage, [&one, &other]);
    let (mut first, _) = one.welcome_as(0, 2).await;
    grant(&mut first, &[0]).await;
    let (second, _) = other.welcome_as(1, 3).await;
    assert_eq!(released(&mut first).await, 0);
    drop(second);
    let (mut second, _) = other.welcome_as(1, 2).await;
    grant(&mut second, &[1]).await;
    grant(&mut first, &[0]).await;
    stage.produce(1, 0..3).await;
    assert_eq!(second.values_until(3).await, numbers(0..3));
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_without_credit_holds_no_other_lane_back() {
    let stage = Stage::new("slow-lane", 2);
    stage.produce_large(0, 20).await;
    let (mut slow, mut quick) = (Desk::open().await, Desk::open().await);
    let fetcher = fetcher(&stage, [&slow, &quick]);
    let (mut first, _) = slow.welcome_as(0, 2).await;
    let claim = first.claim().await;
    first.credit(1 << 20).await;
    first.grant(&claim, 1).await;
    let (mut second, _) = quick.welcome_as(1, 2).await;
    grant(&mut second, &[1]).await;
    first
        .lossy_pulse("the want of credit", |pulse| pulse.starved.is_some())
        .await;
    stage.produce(1, 0..500).await;
    assert_eq!(second.values_until(500).await, numbers(0..500));
    let pulse = second.pulse("any", |_| true).await;
    assert!(pulse.starved.is_none(), "it has credit: {pulse:?}");
    fetcher.stop().await;
}
