//! A fetcher between librdkafka's embedded broker and an aggregator that the test plays.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "what a test does not expect fails it"
)]

mod desk;
mod lanes;
mod stage;

use desk::{Desk, soon};
use rollcall_proto::v1;
use rollcall_proto::v1::feed_request::Event as Said;
use rollcall_proto::v1::feed_response::Event as Answer;
use stage::Stage;

const PLENTY: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn records_flow_from_the_start_and_acks_become_commits() {
    let stage = Stage::new("flow", 1);
    stage.produce(0, 0..10).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, open) = desk.welcome().await;
    assert_eq!(open.topic, "flow");
    let claim = feed.claim().await;
    assert_eq!((claim.committed, claim.proven), (0, true));
    assert_eq!(claim.started_from(), v1::StartedFrom::PolicyEarliest);
    assert_eq!(claim.topic_id, "mock:flow");
    feed.credit(PLENTY).await;
    feed.grant(&claim, 5).await;
    let first = feed.batch().await;
    assert_eq!((first.epoch, first.partition, first.first), (5, 0, 0));
    let mut got = first.values;
    if first.next < 10 {
        got.extend(feed.values_until(10).await);
    }
    let expected: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(got, expected);
    feed.settle(0, 5, 0, 4).await;
    feed.committed(0, 4).await;
    drop(feed);
    fetcher.stop().await;
    assert_eq!(stage.committed(0).await, Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_record_leaves_at_once() {
    let stage = Stage::new("lone", 1);
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant(&claim, 1).await;
    feed.pulse("the first look at the end", |p| {
        p.partitions.iter().any(|p| p.next_offset == Some(0))
    })
    .await;
    let sent = std::time::Instant::now();
    stage.produce(0, 0..1).await;
    let got = feed.batch().await;
    assert_eq!(got.values, ["0"]);
    assert!(sent.elapsed().as_millis() < 1000, "{:?}", sent.elapsed());
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_feed_is_opened_again_and_goes_on_at_the_floor() {
    let stage = Stage::new("broken", 1);
    stage.produce(0, 0..10).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant(&claim, 1).await;
    feed.values_until(10).await;
    feed.settle(0, 1, 0, 3).await;
    feed.settle(0, 1, 5, 6).await;
    feed.committed(0, 3).await;
    drop(feed);

    let (mut feed, open) = desk.welcome().await;
    assert_eq!(open.topic_id, "mock:broken");
    let again = feed.claim().await;
    assert_eq!((again.committed, again.sent, again.proven), (3, 10, true));
    assert_eq!(
        again.settled,
        [v1::OffsetRange {
            first_offset: 5,
            next_offset: 6
        }]
    );
    assert!(again.generation > claim.generation);
    feed.credit(PLENTY).await;
    feed.grant(&again, 2).await;
    let got = feed.batch().await;
    assert_eq!((got.epoch, got.first), (2, 3));
    assert_eq!(got.values.first().map(String::as_str), Some("3"));
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aggregators_floor_is_taken_and_committed() {
    let stage = Stage::new("floor", 1);
    stage.produce(0, 0..10).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant_from(&claim, 1, 7).await;
    assert_eq!(feed.values_until(10).await, ["7", "8", "9"]);
    feed.committed(0, 7).await;
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_fetcher_starts_at_the_commit() {
    let stage = Stage::new("restart", 2);
    stage.produce(0, 0..5).await;
    stage.produce(1, 0..5).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    feed.credit(PLENTY).await;
    for claim in [feed.claim().await, feed.claim().await] {
        feed.grant(&claim, 1).await;
        feed.values_until(5).await;
        feed.settle(claim.partition, 1, 0, 2).await;
        feed.committed(claim.partition, 2).await;
    }
    fetcher.stop().await;

    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    feed.credit(PLENTY).await;
    for claim in [feed.claim().await, feed.claim().await] {
        assert_eq!(
            (claim.committed, claim.started_from()),
            (2, v1::StartedFrom::Commit)
        );
        feed.grant(&claim, 3).await;
        assert_eq!(feed.values_until(5).await, ["2", "3", "4"]);
    }
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credit_one_batch_of_each_partition_is_sent_and_no_more() {
    let stage = Stage::new("credit", 1);
    stage.produce(0, 0..3).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.grant(&claim, 1).await;
    let got = feed.batch().await;
    assert_eq!(got.first, 0, "the reserve");
    stage.produce(0, 3..6).await;
    let paused = feed
        .pulse("a pause", |p| {
            p.starved.is_some() && p.partitions[0].paused.is_some()
        })
        .await;
    assert!(paused.pauses >= 1);
    let sent: Vec<_> = feed
        .evidence
        .iter()
        .filter(|s| matches!(s, Said::Batch(_)))
        .collect();
    assert!(sent.is_empty(), "{sent:?}");
    feed.settle(0, 1, 0, got.next).await;
    let again = feed.batch().await;
    assert_eq!(again.first, got.next, "the reserve is free again");
    feed.credit(PLENTY).await;
    stage.produce(0, 6..9).await;
    assert!(feed.batch().await.next > again.next);
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_is_answered_with_the_logs_ends_and_the_position_after_them() {
    let stage = Stage::new("probe", 1);
    stage.produce(0, 0..8).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant(&claim, 1).await;
    feed.values_until(8).await;
    let probe = v1::Probe {
        probe_id: 77,
        ..v1::Probe::default()
    };
    feed.answer(Answer::Probe(probe)).await;
    let probed = feed
        .until("the probe's answer", |said| match said {
            Said::Probed(probed) if probed.probe_id == 77 => Some(probed.clone()),
            _ => None,
        })
        .await;
    let log = &probed.partitions[0];
    assert_eq!(
        (log.high_watermark, log.log_start, log.next_offset),
        (Some(8), Some(0), Some(8))
    );
    assert_eq!(
        (probed.topic_exists, probed.topic_id.as_str()),
        (Some(true), "mock:probe")
    );
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_acks_of_what_is_out_and_commits_them() {
    let stage = Stage::new("drain", 1);
    stage.produce(0, 0..5).await;
    let mut desk = Desk::open().await;
    let mut config = stage.config(&desk.address);
    config.drain_timeout = std::time::Duration::from_secs(10);
    let fetcher = Stage::run(config);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant(&claim, 1).await;
    feed.values_until(5).await;
    let stopping = fetcher.begin_stop();
    feed.settle(0, 1, 0, 5).await;
    let released = feed
        .until("a release", |said| match said {
            Said::Release(release) => Some(*release),
            _ => None,
        })
        .await;
    assert_eq!((released.partition, released.epoch), (0, 1));
    soon("the end", stopping).await;
    assert_eq!(stage.committed(0).await, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregator_that_asks_to_drain_gets_a_new_feed_without_a_second_reading() {
    let stage = Stage::new("rotate", 1);
    stage.produce(0, 0..5).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant(&claim, 1).await;
    feed.values_until(5).await;
    let deadline = Some(prost_types::Duration {
        seconds: 10,
        nanos: 0,
    });
    feed.answer(Answer::Drain(v1::Drain { deadline })).await;
    feed.settle(0, 1, 0, 5).await;
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    assert_eq!(claim.committed, 5);
    feed.credit(PLENTY).await;
    feed.grant(&claim, 2).await;
    stage.produce(0, 5..6).await;
    let got = feed.batch().await;
    assert_eq!(
        (got.first, got.values.as_slice()),
        (5, &["5".to_owned()][..])
    );
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetcher_whose_kafka_is_away_says_so_and_stays_up() {
    let stage = Stage::away("away");
    let mut desk = Desk::open().await;
    let mut config = stage.config(&desk.address);
    config.group_protocol = None;
    let fetcher = Stage::run(config);
    let (mut feed, _) = desk.welcome().await;
    let down = v1::ErrorKind::AllBrokersDown;
    feed.pulse("an error", |p| p.errors.iter().any(|e| e.kind() == down))
        .await;
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_when_its_records_came() {
    let stage = Stage::new("history", 2);
    stage.produce(0, 0..3).await;
    stage.produce(1, 0..2).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    for claim in [feed.claim().await, feed.claim().await] {
        feed.grant(&claim, 1).await;
    }
    let history = feed.history().await;
    assert_eq!(history.arrivals.len(), 5);
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetcher_whose_kafka_died_stops_within_three_seconds() {
    let mut stage = Stage::new("dies", 1);
    stage.produce(0, 0..3).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.credit(PLENTY).await;
    feed.grant(&claim, 1).await;
    feed.values_until(3).await;
    stage.kill();
    feed.pulse("no broker", |p| p.brokers_up == 0).await;
    let stopping = std::time::Instant::now();
    drop(feed);
    fetcher.stop().await;
    assert!(
        stopping.elapsed().as_millis() < 3000,
        "{:?}",
        stopping.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_classic_protocol_moves_partitions_too() {
    let stage = Stage::new("classic", 2);
    stage.produce(0, 0..5).await;
    stage.produce(1, 0..5).await;
    let mut desk = Desk::open().await;
    let mut config = stage.config(&desk.address);
    config.group_protocol = Some(rollcall_fetcher::GroupProtocol::Classic);
    let fetcher = Stage::run(config);
    for epoch in 1..=3 {
        let (mut feed, _) = desk.welcome().await;
        feed.credit(PLENTY).await;
        for claim in [feed.claim().await, feed.claim().await] {
            feed.grant(&claim, epoch).await;
            let left = feed.values_until(5).await;
            assert_eq!(left.len(), 6 - usize::try_from(epoch).unwrap());
            let acked = i64::try_from(epoch).unwrap();
            feed.settle(claim.partition, epoch, 0, acked).await;
            feed.committed(claim.partition, acked).await;
        }
    }
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_that_overtakes_a_paused_reader_is_named_and_reading_goes_on() {
    let stage = Stage::new("overtaken", 1);
    stage.produce(0, 0..1).await;
    let mut desk = Desk::open().await;
    let fetcher = stage.fetcher(&desk);
    let (mut feed, _) = desk.welcome().await;
    let claim = feed.claim().await;
    feed.grant(&claim, 1).await;
    let first = feed.batch().await;
    stage.produce_large(0, 3).await;
    let is_paused = |p: &v1::Pulse| p.partitions.iter().any(|p| p.paused.is_some());
    feed.pulse("a pause", is_paused).await;
    // The embedded broker keeps 5 MiB of a partition.
    stage.produce_large(0, 12).await;
    feed.credit(PLENTY).await;
    feed.settle(0, 1, 0, first.next).await;
    let lost = |p: &v1::Pulse| p.partitions.iter().find_map(|p| p.lost);
    let pulse = feed
        .lossy_pulse("the lost range", |p| lost(p).is_some())
        .await;
    let range = lost(&pulse).unwrap();
    assert_eq!(
        pulse.partitions[0].started_from(),
        v1::StartedFrom::BelowLogStart
    );
    assert!(
        range.first_offset >= 1 && range.next_offset > range.first_offset,
        "{range:?}"
    );
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_classic_partition_that_comes_wakes_none_that_is_paused() {
    let stage = Stage::new("asleep", 2);
    stage.produce(0, 0..1).await;
    stage.produce(1, 0..1).await;
    let mut desk = Desk::open().await;
    let mut config = stage.config(&desk.address);
    config.group_protocol = Some(rollcall_fetcher::GroupProtocol::Classic);
    let fetcher = Stage::run(config);
    let (mut feed, _) = desk.welcome().await;
    let (one, other) = (feed.claim().await, feed.claim().await);
    feed.grant(&one, 1).await;
    feed.batch().await;
    stage.produce_large(one.partition, 3).await;
    let first = |p: &v1::Pulse| {
        p.partitions
            .iter()
            .find(|p| p.partition == one.partition)
            .cloned()
    };
    let is_paused = |p: &v1::Pulse| first(p).is_some_and(|p| p.paused.is_some());
    let before = feed.pulse("a pause", is_paused).await;
    feed.grant(&other, 2).await;
    assert_eq!(feed.batch().await.partition, other.partition);
    let mut after = before.clone();
    for _ in 0..3 {
        after = feed.lossy_pulse("a pulse", |_| true).await;
    }
    let handed_over = |p| first(p).and_then(|p| p.handed_over);
    assert_eq!(
        handed_over(&after),
        handed_over(&before),
        "it has no credit"
    );
    fetcher.stop().await;
}
