//! One partition that the group gave to this fetcher.

use std::collections::VecDeque;

use rollcall_proto::epochs::Epochs;
use rollcall_proto::ids::{Epoch, LogPosition, Offset};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::StartedFrom;

use crate::core::facts::{CutBatch, Refused};
use crate::core::sent::Sent;
use crate::core::session::sights::Glimpses;

/// How far a partition has come on its way to being fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its start offset is being read; asked again at `retry` when the answer was a failure.
    Resolving {
        /// When to ask again; `None` while an answer is awaited.
        retry: Option<Moment>,
    },
    /// Its start is known; it waits for a feed.
    Resolved,
    /// Its floor is being committed, which proves that it is still ours.
    Proving {
        /// When the commit was asked for.
        since: Moment,
        /// Its ticket.
        ticket: u64,
    },
    /// The aggregator was told.
    Claiming,
    /// The claim was refused, or ownership could not be shown: tried again then.
    Waiting {
        /// When.
        until: Moment,
    },
    /// It waits to be claimed without a group: its commit is read again, so that the claim begins where the last holder's
    /// ended; asked again at `retry`.
    Checking {
        /// When to ask again.
        retry: Moment,
    },
    /// Another fetcher holds it, and this one waits to be told that nobody does.
    Standby {
        /// When to claim without being told.
        again: Moment,
    },
    /// Records flow.
    Feeding {
        /// Epoch of the claim.
        epoch: Epoch,
    },
    /// It is to be given up: what is out may still be settled until the deadline.
    Draining {
        /// Epoch of the claim; `None` when there was none.
        epoch: Option<Epoch>,
        /// The end of waiting.
        deadline: Moment,
    },
    /// It is to be given up: the last commit is being answered.
    LastCommit {
        /// Epoch of the claim; `None` when there was none.
        epoch: Option<Epoch>,
        /// The end of waiting.
        deadline: Moment,
    },
    /// It can be given back to the group.
    Done,
}

/// A partition whose position the log does not have any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// N: where it stands.
    pub next_offset: Offset,
    /// Whether the client has no position for it.
    pub certain: bool,
    /// What the leader said of N, if it refused it.
    pub refused: Option<Refused>,
    /// When N was first found beyond the end; a new leader's end lags, so one look is no proof.
    pub beyond_since: Option<Moment>,
    /// When to ask for the log's bounds again.
    pub retry: Moment,
}

/// The books of one assigned partition.
#[derive(Clone, Debug)]
pub struct Holding {
    /// How far it has come.
    pub phase: Phase,
    /// What was sent and settled.
    pub sent: Sent,
    /// How its start was found.
    pub started_from: StartedFrom,
    /// Records that are gone or were skipped.
    pub lost: Option<OffsetRange>,
    /// The log lost what was read from here on, and the aggregator was not told yet.
    pub cut_at: Option<Offset>,
    /// Number of its last claim.
    pub claim: u64,
    /// Counts placements; 0 before the first.
    pub placement: u64,
    /// Whether the client reads it.
    pub placed: bool,
    /// Batches that wait for credit, in order.
    pub pending: VecDeque<CutBatch>,
    /// The end that the client reached behind `pending`.
    pub end: Option<Offset>,
    /// Under which leaders what was read was written.
    pub epochs: Epochs,
    /// C, as last answered by Kafka.
    pub committed: Option<Offset>,
    /// Whether C is to be committed again, though it is committed.
    pub again: bool,
    /// C as it was read where the start was found.
    pub commit_read: Option<Offset>,
    /// Where the start was found.
    pub start: Offset,
    /// The highest commit that was asked for and not answered yet.
    pub committing: Option<Offset>,
    /// The highest commit that was ever asked for: an answer beyond it speaks about a log before this one.
    pub asked: Option<Offset>,
    /// Its position is outside of the log.
    pub stall: Option<Stall>,
    /// When the group gave it, or it was found to begin anew.
    pub assigned: Moment,
    /// When it was placed last.
    pub placed_at: Moment,
    /// Where polling goes on: the offset after the last record that came, or where it was placed.
    pub read_to: Offset,
    /// N as far as polling and statistics know.
    pub polled: Option<Offset>,
    /// When N last changed.
    pub polled_changed: Moment,
    /// A: offset after the last record that was handed over.
    pub handed_over: Option<Offset>,
    /// Offset that polling came to: after the last record, or the last end.
    pub come_to: Option<Offset>,
    /// When that last changed.
    pub come_to_changed: Moment,
    /// When the last record was handed over.
    pub last_record: Option<Moment>,
    /// Timestamp of the newest record seen.
    pub last_timestamp_ms: Option<i64>,
    /// A record that holds the partition.
    pub oversized: Option<v1::OversizedRecord>,
    /// Records that were looked at.
    pub glimpses: Glimpses,
}

