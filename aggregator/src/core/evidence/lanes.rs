//! Since when fetchers have said how many lanes there are: one whose feed breaks and opens again goes on saying it.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

use super::feed::{Feed, OpenFacts};

/// How long a fetcher may be without a feed and still go on with what it said.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Fetchers without a feed that are remembered, per topic.
const SAYINGS: usize = 16;

/// What fetchers whose feeds ended had said, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SaidLanes(VecDeque<Said>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Said {
    client_id: String,
    host: String,
    lanes: u32,
    since: Moment,
    gone: Moment,
}

impl SaidLanes {
    /// A feed ended.
    pub fn closed(&mut self, feed: &Feed, now: Moment) {
        self.0.retain(|said| now.since(said.gone) < REMEMBERED);
        let Some(lanes) = feed.open.lanes else {
            return;
        };
        if self.0.len() == SAYINGS {
            self.0.pop_front();
        }
        self.0.push_back(Said {
            client_id: feed.open.client_id.clone(),
            host: feed.open.host.clone(),
            lanes,
            since: feed.lanes_since.unwrap_or(feed.opened),
            gone: now,
        });
    }

    /// Since when a fetcher that opens a feed now has said its number of lanes.
    pub fn since(&self, open: &OpenFacts, now: Moment) -> Moment {
        let same = |said: &&Said| {
            Some(said.lanes) == open.lanes
                && said.client_id == open.client_id
                && said.host == open.host
                && now.since(said.gone) < REMEMBERED
        };
        let earlier = self.0.iter().filter(same).map(|said| said.since);
        earlier.min().unwrap_or(now)
    }
}
