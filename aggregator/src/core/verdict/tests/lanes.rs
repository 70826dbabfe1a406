//! Aggregators that share the partitions out: what is another lane's is nobody's fault here, and a fetcher that counts
//! other lanes is said to.

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode as Code};

use super::scene::{EMPTY_SLOT, FEED, Scene, claim, fact, number, open, secs, wire};
use super::{also, check};
use crate::core::books::FeedKey;
use crate::core::evidence::TopicEvidence;
use crate::core::lane::Lane;
use crate::core::verdict::{Ask, judge_alone};

const CAUGHT_UP: (Code, Severity, bool) = (Code::CaughtUp, Severity::Ok, true);

#[test]
fn another_number_of_lanes_is_a_fault_after_a_minute() {
    let with = |lanes, seconds: u64| {
        let mut told = open();
        told.lanes = lanes;
        let mut scene = Scene::caught_up_with(&told, 1);
        scene.tick(seconds - 30);
        scene
    };
    check("one lane", &with(1, 90), CAUGHT_UP);
    check("not said", &with(0, 90), CAUGHT_UP);
    check("59 s", &with(3, 59), CAUGHT_UP);
    let scene = with(3, 60);
    check("60 s", &scene, (Code::LanesDisagree, Severity::Fault, true));
    assert_eq!(number(&scene.judge(), "lanes_of_the_fetcher"), Some(3));
}

#[test]
fn a_fetcher_that_reconnects_goes_on_counting_other_lanes() {
    let other = |lanes| v1::Open { lanes, ..open() };
    let reconnected = |gap: u64, told: &v1::Open| {
        let mut scene = Scene::caught_up_with(&other(3), 1);
        scene.evidence.feed_closed(FEED, scene.now);
        scene.silence(gap * 1_000);
        scene.evidence.feed_opened(FEED, told, scene.now);
        scene.claim(&claim(0, 100));
        scene.tick(30 - gap);
        scene
    };
    let check_gap = |what: &str, told: &v1::Open, expected| {
        check(what, &reconnected(2, told), expected);
    };
    let fault = (Code::LanesDisagree, Severity::Fault, true);
    check_gap("60 s over two feeds", &other(3), fault);
    check_gap("another number since", &other(2), CAUGHT_UP);
    let stranger = v1::Open {
        client_id: "another".into(),
        ..other(3)
    };
    check_gap("another fetcher since", &stranger, CAUGHT_UP);
    let mut scene = reconnected(2, &other(3));
    scene.evidence.feed_closed(FEED, scene.now);
    scene.silence(60_000);
    scene.evidence.feed_opened(FEED, &other(3), scene.now);
    scene.claim(&claim(0, 100));
    scene.tick(5);
    check("gone for a minute", &scene, CAUGHT_UP);
}

/// A scene of which this aggregator has lane 1 of 2: a fetcher tells of so many partitions, and claims those of the lane.
fn lane_one(partitions: i32) -> Scene {
    let mut scene = Scene::bare();
    scene.evidence.set_lane(Lane::new(1, 2));
    scene.evidence.feed_opened(FEED, &open(), scene.now);
    scene.pulse.partitions_known = u32::try_from(partitions).ok();
    for partition in 0..partitions {
        scene.logs.push(scene.log());
        if scene.evidence.lane().has(Partition(partition)) {
            scene.claim(&claim(partition, 100));
        }
    }
    scene.tick(30);
    scene
}

