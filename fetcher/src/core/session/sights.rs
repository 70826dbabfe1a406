//! Single records that are worth a look: the first that a transaction hides, and the oldest that was not read.

use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::facts::{Look, Looked, SettingsFacts, Sight};
use crate::core::pulse::duration;
use crate::core::session::holding::Holding;
use crate::core::session::{Action, Session};

/// How long records must be unread before the oldest is looked at: most are read within moments.
const UNREAD: Duration = Duration::from_secs(10);
/// Time between two looks at one partition for the same thing.
const AGAIN: Duration = Duration::from_secs(30);
/// Looks of one probe round, at most.
const LOOKS: usize = 8;

/// What is known of one record that was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Glimpse {
    /// Where a look was last asked for, and when.
    asked: Option<(Offset, Moment)>,
    /// Its offset and timestamp, and when it was read.
    record: Option<(Offset, Option<i64>, Moment)>,
}

impl Glimpse {
    /// The record lies at `offset` now; whether a look is wanted.
    fn wanted(&mut self, offset: Offset, now: Moment) -> bool {
        let known = self.record.is_some_and(|(at, _, _)| at >= offset);
        let lately = self.asked.is_some_and(|(at, asked)| {
            now.since(asked) < AGAIN && (at == offset || self.moves(offset))
        });
        let wanted = !known && !lately;
        if wanted {
            self.asked = Some((offset, now));
        }
        wanted
    }

    /// Whether the place has been another each time: then it is looked at now and then.
    fn moves(&self, offset: Offset) -> bool {
        self.asked.is_some_and(|(at, _)| at < offset)
    }

    fn to_wire(self, now: Moment) -> Option<v1::LoggedRecord> {
        let (offset, timestamp_ms, measured) = self.record?;
        Some(v1::LoggedRecord {
            offset: offset.get(),
            timestamp_ms,
            age: Some(duration(now.since(measured))),
        })
    }
}

/// The records of one partition that are worth a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glimpses {
    hidden: Glimpse,
    unread: Glimpse,
    unread_since: Option<Moment>,
}

impl Glimpses {
    /// Looks that a probe of the partition makes worth while.
    fn looks(&mut self, log: &v1::ProbedPartition, now: Moment) -> Vec<(Offset, Sight)> {
        let known = |raw: Option<i64>| raw.and_then(Offset::known);
        let (high, stable) = (known(log.high_watermark), known(log.last_stable_offset));
        let next = known(log.next_offset);
        let mut looks = Vec::new();
        match (stable, high, next) {
            (Some(stable), Some(high), Some(next)) if stable < high && next >= stable => {
                if self.hidden.wanted(stable, now) {
                    looks.push((stable, Sight::Hidden));
                }
            }
            (Some(_), Some(_), Some(_)) => self.hidden = Glimpse::default(),
            (_, _, _) => {}
        }
        match (stable.or(high), next) {
            (Some(end), Some(next)) if next < end => {
                let since = *self.unread_since.get_or_insert(now);
                if now.since(since) >= UNREAD && self.unread.wanted(next, now) {
                    looks.push((next, Sight::Unread));
                }
            }
            (Some(_), Some(_)) => (self.unread, self.unread_since) = (Glimpse::default(), None),
            (_, _) => {}
        }
        looks
    }

    /// The first record that a transaction hides, as it travels.
    pub fn hidden(&self, now: Moment) -> Option<v1::LoggedRecord> {
        self.hidden.to_wire(now)
    }

    /// The oldest unread record, as it travels.
    pub fn unread(&self, now: Moment) -> Option<v1::LoggedRecord> {
        self.unread.to_wire(now)
    }
}

impl Session {
    /// Asks for looks that a probe round makes worth while.
    pub(super) fn look_where_worth_while(&mut self, probed: &v1::Probed, now: Moment) {
        let mut room = LOOKS;
        for log in &probed.partitions {
            let partition = Partition(log.partition);
            let Some(held) = self.holdings.get_mut(&partition).filter(|_| room > 0) else {
                continue;
            };
            for (offset, sight) in held.glimpses.looks(log, now) {
                room = room.saturating_sub(1);
                self.actions.push(Action::Look(Look {
                    partition,
                    offset,
                    sight,
                }));
            }
        }
    }

    /// A record was looked at.
    pub fn looked(&mut self, looked: Looked) {
        let Looked {
            look,
            record,
            measured,
        } = looked;
        let Some(held) = self.holdings.get_mut(&look.partition) else {
            return;
        };
        let glimpse = Self::glimpse(held, look.sight);
        // What was asked for since is another record.
        if glimpse.asked.is_some_and(|(at, _)| at == look.offset) {
            glimpse.record = record.map(|(at, millis)| (at, millis, measured));
        }
    }

    fn glimpse(held: &mut Holding, sight: Sight) -> &mut Glimpse {
        match sight {
            Sight::Hidden => &mut held.glimpses.hidden,
            Sight::Unread => &mut held.glimpses.unread,
        }
    }

    /// Settings of the cluster were read.
    pub fn settings(&mut self, settings: SettingsFacts) {
        self.settings = Some(settings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(high: i64, stable: i64, next: i64) -> v1::ProbedPartition {
        v1::ProbedPartition {
            high_watermark: Some(high),
            last_stable_offset: Some(stable),
            next_offset: Some(next),
            ..v1::ProbedPartition::default()
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    fn offset(raw: i64) -> Offset {
        Offset::known(raw).unwrap_or_default()
    }

    #[test]
    fn the_first_record_that_a_transaction_hides_is_looked_at_once() {
        let mut glimpses = Glimpses::default();
        let hides = log(113, 100, 100);
        assert_eq!(
            glimpses.looks(&hides, at(1)),
            [(offset(100), Sight::Hidden)]
        );
        assert_eq!(glimpses.looks(&hides, at(2)), [], "asked just now");
        glimpses.hidden.record = Some((offset(100), Some(7), at(2)));
        assert_eq!(glimpses.looks(&hides, at(60)), [], "it is known");
        assert_eq!(
            glimpses
                .hidden(at(3))
                .and_then(|record| record.timestamp_ms),
            Some(7)
        );
        glimpses.looks(&log(113, 113, 113), at(61));
        assert!(glimpses.hidden(at(62)).is_none(), "it is over");
    }

    #[test]
    fn an_answer_that_did_not_come_is_asked_for_again_after_a_while() {
        let mut glimpses = Glimpses::default();
        let hides = log(113, 100, 100);
        glimpses.looks(&hides, at(1));
        assert_eq!(glimpses.looks(&hides, at(30)), []);
        assert_eq!(glimpses.looks(&hides, at(31)).len(), 1);
    }

    #[test]
    fn the_oldest_unread_record_is_looked_at_after_ten_seconds_and_now_and_then_while_reading_moves()
     {
        let mut glimpses = Glimpses::default();
        let mut looks = |next, seconds| glimpses.looks(&log(1_000, 1_000, next), at(seconds));
        assert_eq!(looks(1, 1), []);
        assert_eq!(looks(1, 10), []);
        assert_eq!(looks(1, 11), [(offset(1), Sight::Unread)]);
        assert_eq!(looks(5, 12), [], "it moves");
        assert_eq!(looks(90, 41), [(offset(90), Sight::Unread)]);
        assert_eq!(looks(1_000, 42), [], "all read");
        assert_eq!(looks(999, 43), [], "anew");
    }
}
