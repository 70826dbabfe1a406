//! Since when fetchers have said how many lanes there are: one whose feed breaks and opens again goes on saying it.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

use super::feed::{Feed, OpenFacts};

/// How long a fetcher may be without a feed and still go on with what it said.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How long after it was refused a fetcher still says what it said: it dials again every second, and a connection may
/// take some.
const STILL_SAID: Duration = Duration::from_secs(10);
/// Fetchers without a feed that are remembered, per topic.
const SAYINGS: usize = 64;

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

/// Another number of lanes than the aggregator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherLanes {
    /// The number.
    pub lanes: u32,
    /// Since when a fetcher, or others before it without a gap, has said it.
    pub since: Moment,
}

impl SaidLanes {
    /// A feed ended.
    pub fn closed(&mut self, feed: &Feed, now: Moment) {
        let Some(lanes) = feed.open.lanes else {
            return;
        };
        // That the same fetcher said the same before is in `since`.
        let again = |said: &Said| said.lanes == lanes && said.is_by(&feed.open);
        self.0
            .retain(|said| now.since(said.gone) < REMEMBERED && !again(said));
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
            Some(said.lanes) == open.lanes && said.is_by(open) && now.since(said.gone) < REMEMBERED
        };
        let earlier = self.0.iter().filter(same).map(|said| said.since);
        earlier.min().unwrap_or(now)
    }

    /// What a fetcher said last that is refused for it, unless it was long ago.
    pub fn other_than(&self, own: u32, now: Moment) -> Option<OtherLanes> {
        let still = |said: &&Said| said.lanes != own && now.since(said.gone) < STILL_SAID;
        let lanes = self.0.iter().rfind(still)?.lanes;
        let alike = self
            .0
            .iter()
            .filter(still)
            .filter(|said| said.lanes == lanes);
        let since = alike.map(|said| said.since).min()?;
        Some(OtherLanes { lanes, since })
    }
}

impl Said {
    fn is_by(&self, open: &OpenFacts) -> bool {
        self.client_id == open.client_id && self.host == open.host
    }
}
