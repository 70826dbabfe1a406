//! What clients get.

use std::time::Duration;

use rollcall_aggregator::Config;
use rollcall_proto::ids::Topic;
use rollcall_proto::packed;
use rollcall_proto::v1::{
    Close, ClosedBy, Delivery, Encoding, GatherRequest, GetStatusRequest, Outcome, SettleStatus,
    WatchStatusRequest, gather_batch, gather_response,
};
use tokio::net::TcpListener;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::feed::{Feed, TOPIC_ID};
use crate::house::{Answer, House, request, within};

fn statuses(of: &[SettleStatus]) -> Vec<i32> {
    of.iter().map(|&status| status.into()).collect()
}

#[tokio::test]
async fn a_gather_closes_as_soon_as_every_topic_has_a_record() {
    let house = House::of(&["A", "B"]).await;
    let (mut a, mut b) = (Feed::open(&house, "A").await, Feed::open(&house, "B").await);
    let (epoch_a, _) = a.claim(0, 0, 0).await;
    let (epoch_b, floor) = b.claim(3, 70, 70).await;
    assert_eq!(floor, 70);
    a.batch(0, epoch_a, 0, 10).await;
    b.batch(3, epoch_b, 70, 75).await;

    let answer = house.gather(request(20_000)).await;
    let summary = &answer.summary;
    assert_eq!(summary.closed_by(), ClosedBy::Condition);
    assert_eq!(summary.record_count, 15);
    let slots: Vec<_> = summary
        .slots
        .iter()
        .map(|slot| (slot.topic.as_str(), slot.record_count))
        .collect();
    assert_eq!(slots, [("A", 10), ("B", 5)]);
    assert!(
        answer
            .batches
            .iter()
            .all(|batch| batch.topic_id == TOPIC_ID && batch.lease_id == summary.lease_id)
    );
    for batch in &answer.batches {
        let Some(gather_batch::Records::Packed(records)) = &batch.records else {
            panic!("packed was asked for")
        };
        for record in packed::records(records).unwrap() {
            assert_eq!(record.value.unwrap(), record.offset.to_string().as_bytes());
        }
    }
}

#[tokio::test]
async fn a_silent_topic_has_a_slot_with_a_verdict_too() {
    let house = House::of(&["A", "SILENT"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let answer = house.gather(request(50)).await;
    assert_eq!(answer.summary.closed_by(), ClosedBy::Timeout);
    let silent = &answer.summary.slots[1];
    assert_eq!((silent.topic.as_str(), silent.record_count), ("SILENT", 0));
    assert_ne!(silent.verdict.as_ref().unwrap().code, 0);
}

#[tokio::test]
async fn records_that_come_during_a_gather_leave_before_its_summary() {
    let house = House::of(&["A", "B"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    let mut stream = house
        .gathers()
        .await
        .gather(request(60_000))
        .await
        .unwrap()
        .into_inner();
    feed.batch(0, epoch, 0, 1).await;
    let first = within(stream.message()).await.unwrap().unwrap();
    assert!(matches!(
        first.event,
        Some(gather_response::Event::Batch(_))
    ));
}

#[tokio::test]
async fn an_ack_reaches_the_fetcher_and_a_second_one_is_already() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let ranges = house.gather(request(20_000)).await.ranges();
    assert_eq!(
        house.settle(ranges.clone()).await,
        statuses(&[SettleStatus::Acked])
    );
    feed.hear_settled(10).await;
    assert_eq!(
        house.settle(ranges).await,
        statuses(&[SettleStatus::Already])
    );
}

#[tokio::test]
async fn a_request_settles_what_an_earlier_one_handed_out() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let settle = house.gather(request(20_000)).await.ranges();
    feed.batch(0, epoch, 10, 20).await;
    let answer = house
        .gather(GatherRequest {
            settle,
            ..request(20_000)
        })
        .await;
    assert_eq!(answer.summary.settled[0].status(), SettleStatus::Acked);
    assert_eq!(answer.summary.slots[0].ranges[0].first_offset, 10);
}

#[tokio::test]
async fn a_peek_shows_records_and_leaves_them() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let peek = GatherRequest {
        delivery: Delivery::Peek.into(),
        ..request(20_000)
    };
    for _ in 0..2 {
        let answer = house.gather(peek.clone()).await;
        assert_eq!(
            (answer.summary.record_count, answer.summary.lease_id),
            (10, 0)
        );
        assert_eq!(answer.batches[0].redelivered, 0);
    }
    let status = house
        .statuses()
        .await
        .get_status(GetStatusRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(status.gather_count, 0);
    assert_eq!(
        house.gather(request(20_000)).await.batches[0].redelivered,
        0
    );
}

#[tokio::test]
async fn auto_ack_settles_when_the_summary_was_written() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let auto = GatherRequest {
        delivery: Delivery::AutoAck.into(),
        ..request(20_000)
    };
    assert_eq!(house.gather(auto).await.summary.record_count, 10);
    feed.hear_settled(10).await;
}

#[tokio::test]
async fn simple_clients_get_one_message_per_record() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 5, 5).await;
    feed.batch(0, epoch, 5, 8).await;
    let plain = GatherRequest {
        encoding: Encoding::Records.into(),
        max_records: Some(2),
        ..request(20_000)
    };
    let answer = house.gather(plain).await;
    let Some(gather_batch::Records::Plain(records)) = &answer.batches[0].records else {
        panic!("records were asked for")
    };
    let offsets: Vec<_> = records.records.iter().map(|record| record.offset).collect();
    assert_eq!(offsets, [5, 6]);
    assert_eq!(records.records[0].value.as_deref(), Some(&b"5"[..]));
}

