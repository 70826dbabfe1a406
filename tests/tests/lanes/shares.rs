//! Two lanes: who gets what, and what a lane's end does to the other.

use std::collections::BTreeSet;

use anyhow::ensure;
use rollcall_tests::client::Gathered;
use rollcall_tests::eventually;

use crate::house::{House, SOON, readiness};

/// Partition and number of each record.
fn records(gathered: &Gathered, topic: &str) -> Vec<(i32, u64)> {
    let numbers = gathered.numbers(topic).unwrap();
    let partitions = gathered.records(topic).map(|record| record.partition);
    partitions.zip(numbers).collect()
}

#[tokio::test]
async fn every_record_is_given_once_over_both_lanes() {
    let mut house = House::open("lanes", 4, 2).await;
    house.produce(50).await;
    // In any order: the aggregators themselves say which lane they are.
    let mut addresses = house.addresses();
    addresses.reverse();
    let mut fetcher = house.fetcher(&addresses, &[]).await;
    let mut all = Vec::new();
    for lane in 0..2 {
        let came = records(&house.take(lane, 100).await, &house.topic);
        let own = |(partition, _): &(i32, u64)| usize::try_from(partition % 2) == Ok(lane);
        assert!(came.iter().all(own), "lane {lane}: {came:?}");
        all.extend(came);
    }
    let expected: BTreeSet<_> = (0..4).flat_map(|p| (0..50).map(move |n| (p, n))).collect();
    assert_eq!(all.len(), expected.len());
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), expected);
    let ready = eventually("it is ready", SOON, async || {
        let said = readiness(&mut fetcher).await?;
        ensure!(said == "200 ready\n" || said == "200 ready", "{said:?}");
        Ok(())
    });
    ready.await.unwrap();
    house.read_to_the_end_and_check().await;
}

#[tokio::test]
async fn a_lane_whose_aggregator_is_killed_stops_alone_and_loses_nothing() {
    let mut house = House::open("killed-lane", 4, 2).await;
    let mut fetcher = house.fetcher(&house.addresses(), &[]).await;
    house.produce(20).await;
    for lane in 0..2 {
        house.take(lane, 20).await;
    }
    house.kill(1);
    house.produce(30).await;
    // What was there before, and what came since.
    house.take(0, 80).await;
    let names = eventually("the lane that is away is named", SOON, async || {
        let said = readiness(&mut fetcher).await?;
        ensure!(said.starts_with("503 lane 1 of 2: no feed to"), "{said:?}");
        Ok(())
    });
    names.await.unwrap();
    house.produce(10).await;
    house.take(0, 20).await;
    let address = house.lanes[1].address;
    house.start_lane(1, 2, address).await;
    house.until_claimed(1, 2).await;
    house.read_to_the_end_and_check().await;
}

#[tokio::test]
async fn a_standby_takes_over_in_every_lane() {
    let mut house = House::open("fixed-lanes", 4, 2).await;
    let fixed = ["--membership", "fixed"];
    let mut first = house.fetcher(&house.addresses(), &fixed).await;
    for lane in 0..2 {
        house.until_claimed(lane, 2).await;
    }
    let _second = house.fetcher(&house.addresses(), &fixed).await;
    for lane in 0..2 {
        let client = house.client(lane);
        let waits = eventually("there is a standby", SOON, async || {
            let status = client.topic(&house.topic).await?;
            ensure!(status.fetchers.len() == 2, "{:?}", status.fetchers);
            Ok(())
        });
        waits.await.unwrap();
    }
    house.produce(20).await;
    first.kill().unwrap();
    house.produce(10).await;
    for lane in 0..2 {
        house.take(lane, 60).await;
    }
    house.read_to_the_end_and_check().await;
}

#[tokio::test]
async fn a_fetcher_that_is_told_another_number_of_lanes_is_refused_with_both() {
    let house = House::open("other-lanes", 4, 3).await;
    let mut fetcher = house.fetcher(&house.addresses()[..2], &[]).await;
    let refused = eventually("it is refused", SOON, async || {
        let said = readiness(&mut fetcher).await?;
        let names = |word: &str| said.contains(word);
        let numbers = names("2 lanes") && names("3");
        ensure!(said.starts_with("503") && numbers, "{said:?}");
        Ok(())
    });
    refused.await.unwrap();
    for lane in 0..3 {
        house.until_claimed(lane, 0).await;
    }
}

#[tokio::test]
async fn a_fetcher_that_is_told_one_aggregator_of_two_feeds_that_lane_and_says_what_it_lacks() {
    let mut house = House::open("one-of-two", 4, 2).await;
    let mut fetcher = house.fetcher(&house.addresses()[..1], &[]).await;
    house.until_claimed(0, 2).await;
    let said = readiness(&mut fetcher).await.unwrap();
    assert!(said.starts_with("503 lane 1 of 2"), "{said:?}");
    house.produce(5).await;
    house.take(0, 10).await;
}
