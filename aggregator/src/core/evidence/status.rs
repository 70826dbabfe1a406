//! The evidence as `GetStatus` shows it.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, StartedFrom, VerdictCode};

use super::feed::{Feed, OpenFacts};
use super::ghost::Ghost;
use super::partition::Seen;
use super::wire::{is_stamp, wire_duration};
use super::{MAX_PARTITIONS, TopicEvidence};
use crate::core::books::{FeedKey, PartitionBooks, TopicBooks};

impl TopicEvidence {
    /// Every partition that evidence or books know of.
    pub fn numbers(&self, books: &TopicBooks) -> BTreeSet<Partition> {
        let mut numbers = self.partitions();
        numbers.extend(books.partitions.keys());
        numbers
    }

    /// Consumer group, as the fetchers say; `None` while no fetcher has been there.
    pub fn group(&self) -> Option<&str> {
        self.said(|open| (!open.group.is_empty()).then_some(open.group.as_str()))
    }

    /// bootstrap.servers of the topic's fetcher.
    pub fn bootstrap_servers(&self) -> Option<&str> {
        self.said(|open| {
            (!open.bootstrap_servers.is_empty()).then_some(open.bootstrap_servers.as_str())
        })
    }

    /// W and M of the topic's consumer.
    pub fn fetch_settings(&self) -> Option<(Duration, u32)> {
        self.said(|open| Some((open.fetch_wait?, open.fetch_min_bytes?)))
    }

    /// Whether the records come from the embedded broker of the demo.
    pub fn demo(&self) -> bool {
        self.said(|open| Some(open.demo)).unwrap_or(false)
    }

    /// Timestamp of the newest record known, milliseconds since the epoch, as Kafka stores it.
    pub fn last_timestamp_ms(&self) -> Option<i64> {
        self.newest_timestamp_ms
            .values()
            .copied()
            .max()
            .or(self.history_timestamp_ms)
    }

    /// Time since the newest record, by its timestamp; zero for one from the future, `None` for one of before Kafka was.
    pub fn last_record_age(&self, now: Moment) -> Option<Duration> {
        self.last_timestamp_ms()
            .filter(|millis| is_stamp(*millis))
            .map(|millis| self.wall.age_of_millis(millis, now))
    }

    /// The fetchers of the topic, and those that are gone and remembered.
    pub fn fetchers(&self, now: Moment) -> Vec<v1::FetcherStatus> {
        let open = self
            .feeds
            .iter()
            .map(|(&key, feed)| self.open_fetcher(key, feed, now));
        open.chain(self.gone_fetchers(now)).collect()
    }

    /// Those that are gone and remembered.
    pub fn gone_fetchers(&self, now: Moment) -> impl Iterator<Item = v1::FetcherStatus> {
        self.ghosts
            .iter(now)
            .map(move |ghost| self.gone_fetcher(ghost, now))
    }

    /// One partition as it is shown, with the verdict that was found for it.
    pub fn partition_status(
        &self,
        partition: Partition,
        books: Option<&PartitionBooks>,
        verdict: VerdictCode,
        now: Moment,
    ) -> v1::PartitionStatus {
        let owner = self.owners.get(&partition);
        let claim = owner.and_then(|owner| owner.claim.as_ref());
        let feed = self.feed_for(partition);
        let seen = feed.and_then(|feed| feed.partitions.get(&partition));
        let started_from = claim.map_or(StartedFrom::Unspecified, |claim| claim.started_from);
        let mut status = v1::PartitionStatus {
            partition: partition.0,
            verdict: verdict.into(),
            started_from: started_from.into(),
            ..Default::default()
        };
        if let (Some(feed), Some(seen)) = (feed, seen) {
            fill_measured(&mut status, feed, seen, now);
            let oldest = self
                .oldest_unread(seen)
                .and_then(|millis| self.wall.age_of_stamp(millis, now));
            status.oldest_unread_age = oldest.map(wire_duration);
        }
        self.fill_owner(&mut status, partition);
        if let Some(books) = books {
            fill_books(&mut status, books, now);
        }
        status
    }

    /// Timestamp of the oldest unread record of an observed group, while that is still the oldest.
    pub(in crate::core) fn oldest_unread(&self, seen: &Seen) -> Option<i64> {
        let backlog = seen.backlog.as_ref()?;
        let (offset, millis) = backlog.first_record?;
        let unread = seen.position?.value;
        (unread >= backlog.first_offset && unread <= offset).then_some(millis?)
    }

    fn said<'a, T>(&'a self, word: impl Fn(&'a OpenFacts) -> Option<T>) -> Option<T> {
        let open = self.feeds.values().rev().map(|feed| &feed.open);
        open.chain(self.ghosts.all().map(|ghost| &ghost.open))
            .find_map(word)
    }

