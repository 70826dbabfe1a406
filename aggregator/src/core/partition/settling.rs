//! Settling a range of a partition, and giving one back.

use std::time::Duration;

use rollcall_proto::ids::LeaseId;
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;

use super::PartitionState;

/// First wait after a nack.
const BACK_OFF: Duration = Duration::from_millis(100);
/// Longest wait after a nack.
const BACK_OFF_MOST: Duration = Duration::from_secs(30);

/// What became of an ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acked {
    /// Settled now.
    Now,
    /// Settled before.
    Already,
    /// Never sent.
    BeyondSent,
}

/// What became of a nack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nacked {
    /// It goes back, and comes again after a back-off.
    Returned(Moment),
    /// Settled before.
    Already,
    /// No live lease has all of it.
    NoLease,
}

impl PartitionState {
    /// Done with a range.
    pub fn ack(&mut self, range: OffsetRange) -> Acked {
        if range.next() > self.sent {
            return Acked::BeyondSent;
        }
        if self.settled.covers(range) {
            return Acked::Already;
        }
        self.settle(range);
        Acked::Now
    }

    /// Takes a range out of its lease without settling it: it is acked, but nobody claims the partition.
    pub fn release(&mut self, range: OffsetRange) {
        if let Some(held) = &mut self.held {
            held.open.remove(range);
        }
        self.let_go_if_done();
    }

    /// Gives a range back.
    pub fn nack(&mut self, range: OffsetRange, now: Moment) -> Nacked {
        let unsettled = self.settled.missing_in(range);
        if unsettled.is_empty() {
            return Nacked::Already;
        }
        let Some(held) = &mut self.held else {
            return Nacked::NoLease;
        };
        if !unsettled.iter().all(|&part| held.open.covers(part)) {
            return Nacked::NoLease;
        }
        held.open.remove(range);
        let until = now + back_off(self.deliveries.most_in(range));
        let until = self.back_off_until.map_or(until, |held| held.max(until));
        self.back_off_until = Some(until);
        self.let_go_if_done();
        Nacked::Returned(until)
    }

    /// The lease ended: what it still held goes back to the front. Says how many records that are.
    pub fn let_go(&mut self, lease: LeaseId) -> u64 {
        match self.held.take_if(|held| held.lease == lease) {
            Some(held) => held.unacked(),
            None => 0,
        }
    }

    /// Ends the back-off if its time has come.
    pub fn end_back_off(&mut self, now: Moment) {
        self.back_off_until = self.back_off_until.filter(|&until| until > now);
    }

    pub(super) fn settle(&mut self, range: OffsetRange) {
        self.settled.insert(range);
        self.leased = self.leased.max(range.next());
        self.effects.freed += self.queue.trim(range, &self.settled);
        self.effects.settled.insert(range);
        self.deliveries.forget(range);
        self.deliveries.forget_below(self.settled.floor());
        if let Some(held) = &mut self.held {
            held.open.remove(range);
        }
        self.let_go_if_done();
    }

    /// After the floor rose from outside: what is settled needs no lease and no counts.
    pub(super) fn forget_settled(&mut self) {
        let floor = self.settled.floor();
        self.deliveries.forget_below(floor);
        if let Some(held) = &mut self.held {
            held.open.remove_below(floor);
            for range in self.settled.above() {
                held.open.remove(range);
            }
        }
        self.let_go_if_done();
    }

    fn let_go_if_done(&mut self) {
        if let Some(done) = self.held.take_if(|held| held.open.is_empty()) {
            self.effects.let_go = Some(done.lease);
        }
    }
}

/// How long a range that was handed out `times` times waits after a nack.
pub(super) fn back_off(times: u32) -> Duration {
    let doublings = times.saturating_sub(1).min(u32::BITS - 1);
    BACK_OFF
        .saturating_mul(1_u32 << doublings)
        .min(BACK_OFF_MOST)
}
