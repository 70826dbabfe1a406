//! Until when a fixed fetcher may commit: the aggregator has to have confirmed its claims a moment ago.
//!
//! A group fences the commits of a member that it has given up; a commit from outside of a group is fenced by nobody. So
//! the aggregator gives what a fixed fetcher held to no other one before it has heard nothing of it for
//! [`KEPT`](rollcall_proto::limits::KEPT), and the fetcher commits for less than that after it said the last beat that was
//! answered. Its own clock suffices: an answer was made after its beat was said.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::limits::{CONFIRMED, SILENT};
use rollcall_proto::time::Moment;

/// Beats whose answers are awaited at most; older ones are forgotten.
const AWAITED: usize = 8;
/// The bounds of the time between two beats that an aggregator may ask for.
const EVERY: (Duration, Duration) = (Duration::from_millis(50), SILENT);

/// The beats of one feed.
#[derive(Clone, Debug, Default)]
pub struct Beats {
    said: u64,
    /// When those were said that are not answered yet, by number.
    awaited: BTreeMap<u64, Moment>,
    /// When the newest was said that was answered.
    confirmed: Option<Moment>,
    /// How often the aggregator wants one, and when the next is due.
    wanted: Option<(Duration, Moment)>,
}

impl Beats {
    /// Until when commits may be made; `None` while nothing was confirmed.
    pub fn until(&self) -> Option<Moment> {
        self.confirmed.map(|said| said + CONFIRMED)
    }

    /// Whether a commit may be made now.
    pub fn confirmed(&self, now: Moment) -> bool {
        self.until().is_some_and(|until| now < until)
    }

    /// The number of a beat that is said now.
    pub fn say(&mut self, now: Moment) -> u64 {
        self.said += 1;
        if self.awaited.len() >= AWAITED {
            self.awaited.pop_first();
        }
        self.awaited.insert(self.said, now);
        if let Some((every, due)) = &mut self.wanted {
            *due = now + *every;
        }
        self.said
    }

    /// Whether the answer of a beat is on its way that will still be worth something.
    pub fn asking(&self, now: Moment) -> bool {
        let newest = self.awaited.last_key_value();
        newest.is_some_and(|(_, said)| now < *said + CONFIRMED)
    }

    /// The aggregator answered a beat.
    pub fn answered(&mut self, number: u64) {
        if let Some(said) = self.awaited.remove(&number) {
            self.confirmed = self.confirmed.max(Some(said));
            self.awaited = self.awaited.split_off(&number);
        }
    }

    /// The aggregator says how often it wants a beat.
    pub fn want(&mut self, every: Option<Duration>, now: Moment) {
        self.wanted = every.map(|every| (every.clamp(EVERY.0, EVERY.1), now));
    }

    /// When the next beat is due that the aggregator wants.
    pub fn due(&self) -> Option<Moment> {
        self.wanted.map(|(_, due)| due)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_proto::limits::{BEAT, KEPT};

    use super::*;

    const NOW: Moment = Moment::from_millis(10_000);

    #[test]
    fn commits_may_be_made_for_less_time_than_the_aggregator_waits() {
        assert!(CONFIRMED < KEPT && KEPT < SILENT);
        let mut beats = Beats::default();
        assert!(!beats.confirmed(NOW), "nothing was said");
        let number = beats.say(NOW);
        assert!(!beats.confirmed(NOW), "and nothing answered");
        beats.answered(number);
        let last = NOW + (CONFIRMED - Duration::from_millis(1));
        assert!(beats.confirmed(last));
        assert!(!beats.confirmed(NOW + CONFIRMED));
    }

    #[test]
    fn an_answer_counts_from_when_its_beat_was_said() {
        let mut beats = Beats::default();
        let number = beats.say(NOW);
        // The process was stopped meanwhile: the answer lay in a buffer.
        beats.answered(number);
        assert!(!beats.confirmed(NOW + Duration::from_secs(60)));
    }

    #[test]
    fn answers_that_overtake_each_other_confirm_the_newest() {
        let mut beats = Beats::default();
        let later = NOW + BEAT;
        let (first, second) = (beats.say(NOW), beats.say(later));
        beats.answered(second);
        beats.answered(first);
        assert_eq!(beats.until(), Some(later + CONFIRMED));
        beats.answered(99);
        assert_eq!(
            beats.until(),
            Some(later + CONFIRMED),
            "nobody said that one"
        );
    }

    #[test]
    fn beats_that_nobody_answers_do_not_pile_up() {
        let mut beats = Beats::default();
        let numbers: Vec<_> = (0..100).map(|_| beats.say(NOW)).collect();
        assert_eq!(beats.awaited.len(), AWAITED);
        beats.answered(numbers[0]);
        assert!(!beats.confirmed(NOW), "it is forgotten");
    }

    #[test]
    fn another_beat_is_worth_while_once_the_last_ones_answer_would_be_too_late() {
        let mut beats = Beats::default();
        assert!(!beats.asking(NOW));
        beats.say(NOW);
        assert!(beats.asking(NOW + (CONFIRMED - Duration::from_millis(1))));
        assert!(!beats.asking(NOW + CONFIRMED));
    }

    #[test]
    fn an_aggregator_that_wants_beats_gets_them_as_often_as_is_sensible() {
        let mut beats = Beats::default();
        beats.want(Some(Duration::ZERO), NOW);
        assert_eq!(beats.due(), Some(NOW), "the first at once");
        beats.say(NOW);
        assert_eq!(beats.due(), Some(NOW + EVERY.0));
        beats.want(None, NOW);
        assert_eq!(beats.due(), None);
    }
}
