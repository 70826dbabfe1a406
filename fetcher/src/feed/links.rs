//! The streams to all aggregators, waited for together.

use std::collections::BTreeMap;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::service::token::Bearer;
use rollcall_proto::v1;
use tokio::sync::mpsc::{OwnedPermit, Sender};

use super::link::{FeedLink, LinkEvent};
use crate::core::lanes::FeedId;

/// The way out of a feed.
type Way = (FeedId, Sender<v1::FeedRequest>);

/// The links of all feeds.
pub(super) struct Links {
    all: BTreeMap<FeedId, FeedLink>,
    bearer: Bearer,
    /// Whose turn it is to be looked at first.
    turn: usize,
}

impl Links {
    pub(super) fn new(addresses: &[String], bearer: Bearer) -> Self {
        let mut links = Self {
            all: BTreeMap::new(),
            bearer,
            turn: 0,
        };
        for (address, feed) in addresses.iter().zip(FeedId::all()) {
            links.add(feed, address);
        }
        links
    }

    /// Dials one more address. What is no address was refused with the settings.
    pub(super) fn add(&mut self, feed: FeedId, address: &str) {
        match client_endpoint(address) {
            Ok(endpoint) => {
                let link = FeedLink::new(endpoint, self.bearer.clone());
                self.all.insert(feed, link);
            }
            Err(error) => tracing::error!(%error, "an aggregator cannot be dialled"),
        }
    }

    /// Hangs up for good.
    pub(super) fn remove(&mut self, feed: FeedId) {
        self.all.remove(&feed);
    }

    /// The feeds that are dialled.
    pub(super) fn all(&self) -> Vec<FeedId> {
        self.all.keys().copied().collect()
    }

    /// The aggregator took us.
    pub(super) fn welcomed(&mut self, feed: FeedId) {
        if let Some(link) = self.all.get_mut(&feed) {
            link.welcomed();
        }
    }

    /// Ends the stream and dials anew at once.
    pub(super) fn rotate(&mut self, feed: FeedId) {
        if let Some(link) = self.all.get_mut(&feed) {
            link.rotate();
        }
    }

    /// The ways out of these feeds, as far as there is one; another one is the first each time.
    pub(super) fn senders(&self, feeds: impl Iterator<Item = FeedId>) -> Vec<Way> {
        let mut ways: Vec<_> = feeds
            .filter_map(|feed| Some((feed, self.all.get(&feed)?.sender()?)))
            .collect();
        turn(&mut ways, self.turn);
        ways
    }

    /// The next event of any link. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> (FeedId, LinkEvent) {
        if self.all.len() == 1
            && let Some((feed, link)) = self.all.iter_mut().next()
        {
            return (*feed, link.next().await);
        }
        self.turn = self.turn.wrapping_add(1);
        let links = self.all.iter_mut();
        let mut events: Vec<_> = links
            .map(|(feed, link)| Box::pin(async move { (*feed, link.next().await) }))
            .collect();
        turn(&mut events, self.turn);
        first(events).await
    }

    /// Lets what was said go out everywhere, for a moment.
    pub(super) async fn farewell(&mut self, patience: Duration) {
        let last = self.all.values_mut();
        let last: Vec<_> = last.map(|link| Box::pin(link.farewell(patience))).collect();
        all(last).await;
    }
}

/// Room in one of these.
pub(super) async fn room(ways: Vec<Way>) -> (FeedId, OwnedPermit<v1::FeedRequest>) {
    let reserved = ways.into_iter().map(|(feed, way)| {
        Box::pin(async move {
            match way.reserve_owned().await {
                Ok(permit) => (feed, permit),
                // The link says itself that it ended.
                Err(_) => pending().await,
            }
        })
    });
    first(reserved.collect()).await
}

fn turn<T>(list: &mut [T], by: usize) {
    if !list.is_empty() {
        list.rotate_left(by % list.len());
    }
}

/// What comes first of several, looked at in their order; nothing of none.
async fn first<F: Future + Unpin>(mut futures: Vec<F>) -> F::Output {
    poll_fn(|context| {
        let ready = futures
            .iter_mut()
            .map(|future| Pin::new(future).poll(context))
            .find(Poll::is_ready);
        ready.unwrap_or(Poll::Pending)
    })
    .await
}

/// Waits for all.
async fn all<F: Future<Output = ()> + Unpin>(mut futures: Vec<F>) {
    poll_fn(|context| {
        futures.retain_mut(|future| Pin::new(future).poll(context).is_pending());
        match futures.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}
