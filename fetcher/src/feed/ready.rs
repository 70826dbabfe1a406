//! What `/readyz` says: ready when the aggregators of all lanes that are known have welcomed the fetcher.

use std::collections::BTreeMap;

use rollcall_proto::service::admin::Readiness;
use tokio::sync::watch;

use crate::core::lanes::{FeedId, Lanes, Standing};
use crate::core::membership::Shard;

/// The word to `/readyz`, and to the log where lanes do not fit together.
pub(super) struct Ready {
    said: watch::Sender<Readiness>,
    /// Why there is no feed.
    why: BTreeMap<FeedId, String>,
    standing: Standing,
    stopping: bool,
}

impl Ready {
    pub(super) const fn new(said: watch::Sender<Readiness>) -> Self {
        Self {
            said,
            why: BTreeMap::new(),
            standing: Standing::Unknown,
            stopping: false,
        }
    }

    pub(super) fn stop(&mut self) {
        self.stopping = true;
        self.said.send_replace(Readiness::not_ready("stopping"));
    }

    /// An aggregator took the fetcher.
    pub(super) fn welcomed(&mut self, feed: FeedId, lanes: &Lanes) {
        self.why.remove(&feed);
        self.look(lanes);
    }

    /// A feed ended or did not begin, for this reason.
    pub(super) fn hung_up(&mut self, feed: FeedId, why: String, lanes: &Lanes) {
        self.why.insert(feed, why);
        self.look(lanes);
    }

    /// The address is dialled no more.
    pub(super) fn forget(&mut self, feed: FeedId) {
        self.why.remove(&feed);
    }

    /// Something may have changed.
    pub(super) fn look(&mut self, lanes: &Lanes) {
        if self.stopping {
            return;
        }
        if *lanes.standing() != self.standing {
            self.standing = lanes.standing().clone();
            match &self.standing {
                Standing::Disagreed(how) => tracing::error!(how, "nobody is fed"),
                Standing::Agreed(lanes) if *lanes > 1 => tracing::info!(lanes, "lanes agree"),
                Standing::Agreed(_) | Standing::Unknown => {}
            }
        }
        self.said.send_replace(self.readiness(lanes));
    }

    fn readiness(&self, lanes: &Lanes) -> Readiness {
        let reasons = match &self.standing {
            Standing::Disagreed(how) => vec![format!("nobody is fed: {how}")],
            Standing::Agreed(_) => {
                let missing = lanes.missing().into_iter();
                missing.filter_map(|lane| self.lacks(lane, lanes)).collect()
            }
            Standing::Unknown if self.why.is_empty() => vec!["starting".to_owned()],
            Standing::Unknown => self.why.values().cloned().collect(),
        };
        match reasons.is_empty() {
            true => Readiness::ready(),
            false => Readiness::not_ready(reasons.join("; ")),
        }
    }

    /// Why a lane is not fed. One whose feed has just ended as it should is dialled at once.
    fn lacks(&self, lane: Shard, lanes: &Lanes) -> Option<String> {
        let why = match lanes.feed_of(lane) {
            Some(feed) => self.why.get(&feed)?.clone(),
            None => match self.why.is_empty() {
                true => "no aggregator says that it is this lane".to_owned(),
                false => self.why.values().cloned().collect::<Vec<_>>().join(", "),
            },
        };
        let alone = lane == Shard::ALL;
        Some(match alone {
            true => why,
            false => format!("lane {} of {}: {why}", lane.number(), lane.of()),
        })
    }
}
