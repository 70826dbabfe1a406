//! Under which leaders the records of a log were written.
//!
//! An offset alone does not name a place in a log: an unclean election takes the end of it, and other records get the same
//! offsets. With the epoch of the leader that wrote what lies before it (KIP-320) a place can be told from its like in another
//! history, by the log's leader, however far the log has grown since.

use std::collections::VecDeque;

use crate::ids::{LeaderEpoch, LogPosition, Offset};

/// How many epochs are remembered of one partition. What is older has the oldest of them.
const MOST: usize = 64;

/// The epochs of what was read of one partition.
#[derive(Clone, Debug, Default, Hash)]
pub struct Epochs(VecDeque<(Offset, LeaderEpoch)>);

impl Epochs {
    /// What is known of a log at one place of it.
    pub fn of(position: LogPosition) -> Self {
        let mut epochs = Self::default();
        epochs.note(position);
        epochs
    }

    /// Everything before a position was written under its epoch at the latest. Where what is known beyond it was written
    /// earlier, that was of a log that is gone.
    pub fn note(&mut self, position: LogPosition) {
        let Some(epoch) = position.leader_epoch else {
            return;
        };
        let is_gone =
            |(end, known): &(Offset, LeaderEpoch)| *end > position.offset && *known < epoch;
        while self.0.back().is_some_and(is_gone) {
            self.0.pop_back();
        }
        match self.0.back_mut() {
            Some((offset, known)) if *known >= epoch => *offset = position.offset.max(*offset),
            Some(_) | None => self.0.push_back((position.offset, epoch)),
        }
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// The place in the log that an offset is.
    pub fn position(&self, offset: Offset) -> LogPosition {
        let known = self.0.iter().find(|(end, _)| offset <= *end);
        LogPosition {
            offset,
            leader_epoch: known.map(|(_, epoch)| *epoch),
        }
    }

    /// The latest leader that can have written the record at an offset; `None` where that is not known.
    pub fn written_by(&self, offset: Offset) -> Option<LeaderEpoch> {
        let known = self.0.iter().find(|(end, _)| offset < *end);
        known.map(|(_, epoch)| *epoch)
    }

    /// All of it, for another one: to be [noted](Self::note) in this order.
    pub fn iter(&self) -> impl Iterator<Item = LogPosition> + '_ {
        self.0.iter().map(|(offset, epoch)| LogPosition {
            offset: *offset,
            leader_epoch: Some(*epoch),
        })
    }

    /// Where this log parts from another one, of which `end` is the end of the latest epoch that is not later than those known
    /// here. `None` where no epoch is known that both may have.
    ///
    /// A leader alone writes under its epoch: what two logs have of it begins alike, and so does all before it. Where the place
    /// that comes back has the epoch of `end` they part there. Where it has an earlier one, they part there or before, and its
    /// leader is to be asked for that epoch.
    pub fn common(&self, end: LogPosition) -> Option<LogPosition> {
        let latest = end.leader_epoch?;
        let (offset, epoch) = self.0.iter().rev().find(|(_, epoch)| *epoch <= latest)?;
        Some(LogPosition {
            offset: end.offset.min(*offset),
            leader_epoch: Some(*epoch),
        })
    }

    /// The log was cut there.
    pub fn cut(&mut self, at: Offset) {
        let place = self.position(at);
        self.0.retain(|(end, _)| *end < at);
        self.note(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64, epoch: i32) -> LogPosition {
        LogPosition {
            offset: Offset::known(offset).unwrap(),
            leader_epoch: LeaderEpoch::known(epoch),
        }
    }

    fn epoch_at(epochs: &Epochs, offset: i64) -> Option<i32> {
        let position = epochs.position(Offset::known(offset).unwrap());
        position.leader_epoch.map(|LeaderEpoch(epoch)| epoch)
    }

    #[test]
    fn a_place_has_the_first_epoch_that_reaches_it() {
        let mut epochs = Epochs::of(at(10, 3));
        epochs.note(at(20, 3));
        epochs.note(at(30, 5));
        let known = [5, 20, 21, 30].map(|offset| epoch_at(&epochs, offset));
        assert_eq!(known, [Some(3), Some(3), Some(5), Some(5)]);
    }

    #[test]
    fn nothing_is_said_of_what_was_not_read() {
        let mut epochs = Epochs::default();
        assert_eq!(epoch_at(&epochs, 0), None);
        epochs.note(at(10, -1));
        assert_eq!(epoch_at(&epochs, 10), None);
        epochs.note(at(10, 2));
        assert_eq!(epoch_at(&epochs, 11), None, "it may be of a later leader");
    }

    #[test]
    fn logs_part_where_the_shorter_one_has_the_last_epoch_of_both() {
        let mut epochs = Epochs::of(at(10, 3));
        epochs.note(at(30, 5));
        epochs.note(at(50, 6));
        let common = |offset, epoch| epochs.common(at(offset, epoch));
        assert_eq!(common(40, 6), Some(at(40, 6)), "the last epoch was cut");
        assert_eq!(common(25, 5), Some(at(25, 5)), "so was the one before");
        assert_eq!(
            common(70, 5),
            Some(at(30, 5)),
            "the other log has more of it"
        );
        assert_eq!(
            common(20, 4),
            Some(at(10, 3)),
            "an epoch that was not seen here"
        );
        assert_eq!(common(5, 2), None);
        assert_eq!(common(5, -1), None);
    }

    #[test]
    fn a_log_that_was_cut_has_no_later_epochs() {
        let mut epochs = Epochs::of(at(10, 3));
        epochs.note(at(30, 5));
        epochs.note(at(50, 6));
        epochs.cut(Offset::known(20).unwrap());
        let known = [10, 20, 21].map(|offset| epoch_at(&epochs, offset));
        assert_eq!(known, [Some(3), Some(5), None]);
        epochs.note(at(25, 7));
        assert_eq!(epoch_at(&epochs, 25), Some(7));
    }

    #[test]
    fn a_later_leader_below_what_is_known_ends_that_log() {
        let mut epochs = Epochs::of(at(10, 3));
        epochs.note(at(50, 5));
        epochs.note(at(20, 7));
        let known = [10, 20, 21].map(|offset| epoch_at(&epochs, offset));
        assert_eq!(known, [Some(3), Some(7), None]);
    }

    #[test]
    fn a_record_has_the_leader_of_the_place_behind_it() {
        let mut epochs = Epochs::of(at(10, 3));
        epochs.note(at(30, 5));
        let known = [9, 10, 29, 30].map(|offset| epochs.written_by(Offset::known(offset).unwrap()));
        let epoch = |raw| LeaderEpoch::known(raw);
        assert_eq!(known, [epoch(3), epoch(5), epoch(5), None]);
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut epochs = Epochs::default();
        for leader in 0..1000 {
            epochs.note(at(i64::from(leader) * 10, leader));
        }
        assert_eq!(epochs.0.len(), MOST);
        assert_eq!(epoch_at(&epochs, 9990), Some(999));
    }
}
