//! Fetchers that break the protocol: their feed is closed, and nobody else notices.

mod batch;

use std::time::Duration;

use rollcall_proto::limits::BATCH_BYTES;
use rollcall_proto::packed::batch_bytes;
use rollcall_proto::status::{explain, reason};
use rollcall_proto::v1::feed_request::Event as Up;
use rollcall_proto::v1::{Batch, Close, PackedBatch};
use rollcall_tests::client::{Client, Request};
use rollcall_tests::feed::{RawFeed, open};
use rollcall_tests::roll::{Roll, Setup};
use tonic::Code;

use batch::batch;

/// The topic of the feeds that break, and that of the one which does not.
const BROKEN: &str = "broken";
const SOUND: &str = "sound";

/// More than any feed of these may have on its way: it takes new credit, again and again.
const MORE_THAN_A_WINDOW: u64 = 70 << 20;

/// An aggregator without Kafka: these feeds need none.
async fn aggregator() -> Roll {
    let setup = Setup::new("nowhere:9092", "raw")
        .unfed_topic(BROKEN)
        .unfed_topic(SOUND);
    setup.start_aggregator().await.unwrap()
}

/// A feed that goes on while others break, and the client that gathers from it.
struct Witness {
    feed: RawFeed,
    epoch: u64,
    next: i64,
    client: Client,
}

impl Witness {
    async fn start(roll: &Roll) -> Self {
        let mut feed = RawFeed::open(roll.address(), SOUND).await.unwrap();
        let epoch = feed.claim(0).await.unwrap();
        let client = roll.client("witness").unwrap();
        Self {
            feed,
            epoch,
            next: 0,
            client,
        }
    }

    /// A record goes through.
    async fn passes(&mut self) {
        self.feed
            .send(self.epoch, batch(0, self.next, &[b"sound"]))
            .await;
        let request = Request::of([SOUND])
            .timeout(Duration::from_secs(10))
            .close(Close::Any);
        let gathered = self.client.gather(request).await.unwrap();
        assert_eq!(gathered.batches[0].range.first().get(), self.next);
        self.client.settle(gathered.acks()).await.unwrap();
        self.next += 1;
    }
}

/// One way to break a feed that has claimed a partition.
struct Fault {
    name: &'static str,
    counter: &'static str,
    /// What it sends under the epoch that it was given, or the one after that.
    batches: fn(i32) -> Vec<PackedBatch>,
    wrong_epoch: bool,
}

const FAULTS: [Fault; 7] = [
    Fault {
        name: "a first batch that does not begin at the floor",
        counter: "feed_fault_out_of_order",
        batches: |partition| vec![batch(partition, 5, &[b"early"])],
        wrong_epoch: false,
    },
    Fault {
        name: "a hole between two batches",
        counter: "feed_fault_out_of_order",
        batches: |partition| vec![batch(partition, 0, &[b"0"]), batch(partition, 2, &[b"2"])],
        wrong_epoch: false,
    },
    Fault {
        name: "the same batch again",
        counter: "feed_fault_out_of_order",
        batches: |partition| vec![batch(partition, 0, &[b"0"]), batch(partition, 0, &[b"0"])],
        wrong_epoch: false,
    },
    Fault {
        name: "lengths that do not add up",
        counter: "feed_fault_lengths",
        batches: |partition| {
            let sound = batch(partition, 0, &[b"four"]);
            vec![PackedBatch {
                body: sound.body.slice(..3),
                ..sound
            }]
        },
        wrong_epoch: false,
    },
    Fault {
        name: "an index that is none",
        counter: "feed_fault_lengths",
        batches: |partition| {
            let sound = batch(partition, 0, &[b"four"]);
            vec![PackedBatch {
                index: vec![0xff; 9].into(),
                ..sound
            }]
        },
        wrong_epoch: false,
    },
    Fault {
        name: "a batch above the limit",
        counter: "feed_fault_too_large",
        batches: |partition| {
            let value = vec![b'x'; usize::try_from(BATCH_BYTES).unwrap()];
            vec![batch(partition, 0, &[&value, b"one more"])]
        },
        wrong_epoch: false,
    },
    Fault {
        name: "an epoch that nobody gave it",
        counter: "feed_fault_epoch",
        batches: |partition| vec![batch(partition, 0, &[b"0"])],
        wrong_epoch: true,
    },
];