impl Holding {
    /// A partition that was just assigned.
    pub fn new(now: Moment) -> Self {
        Self {
            phase: Phase::Resolving { retry: None },
            sent: Sent::new(Offset::ZERO),
            started_from: StartedFrom::Unspecified,
            lost: None,
            cut_at: None,
            claim: 0,
            placement: 0,
            placed: false,
            pending: VecDeque::new(),
            end: None,
            epochs: Epochs::default(),
            committed: None,
            again: false,
            commit_read: None,
            start: Offset::ZERO,
            committing: None,
            asked: None,
            stall: None,
            assigned: now,
            placed_at: now,
            read_to: Offset::ZERO,
            polled: None,
            polled_changed: now,
            handed_over: None,
            come_to: None,
            come_to_changed: now,
            last_record: None,
            last_timestamp_ms: None,
            oversized: None,
            glimpses: Glimpses::default(),
        }
    }

    /// Epoch of its claim.
    pub const fn epoch(&self) -> Option<Epoch> {
        match self.phase {
            Phase::Feeding { epoch } => Some(epoch),
            Phase::Draining { epoch, .. } | Phase::LastCommit { epoch, .. } => epoch,
            Phase::Resolving { .. }
            | Phase::Resolved
            | Phase::Proving { .. }
            | Phase::Claiming
            | Phase::Waiting { .. }
            | Phase::Checking { .. }
            | Phase::Standby { .. }
            | Phase::Done => None,
        }
    }

    /// Whether its start offset is known.
    pub const fn resolved(&self) -> bool {
        !matches!(self.phase, Phase::Resolving { .. })
    }

    /// Whether it is on its way out.
    pub const fn leaving(&self) -> bool {
        matches!(
            self.phase,
            Phase::Draining { .. } | Phase::LastCommit { .. } | Phase::Done
        )
    }

    /// Whether another fetcher holds it, for which this one waits.
    pub const fn stands_by(&self) -> bool {
        matches!(self.phase, Phase::Standby { .. })
    }

    /// Whether records flow under this placement.
    pub const fn reads(&self, placement: u64) -> bool {
        self.placed && self.placement == placement && matches!(self.phase, Phase::Feeding { .. })
    }

    /// When something has to be done without an event.
    pub fn deadline(&self) -> Option<Moment> {
        match self.phase {
            Phase::Resolving { retry } => retry,
            Phase::Proving { since, .. } => Some(since + super::PROOF_WAIT),
            Phase::Waiting { until } => Some(until),
            Phase::Checking { retry } => Some(retry),
            Phase::Standby { again } => Some(again),
            Phase::Draining { deadline, .. } | Phase::LastCommit { deadline, .. } => Some(deadline),
            Phase::Feeding { .. } => self.stall.map(|stall| stall.retry),
            Phase::Resolved | Phase::Claiming | Phase::Done => None,
        }
    }

