use super::*;
use crate::core::books::FeedKey;

const NOW: Moment = Moment::from_millis(7_200_000);
const FEED: FeedKey = FeedKey(1);

fn evidence() -> TopicEvidence {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let mut evidence = TopicEvidence::new(
        Topic::new("T").unwrap(),
        OperatorWords::default(),
        NOW,
        wall,
    );
    evidence.feed_opened(
        FEED,
        &v1::Open {
            fetcher_id: "one".into(),
            ..Default::default()
        },
        NOW,
    );
    evidence
}

#[test]
fn partitions_errors_and_texts_of_a_hostile_pulse_are_bounded() {
    let mut evidence = evidence();
    let partition = |partition| v1::PartitionPulse {
        partition,
        next_offset: Some(-5),
        ..Default::default()
    };
    let error = v1::LatchedError {
        text: "x".repeat(100_000),
        ..Default::default()
    };
    let pulse = v1::Pulse {
        partitions: (-5..20_000).map(partition).collect(),
        errors: vec![error; 1_000],
        ..Default::default()
    };
    evidence.pulse(FEED, &pulse, NOW);
    let feed = &evidence.feeds()[&FEED];
    assert!(feed.partitions.len() <= MAX_PARTITIONS);
    assert!(feed.partitions.keys().all(|partition| partition.0 >= 0));
    assert!(feed.partitions.values().all(|seen| seen.position.is_none()));
    let errors = &feed.pulse.as_ref().unwrap().errors;
    assert_eq!(errors.len(), MAX_ERRORS);
    assert!(errors.iter().all(|error| error.text.len() <= 512));
}

#[test]
fn feeds_of_a_topic_are_bounded() {
    let mut evidence = evidence();
    for key in 0..10_000 {
        evidence.feed_opened(FeedKey(key), &v1::Open::default(), NOW);
    }
    assert_eq!(evidence.feeds().len(), MAX_FEEDS);
}

#[test]
fn claims_of_a_hostile_feed_are_bounded() {
    let mut evidence = evidence();
    for partition in -3..20_000 {
        evidence.claimed(Partition(partition), FEED, &v1::Claim::default(), NOW);
    }
    assert_eq!(evidence.owners().len(), MAX_PARTITIONS);
}

#[test]
fn what_a_feed_that_is_not_open_says_is_not_heard() {
    let mut evidence = evidence();
    let part = v1::ProbedPartition {
        high_watermark: Some(5),
        ..Default::default()
    };
    evidence.probed(
        FeedKey(9),
        &v1::Probed {
            partitions: vec![part],
            ..Default::default()
        },
        NOW,
    );
    evidence.pulse(FeedKey(9), &v1::Pulse::default(), NOW);
    assert!(evidence.partitions().is_empty());
    assert!(evidence.feeds()[&FEED].pulse.is_none());
}

#[test]
fn a_fetcher_that_comes_back_is_no_ghost() {
    let mut evidence = evidence();
    evidence.claimed(Partition(0), FEED, &v1::Claim::default(), NOW);
    evidence.feed_closed(FEED, NOW);
    assert_eq!(evidence.fetchers(NOW).len(), 1);
    evidence.feed_opened(
        FeedKey(2),
        &v1::Open {
            fetcher_id: "one".into(),
            ..Default::default()
        },
        NOW,
    );
    let fetchers = evidence.fetchers(NOW);
    assert_eq!((fetchers.len(), fetchers[0].connected), (1, true));
}

#[test]
fn a_group_protocol_that_became_known_after_the_opening_is_told() {
    let mut evidence = evidence();
    let says = |protocol: &str| v1::Pulse {
        group: Some(v1::GroupState {
            protocol: protocol.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    evidence.pulse(FEED, &says("classic"), NOW);
    assert_eq!(evidence.fetchers(NOW)[0].group_protocol, "classic");
    evidence.pulse(FEED, &says(""), NOW);
    assert_eq!(evidence.fetchers(NOW)[0].group_protocol, "classic");
}

#[test]
fn a_refused_commit_is_no_commit() {
    let mut evidence = evidence();
    let part = |offset, failure: Option<&str>| v1::CommittedPartition {
        partition: 0,
        offset,
        failure: failure.map(Into::into),
    };
    evidence.committed(
        FEED,
        &v1::Committed {
            partitions: vec![part(7, None)],
        },
        NOW,
    );
    evidence.committed(
        FEED,
        &v1::Committed {
            partitions: vec![part(9, Some("no"))],
        },
        NOW,
    );
    let committed = evidence.feeds()[&FEED].partitions[&Partition(0)]
        .committed
        .unwrap();
    assert_eq!(
        (committed.value.get(), committed.source),
        (7, Source::Commit)
    );
}

#[test]
fn the_newest_timestamp_is_that_of_the_record_that_came_last_of_each_partition() {
    let mut evidence = evidence();
    let stamped = |partition, millis| v1::PartitionPulse {
        partition,
        last_timestamp_ms: Some(millis),
        ..Default::default()
    };
    let pulse = |millis| v1::Pulse {
        partitions: vec![stamped(0, millis), stamped(1, 5)],
        ..Default::default()
    };
    evidence.pulse(FEED, &pulse(9_999_999_999_999), NOW);
    assert_eq!(evidence.last_record_age(NOW), Some(Duration::ZERO));
    evidence.pulse(FEED, &pulse(1_699_999_990_000), NOW);
    assert_eq!(evidence.last_record_age(NOW), Some(Duration::from_secs(10)));
}
