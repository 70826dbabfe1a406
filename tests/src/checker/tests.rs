//! Each invariant: a history that keeps it, and histories that break it.

use std::time::Duration;

use rollcall_proto::ids::{Offset, Topic};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::VerdictCode;

use super::*;

/// A history that is written down event by event, a millisecond apart.
#[derive(Default)]
struct Story {
    history: History,
    at: Duration,
}

fn log() -> Log {
    Log::new("t", 0).unwrap()
}

fn topic() -> Topic {
    Topic::new("t").unwrap()
}

fn offset(raw: i64) -> Offset {
    Offset::known(raw).unwrap()
}

fn range(first: i64, next: i64) -> OffsetRange {
    OffsetRange::from_raw(first, next).unwrap()
}

impl Story {
    /// The log holds the records 0 to 9.
    fn of_ten() -> Self {
        let offsets = (0..10).map(offset).collect();
        Self::default().then(Event::Produced {
            log: log(),
            offsets,
        })
    }

    fn then(mut self, event: Event) -> Self {
        self.at += Duration::from_millis(1);
        self.history.add(Moment::new(self.at), event);
        self
    }

    fn after(mut self, pause: Duration) -> Self {
        self.at += pause;
        self
    }

    fn asks(self, gather: u64) -> Self {
        self.then(Event::Asked {
            gather: GatherKey(gather),
            topics: vec![topic()],
        })
    }

    fn gets(self, gather: u64, first: i64, next: i64) -> Self {
        self.gets_of(gather, first, next, first..next)
    }

    fn gets_of(
        self,
        gather: u64,
        first: i64,
        next: i64,
        offsets: impl IntoIterator<Item = i64>,
    ) -> Self {
        self.then(Event::HandedOut {
            gather: GatherKey(gather),
            log: log(),
            range: range(first, next),
            offsets: offsets.into_iter().map(offset).collect(),
            auto_ack: false,
        })
    }

    fn ends(self, gather: u64, records: u32, verdict: VerdictCode) -> Self {
        let slot = SlotSeen {
            topic: topic(),
            said: records,
            came: records,
            verdict: Some(verdict),
        };
        self.ends_with(gather, vec![slot])
    }

    fn ends_with(self, gather: u64, slots: Vec<SlotSeen>) -> Self {
        self.then(Event::SummedUp {
            gather: GatherKey(gather),
            took: Duration::from_millis(2),
            lease: Duration::from_secs(1),
            slots,
        })
    }

    fn acks(self, first: i64, next: i64) -> Self {
        self.then(Event::Acked {
            log: log(),
            range: range(first, next),
        })
    }

    fn commits(self, at: i64) -> Self {
        self.then(Event::Committed {
            log: log(),
            offset: offset(at),
            end: offset(10),
        })
    }

    fn rewound(self, to: i64) -> Self {
        self.then(Event::Rewound {
            log: log(),
            to: offset(to),
        })
    }

    /// A gather that gets a range and is summed up.
    fn gather(self, gather: u64, first: i64, next: i64) -> Self {
        let records = u32::try_from(next - first).unwrap();
        self.asks(gather)
            .gets(gather, first, next)
            .ends(gather, records, VerdictCode::Flowing)
    }

    fn breaks(&self, invariant: &str, how: &str) {
        let broken = broken(&self.history);
        let found = broken.iter().find(|broken| broken.invariant == invariant);
        let told = found.map(ToString::to_string);
        assert!(
            told.as_ref().is_some_and(|told| told.contains(how)),
            "{invariant} is to be broken by {how:?}, but: {broken:?}"
        );
    }

    fn keeps(&self, invariant: &str) {
        let broken = broken(&self.history);
        assert!(
            broken.iter().all(|b| b.invariant != invariant),
            "{broken:?}"
        );
    }
}

#[test]
fn a_history_of_reading_acking_and_committing_keeps_all() {
    let story = Story::of_ten().gather(1, 0, 6).acks(0, 6).commits(6);
    let story = story.gather(2, 6, 10).acks(6, 10).commits(10);
    assert_eq!(broken(&story.history), []);
}

#[test]
fn i1_catches_a_commit_beyond_the_acked_prefix() {
    let story = Story::of_ten().gather(1, 0, 10).acks(0, 4).acks(5, 10);
    story
        .commits(5)
        .breaks("I1", "5 was committed while offset 4 was not acked");
}

