//! The watchers beside a script: one asks what is said, one asks where group and log stand.

mod outside;
mod tape;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use rollcall_proto::v1::Delivery;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::baselines::{EVERY, Point};
use super::timeline::{Said, Timeline};
use crate::blocking::{EndsElsewhere, blocking};
use crate::client::{Client, Request};

pub(super) use outside::{Glance, listen, outside};
pub(super) use tape::Tape;

/// Time between two looks at what is said.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// The longest that the offsets are waited for: a broker may be dead.
const OFFSETS: Duration = Duration::from_secs(2);

/// Ends with the value.
#[derive(Debug)]
pub(super) struct Watcher(JoinHandle<()>);

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks for a topic's status all the time.
pub(super) fn status(client: Client, topic: String, timeline: Arc<Timeline>) -> Watcher {
    Watcher(tokio::spawn(async move {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match client.topic(&topic).await.ok().as_ref().and_then(Said::of) {
                Some(said) => timeline.saw(said),
                None => timeline.looked_in_vain(),
            }
        }
    }))
}

/// Gathers without taking anything, all the time, and writes down what the slot says.
pub(super) fn peeks(client: Client, topic: String, timeline: Arc<Timeline>) -> Watcher {
    Watcher(tokio::spawn(async move {
        loop {
            let request = Request::of([topic.as_str()])
                .timeout(LOOK)
                .delivery(Delivery::Peek);
            let gathered = client.gather(request).await.ok();
            let slot = gathered
                .as_ref()
                .and_then(|gathered| gathered.slot(&topic).ok());
            match slot.and_then(Said::of_slot) {
                Some(said) => timeline.saw(said),
                None => timeline.looked_in_vain(),
            }
            tokio::time::sleep(LOOK / 2).await;
        }
    }))
}

/// Where each partition stood, look by look.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Vec<Vec<Point>>>>);

impl Meter {
    /// What was measured.
    pub(super) fn points(&self) -> Vec<Vec<Point>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What was measured is forgotten: the cause begins here.
    pub(super) fn forget(&self) {
        let mut points = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        points.iter_mut().for_each(Vec::clear);
    }

    fn add(&self, at: u64, looks: &[(Option<i64>, Option<i64>)]) {
        let mut points = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let partitions = looks.len().max(points.len());
        points.resize_with(partitions, Vec::new);
        for (points, &(committed, end)) in points.iter_mut().zip(looks) {
            points.push(Point { at, committed, end });
        }
    }

    /// Measures a group's offsets of a topic all the time.
    pub(super) fn watch(
        &self,
        bootstrap: &str,
        group: &str,
        topic: &str,
        partitions: i32,
    ) -> Result<Watcher> {
        let client = EndsElsewhere::new(outsider(bootstrap, group)?);
        let (meter, topic) = (self.clone(), topic.to_owned());
        Ok(Watcher(tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let begun = Instant::now();
            loop {
                ticks.tick().await;
                let (client, topic) = (client.share(), topic.clone());
                let look = move || {
                    let looks = client.map(|client| look(&client, &topic, partitions));
                    looks.unwrap_or_default()
                };
                let looked = blocking("measure offsets", OFFSETS * 4, look).await;
                let looks = looked.unwrap_or_default();
                meter.add(begun.elapsed().as_secs(), &looks);
            }
        })))
    }
}

fn outsider(bootstrap: &str, group: &str) -> Result<BaseConsumer> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_uncommitted")
        .set("reconnect.backoff.max.ms", "500");
    config
        .create()
        .context("could not create a client for offsets")
}

/// Committed offset and end of each partition, as far as somebody answers.
fn look(client: &BaseConsumer, topic: &str, partitions: i32) -> Vec<(Option<i64>, Option<i64>)> {
    let mut list = TopicPartitionList::new();
    let mut ends = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition(topic, partition);
        if ends
            .add_partition(topic, partition)
            .set_offset(Offset::End)
            .is_err()
        {
            return Vec::new();
        }
    }
    let committed = client.committed_offsets(list, OFFSETS).ok();
    let ends = client.offsets_for_times(ends, OFFSETS).ok();
    let of = |list: &Option<TopicPartitionList>, partition| {
        let found = list.as_ref()?.find_partition(topic, partition)?;
        found.error().ok()?;
        found.offset().to_raw().filter(|offset| *offset >= 0)
    };
    (0..partitions)
        .map(|partition| (of(&committed, partition), of(&ends, partition)))
        .collect()
}
