//! A claim that another feed's claim ends.

use rollcall_proto::v1::{Claimed, feed_response};

use super::play::Play;
use crate::core::books::FeedKey;
use crate::core::event::Event;

/// What a feed was told of its claims since the last time.
fn claims_told(play: &mut Play, feed: FeedKey) -> Vec<Claimed> {
    let told = std::mem::take(play.told.entry(feed).or_default());
    let claimed = told.into_iter().filter_map(|event| match event {
        feed_response::Event::Claimed(claimed) => Some(claimed),
        _ => None,
    });
    claimed.collect()
}

#[test]
fn whoever_is_displaced_by_a_late_claim_hears_of_it_and_gets_the_partition_back() {
    let mut play = Play::new();
    let (gone, owner) = (play.open("A"), play.open("A"));
    let held = play.claim(owner, 0, 0, 0);
    claims_told(&mut play, owner);
    // The claim of a fetcher that is gone was long on its way.
    play.claim(gone, 0, 0, 0);
    play.apply(Event::FeedClosed(gone));
    let told = claims_told(&mut play, owner);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].generation, told[0].epoch), (held.generation, 0));
    let again = play.claim(owner, 0, 0, 0);
    play.batch(owner, &again, 0, 10);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 0, 10, 0)]);
}

#[test]
fn a_feed_that_claims_its_own_partition_anew_is_told_nothing_more() {
    let mut play = Play::new();
    let feed = play.open("A");
    play.claim(feed, 0, 0, 0);
    claims_told(&mut play, feed);
    let claimed = play.claim(feed, 0, 0, 0);
    assert_eq!(claims_told(&mut play, feed), [claimed]);
}
