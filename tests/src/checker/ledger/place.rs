//! What is known of one partition.

use std::time::Duration;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};

use crate::checker::line::{Gather, Run};

/// A partition: its logs, one after the other, and what came out of them.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Numbers that Kafka acknowledged.
    pub(super) written: RangeSet,
    /// Numbers that the log holds when all is over.
    pub(super) log: RangeSet,
    /// Numbers that came to a client.
    pub(super) delivered: RangeSet,
    /// How often one came again.
    pub(super) repeated: u64,
    /// What is wrong with the log itself: then nothing can be judged by it.
    pub(super) disorder: Option<String>,
    /// After the highest number that came.
    next: Offset,
    last_fresh: Option<Duration>,
    lives: Vec<Life>,
    held: Vec<Hold>,
}

/// One of a partition's logs, from its creation to its end.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// No record of it has a lower number.
    first_number: i64,
    acked: RangeSet,
    committed: Offset,
    /// Where its records were written.
    written: Vec<Run>,
    /// Below this offset all was deleted.
    removed: Offset,
    named: RangeSet,
    pub(super) truncated: bool,
}

/// What a gather held for certain.
#[derive(Debug)]
struct Hold {
    range: OffsetRange,
    asked: u64,
    client: String,
    until: Duration,
}

/// What a run of records was.
#[derive(Debug)]
pub(super) struct Came {
    /// When the last new record had come before, if this run has new ones.
    pub(super) last_fresh: Option<Duration>,
    pub(super) repeated: u64,
    /// New ones that came after later ones.
    pub(super) out_of_order: Option<OffsetRange>,
}

/// Where a record that never came went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It went with its topic.
    Recreated,
    /// The log lost its end.
    Truncated,
    /// It was deleted, and rollcall said so.
    Named,
    /// It was deleted, and rollcall did not say so.
    Unnamed,
    /// It was there to be delivered.
    Lost,
    /// It is behind all that came, and reading ended before its time.
    Unread,
}

impl Place {
    pub(super) fn written(&mut self, run: &Run) {
        insert(&mut self.written, run.first_number, run.next_number());
        Run::append(&mut self.life_of(run.first_number).written, *run);
    }

    pub(super) fn found(&mut self, run: &Run) {
        let known = self.log.iter().last().map_or(0, |last| last.next().get());
        if run.first_number < known {
            self.disorder = Some(format!("the log has {} after {known}", run.first_number));
        }
        insert(&mut self.log, run.first_number, run.next_number());
    }

    pub(super) fn came(&mut self, run: &Run, at: Duration) -> Came {
        let mut came = Came {
            last_fresh: None,
            repeated: 0,
            out_of_order: None,
        };
        let Some(numbers) = OffsetRange::from_raw(run.first_number, run.next_number()) else {
            return came;
        };
        let fresh: Vec<OffsetRange> = self.delivered.missing_in(numbers).collect();
        came.repeated = numbers.len() - fresh.iter().map(|range| range.len()).sum::<u64>();
        self.repeated += came.repeated;
        came.out_of_order = fresh
            .iter()
            .find(|range| range.first() < self.next)
            .copied();
        if !fresh.is_empty() {
            came.last_fresh = self.last_fresh.replace(at);
        }
        self.delivered.insert(numbers);
        self.next = self.next.max(numbers.next());
        came
    }

    /// Counts a run as held, and as acked, by a gather that is whole.
    pub(super) fn hold(
        &mut self,
        run: &Run,
        gather: &Gather,
        at: Duration,
        ends_early: bool,
    ) -> Result<(), String> {
        let range = OffsetRange::from_raw(run.first_offset, run.next_offset);
        let (Some(range), Some(held_ns)) = (range, gather.held_ns) else {
            return Ok(());
        };
        self.life_of(run.first_number).acked.insert(range);
        self.held.retain(|hold| hold.until > at);
        let until = Duration::from_nanos(gather.asked_ns + held_ns);
        if ends_early || until <= at {
            return Ok(());
        }
        let is_other = |hold: &&Hold| hold.client != gather.client || hold.asked != gather.asked_ns;
        let mut others = self.held.iter().filter(is_other);
        let both = others.find_map(|hold| Some((hold.range.intersection(range)?, &hold.client)));
        let said = match both {
            Some((both, holder)) => Err(format!(
                "{both} went to {} while {holder} held it",
                gather.client
            )),
            None => Ok(()),
        };
        self.held.push(Hold {
            range,
            asked: gather.asked_ns,
            client: gather.client.clone(),
            until,
        });
        said
    }

