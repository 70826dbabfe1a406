//! Fetchers that are gone and whose broker session may still hold partitions.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

use super::feed::{Feed, OpenFacts};
use crate::core::books::FeedKey;

/// How long a fetcher that is gone is remembered.
const REMEMBERED: Duration = Duration::from_secs(120);
/// Fetchers that are gone and remembered, per topic.
const GHOSTS: usize = 16;
/// Kafka's default of `group.consumer.session.timeout.ms` (KIP-848); the broker's own value is not known here.
const CONSUMER_SESSION: Duration = Duration::from_secs(45);
/// Session timeout that a fetcher sets for the classic protocol.
const CLASSIC_SESSION: Duration = Duration::from_secs(10);

/// A fetcher whose feed ended while it held partitions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ghost {
    /// Its feed.
    pub feed: FeedKey,
    /// Who it was.
    pub open: OpenFacts,
    /// Its member id in the group; empty when it had none.
    pub member_id: String,
    /// When its last pulse came.
    pub heard: Moment,
    /// When its feed ended.
    pub gone: Moment,
    /// Partitions that it held then.
    pub claims: u32,
}

impl Ghost {
    /// The ghost of a feed that ends now.
    pub fn of(key: FeedKey, feed: Feed, claims: u32, now: Moment) -> Self {
        let heard = feed.heard();
        let member_id = feed
            .pulse
            .map(|pulse| pulse.group.member_id)
            .unwrap_or_default();
        Self {
            feed: key,
            open: feed.open,
            member_id,
            heard,
            gone: now,
            claims,
        }
    }

    /// When the broker gives its partitions away at the latest, going by the usual session timeout of
    /// its protocol: the broker's own setting is not known here. `None` for a protocol without a name.
    pub fn session_ends(&self) -> Option<Moment> {
        match self.open.group_protocol.as_str() {
            "consumer" => Some(self.gone + CONSUMER_SESSION),
            "classic" => Some(self.gone + CLASSIC_SESSION),
            _ => None,
        }
    }
}

/// The ghosts of one topic, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ghosts(VecDeque<Ghost>);

impl Ghosts {
    /// Remembers one more; the oldest gives way.
    pub fn add(&mut self, ghost: Ghost) {
        let now = ghost.gone;
        self.0.retain(|old| now.since(old.gone) < REMEMBERED);
        if self.0.len() == GHOSTS {
            self.0.pop_front();
        }
        self.0.push_back(ghost);
    }

    /// Those that are still remembered.
    pub fn iter(&self, now: Moment) -> impl Iterator<Item = &Ghost> {
        self.0
            .iter()
            .filter(move |ghost| now.since(ghost.gone) < REMEMBERED)
    }

    /// All of them, the last one first.
    pub fn all(&self) -> impl Iterator<Item = &Ghost> {
        self.0.iter().rev()
    }

    /// The one whose feed this was.
    pub fn of_feed(&self, feed: FeedKey) -> Option<&Ghost> {
        self.0.iter().find(|ghost| ghost.feed == feed)
    }

    /// The one that had this member id.
    pub fn of_member(&self, member_id: &str) -> Option<&Ghost> {
        self.0
            .iter()
            .rev()
            .find(|ghost| !member_id.is_empty() && ghost.member_id == member_id)
    }

    /// The run of a fetcher is back on a new feed: its ghost is none any more.
    pub fn back(&mut self, fetcher_id: &str) {
        self.0.retain(|ghost| ghost.open.fetcher_id != fetcher_id);
    }
}
