//! Fetchers without a group: one holds, the others wait.

use std::time::Duration;

use rollcall_proto::limits::{BEAT, KEPT, SILENT};
use rollcall_proto::v1::{self, feed_request, feed_response};

use super::play::{Play, claim};
use crate::core::books::FeedKey;
use crate::core::count::Count;
use crate::core::event::{Event, FeedEnd};

const MILLI: Duration = Duration::from_millis(1);
/// Longer than what is looked at in a moment waits.
const MOMENT: Duration = Duration::from_millis(30);

impl Play {
    fn open_fixed(&mut self, fetcher_id: &str) -> FeedKey {
        let feed = FeedKey(1_000 + self.ends.len() as u64 + self.told.len() as u64);
        let open = v1::Open {
            fetcher_id: fetcher_id.to_owned(),
            topic: "A".to_owned(),
            group: "group".to_owned(),
            membership: v1::Membership::Fixed.into(),
            ..v1::Open::default()
        };
        self.say(feed, feed_request::Event::Open(open));
        feed
    }

    fn claim_fixed(&mut self, feed: FeedKey, committed: i64) -> v1::Claimed {
        let claimed = self.claim_as(
            feed,
            v1::Claim {
                committed,
                sent: committed,
                proven: false,
                ..claim()
            },
        );
        self.pass(MOMENT);
        claimed
    }

    fn beat(&mut self, feed: FeedKey) {
        let beat = v1::Beat {
            number: 7,
            every: None,
        };
        self.say(feed, feed_request::Event::Beat(beat));
    }

    /// Partitions that a feed was told to be nobody's.
    fn vacancies(&self, feed: FeedKey) -> Vec<i32> {
        let told = self.told.get(&feed).into_iter().flatten();
        let vacant = told.filter_map(|event| match event {
            feed_response::Event::Vacant(vacant) => Some(vacant.partitions.clone()),
            _ => None,
        });
        vacant.flatten().collect()
    }

    /// How often a feed was told to beat, last of all.
    fn wanted(&self, feed: FeedKey) -> Option<Option<Duration>> {
        let told = self.told.get(&feed).into_iter().flatten().rev();
        let mut wanted = told.filter_map(|event| match event {
            feed_response::Event::Beat(beat) if beat.number == 0 => Some(beat.every),
            _ => None,
        });
        let every = wanted.next()?;
        Some(every.map(|every| every.try_into().unwrap()))
    }

    /// A fetcher that holds partition 0, and one that waits for it.
    fn pair() -> (Self, FeedKey, FeedKey) {
        let mut play = Self::new();
        let holder = play.open_fixed("a");
        assert_eq!(play.claim_fixed(holder, 0).epoch, 1);
        let waits = play.open_fixed("b");
        let refused = play.claim_fixed(waits, 0);
        assert!(refused.standby && refused.epoch == 0);
        (play, holder, waits)
    }
}

#[test]
fn the_one_that_claims_second_waits_and_the_first_is_asked_to_beat() {
    let (play, holder, waits) = Play::pair();
    assert_eq!(play.wanted(holder), Some(Some(BEAT)));
    assert_eq!(play.wanted(waits), None);
    assert_eq!(play.roll.counters().get(Count::ClaimsOnStandby), 1);
    assert_eq!(play.roll.counters().get(Count::ClaimsRefused), 0);
}

#[test]
fn a_beat_is_answered_with_its_number() {
    let (mut play, holder, _) = Play::pair();
    play.beat(holder);
    let answered = play.told[&holder]
        .iter()
        .any(|event| matches!(event, feed_response::Event::Beat(beat) if beat.number == 7));
    assert!(answered);
}

#[test]
fn what_a_fetcher_gave_back_is_free_at_once() {
    let (mut play, holder, waits) = Play::pair();
    let release = v1::Release {
        partition: 0,
        epoch: 1,
    };
    play.say(holder, feed_request::Event::Release(release));
    play.pass(MOMENT);
    assert_eq!(play.vacancies(waits), [0]);
    assert_eq!(play.wanted(holder), Some(None), "nobody waits any more");
    assert!(play.claim_fixed(waits, 0).epoch > 1);
    assert!(
        play.claim_fixed(holder, 0).standby,
        "and now it is the standby"
    );
}

#[test]
fn what_a_fetcher_held_whose_feed_ended_is_kept_for_it_for_a_while_since_it_was_heard() {
    let (mut play, holder, waits) = Play::pair();
    play.beat(holder);
    let heard = play.now;
    play.pass(BEAT);
    play.apply(Event::FeedClosed(holder));
    play.pass(KEPT - play.now.since(heard) - MILLI);
    assert_eq!(play.vacancies(waits), [0; 0]);
    assert!(play.claim_fixed(waits, 0).standby || play.now.since(heard) >= KEPT);
    play.pass(MOMENT);
    assert_eq!(play.vacancies(waits), [0]);
    assert!(play.claim_fixed(waits, 0).epoch > 1);
}

#[test]
fn the_fetcher_itself_gets_it_back_at_once() {
    let (mut play, holder, waits) = Play::pair();
    play.beat(holder);
    play.apply(Event::FeedClosed(holder));
    let back = play.open_fixed("a");
    assert!(play.claim_fixed(back, 0).epoch > 1);
    play.pass(MOMENT);
    assert_eq!(play.vacancies(waits), [0; 0]);
}