    /// The client reads it no more. What it polled and what was not sent yet is read again: batches and
    /// ends that are still on their way belong to a placement that is over. Tells whether it was read.
    pub fn withdraw(&mut self) -> bool {
        self.placement += 1;
        self.pending.clear();
        self.end = None;
        self.stall = None;
        std::mem::take(&mut self.placed)
    }

    /// Where the next batch begins: everything below was sent or waits to be.
    pub fn in_hand(&self) -> Offset {
        let last = self.pending.back();
        last.and_then(|last| Offset::known(last.packed.next_offset))
            .unwrap_or(self.sent.next())
    }

    /// Bytes that wait to be sent.
    pub fn pending_bytes(&self) -> u64 {
        self.pending.iter().map(CutBatch::credit_bytes).sum()
    }

    /// A commit is asked for.
    pub fn ask_commit(&mut self, at: Offset) {
        self.again = false;
        self.committing = self.committing.max(Some(at));
        self.asked = self.asked.max(Some(at));
    }

    /// Polling came to `next_offset`.
    pub fn polled_to(&mut self, next_offset: Offset, now: Moment) {
        if self.polled.is_none_or(|n| n < next_offset) {
            self.polled = Some(next_offset);
            self.polled_changed = now;
        }
    }

    /// Polling handed over everything below `offset`.
    pub fn comes_to(&mut self, offset: Offset, now: Moment) {
        if self.come_to.is_none_or(|known| known < offset) {
            self.come_to = Some(offset);
            self.come_to_changed = now;
        }
    }

    /// Whether statistics of that moment speak about the present placement.
    pub fn placed_before(&self, measured: Moment) -> bool {
        self.placed && self.placed_at < measured
    }

    /// What to commit now, if it is more than what was committed or asked for, or is to be said again.
    pub fn to_commit(&self) -> Option<Offset> {
        let known = self.committed.max(self.committing);
        let settled = self.sent.committable().max(known.unwrap_or_default());
        Some(settled).filter(|at| self.resolved() && (self.again || Some(*at) > known))
    }

    /// Whether the commit, read again, is the one from which this fetcher started, or one that it made itself: then
    /// nobody went on meanwhile.
    pub fn goes_on_from(&mut self, committed: Option<Offset>) -> bool {
        let made =
            self.committed.is_some() && self.committed <= committed && committed <= self.asked;
        if made {
            self.committed = committed;
        }
        made || committed == self.commit_read || committed == self.committed
    }

    /// Somebody else has the partition, and what is settled is for him to say: the log may be cut while he reads it.
    pub fn hand_over(&mut self) {
        self.sent
            .forget_settled(self.committed.unwrap_or(self.start));
    }

    /// What the aggregator knows of the log that its answer to a claim speaks of. It goes before what is known here, which may
    /// be of another one; nothing is believed of a log that begins anew.
    pub fn told_written(&mut self, told: impl Iterator<Item = LogPosition>) {
        let begins_anew = self.cut_at.take().is_some() && self.epochs.iter().next().is_none();
        if begins_anew {
            return;
        }
        let mut written = Epochs::default();
        told.for_each(|place| written.note(place));
        let end = written.iter().last().map(|place| place.offset);
        let beyond = self.epochs.iter().filter(|place| Some(place.offset) > end);
        beyond.for_each(|place| written.note(place));
        self.epochs = written;
    }

    /// Retention took a range that nobody read, where reading was to go on at a cut.
    pub fn lose(&mut self, range: OffsetRange) {
        self.lost = Some(range);
        self.sent.lose(range);
        self.epochs = Epochs::default();
        self.start = self.sent.floor();
        self.polled = Some(self.start);
        self.cut_at = self.cut_at.max(Some(self.start));
    }

    /// The end that the client reached counts once everything before it was sent.
    pub fn note_end(&mut self) {
        if let (true, Some(end)) = (self.pending.is_empty(), self.end) {
            self.sent.reached_end(end);
        }
    }
}
