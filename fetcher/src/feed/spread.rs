//! One name, several aggregators: which addresses are dialled.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use rollcall_proto::time::Moment;

use super::Feed;
use crate::core::lanes::FeedId;

impl Feed {
    /// Behind the one name there are several aggregators: each of its addresses is dialled from now on.
    pub(super) fn spread(&mut self, feed: FeedId, now: Moment) {
        tracing::info!("the aggregator is one lane of several: dialling every address of its name");
        self.names.spread();
        self.drop_link(feed, now);
    }

    /// Dials an address no more.
    pub(super) fn drop_link(&mut self, feed: FeedId, now: Moment) {
        self.links.remove(feed);
        self.ready.forget(feed);
        self.traced.hung_up(feed);
        self.lanes.remove(feed, now);
    }

    /// Dials addresses that are new, and forgets those that are gone and do not answer any more.
    pub(super) fn found(&mut self, addresses: &[SocketAddr], now: Moment) {
        let urls: BTreeSet<_> = addresses.iter().map(|at| format!("http://{at}")).collect();
        for feed in self.links.all() {
            if !urls.contains(self.lanes.address(feed)) && !self.lanes.welcomed(feed) {
                self.drop_link(feed, now);
            }
        }
        for url in urls {
            let known = |feed: &FeedId| self.lanes.address(*feed) == url;
            if !self.links.all().iter().any(known)
                && let Some(feed) = self.lanes.add(&url, now)
            {
                self.links.add(feed, &url);
                self.names.changed();
            }
        }
        self.ready.look(&self.lanes);
    }
}
