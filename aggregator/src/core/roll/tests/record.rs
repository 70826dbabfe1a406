//! Recordings: what is kept of the past, what comes after it, and that both are judged again as they were.

use std::time::Duration;

use proptest::prelude::*;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::trace_line::Line;

use super::play::{Play, TOPICS, claim};
use crate::core::books::FeedKey;
use crate::core::event::Event;
use crate::core::roster::TopicKey;
use crate::core::trace::log::Traced;
use crate::core::trace::replay::{Heard, Replay};
use crate::core::trace::tests::events::steps;
use crate::core::verdict::{Ask, judge};

const TOPIC: TopicKey = TopicKey(0);
const SECOND: Duration = Duration::from_secs(1);

/// What the roll keeps of its first topic, played again; counts the judgements that were judged again.
fn replayed(play: &Play, lines: Vec<Traced>) -> (Replay, u64) {
    let zero = lines.first().map_or(play.now, |first| first.at);
    let header = play.roll.trace_header(&[TOPIC], zero);
    let mut replay = Replay::begin(header).unwrap();
    let mut compared = 0;
    for traced in lines {
        let line = traced.to_line(zero).unwrap();
        match replay.take(&line).unwrap() {
            Heard::Judged(_, comparison) => {
                assert!(comparison.agrees(), "{comparison:?} at {:?}", line.at);
                compared += 1;
            }
            Heard::Evidence(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((replay.skipped(), replay.states_skipped()), (0, 0));
    (replay, compared)
}

/// A fetcher's second: a pulse, a probe, and records now and then.
fn live_second(play: &mut Play, feed: FeedKey, claimed: &v1::Claimed, second: i64) {
    let end = second / 5 * 2;
    let part = v1::PartitionPulse {
        next_offset: Some(end),
        committed: Some(0),
        assigned: true,
        ..Default::default()
    };
    let pulse = v1::Pulse {
        statistics_age: Some(prost_types::Duration::default()),
        partitions: vec![part],
        ..Default::default()
    };
    play.say(feed, v1::feed_request::Event::Pulse(pulse));
    let probed = v1::ProbedPartition {
        high_watermark: Some(end),
        last_stable_offset: Some(end),
        log_start: Some(0),
        next_offset: Some(end),
        ..Default::default()
    };
    let probed = v1::Probed {
        topic_exists: Some(true),
        partitions: vec![probed],
        ..Default::default()
    };
    play.say(feed, v1::feed_request::Event::Probed(probed));
    if second % 5 == 0 && second > 0 {
        play.batch(feed, claimed, end - 2, end);
    }
    if second % 7 == 0 {
        play.gather(TOPICS[0], |_| {});
    }
    play.pass(SECOND);
}

fn lived(seconds: i64) -> Play {
    let mut play = Play::new();
    let feed = play.open(TOPICS[0]);
    let claimed = play.claim_as(feed, claim());
    (0..seconds).for_each(|second| live_second(&mut play, feed, &claimed, second));
    play
}

#[test]
fn a_recording_begins_minutes_in_the_past_and_is_judged_as_it_was_then() {
    let play = lived(900);
    let past = play.roll.past(&[TOPIC], false, play.now);
    let kept = play.now.since(past[0].at);
    assert!(
        kept >= Duration::from_secs(300) && kept <= Duration::from_secs(361),
        "{kept:?}"
    );
    let (replay, compared) = replayed(&play, past);
    assert!(compared >= 300, "{compared}");
    let played = replay.topics().values().next().unwrap();
    let now = replay.now();
    let live = play.roll.topic(TOPIC, None, None, now).topic.unwrap();
    assert_eq!(Some(played.judge(None, now).verdict), live.verdict);
    assert_eq!(played.status(None, now).partitions, live.partitions);
}

#[test]
fn a_topic_is_judged_once_a_second_with_what_its_fetcher_says_or_by_itself() {
    let mut play = lived(60);
    let judged = |play: &Play, with_news: bool| {
        let past = play.roll.past(&[TOPIC], false, play.now);
        let (mut heard, mut count) = (None, 0);
        for traced in past {
            match traced.to_line(Moment::default()).unwrap().line {
                Some(Line::Evidence(_)) => heard = Some(traced.at),
                Some(Line::Judged(_)) => count += u32::from(heard == Some(traced.at) || !with_news),
                _ => {}
            }
        }
        count
    };
    let (all, with_news) = (judged(&play, false), judged(&play, true));
    assert!(with_news >= 59, "{with_news} of {all}");
    (0..40).for_each(|_| play.pass(SECOND / 4));
    assert_eq!(judged(&play, false), all + 8, "ten seconds, 1.25 s apart");
}

#[test]
fn a_topic_that_nobody_feeds_has_no_past() {
    let mut play = Play::new();
    play.pass(Duration::from_secs(100));
    assert!(play.roll.past(&[TOPIC], false, play.now).is_empty());
    assert!(play.roll.past(&[TOPIC], true, play.now).is_empty());
}

#[test]
fn what_is_kept_of_a_busy_topic_is_bounded() {
    let mut play = Play::new();
    let feed = play.open(TOPICS[0]);
    let part = |partition| v1::PartitionPulse {
        partition,
        next_offset: Some(1),
        ..Default::default()
    };
    let pulse = v1::Pulse {
        partitions: (0..1_000).map(part).collect(),
        ..Default::default()
    };
    for _ in 0..2_000 {
        play.say(feed, v1::feed_request::Event::Pulse(pulse.clone()));
        play.now = play.now + Duration::from_millis(1);
    }
    let past = play.roll.past(&[TOPIC], false, play.now);
    assert!(past.len() < 400, "{}", past.len());
    replayed(&play, past);
}

#[test]
fn who_follows_gets_the_lines_of_its_topics_until_it_leaves() {
    let mut play = lived(3);
    assert!(play.followed.is_empty());
    play.apply(Event::Follow(vec![TOPIC]));
    play.pass(SECOND);
    assert_eq!(play.followed.len(), 1, "{:?}", play.followed);
    let begun = play.roll.past(&[TOPIC], true, play.now);
    let lines = begun.into_iter().chain(play.followed.clone());
    replayed(&play, lines.collect());
    play.apply(Event::Unfollow {
        topics: vec![TOPIC],
        cut_off: true,
    });
    play.pass(SECOND);
    assert_eq!(play.followed.len(), 1);
}

#[test]
fn changes_of_a_verdict_are_listed_newest_first_page_by_page() {
    let mut play = lived(20);
    // Nothing is heard any more.
    play.pass(Duration::from_secs(10));
    let all = play.roll.verdicts(&[TOPIC], None, 0, play.now);
    let codes: Vec<_> = all.verdicts.iter().map(v1::VerdictSpan::code).collect();
    assert_eq!(codes[0], v1::VerdictCode::FetcherUnreachable, "{codes:?}");
    assert!(codes.len() >= 2, "{codes:?}");
    let newest = &all.verdicts[0];
    assert_eq!(newest.until, None);
    assert!(newest.lasted.unwrap().seconds >= 6, "{newest:?}");
    assert_eq!(all.verdicts[1].until, newest.since);

    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let after = crate::core::roll::past::Place::parse(&token);
        let page = play.roll.verdicts(&[TOPIC], after, 1, play.now);
        paged.extend(page.verdicts);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.verdicts);
    let other = play.roll.verdicts(&[TopicKey(1)], None, 0, play.now);
    assert!(other.verdicts.iter().all(|span| span.topic == TOPICS[1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_came_what_is_kept_is_judged_as_it_was(steps in steps(80)) {
        let mut play = Play::new();
        let mut last = None;
        for (pause, feed, event) in steps {
            play.pass(Duration::from_millis(pause));
            play.roll.hear(TOPIC, FeedKey(feed), event, play.now);
            last = Some(judged_now(&play, play.now));
        }
        let (replay, _) = replayed(&play, play.roll.past(&[TOPIC], false, play.now));
        let played = replay.topics().values().next().unwrap();
        prop_assert_eq!(Some(played.judge(None, play.now).verdict), last);
    }
}

fn judged_now(play: &Play, now: Moment) -> v1::Verdict {
    let topic = &play.roll.topics()[TOPIC.0];
    let books = Default::default();
    let ask = Ask::status(SECOND, now);
    judge(&topic.evidence, &books, &ask, now).verdict
}

#[test]
fn a_line_that_is_kept_says_neither_time_nor_topic_twice() {
    let play = lived(3);
    let past = play.roll.past(&[TOPIC], false, play.now);
    let lines = past
        .iter()
        .map(|traced| traced.to_line(past[0].at).unwrap());
    let evidence = lines.filter(|line| matches!(line.line, Some(Line::Evidence(_))));
    assert!(evidence.clone().count() > 3);
    assert!(evidence.clone().all(|line| line.topic == TOPICS[0]));
}