#[test]
fn a_silent_holder_is_cut_off_after_a_second_and_not_before() {
    let (mut play, holder, waits) = Play::pair();
    play.beat(holder);
    play.pass(SILENT - MILLI);
    assert!(!play.ends.contains_key(&holder));
    play.pass(MOMENT);
    assert_eq!(play.ends[&holder], FeedEnd::Silent);
    assert_eq!(play.vacancies(waits), [0]);
    assert_eq!(play.roll.counters().get(Count::FeedsCutOff), 1);
    let late = play.claim_fixed(waits, 0);
    assert!(late.epoch > 1);
}

#[test]
fn a_holder_that_beats_is_not_cut_off() {
    let (mut play, holder, waits) = Play::pair();
    for _ in 0..40 {
        play.beat(holder);
        play.pass(BEAT);
    }
    assert!(play.ends.is_empty());
    assert_eq!(play.vacancies(waits), [0; 0]);
}

#[test]
fn a_silent_holder_for_which_nobody_waits_keeps_what_it_has() {
    let mut play = Play::new();
    let holder = play.open_fixed("a");
    play.claim_fixed(holder, 0);
    play.pass(Duration::from_secs(60));
    assert!(play.ends.is_empty());
    let (mut play, holder, waits) = Play::pair();
    play.apply(Event::FeedClosed(waits));
    play.pass(Duration::from_secs(60));
    assert!(
        !play.ends.contains_key(&holder),
        "the one that waited is gone"
    );
}

#[test]
fn an_aggregator_that_was_away_itself_gives_everybody_a_second() {
    let (mut play, holder, _) = Play::pair();
    play.beat(holder);
    // No deadline is met: the process was stopped.
    play.now = play.now + Duration::from_secs(10);
    play.apply(Event::Tick);
    assert!(!play.ends.contains_key(&holder));
    play.pass(SILENT + MOMENT);
    assert!(play.ends.contains_key(&holder), "and then it counts");
}

#[test]
fn a_member_with_kafkas_word_displaces_a_fixed_fetcher_which_is_told_so() {
    let (mut play, holder, _) = Play::pair();
    let member = play.open("A");
    let claimed = play.claim(member, 0, 0, 0);
    assert!(claimed.epoch > 1);
    let told = play.told[&holder]
        .iter()
        .any(|event| matches!(event, feed_response::Event::Claimed(claimed) if claimed.standby));
    assert!(told);
}

#[test]
fn the_next_holder_goes_on_from_what_is_settled() {
    let (mut play, holder, waits) = Play::pair();
    let first = v1::Claimed {
        epoch: 1,
        ..v1::Claimed::default()
    };
    play.batch(holder, &first, 0, 10);
    let gather = play.gather("A", |request| request.max_records = Some(10));
    play.pass(Duration::from_secs(1));
    assert_eq!(play.got(gather).len(), 1);
    play.ack(0, 0, 4);
    play.beat(holder);
    play.pass(SILENT + MOMENT);
    assert_eq!(play.ends[&holder], FeedEnd::Silent);
    assert_eq!(play.claim_fixed(waits, 0).floor, 4);
}

#[test]
fn a_commit_that_was_read_before_the_holders_last_one_rewinds_nothing() {
    let (mut play, holder, waits) = Play::pair();
    let first = v1::Claimed {
        epoch: 1,
        ..v1::Claimed::default()
    };
    play.batch(holder, &first, 0, 10);
    let gather = play.gather("A", |request| request.max_records = Some(10));
    for _ in 0..4 {
        play.beat(holder);
        play.pass(BEAT);
    }
    assert_eq!(play.got(gather).len(), 1);
    play.ack(0, 0, 10);
    let taken = v1::CommittedPartition {
        partition: 0,
        offset: 10,
        failure: None,
    };
    let partitions = vec![taken];
    play.say(
        holder,
        feed_request::Event::Committed(v1::Committed { partitions }),
    );
    let release = v1::Release {
        partition: 0,
        epoch: 1,
    };
    play.say(holder, feed_request::Event::Release(release));
    // Its claim was on its way, with the commit from before.
    assert!(play.claim_fixed(waits, 0).standby);
    assert_eq!(play.vacancies(waits).last(), Some(&0), "it reads it again");
    let claimed = play.claim_fixed(waits, 10);
    assert!(claimed.epoch > 1);
    assert_eq!(claimed.floor, 10);
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 0);
}

#[test]
fn a_commit_that_went_back_is_believed_when_it_was_read_again() {
    let mut play = Play::new();
    let feed = play.open_fixed("a");
    assert_eq!(play.claim_fixed(feed, 50).epoch, 1);
    let back = play.open_fixed("a");
    assert!(play.claim_fixed(back, 20).standby);
    assert_eq!(play.vacancies(back), [0]);
    let claimed = play.claim_fixed(back, 20);
    assert!(claimed.epoch > 1);
    assert_eq!(claimed.floor, 20);
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 1);
}

#[test]
fn a_commit_below_a_cut_is_not_doubted() {
    let mut play = Play::new();
    let feed = play.open_fixed("one");
    assert_eq!(play.claim_fixed(feed, 30).floor, 30);
    let cut = v1::Claim {
        committed: 10,
        sent: 10,
        cut_at: Some(10),
        proven: false,
        ..claim()
    };
    let claimed = play.claim_as(feed, cut);
    assert_eq!((claimed.standby, claimed.floor), (false, 10));
}
