//! Commits: synchronous, on a thread of their own, the latest offset of each partition wins.
//!
//! Synchronous because rdkafka 0.39 never reports the result of an asynchronous one; on its own thread
//! because the call has no timeout: with a frozen broker it took 12 s.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use rollcall_proto::ids::{LogPosition, Partition, Topic, TopicId};
use rollcall_proto::time::{Clock, Moment};
use tokio::sync::mpsc::Sender;

use crate::core::facts::{CommitAnswer, CommitOutcome};
use crate::core::lanes::FeedId;
use crate::kafka::consumer::Seat;
use crate::kafka::event::KafkaEvent;
use crate::kafka::native::list_of;
use crate::kafka::{errors, offsets};

/// Offsets that a feed wants committed, and the topic that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) offsets: BTreeMap<Partition, LogPosition>,
    pub(crate) topic_id: Option<TopicId>,
    /// Until when they may be committed; for ever where a group fences the commit.
    pub(crate) until: Option<Moment>,
}

/// What waits to be committed.
#[derive(Debug, Default)]
struct Waiting {
    ticket: u64,
    parts: BTreeMap<FeedId, Part>,
}

/// What waits; shared with the thread that commits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(Arc<Mutex<Waiting>>);

impl Queue {
    /// Adds offsets; those that wait already are replaced, whichever feed wanted them.
    pub(crate) fn add(&self, feed: FeedId, ticket: u64, part: Part) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.ticket = ticket;
        for (_, other) in waiting.parts.iter_mut().filter(|(id, _)| **id != feed) {
            other.offsets.retain(|p, _| !part.offsets.contains_key(p));
        }
        let mine = waiting.parts.entry(feed).or_default();
        mine.offsets.extend(part.offsets);
        mine.topic_id = part.topic_id;
        // The claims of what waits already may have ended since, and the later moment be that of another one.
        mine.until = mine.until.into_iter().chain(part.until).min();
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Commits what waits each time it is woken.
pub(crate) fn run(
    wakes: &Receiver<()>,
    queue: &Queue,
    seat: &Seat,
    topic: &Topic,
    clock: Clock,
    events: &Sender<KafkaEvent>,
) {
    while wakes.recv().is_ok() {
        let Waiting { ticket, parts } = queue.take();
        // Looked at last: this process may have been stopped since it was asked for.
        let now = clock.now();
        let is_late = |part: &Part| part.until.is_some_and(|until| now >= until);
        let (late, timely): (Vec<_>, Vec<_>) = parts.into_values().partition(is_late);
        for (parts, late) in [(late, true), (timely, false)] {
            if parts.iter().all(|part| part.offsets.is_empty()) {
                continue;
            }
            let outcome = match late {
                true => CommitOutcome::Withheld,
                false => commit(&parts, seat, topic),
            };
            let offsets = parts.into_iter().flat_map(|part| part.offsets);
            let offsets = offsets.map(|(partition, at)| (partition, at.offset));
            let answer = CommitAnswer {
                ticket,
                offsets: offsets.collect(),
                outcome,
            };
            if events.blocking_send(KafkaEvent::Committed(answer)).is_err() {
                return;
            }
        }
    }
}

fn commit(parts: &[Part], seat: &Seat, topic: &Topic) -> CommitOutcome {
    let Some(consumer) = seat.consumer() else {
        return CommitOutcome::NoCoordinator("the client is not started yet".to_owned());
    };
    let offsets = parts.iter().flat_map(|part| &part.offsets);
    let list = match list_of(topic, offsets.map(|(partition, at)| (*partition, *at))) {
        Ok(list) => list,
        Err(error) => return CommitOutcome::Refused(0, error.to_string()),
    };
    let ids = parts
        .iter()
        .flat_map(|part| part.offsets.keys().map(|_| part.topic_id.as_ref()));
    for (mut element, id) in list.elements().into_iter().zip(ids) {
        if let Some(id) = id {
            element.set_metadata(offsets::commit_note(id));
        }
    }
    // librdkafka answers with an error only when all partitions failed; they are of one topic and one
    // group, so what fails for one fails for all.
    errors::commit_outcome(consumer.commit(&list))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FEED: FeedId = FeedId(0);

    fn part(partition: i32, until: Option<Moment>) -> Part {
        Part {
            offsets: BTreeMap::from([(Partition(partition), LogPosition::default())]),
            topic_id: None,
            until,
        }
    }

    #[test]
    fn what_waits_is_allowed_no_longer_than_when_it_was_asked_for() {
        let queue = Queue::default();
        let add = |ticket, partition, until| queue.add(FEED, ticket, part(partition, until));
        let early = Moment::from_millis(1_000);
        let late = early + Duration::from_secs(1);
        add(1, 0, Some(early));
        add(2, 1, Some(late));
        let Waiting { ticket, parts } = queue.take();
        assert_eq!((ticket, parts[&FEED].offsets.len()), (2, 2));
        assert_eq!(parts[&FEED].until, Some(early));
        let until = || queue.take().parts[&FEED].until;
        add(3, 1, Some(late));
        assert_eq!(until(), Some(late), "nothing waited");
        add(4, 0, None);
        assert_eq!(until(), None, "a group fences it");
    }

    #[test]
    fn each_feed_has_its_own_time_and_the_newest_word_on_a_partition_counts() {
        let queue = Queue::default();
        let (early, other) = (Some(Moment::from_millis(1_000)), FeedId(1));
        queue.add(FEED, 1, part(0, early));
        queue.add(FEED, 2, part(1, early));
        queue.add(other, 3, part(1, None));
        let parts = queue.take().parts;
        let partitions = |feed: &FeedId| parts[feed].offsets.keys().copied().collect::<Vec<_>>();
        assert_eq!(partitions(&FEED), [Partition(0)]);
        assert_eq!(partitions(&other), [Partition(1)]);
        assert_eq!((parts[&FEED].until, parts[&other].until), (early, None));
    }
}
