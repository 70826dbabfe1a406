//! The partitions that a feed may have, when there are others beside it.
//!
//! To the aggregator a partition that moves to another lane looks as if the group had taken it; Kafka knows nothing of it.

use std::collections::BTreeSet;

use rollcall_proto::ids::{Partition, TopicId};
use rollcall_proto::time::Moment;

use crate::core::membership::Shard;
use crate::core::session::{Phase, REVOKE_DRAIN, Session};

impl Session {
    /// The state of another feed of this fetcher. It knows what this one does of Kafka, and has no partitions yet.
    pub fn beside(&self, now: Moment) -> Self {
        Self {
            fixed: self.fixed_beside(),
            topic_id: self.topic_id.clone(),
            lane: None,
            tickets: self.tickets,
            group: self.group.clone(),
            latches: self.latches.clone(),
            client: self.client.clone(),
            brokers: self.brokers.clone(),
            settings: self.settings.clone(),
            polled: self.polled,
            owners: self.owners.clone(),
            history: self.history.clone(),
            partitions_known: self.partitions_known,
            leaving: self.leaving,
            ..Self::new(self.identity.clone(), self.pulse_interval, now)
        }
    }

    /// The partitions that it may have; `None` while that is not known.
    pub const fn lane(&self) -> Option<Shard> {
        self.lane
    }

    /// Whether it has the partition, be it on its way out.
    pub fn has(&self, partition: Partition) -> bool {
        self.holdings.contains_key(&partition)
    }

    /// Whether it has nothing.
    pub fn has_nothing(&self) -> bool {
        self.holdings.is_empty()
    }

    /// Whether it has a partition of that lane.
    pub fn has_of(&self, lane: Shard) -> bool {
        self.holdings.keys().any(|partition| lane.has(*partition))
    }

    /// Whether it still gives something up.
    pub fn gives_up(&self) -> bool {
        !self.moving.is_empty()
    }

    pub(super) fn in_lane(&self, partition: Partition) -> bool {
        self.lane.is_some_and(|lane| lane.has(partition))
    }

    /// Gives up what is not of that lane, as on a revoke: it stops at once, what is out may be settled for a moment, the
    /// settled prefix is committed. It takes nothing until [`Self::take_lane`].
    pub fn keep_only(&mut self, lane: Option<Shard>, now: Moment) {
        self.lane = None;
        let kept = |partition: &Partition| lane.is_some_and(|lane| lane.has(*partition));
        let strange: Vec<_> = self.assigned().into_iter().filter(|p| !kept(p)).collect();
        for partition in strange {
            if self.moving.insert(partition) {
                self.begin_drain(partition, now + REVOKE_DRAIN);
            }
        }
        self.tick_holdings(now);
        self.finish_revoke(now);
        self.pulse(now);
    }

    /// The lane is this feed's from now on, and with it these partitions; without a group it takes them itself.
    /// `first_placement` is above the number of every placement that there was, so that nothing that was read for another
    /// feed is taken for its own; `topic` is the one that this process has read last.
    pub fn take_lane(
        &mut self,
        lane: Shard,
        partitions: &BTreeSet<Partition>,
        first_placement: u64,
        topic: Option<&TopicId>,
        now: Moment,
    ) {
        self.lane = Some(lane);
        self.first_placement = first_placement;
        if self.has_nothing() && topic.is_some() {
            self.topic_id = topic.cloned();
        }
        let new = |partition: &Partition| lane.has(*partition) && !self.has(*partition);
        let new: Vec<_> = partitions.iter().copied().filter(new).collect();
        if !new.is_empty() {
            self.begin(&new, now);
        }
        self.take_partitions(now);
    }

    /// Commits are counted over all feeds: an answer names the newest that it covers.
    pub fn count_commits_from(&mut self, ticket: u64) {
        self.tickets = self.tickets.max(ticket);
    }

    /// Forgets what was given up.
    pub(super) fn drop_moved(&mut self) {
        if self.moving.is_empty() {
            return;
        }
        let holdings = &mut self.holdings;
        self.moving.retain(|partition| {
            let gone = holdings
                .get(partition)
                .is_none_or(|held| held.phase == Phase::Done);
            if gone {
                holdings.remove(partition);
            }
            !gone
        });
    }
}