#[test]
fn i1_catches_an_ack_of_what_nobody_was_given() {
    let story = Story::of_ten().gather(1, 0, 4).acks(0, 6);
    story.breaks("I1", "offset 4 was acked in [0, 6) and never handed out");
}

#[test]
fn i1_catches_a_commit_beyond_the_end() {
    let story = Story::of_ten().gather(1, 0, 10).acks(0, 10);
    story
        .commits(11)
        .breaks("I1", "11 was committed, the log ended at 10");
}

#[test]
fn i1_catches_a_commit_that_falls_unless_somebody_rewound_it() {
    let story = || Story::of_ten().gather(1, 0, 10).acks(0, 10).commits(10);
    story().commits(4).breaks("I1", "fell from 10 to 4");
    story().rewound(4).commits(4).keeps("I1");
    story()
        .rewound(4)
        .commits(10)
        .breaks("I1", "offset 4 was not acked");
}

#[test]
fn i1_lets_a_commit_pass_offsets_without_records() {
    let offsets = [0, 1, 7].map(offset).to_vec();
    let story = Story::default().then(Event::Produced {
        log: log(),
        offsets,
    });
    let story = story.gather(1, 0, 2).acks(0, 2).commits(2);
    story.commits(7).keeps("I1");
}

#[test]
fn i2_catches_a_record_that_nobody_was_given() {
    let story = Story::of_ten().gather(1, 0, 5).acks(0, 5).gather(2, 6, 10);
    story.breaks("I2", "offset 5 was never handed out");
}

#[test]
fn i2_catches_a_record_that_its_batch_claims_and_does_not_hold() {
    let story = Story::of_ten()
        .asks(1)
        .gets_of(1, 0, 10, (0..4).chain(5..10));
    story.breaks("I2", "offset 4 was never handed out");
    story.breaks("I3", "offset 4 lies in the log and not in the batch");
}

#[test]
fn i2_wants_everything_again_from_where_the_group_was_rewound_to() {
    let story = || Story::of_ten().gather(1, 0, 10).acks(0, 10).rewound(8);
    story().breaks("I2", "offset 8 was never handed out");
    story().gather(2, 8, 10).keeps("I2");
}

#[test]
fn i3_catches_a_first_delivery_that_skips() {
    let story = Story::of_ten()
        .gather(1, 0, 3)
        .gather(2, 4, 10)
        .gather(3, 3, 4);
    story.breaks("I3", "offset 0 before it was skipped");
    let story = Story::of_ten().gather(1, 0, 3).acks(0, 3).gather(2, 4, 10);
    story.breaks("I3", "offset 3 before it was skipped");
}

#[test]
fn i3_catches_a_redelivery_that_skips() {
    let story = Story::of_ten().gather(1, 0, 10).acks(0, 2);
    let expired = || story.history.clone();
    let again = |first| {
        Story {
            history: expired(),
            at: Duration::from_secs(5),
        }
        .gather(2, first, 10)
    };
    again(3).breaks("I3", "offset 2 before it was skipped");
    again(2).keeps("I3");
    again(0).keeps("I3");
}

#[test]
fn i3_catches_records_out_of_order_in_a_batch() {
    let story = Story::of_ten().asks(1).gets_of(1, 0, 3, [0, 2, 1]);
    story.breaks("I3", "offset 1 comes after 2");
}

#[test]
fn i4_catches_a_record_that_two_gathers_hold() {
    let story = Story::of_ten().gather(1, 0, 6).asks(2).gets(2, 0, 3);
    story.breaks("I4", "[0, 3) went to gather 2 while gather 1 held it");
}

#[test]
fn i4_lets_a_lease_end_by_its_clock_its_ack_its_client_or_its_aggregator() {
    let again = |story: Story| story.asks(2).gets(2, 0, 6).keeps("I4");
    let held = || Story::of_ten().gather(1, 0, 6);
    again(held().after(Duration::from_secs(2)));
    again(held().acks(0, 6));
    again(held().then(Event::Nacked {
        log: log(),
        range: range(0, 6),
    }));
    again(held().then(Event::AggregatorKilled));
    let left = Story::of_ten().asks(1).gets(1, 0, 6);
    again(left.then(Event::Left {
        gather: GatherKey(1),
    }));
    let story = held().after(Duration::from_millis(900));
    story
        .asks(2)
        .gets(2, 0, 6)
        .breaks("I4", "while gather 1 held it");
}

