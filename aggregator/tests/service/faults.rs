//! Fetchers that break the protocol: their feed ends with a status that says so, the others go on.

use rollcall_proto::limits::MAX_RECORD_BYTES;
use rollcall_proto::status::{explain, reason};
use rollcall_proto::v1::{self, feed_request};

use crate::feed::{Feed, batch, open};
use crate::house::{House, request};

/// Plays a feed of topic A until its end: the fault must be named and counted, and topic B must not notice.
async fn check(count: &str, says: &str, play: impl AsyncFnOnce(&House) -> Feed) {
    let house = House::of(&["A", "B"]).await;
    let mut other = Feed::open(&house, "B").await;
    let mut feed = play(&house).await;
    let status = feed.end().await.unwrap_err();
    let explained = explain(&status);
    assert_eq!(explained.reason.as_deref(), Some(reason::FEED_FAULT));
    assert_eq!(explained.metadata["fault"], count);
    assert!(
        status.message().contains(says),
        "{:?} does not say {says:?}",
        status.message()
    );
    assert_eq!(house.count(count).await, 1);

    let (epoch, _) = other.claim(0, 0, 0).await;
    other.batch(0, epoch, 0, 3).await;
    let only_b = v1::GatherRequest {
        topics: vec!["B".to_owned()],
        ..request(20_000)
    };
    assert_eq!(house.gather(only_b).await.summary.record_count, 3);
}

#[tokio::test]
async fn a_feed_begins_with_open() {
    check("feed_fault_open", "first message", async |house| {
        let feed = Feed::connect(house).await;
        feed.say(feed_request::Event::Pulse(v1::Pulse::default()))
            .await;
        feed
    })
    .await;
}

#[tokio::test]
async fn a_feed_of_an_unknown_topic_is_told_the_nearest_one() {
    let says = "nearest is A";
    let house = House::of(&["ABCDEFG"]).await;
    let mut feed = Feed::connect(&house).await;
    feed.say(feed_request::Event::Open(open("ABCDEFX"))).await;
    let status = feed.end().await.unwrap_err();
    assert!(status.message().contains(says), "{}", status.message());
    assert_eq!(house.count("feed_fault_unknown_topic").await, 1);
}

#[tokio::test]
async fn a_batch_begins_where_the_one_before_ended() {
    check(
        "feed_fault_out_of_order",
        "begins at 11, the one before ended at 10",
        async |house| {
            let mut feed = Feed::open(house, "A").await;
            let (epoch, _) = feed.claim(0, 0, 0).await;
            feed.batch(0, epoch, 0, 10).await;
            feed.batch(0, epoch, 11, 12).await;
            feed
        },
    )
    .await;
}

#[tokio::test]
async fn lengths_of_a_batch_add_up() {
    check("feed_fault_lengths", "add up", async |house| {
        let mut feed = Feed::open(house, "A").await;
        let (epoch, _) = feed.claim(0, 0, 0).await;
        let mut lying = batch(0, epoch, 0, 10);
        let packed = lying.packed.as_mut().unwrap();
        packed.body = packed.body.slice(1..);
        feed.say(feed_request::Event::Batch(lying)).await;
        feed
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_several_records_keeps_the_agreed_size() {
    check("feed_fault_too_large", "at most", async |house| {
        let mut feed = Feed::open(house, "A").await;
        let (epoch, _) = feed.claim(0, 0, 0).await;
        let large = crate::feed::packed_of(
            0,
            0,
            &[&vec![b'x'; 200 << 10][..], &vec![b'y'; 200 << 10][..]],
        );
        feed.say(feed_request::Event::Batch(v1::Batch {
            epoch,
            packed: Some(large),
            ..v1::Batch::default()
        }))
        .await;
        feed
    })
    .await;
}

#[tokio::test]
async fn a_single_record_may_be_as_large_as_was_agreed() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    let value = vec![b'x'; MAX_RECORD_BYTES as usize];
    let packed = crate::feed::packed_of(0, 0, &[&value[..]]);
    feed.say(feed_request::Event::Batch(v1::Batch {
        epoch,
        packed: Some(packed),
        ..v1::Batch::default()
    }))
    .await;
    let gather = house
        .gathers()
        .await
        .max_decoding_message_size(17 << 20)
        .gather(request(20_000))
        .await;
    let answer = crate::house::Answer::read(gather.unwrap().into_inner())
        .await
        .unwrap();
    assert_eq!(
        answer.summary.slots[0].byte_count as usize,
        value.len() + answer_index_bytes(&answer)
    );
}

fn answer_index_bytes(answer: &crate::house::Answer) -> usize {
    match &answer.batches[0].records {
        Some(v1::gather_batch::Records::Packed(packed)) => packed.index.len(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_above_the_limit_is_not_even_read() {
    check("feed_fault_too_large", "larger than", async |house| {
        let mut feed = Feed::open(house, "A").await;
        let (epoch, _) = feed.claim(0, 0, 0).await;
        let value = vec![b'x'; 18 << 20];
        let packed = Some(crate::feed::packed_of(0, 0, &[&value[..]]));
        let batch = v1::Batch {
            epoch,
            packed,
            ..v1::Batch::default()
        };
        feed.say(feed_request::Event::Batch(batch)).await;
        feed
    })
    .await;
}

#[tokio::test]
async fn an_epoch_that_nobody_gave_is_a_fault() {
    check("feed_fault_epoch", "was not given", async |house| {
        let mut feed = Feed::open(house, "A").await;
        let (epoch, _) = feed.claim(0, 0, 0).await;
        feed.batch(0, epoch + 7, 0, 10).await;
        feed
    })
    .await;
}

#[tokio::test]
async fn an_old_epoch_is_none() {
    let house = House::of(&["A"]).await;
    let mut feed = Feed::open(&house, "A").await;
    let (old, _) = feed.claim(0, 0, 0).await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, old, 0, 10).await;
    feed.batch(0, epoch, 0, 5).await;
    assert_eq!(house.gather(request(20_000)).await.summary.record_count, 5);
    assert_eq!(house.count("records_of_old_epoch").await, 10);
}

#[tokio::test]
async fn feeds_of_one_topic_belong_to_one_group() {
    check("feed_fault_other_group", "is fed by group", async |house| {
        let first = Feed::open(house, "A").await;
        let mut feed = Feed::connect(house).await;
        feed.say(feed_request::Event::Open(v1::Open {
            group: "another".to_owned(),
            ..open("A")
        }))
        .await;
        feed.keep(first);
        feed
    })
    .await;
}
