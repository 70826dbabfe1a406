//! The roll in numbers, for metrics: what screens show, without judging anew and without changing anything.

use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::Roll;
use crate::core::budget::Ledger;
use crate::core::count::Counters;
use crate::core::lane::Lane;
use crate::core::roster::TopicKey;
use crate::core::stats::Totals;
use crate::core::topic::TopicState;
use crate::core::trace::timeline::Said;

/// The aggregator as a whole.
#[derive(Clone, Debug)]
pub struct WholeMeasures {
    /// Which partitions this aggregator is for.
    pub lane: Lane,
    /// Topics of the roll.
    pub topics: usize,
    /// Bytes buffered or leased.
    pub held_bytes: u64,
    /// Bytes that may be.
    pub budget_bytes: u64,
    /// Open feeds.
    pub feeds: usize,
    /// Open gathers.
    pub gathers: usize,
    /// Leases that live, those of open gathers included.
    pub leases: usize,
    /// What was dropped, repeated, skipped or refused since the start.
    pub counters: Counters,
}

/// One topic.
#[derive(Clone, Debug)]
pub struct TopicMeasures {
    /// Its name.
    pub topic: Topic,
    /// What was said of it last without a gather; `None` in the first second.
    pub said: Option<Said>,
    /// Counts since the start.
    pub totals: Totals,
    /// Age of the newest record, by its timestamp; `None` when none is known.
    pub last_record_age: Option<Duration>,
    /// Bytes buffered or leased.
    pub held_bytes: u64,
    /// Bytes that its feeds may send beyond what they sent.
    pub credit_bytes: u64,
    /// Open feeds.
    pub feeds: usize,
    /// Of them, those that wait for what another one holds.
    pub standbys: usize,
    /// Open gathers that want it and take records.
    pub takers: usize,
    /// Sums over all partitions, those beyond the limit included.
    pub sums: Sums,
    /// Its first partitions, as many as were asked for.
    pub partitions: Vec<v1::PartitionStatus>,
}

/// Sums over the partitions of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Partitions that are known.
    pub partitions: usize,
    /// Partitions that a fetcher claims.
    pub claimed: usize,
    /// Records that wait: readable in Kafka, or buffered here; `None` when that is unknown of every partition.
    pub backlog: Option<u64>,
    /// Records that are handed out and not settled.
    pub unacked: u64,
}

impl Sums {
    fn add(&mut self, partition: &v1::PartitionStatus) {
        self.partitions += 1;
        self.claimed += usize::from(partition.epoch > 0);
        self.unacked += partition.unacked;
        if let Some(readable) = partition.readable {
            let waiting = readable.saturating_add(partition.buffered);
            self.backlog = Some(self.backlog.unwrap_or(0).saturating_add(waiting));
        }
    }
}

impl Roll {
    /// The aggregator as a whole.
    pub fn measure(&self) -> WholeMeasures {
        WholeMeasures {
            lane: self.settings.lane,
            topics: self.topics.len(),
            held_bytes: self.topics.iter().map(TopicState::held_bytes).sum(),
            budget_bytes: self.settings.budget_bytes,
            feeds: self.feeds.len(),
            gathers: self.gathers.len(),
            leases: self.leases.iter().count(),
            counters: self.counters.clone(),
        }
    }

    /// A topic, with at most so many partitions of its own; `None` when the roll has no such topic.
    pub fn measure_topic(
        &self,
        key: TopicKey,
        partitions: usize,
        now: Moment,
    ) -> Option<TopicMeasures> {
        let state = self.topics.get(key.0)?;
        let books = state.books(&self.leases, now);
        let mut sums = Sums::default();
        let mut shown = Vec::new();
        for number in state.evidence.numbers(&books) {
            let verdict = v1::VerdictCode::Unspecified;
            let books = books.partitions.get(&number);
            let partition = state.evidence.partition_status(number, books, verdict, now);
            sums.add(&partition);
            if shown.len() < partitions {
                shown.push(partition);
            }
        }
        let left = |ledger: &Ledger| ledger.granted.saturating_sub(ledger.received);
        Some(TopicMeasures {
            topic: state.topic.clone(),
            said: state.timeline.last().map(|span| span.said),
            totals: state.statistics.totals().clone(),
            last_record_age: state.evidence.last_record_age(now),
            held_bytes: state.held_bytes(),
            credit_bytes: state.ledgers.values().map(left).sum(),
            feeds: state.ledgers.len(),
            standbys: state.standbys.feeds(),
            takers: state.takers.len(),
            sums,
            partitions: shown,
        })
    }
}