#[test]
fn i4_and_i3_let_what_a_dead_aggregator_sent_come_late() {
    let story = Story::of_ten()
        .asks(1)
        .gets(1, 0, 3)
        .then(Event::AggregatorKilled);
    let story = story.asks(2).gets(2, 0, 6).gets(1, 3, 6);
    story.keeps("I3");
    story.keeps("I4");
    story
        .asks(3)
        .gets(3, 0, 3)
        .breaks("I4", "while gather 2 held it");
}

#[test]
fn i4_knows_the_end_of_a_lease_whose_summary_is_read_late() {
    let story = Story::of_ten().asks(1).gets(1, 0, 6);
    let story = story.after(Duration::from_secs(3)).asks(2).gets(2, 0, 6);
    story.ends(1, 6, VerdictCode::Flowing).keeps("I4");
}

#[test]
fn i1_and_i3_know_that_what_needs_no_ack_may_be_settled_before_it_is_read() {
    let story = Story::of_ten().asks(1).asks(2).gets(2, 4, 10).commits(4);
    let read_late = Event::HandedOut {
        gather: GatherKey(1),
        log: log(),
        range: range(0, 4),
        offsets: (0..4).map(offset).collect(),
        auto_ack: true,
    };
    story.breaks("I1", "4 was committed while offset 0 was not acked");
    story.breaks("I3", "offset 0 before it was skipped");
    let story = story.then(read_late);
    story.keeps("I1");
    story.keeps("I3");
}

#[test]
fn i4_catches_a_lease_with_a_hole() {
    let story = Story::of_ten().asks(1).gets(1, 0, 3).gets(1, 5, 10);
    story.breaks("I4", "[5, 10) follows [0, 3) in one lease, without 3");
    let story = Story::of_ten().asks(1).gets(1, 3, 5).gets(1, 0, 3);
    story.breaks("I4", "[0, 3) follows [3, 5) in one lease");
}

#[test]
fn i4_lets_a_lease_leave_out_what_is_acked() {
    let story = Story::of_ten()
        .gather(1, 0, 5)
        .acks(3, 5)
        .after(Duration::from_secs(2));
    story.asks(2).gets(2, 0, 3).gets(2, 5, 10).keeps("I4");
}

#[test]
fn i5_catches_a_topic_without_slot_verdict_or_its_records() {
    let slot = SlotSeen {
        topic: topic(),
        said: 0,
        came: 0,
        verdict: None,
    };
    let ends = |slots| Story::of_ten().asks(1).ends_with(1, slots);
    ends(vec![]).breaks("I5", "the slots are []");
    ends(vec![slot.clone()]).breaks("I5", "no verdict");
    let said = SlotSeen {
        said: 3,
        verdict: Some(VerdictCode::Flowing),
        ..slot
    };
    ends(vec![said]).breaks("I5", "says 3 records, 0 came");
}

#[test]
fn i5_catches_a_gather_without_an_end() {
    let story = Story::of_ten().asks(1).gets(1, 0, 3);
    story.breaks("I5", "gather 1 was never answered");
}

#[test]
fn i5_catches_a_silent_fetcher_that_is_called_caught_up() {
    let silent = |time, verdict| {
        let story = Story::of_ten().then(Event::Silenced { topic: topic() });
        story.after(time).asks(1).ends(1, 0, verdict)
    };
    let long = Duration::from_secs(5);
    silent(long, VerdictCode::CaughtUp).breaks("I5", "CAUGHT_UP though the fetcher was silent");
    silent(long, VerdictCode::FetcherUnreachable).keeps("I5");
    silent(Duration::from_secs(2), VerdictCode::CaughtUp).keeps("I5");
}

#[test]
fn i7_catches_bytes_beyond_the_budget_and_its_reserves() {
    let held = |bytes| {
        Story::default().then(Event::Held {
            bytes,
            budget: 1000,
            partitions: 2,
            batch: 100,
        })
    };
    held(1200).keeps("I7");
    held(1201).breaks("I7", "1201 bytes were held");
}