#[tokio::test]
async fn a_feed_with_a_bad_batch_is_closed_and_counted_and_others_do_not_notice() {
    let roll = aggregator().await;
    let mut witness = Witness::start(&roll).await;
    for (partition, fault) in (0..).zip(FAULTS) {
        let name = fault.name;
        let before = witness.client.counter(fault.counter).await.unwrap();
        let mut feed = RawFeed::open(roll.address(), BROKEN).await.unwrap();
        let epoch = feed.claim(partition).await.unwrap() + u64::from(fault.wrong_epoch);
        for packed in (fault.batches)(partition) {
            feed.send(epoch, packed).await;
        }
        let why = explain(&feed.closed().await);
        assert_eq!(why.code, Code::InvalidArgument, "{name}: {why:?}");
        assert_eq!(
            why.reason.as_deref(),
            Some(reason::FEED_FAULT),
            "{name}: {why:?}"
        );
        let after = witness.client.counter(fault.counter).await.unwrap();
        assert_eq!(after, before + 1, "{name}");
        witness.passes().await;
    }
}

#[tokio::test]
async fn a_feed_that_does_not_open_properly_is_closed_and_others_do_not_notice() {
    let roll = aggregator().await;
    let mut witness = Witness::start(&roll).await;
    let opened_twice = vec![Some(Up::Open(open(BROKEN))), Some(Up::Open(open(BROKEN)))];
    let batch_first = Up::Batch(Batch {
        packed: Some(batch(0, 0, &[b"early"])),
        ..Batch::default()
    });
    let cases = [
        (
            "feed_fault_unknown_topic",
            vec![Some(Up::Open(open("brokem")))],
            "broken",
        ),
        ("feed_fault_open", vec![Some(batch_first)], "open"),
        ("feed_fault_open", opened_twice, "open"),
        (
            "feed_fault_malformed",
            vec![Some(Up::Open(open(BROKEN))), None],
            "",
        ),
    ];
    for (counter, said, named) in cases {
        let before = witness.client.counter(counter).await.unwrap();
        let closed = match RawFeed::silent(roll.address()).await {
            Ok(mut feed) => {
                for event in said {
                    match event {
                        Some(event) => feed.say(event).await,
                        None => feed.say_nothing().await,
                    }
                }
                feed.closed().await
            }
            Err(refused) => refused,
        };
        let why = explain(&closed);
        assert_eq!(
            why.reason.as_deref(),
            Some(reason::FEED_FAULT),
            "{counter}: {why:?}"
        );
        assert!(why.message.contains(named), "{why:?}");
        assert_eq!(witness.client.counter(counter).await.unwrap(), before + 1);
        witness.passes().await;
    }
}

#[tokio::test]
async fn a_batch_of_an_old_epoch_is_dropped_and_its_credit_returned() {
    let roll = aggregator().await;
    let client = roll.client("old").unwrap();
    let mut old = RawFeed::open(roll.address(), BROKEN).await.unwrap();
    let old_epoch = old.claim(0).await.unwrap();
    let mut new = RawFeed::open(roll.address(), BROKEN).await.unwrap();
    let new_epoch = new.claim(0).await.unwrap();
    assert!(new_epoch > old_epoch);

    let value = vec![b'x'; 200_000];
    let late = batch(0, 0, &[&value]);
    let bytes = batch_bytes(&late);
    let mut sent = 0;
    while sent < MORE_THAN_A_WINDOW {
        sent += bytes;
        old.until_granted(sent).await.unwrap();
        old.send(old_epoch, late.clone()).await;
    }
    // The feed stays, and the new epoch's copy serves.
    assert!(old.claim(1).await.unwrap() > 0);
    let dropped = client.counter("batches_of_old_epoch").await.unwrap();
    assert_eq!(dropped * bytes, sent);
    new.send(new_epoch, batch(0, 0, &[b"new"])).await;
    let request = Request::of([BROKEN])
        .timeout(Duration::from_secs(10))
        .close(Close::Any);
    let gathered = client.gather(request).await.unwrap();
    let values: Vec<_> = gathered
        .records(BROKEN)
        .map(|stored| stored.record.value.clone())
        .collect();
    assert_eq!(values, [Some(b"new".to_vec())]);
}