#[test]
fn partitions_of_another_lane_are_nobodys_fault_here() {
    let mut scene = lane_one(4);
    check("0 and 2 are claimed elsewhere", &scene, CAUGHT_UP);
    assert_eq!(also(&scene), []);
    let judgement = scene.judge();
    let counted = (
        judgement.verdict.partitions,
        judgement.verdict.partitions_total,
    );
    assert_eq!(counted, (2, 2));
    assert_eq!(
        judgement
            .partitions
            .keys()
            .map(|number| number.0)
            .collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(judgement.backlog, Some(0));

    // Another lane's partition stands still with a backlog, unassigned, and a stranger has it.
    scene.logs[0].high = 5_000;
    scene.logs[0].pulse.assigned = false;
    scene.pulse.foreign_owners = vec![v1::ForeignOwner {
        partition: 2,
        client_id: "stranger".into(),
        host: "elsewhere".into(),
        member_id: "member-9".into(),
        ..Default::default()
    }];
    scene.pulse.owners_age = wire(0);
    scene.tick(120);
    check("what stands still in lane 0", &scene, CAUGHT_UP);
    assert_eq!(also(&scene), []);
    assert_eq!(scene.judge().backlog, Some(0));
    let numbers = scene.evidence.numbers(&scene.books);
    assert_eq!(
        numbers
            .into_iter()
            .map(|number| number.0)
            .collect::<Vec<_>>(),
        [1, 3]
    );

    // The same in this lane is a fault.
    scene.logs[1].high = 5_000;
    scene.tick(120);
    assert_eq!(scene.judge().verdict.code(), Code::StuckWithLag);
    assert_eq!(scene.judge().backlog, Some(4_900));
}

#[test]
fn the_end_of_another_lanes_partition_is_no_sign_of_a_record_here() {
    let mut scene = lane_one(2);
    let silence = scene.evidence.silence(scene.now);
    scene.logs[0].high += 10;
    scene.tick(5);
    let later = scene.evidence.silence(scene.now);
    assert_eq!(later, silence + secs(5));
    scene.logs[1].high += 10;
    scene.logs[1].next = Some(scene.logs[1].high);
    scene.tick(5);
    assert!(scene.evidence.silence(scene.now) < secs(6));
}

#[test]
fn the_newest_record_is_that_of_this_lane() {
    let mut scene = lane_one(2);
    let stamped = |scene: &mut Scene, partition: usize, millis| {
        scene.logs[partition].pulse.last_timestamp_ms = Some(millis);
        scene.tick(1);
    };
    stamped(&mut scene, 1, 1_700_000_000_000);
    stamped(&mut scene, 0, 1_700_000_500_000);
    assert_eq!(scene.evidence.last_timestamp_ms(), Some(1_700_000_000_000));
}

#[test]
fn a_topic_none_of_whose_partitions_is_this_lanes_is_not_in_this_lane() {
    let elsewhere = (Code::NotInThisLane, Severity::Ok, true);
    let scene = lane_one(1);
    check("1 of lane 1", &scene, elsewhere);
    assert_eq!(also(&scene), []);
    let judgement = scene.judge();
    assert_eq!(number(&judgement, "lane"), Some(1));
    assert_eq!(number(&judgement, "lanes"), Some(2));
    let home = fact(&judgement, "in_lanes").and_then(|fact| fact.value.clone());
    assert_eq!(home, Some(v1::fact::Value::Text("0".into())));
    assert_eq!(
        judgement.backlog,
        Some(0),
        "nothing waits here, and that is known"
    );
    assert!(judgement.partitions.is_empty());
    assert!(
        !scene.evidence.probe_wanted(scene.now),
        "no answer waits for its end"
    );

    check("2 of lane 1", &lane_one(2), CAUGHT_UP);
    let bare = Scene::bare();
    assert_ne!(
        bare.judge().verdict.code(),
        Code::NotInThisLane,
        "nothing is known"
    );
}

#[test]
fn a_topic_that_the_metadata_lacks_is_missing_in_every_lane() {
    let mut scene = lane_one(0);
    scene.probe.topic_exists = Some(false);
    scene.tick(60);
    assert_eq!(scene.judge().verdict.code(), Code::TopicMissing);
    // It was there, with one partition, and is deleted.
    let mut scene = lane_one(1);
    scene.logs.clear();
    scene.pulse.partitions_known = Some(0);
    scene.probe.topic_exists = Some(false);
    scene.tick(60);
    assert_eq!(scene.judge().verdict.code(), Code::TopicMissing);
}

#[test]
fn a_topic_that_gets_a_partition_of_this_lane_is_no_longer_elsewhere() {
    let mut scene = lane_one(1);
    assert!(scene.evidence.is_elsewhere());
    scene.pulse.partitions_known = Some(2);
    scene.tick(1);
    assert!(
        !scene.evidence.is_elsewhere(),
        "though nothing is known of it yet"
    );
    assert!(scene.evidence.probe_wanted(scene.now));
    scene.logs.push(scene.log());
    scene.claim(&claim(1, 100));
    scene.tick(30);
    check("2 of lane 1", &scene, CAUGHT_UP);
}

/// A fetcher that counts so many lanes comes, and is refused.
fn refused(evidence: &mut TopicEvidence, key: u64, lanes: u32, now: Moment) {
    let told = v1::Open { lanes, ..open() };
    evidence.feed_opened(FeedKey(key), &told, now);
    evidence.feed_closed(FeedKey(key), now);
}

/// A topic whose fetcher is refused every second for so long, because it counts three lanes.
fn refusals(seconds: u64) -> Scene {
    let mut scene = Scene::bare();
    for second in 0..=seconds {
        if second > 0 {
            scene.silence(1_000);
        }
        refused(&mut scene.evidence, 100 + second, 3, scene.now);
    }
    scene
}

#[test]
fn a_fetcher_that_is_refused_again_and_again_goes_on_saying_it() {
    let suspected = (Code::Undetermined, Severity::Unknown, true);
    check("59 s", &refusals(59), suspected);
    let judgement = refusals(59).judge();
    let name = fact(&judgement, "suspected").and_then(|fact| fact.value.clone());
    assert_eq!(name, Some(v1::fact::Value::Text("LANES_DISAGREE".into())));

    let mut scene = refusals(60);
    let fault = (Code::LanesDisagree, Severity::Fault, true);
    check("60 s", &scene, fault);
    let judgement = scene.judge();
    assert_eq!(number(&judgement, "lanes_of_the_fetcher"), Some(3));
    assert_eq!(number(&judgement, "lanes"), Some(1));
    let ask = Ask::status(scene.timeout, scene.now);
    let alone = judge_alone(&scene.evidence, &scene.books, &ask, scene.now);
    assert_eq!(alone.code(), Code::LanesDisagree);

    scene.silence(9_000);
    check("9 s without a word", &scene, fault);
    scene.silence(1_000);
    let unreachable = (Code::FetcherUnreachable, Severity::Fault, true);
    check("gone", &scene, unreachable);
}

#[test]
fn what_somebody_else_claims_is_not_blamed_on_who_is_refused() {
    let mut scene = Scene::caught_up(2);
    for second in 0..70 {
        refused(&mut scene.evidence, 100 + second, 3, scene.now);
        scene.tick(1);
    }
    check("both are claimed", &scene, CAUGHT_UP);
    scene.evidence.released(Partition(1), scene.now);
    scene.books.partitions.remove(&Partition(1));
    scene.tick(1);
    let judgement = scene.judge();
    assert_eq!(judgement.verdict.code(), Code::LanesDisagree);
    assert_eq!(
        (
            judgement.verdict.partitions,
            judgement.verdict.partitions_total
        ),
        (1, 2)
    );
}

#[test]
fn many_fetchers_that_are_refused_in_turn_are_all_remembered() {
    let mut scene = Scene::bare();
    for second in 0..=60_u64 {
        for fetcher in 0..40_u64 {
            let told = v1::Open {
                lanes: 3,
                client_id: format!("client-{fetcher}"),
                ..open()
            };
            let key = FeedKey(1_000 * (second + 1) + fetcher);
            scene.evidence.feed_opened(key, &told, scene.now);
            scene.evidence.feed_closed(key, scene.now);
        }
        if second < 60 {
            scene.silence(1_000);
        }
    }
    assert_eq!(scene.slot, EMPTY_SLOT);
    check("60 s", &scene, (Code::LanesDisagree, Severity::Fault, true));
}