    fn open_fetcher(&self, key: FeedKey, feed: &Feed, now: Moment) -> v1::FetcherStatus {
        v1::FetcherStatus {
            pulse_age: feed
                .pulse
                .as_ref()
                .map(|pulse| wire_duration(now.since(pulse.at))),
            connected: true,
            claims: self.claims_of(key),
            standby: feed.pulse.as_ref().map_or(0, |pulse| pulse.standby),
            ..fetcher(&feed.open)
        }
    }

    fn gone_fetcher(&self, ghost: &Ghost, now: Moment) -> v1::FetcherStatus {
        v1::FetcherStatus {
            pulse_age: Some(wire_duration(now.since(ghost.heard))),
            connected: false,
            claims: ghost.claims,
            session_ends_at: ghost.session_ends().map(|ends| self.wall.time(ends).into()),
            ..fetcher(&ghost.open)
        }
    }

    fn fill_owner(&self, status: &mut v1::PartitionStatus, partition: Partition) {
        let owner = self.owners.get(&partition);
        let holder = owner
            .and_then(|owner| owner.holder())
            .and_then(|key| self.feeds.get(&key));
        let foreign = || {
            self.feeds
                .values()
                .find_map(|feed| feed.pulse.as_ref()?.foreign.get(&partition))
        };
        if let Some(feed) = holder {
            let member_id = feed
                .pulse
                .as_ref()
                .map(|pulse| pulse.group.member_id.clone());
            status.member_id = member_id.unwrap_or_default();
            status.host.clone_from(&feed.open.host);
            status.client_id.clone_from(&feed.open.client_id);
        } else if let Some(owner) = self
            .observer()
            .and_then(|feed| feed.group.as_ref()?.owner(partition))
        {
            status.member_id.clone_from(&owner.member_id);
            status.host.clone_from(&owner.host);
            status.client_id.clone_from(&owner.client_id);
        } else if let Some(foreign) = foreign() {
            status.member_id.clone_from(&foreign.member_id);
            status.host.clone_from(&foreign.host);
            status.client_id.clone_from(&foreign.client_id);
        }
    }
}

fn fetcher(open: &OpenFacts) -> v1::FetcherStatus {
    v1::FetcherStatus {
        fetcher_id: open.fetcher_id.clone(),
        client_id: open.client_id.clone(),
        host: open.host.clone(),
        group_protocol: open.group_protocol.clone(),
        version: open.version.clone(),
        membership: match open.shard {
            Some(_) => v1::Membership::Fixed.into(),
            None => v1::Membership::Group.into(),
        },
        shard: open
            .shard
            .map_or_else(String::new, |(number, of)| format!("{number}/{of}")),
        ..Default::default()
    }
}

fn fill_measured(status: &mut v1::PartitionStatus, feed: &Feed, seen: &Seen, now: Moment) {
    let end = seen.ends.and_then(|ends| ends.end(feed.isolation()));
    let position = seen.position.map(|position| position.value);
    let committed = seen.committed.map(|committed| committed.value);
    let start = seen.log_start.map(|start| start.value);
    status.log_start = start.map(|offset| offset.get());
    let log_end = log_end(seen);
    status.high_watermark = log_end.map(|offset| offset.get());
    status.last_stable_offset = seen
        .ends
        .and_then(|ends| ends.stable)
        .map(|offset| offset.get());
    status.position = position.map(|offset| offset.get());
    status.committed = committed.map(|offset| offset.get());
    status.readable = end.zip(position).map(|(end, position)| {
        // What lies below the log start is lost, and can be read no more.
        end.distance_from(start.map_or(position, |start| start.max(position)))
    });
    // As Kafka's own tools reckon it: what is lost counts.
    status.lag = log_end
        .zip(committed)
        .map(|(log_end, committed)| log_end.distance_from(committed));
    status.probe_age = seen.ends.map(|ends| wire_duration(now.since(ends.at)));
}

/// The log end as probed, or what was read or committed since then: that lies in the log too.
fn log_end(seen: &Seen) -> Option<Offset> {
    let ends = seen.ends?;
    [seen.position, seen.committed]
        .into_iter()
        .flatten()
        .filter(|later| later.at > ends.at)
        .map(|later| later.value)
        .chain([ends.high])
        .max()
}

fn fill_books(status: &mut v1::PartitionStatus, books: &PartitionBooks, now: Moment) {
    status.floor = Some(books.floor.get());
    status.unacked = books.unacked_records;
    status.buffered = books.buffered_records;
    status.epoch = books.claim.map_or(0, |claim| claim.epoch.0);
    status.lost = books
        .lost
        .iter()
        .take(MAX_PARTITIONS)
        .copied()
        .map(OffsetRange::into)
        .collect();
    if let Some(lease) = &books.lease {
        status.leased_to.clone_from(&lease.client);
        status.leased_for = Some(wire_duration(now.since(lease.since)));
    }
}
