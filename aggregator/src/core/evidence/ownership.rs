//! Who holds a partition, who held it, and how long nobody did.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::ids::{Offset, TopicId};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, StartedFrom};
use serde::{Deserialize, Serialize};

use super::wire;
use crate::core::books::FeedKey;

/// Times without an owner that are remembered for a partition.
const GAPS: usize = 32;

/// The holder of one partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ownership {
    /// The claim that holds now.
    pub claim: Option<ClaimFacts>,
    /// Whose fetcher was cut off while it held the partition, and when; forgotten with the next claim.
    pub orphaned: Option<(FeedKey, Moment)>,
    start: Option<Start>,
    unowned_since: Option<Moment>,
    unowned: VecDeque<(Moment, Moment)>,
}

/// How the reading began. A fetcher that claims again, since its feed broke, says the same once more.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Start {
    from: StartedFrom,
    lost: Option<OffsetRange>,
    at: Moment,
    delivered: bool,
}

impl Start {
    fn outlives_a_rebalance(&self) -> bool {
        match self.from {
            StartedFrom::BelowLogStart | StartedFrom::BeyondEnd | StartedFrom::Recreated => true,
            StartedFrom::PolicyLatest => !self.delivered,
            StartedFrom::Unspecified | StartedFrom::Commit | StartedFrom::PolicyEarliest => false,
        }
    }
}

/// What a claim said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimFacts {
    /// The feed that made it.
    pub feed: FeedKey,
    /// When it was made.
    pub at: Moment,
    /// The group's commit then.
    pub committed: Option<Offset>,
    /// How the start was found; unknown values are `Unspecified`.
    pub started_from: StartedFrom,
    /// What the start skipped or lost.
    pub lost: Option<OffsetRange>,
    /// Id of the topic then.
    pub topic_id: Option<TopicId>,
}

impl Ownership {
    /// The feed whose claim holds.
    pub fn holder(&self) -> Option<FeedKey> {
        self.claim.as_ref().map(|claim| claim.feed)
    }

    /// A claim holds from now on.
    pub fn claimed(&mut self, feed: FeedKey, claim: &v1::Claim, now: Moment) {
        if let Some(since) = self.unowned_since.take() {
            self.unowned.push_back((since, now));
            if self.unowned.len() > GAPS {
                self.unowned.pop_front();
            }
        }
        self.orphaned = None;
        let lost = claim
            .lost
            .and_then(|lost| OffsetRange::from_raw(lost.first_offset, lost.next_offset));
        let (from, lost) = self.remembered(claim.started_from(), lost);
        if !self
            .start
            .is_some_and(|start| (start.from, start.lost) == (from, lost))
        {
            self.start = Some(Start {
                from,
                lost,
                at: now,
                delivered: false,
            });
        }
        self.claim = Some(ClaimFacts {
            feed,
            at: now,
            committed: wire::offset(Some(claim.committed)),
            started_from: from,
            lost,
            topic_id: TopicId::new(&claim.topic_id),
        });
    }

    /// How the reading began, and what was lost by it. A claim that resumes at a commit, after a rebalance, hides
    /// nothing: what was lost before it, or skipped with nothing delivered since, still is.
    fn remembered(
        &self,
        from: StartedFrom,
        lost: Option<OffsetRange>,
    ) -> (StartedFrom, Option<OffsetRange>) {
        let resumed = from == StartedFrom::Commit && lost.is_none();
        match self
            .start
            .filter(|start| resumed && start.outlives_a_rebalance())
        {
            Some(start) => (start.from, start.lost),
            None => (from, lost),
        }
    }

    /// A record came under the claim.
    pub fn delivered(&mut self) {
        if let Some(start) = &mut self.start {
            start.delivered = true;
        }
    }

    /// Whether a record came since the reading began.
    pub fn has_delivered(&self) -> bool {
        self.start.is_some_and(|start| start.delivered)
    }

    /// When the reading began the way that the present claim says.
    pub fn began(&self) -> Option<Moment> {
        self.start.map(|start| start.at)
    }

    /// The claim was given back.
    pub fn released(&mut self, now: Moment) {
        self.claim = None;
        self.unowned_since.get_or_insert(now);
    }

    /// The feed that held the claim was cut off.
    pub fn orphaned(&mut self, now: Moment) {
        if let Some(claim) = self.claim.take() {
            self.orphaned = Some((claim.feed, now));
            self.unowned_since.get_or_insert(now);
        }
    }

    /// Since when nobody has held the partition; `None` while somebody does, and before the first claim.
    pub fn unowned_since(&self) -> Option<Moment> {
        self.unowned_since
    }

    /// How long nobody held the partition, of the last `window`.
    pub fn unowned_within(&self, window: Duration, now: Moment) -> Duration {
        let from = now.before(window);
        let open = self.unowned_since.map(|since| (since, now));
        let inside = |(since, until): (Moment, Moment)| until.since(since.max(from));
        self.unowned.iter().copied().chain(open).map(inside).sum()
    }
}
