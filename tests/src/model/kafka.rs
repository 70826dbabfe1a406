//! Kafka, as little of it as delivery needs: a log for each partition, what the group has committed, who owns what.

use std::collections::BTreeMap;

use rollcall_fetcher::core::facts::{CommitOutcome, LogFacts};
use rollcall_proto::ids::{Offset, Partition, TopicId};

use super::size::Size;

/// The topic's id. It is never recreated here.
pub(super) const TOPIC_ID: &str = "the-only-id";

/// All partitions.
#[derive(Clone, Debug, Hash)]
pub struct Kafka {
    pub(super) logs: Vec<Log>,
}

/// One partition.
#[derive(Clone, Debug, Hash)]
pub struct Log {
    /// Offset after the last record that a consumer sees.
    pub(super) records: i64,
    /// Offset after the last record of all.
    pub(super) end: i64,
    /// What the group has committed.
    pub(super) committed: Option<i64>,
    /// Who owns it, as the group knows it.
    pub(super) owner: Owner,
}

/// Who owns a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody.
    Nobody,
    /// A member.
    Member(usize),
    /// A member that was asked to give it back.
    Leaving(usize),
    /// A member that died, and whose session has not ended.
    Ghost(usize),
}

impl Kafka {
    pub(super) fn new(size: &Size) -> Self {
        let log = Log {
            records: size.records,
            end: size.records + i64::from(size.control),
            committed: None,
            owner: Owner::Nobody,
        };
        let partitions = usize::try_from(size.partitions).unwrap_or(0);
        Self {
            logs: vec![log; partitions],
        }
    }

    /// Each partition with its number.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (i32, &Log)> {
        (0..).zip(&self.logs)
    }

    pub(super) fn log(&self, partition: i32) -> &Log {
        &self.logs[at(partition)]
    }

    pub(super) fn log_mut(&mut self, partition: i32) -> &mut Log {
        &mut self.logs[at(partition)]
    }

    /// What is read where a start has to be found.
    pub(super) fn facts(&self, partition: Partition) -> LogFacts {
        let log = self.log(partition.0);
        LogFacts {
            committed: log.committed.and_then(Offset::known),
            committed_epoch: None,
            committed_for: log.committed.and_then(|_| TopicId::new(TOPIC_ID)),
            log_start: Offset::ZERO,
            high_watermark: Offset::known(log.end).unwrap_or_default(),
            last_stable: None,
        }
    }

    /// The coordinator takes a commit of a member that owns all of it, and refuses others.
    pub(super) fn commit(
        &mut self,
        fetcher: usize,
        offsets: &BTreeMap<Partition, Offset>,
    ) -> CommitOutcome {
        let owns = |p: &Partition| self.log(p.0).owner.is(fetcher);
        if !offsets.keys().all(owns) {
            return CommitOutcome::Fenced("it owns the partition no more".to_owned());
        }
        for (partition, offset) in offsets {
            self.log_mut(partition.0).committed = Some(offset.get());
        }
        CommitOutcome::Taken
    }

    /// Whether everything is committed.
    pub(super) fn done(&self) -> bool {
        self.logs.iter().all(|log| log.committed == Some(log.end))
    }
}

impl Owner {
    /// Whether a live member owns it.
    pub(super) const fn is(self, fetcher: usize) -> bool {
        match self {
            Self::Member(owner) | Self::Leaving(owner) => owner == fetcher,
            Self::Nobody | Self::Ghost(_) => false,
        }
    }
}

/// Where a partition stands in a list of all.
pub(super) fn at(partition: i32) -> usize {
    usize::try_from(partition).unwrap_or(usize::MAX)
}