#[tokio::test]
async fn a_client_that_leaves_before_the_summary_gives_its_records_back() {
    let house = House::of(&["A", "B"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let mut stream = house
        .gathers()
        .await
        .gather(request(60_000))
        .await
        .unwrap()
        .into_inner();
    within(stream.message()).await.unwrap().unwrap();
    drop(stream);
    let only_a = GatherRequest {
        topics: vec!["A".to_owned()],
        ..request(20_000)
    };
    let answer = house.gather(only_a).await;
    assert_eq!(answer.summary.record_count, 10);
    assert_eq!(answer.batches[0].redelivered, 1);
    assert_eq!(house.count("gathers_abandoned").await, 1);
}

#[tokio::test]
async fn a_nack_brings_the_records_again_after_a_back_off() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let mut ranges = house.gather(request(20_000)).await.ranges();
    ranges[0].outcome = Outcome::Nack.into();
    assert_eq!(
        house.settle(ranges).await,
        statuses(&[SettleStatus::Returned])
    );
    let answer = house.gather(request(20_000)).await;
    assert_eq!(
        (answer.summary.record_count, answer.batches[0].redelivered),
        (10, 1)
    );
    let took = Duration::try_from(answer.summary.took.unwrap()).unwrap();
    assert!(
        took >= Duration::from_millis(50),
        "came again after {took:?}"
    );
}

#[tokio::test]
async fn acks_survive_an_aggregator_restart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config::new(vec![Topic::new("A").unwrap()]);
    let first = House::on(listener, config.clone());
    let mut feed = Feed::open(&first, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let ranges = first.gather(request(20_000)).await.ranges();
    first.stop.cancel();
    feed.end().await.unwrap();

    let second = House::on(TcpListener::bind(address).await.unwrap(), config);
    // The ack comes first and is kept; the claim that says what was sent follows.
    assert_eq!(second.settle(ranges).await, statuses(&[SettleStatus::Kept]));
    let mut feed = Feed::open(&second, "A").await;
    let (_, floor) = feed.claim(0, 0, 10).await;
    assert_eq!(floor, 10);
}

#[tokio::test]
async fn a_stopping_aggregator_settles_what_settles_itself() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let full = GatherRequest {
        delivery: Delivery::AutoAck.into(),
        close: Close::Full.into(),
        ..request(60_000)
    };
    let mut stream = house
        .gathers()
        .await
        .gather(full)
        .await
        .unwrap()
        .into_inner();
    let batch = within(stream.message()).await.unwrap();
    assert!(batch.is_some(), "its records have come");
    house.stop.cancel();
    within(Answer::read(stream)).await.unwrap();
    feed.hear_settled(10).await;
}

#[tokio::test]
async fn a_stopping_aggregator_answers_what_is_open() {
    let mut house = House::of(&["A"]).await;
    let feed = Feed::open(&house, "A").await;
    let stream = house
        .gathers()
        .await
        .gather(request(60_000))
        .await
        .unwrap()
        .into_inner();
    house.stop.cancel();
    let answer = within(Answer::read(stream)).await.unwrap();
    assert_eq!(answer.summary.closed_by(), ClosedBy::Shutdown);
    assert_eq!(answer.summary.slots.len(), 1);
    within(house.stopped()).await.unwrap();
    drop(feed);
}

#[tokio::test]
async fn a_watcher_sees_the_state_change() {
    let house = House::of(&["A"]).await;
    let mut watch = house
        .statuses()
        .await
        .watch_status(WatchStatusRequest::default())
        .await
        .unwrap()
        .into_inner();
    let fetchers = |state: Option<rollcall_proto::v1::WatchStatusResponse>| {
        state.unwrap().status.unwrap().topics[0].fetchers.len()
    };
    assert_eq!(fetchers(within(watch.message()).await.unwrap()), 0);
    let _feed = Feed::open(&house, "A").await;
    assert_eq!(fetchers(within(watch.message()).await.unwrap()), 1);
}

#[tokio::test]
async fn health_says_serving_for_every_service() {
    let house = House::of(&["A"]).await;
    let mut health = HealthClient::new(house.channel().await);
    house.gather(request(10)).await;
    for service in [
        "",
        "rollcall.v1.FeedService",
        "rollcall.v1.GatherService",
        "rollcall.v1.StatusService",
    ] {
        let check = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = health.check(check).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service:?}");
    }
}

#[tokio::test]
async fn gathers_are_remembered_newest_first_in_pages() {
    let house = House::of(&["A"]).await;
    for _ in 0..3 {
        house.gather(request(1)).await;
    }
    let mut client = house.statuses().await;
    let mut list = async |page_token: String| {
        let request = rollcall_proto::v1::ListGathersRequest {
            page_size: 2,
            page_token,
        };
        client.list_gathers(request).await.unwrap().into_inner()
    };
    let first = list(String::new()).await;
    let second = list(first.next_page_token.clone()).await;
    let ids: Vec<_> = first
        .gathers
        .iter()
        .chain(&second.gathers)
        .map(|gather| gather.gather_id)
        .collect();
    assert_eq!(ids, [3, 2, 1]);
    assert_eq!(second.next_page_token, "");
    let one = rollcall_proto::v1::GetGatherRequest { gather_id: 2 };
    let remembered = house
        .statuses()
        .await
        .get_gather(one)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(remembered.summary.unwrap().slots.len(), 1);
}
