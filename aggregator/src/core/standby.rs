//! Who waits for partitions of a topic that another fetcher holds, and what is kept back for one that held it.
//!
//! Fetchers without a group are fenced by nobody but the aggregator. One of them may commit for less than
//! [`KEPT`](rollcall_proto::limits::KEPT) after the aggregator confirmed its claims, so what it held is kept for it until
//! nothing was heard of it for that long, however its feed ended. What it gave back itself is free at once.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;

use super::books::FeedKey;

/// The standbys of one topic.
#[derive(Clone, Debug, Default)]
pub struct Standbys {
    waiting: BTreeMap<Partition, BTreeSet<FeedKey>>,
    kept: BTreeMap<Partition, Kept>,
    /// Feeds that said a commit below one that was told, which is named here.
    doubted: BTreeMap<Partition, BTreeMap<FeedKey, Offset>>,
    /// Feeds that were told to beat.
    beating: BTreeSet<FeedKey>,
}

/// A partition that is kept for the fetcher that held it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    fetcher_id: String,
    until: Moment,
}

impl Standbys {
    /// A feed waits for a partition. Says whether it did not before.
    pub fn wait(&mut self, partition: Partition, feed: FeedKey) -> bool {
        self.waiting.entry(partition).or_default().insert(feed)
    }

    /// A feed got the partition that it waited for; nobody's word about it holds any more.
    pub fn served(&mut self, partition: Partition, feed: FeedKey) {
        self.kept.remove(&partition);
        self.doubted.remove(&partition);
        self.forget(partition, feed);
    }

    /// A feed says a commit of a partition that is below `told`. Says whether it has to read it again: it may have read it
    /// before that one was told. When it says so once more, the commit went back.
    pub fn doubts(&mut self, partition: Partition, feed: FeedKey, told: Offset) -> bool {
        let doubted = self.doubted.entry(partition).or_default();
        doubted.insert(feed, told) != Some(told)
    }

    /// A feed ended.
    pub fn gone(&mut self, feed: FeedKey) {
        self.beating.remove(&feed);
        self.waiting.retain(|_, feeds| {
            feeds.remove(&feed);
            !feeds.is_empty()
        });
        self.doubted.retain(|_, feeds| {
            feeds.remove(&feed);
            !feeds.is_empty()
        });
    }

    /// The feed that held a partition ended, and its fetcher may go on until that moment.
    pub fn keep(&mut self, partition: Partition, fetcher_id: &str, until: Moment) {
        let fetcher_id = fetcher_id.to_owned();
        self.kept.insert(partition, Kept { fetcher_id, until });
    }

    /// Whether a partition is kept for another fetcher than this one.
    pub fn is_kept_from(&self, partition: Partition, fetcher_id: &str, now: Moment) -> bool {
        let kept = self.kept.get(&partition);
        kept.is_some_and(|kept| kept.fetcher_id != fetcher_id && now < kept.until)
    }

    /// Whether nobody waits, nor beats for one that did.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.beating.is_empty()
    }

    /// How many feeds wait.
    pub fn feeds(&self) -> usize {
        let waiting = self.waiting.values().flatten();
        waiting.collect::<BTreeSet<_>>().len()
    }

    /// These feeds are to beat, and no others: those that have to be told to, and not to.
    pub fn beats(&mut self, holders: BTreeSet<FeedKey>) -> (Vec<FeedKey>, Vec<FeedKey>) {
        let begin = holders.difference(&self.beating).copied().collect();
        let end = self.beating.difference(&holders).copied().collect();
        self.beating = holders;
        (begin, end)
    }

    /// The partitions that somebody waits for.
    pub fn wanted(&self) -> impl Iterator<Item = Partition> + '_ {
        self.waiting.keys().copied()
    }

    /// Until when a partition is kept back.
    pub fn kept_until(&self, partition: Partition) -> Option<Moment> {
        self.kept.get(&partition).map(|kept| kept.until)
    }

    /// Takes those out that wait for a partition which nobody has any more: they are told, and claim it again.
    pub fn take(&mut self, partition: Partition) -> BTreeSet<FeedKey> {
        self.kept.remove(&partition);
        self.waiting.remove(&partition).unwrap_or_default()
    }

    fn forget(&mut self, partition: Partition, feed: FeedKey) {
        if let Some(feeds) = self.waiting.get_mut(&partition) {
            feeds.remove(&feed);
            if feeds.is_empty() {
                self.waiting.remove(&partition);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: Partition = Partition(0);
    const THEN: Moment = Moment::from_millis(5_000);

    #[test]
    fn what_a_fetcher_held_is_kept_for_it_alone_and_not_for_ever() {
        let mut standbys = Standbys::default();
        standbys.keep(P, "a", THEN);
        let before = THEN.before(std::time::Duration::from_millis(1));
        assert!(standbys.is_kept_from(P, "b", before));
        assert!(!standbys.is_kept_from(P, "a", before), "it is back");
        assert!(!standbys.is_kept_from(P, "b", THEN));
        assert!(!standbys.is_kept_from(Partition(1), "b", before));
        standbys.served(P, FeedKey(1));
        assert_eq!(standbys.kept_until(P), None);
    }

    #[test]
    fn who_waits_is_forgotten_with_its_feed_or_when_it_gets_what_it_waits_for() {
        let mut standbys = Standbys::default();
        for feed in [1, 2, 3] {
            standbys.wait(P, FeedKey(feed));
        }
        standbys.gone(FeedKey(1));
        standbys.served(P, FeedKey(2));
        assert_eq!(standbys.take(P), BTreeSet::from([FeedKey(3)]));
        assert_eq!(standbys.wanted().count(), 0);
        standbys.wait(P, FeedKey(1));
        standbys.gone(FeedKey(1));
        assert_eq!(standbys.wanted().count(), 0);
    }
    #[test]
    fn an_old_commit_is_read_again_once_by_each_feed_and_for_each_one_that_was_told() {
        let told = |offset| Offset::known(offset).unwrap();
        let mut standbys = Standbys::default();
        assert!(standbys.doubts(P, FeedKey(1), told(5)));
        assert!(standbys.doubts(P, FeedKey(2), told(5)));
        assert!(!standbys.doubts(P, FeedKey(1), told(5)));
        assert!(standbys.doubts(P, FeedKey(2), told(7)), "another was told");
        standbys.served(P, FeedKey(1));
        assert!(standbys.doubts(P, FeedKey(2), told(7)));
        standbys.gone(FeedKey(2));
        assert!(standbys.doubts(P, FeedKey(2), told(7)));
    }
}