    /// Nobody holds anything for certain any more.
    pub(super) fn release(&mut self) {
        self.held.clear();
    }

    /// I1, and that a commit never falls by itself.
    pub(super) fn committed(&mut self, offset: i64) -> Result<(), String> {
        let life = self.life();
        let Some(offset) = Offset::known(offset) else {
            return Err(format!("{offset} was committed"));
        };
        let mut settled = life.acked.clone();
        insert(&mut settled, 0, life.removed.get());
        life.named.iter().for_each(|range| settled.insert(range));
        let prefix = settled.contiguous_from(Offset::ZERO);
        if offset > prefix {
            return Err(format!(
                "{offset} was committed, all below {prefix} was acked"
            ));
        }
        if offset < life.committed {
            let before = life.committed;
            return Err(format!("the commit fell from {before} to {offset}"));
        }
        life.committed = offset;
        Ok(())
    }

    pub(super) fn named(&mut self, first_offset: i64, next_offset: i64) {
        insert(&mut self.life().named, first_offset, next_offset);
    }

    pub(super) fn removed(&mut self, before: i64) {
        let before = Offset::known(before).unwrap_or_default();
        let life = self.life();
        life.removed = life.removed.max(before);
    }

    pub(super) fn recreated(&mut self, first_number: i64) {
        // There was one before, even if nothing was seen of it.
        self.life();
        self.held.clear();
        self.lives.push(Life {
            first_number,
            ..Life::default()
        });
    }

    pub(super) fn truncated(&mut self) {
        self.held.clear();
        let life = self.life();
        life.truncated = true;
        life.committed = Offset::ZERO;
    }

    /// Parts of what Kafka acknowledged or the log holds that never came.
    pub(super) fn missing(&self) -> Vec<OffsetRange> {
        let mut expected = self.written.clone();
        self.log.iter().for_each(|range| expected.insert(range));
        let parts = expected.iter();
        parts
            .flat_map(|range| self.delivered.missing_in(range))
            .collect()
    }

    /// Where a number went that never came; whether all was read to the end.
    pub(super) fn fate(&self, number: Offset, finished: bool) -> Fate {
        if !finished && number >= self.next {
            return Fate::Unread;
        }
        if self.log.contains(number) {
            return Fate::Lost;
        }
        let Some((at, life)) = self.found_life(number.get()) else {
            return Fate::Lost;
        };
        let offset = life.offset_of(number.get());
        match offset {
            _ if at + 1 < self.lives.len() => Fate::Recreated,
            Some(offset) if offset < life.removed && life.named.contains(offset) => Fate::Named,
            Some(offset) if offset < life.removed => Fate::Unnamed,
            Some(_) | None if life.truncated => Fate::Truncated,
            Some(_) | None => Fate::Lost,
        }
    }

    fn life(&mut self) -> &mut Life {
        self.life_of(i64::MAX)
    }

    /// The log that a number belongs to.
    fn life_of(&mut self, number: i64) -> &mut Life {
        if self.lives.is_empty() {
            self.lives.push(Life::default());
        }
        let at = self
            .lives
            .partition_point(|life| life.first_number <= number);
        &mut self.lives[at.saturating_sub(1)]
    }

    fn found_life(&self, number: i64) -> Option<(usize, &Life)> {
        let after = self
            .lives
            .partition_point(|life| life.first_number <= number);
        let at = after.checked_sub(1)?;
        Some((at, self.lives.get(at)?))
    }
}

impl Life {
    fn offset_of(&self, number: i64) -> Option<Offset> {
        let holds = |run: &&Run| (run.first_number..run.next_number()).contains(&number);
        let run = self.written.iter().rev().find(holds)?;
        Offset::known(run.first_offset + (number - run.first_number))
    }
}

fn insert(set: &mut RangeSet, first: i64, next: i64) {
    if let Some(range) = OffsetRange::from_raw(first, next) {
        set.insert(range);
    }
}
