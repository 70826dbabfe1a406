//! Commits: synchronous, on a thread of their own, the latest offset of each partition wins.
//!
//! Synchronous because rdkafka 0.39 never reports the result of an asynchronous one; on its own thread
//! because the call has no timeout: with a frozen broker it took 12 s.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::topic_partition_list::TopicPartitionList;
use rollcall_proto::ids::{Offset, Partition, TopicId};
use rollcall_proto::time::{Clock, Moment};
use tokio::sync::mpsc::Sender;

use crate::core::facts::{CommitAnswer, CommitOutcome};
use crate::kafka::consumer::Seat;
use crate::kafka::event::KafkaEvent;
use crate::kafka::{errors, offsets};

/// Offsets that wait to be committed, and the topic that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    ticket: u64,
    offsets: BTreeMap<Partition, Offset>,
    topic_id: Option<TopicId>,
    /// Until when they may be committed; for ever where a group fences the commit.
    until: Option<Moment>,
}

/// What waits; shared with the thread that commits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(Arc<Mutex<Waiting>>);

impl Queue {
    /// Adds offsets; those that wait already are replaced.
    pub(crate) fn add(
        &self,
        ticket: u64,
        offsets: BTreeMap<Partition, Offset>,
        topic_id: Option<TopicId>,
        until: Option<Moment>,
    ) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.ticket = ticket;
        waiting.offsets.extend(offsets);
        waiting.topic_id = topic_id;
        // The claims of what waits already may have ended since, and the later moment be that of another one.
        waiting.until = waiting.until.into_iter().chain(until).min();
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
    topic: &str,
    clock: Clock,
    events: &Sender<KafkaEvent>,
) {
    while wakes.recv().is_ok() {
        let waiting = queue.take();
        if waiting.offsets.is_empty() {
            continue;
        }
        // Looked at last: this process may have been stopped since it was asked for.
        let outcome = match waiting.until {
            Some(until) if clock.now() >= until => CommitOutcome::Withheld,
            Some(_) | None => commit(&waiting, seat, topic),
        };
        let answer = CommitAnswer {
            ticket: waiting.ticket,
            offsets: waiting.offsets,
            outcome,
        };
        if events.blocking_send(KafkaEvent::Committed(answer)).is_err() {
            return;
        }
    }
}

fn commit(waiting: &Waiting, seat: &Seat, topic: &str) -> CommitOutcome {
    let Some(consumer) = seat.consumer() else {
        return CommitOutcome::NoCoordinator("the client is not started yet".to_owned());
    };
    let mut list = TopicPartitionList::with_capacity(waiting.offsets.len());
    for (partition, offset) in &waiting.offsets {
        let mut element = list.add_partition(topic, partition.0);
        if let Err(error) = element.set_offset(rdkafka::Offset::Offset(offset.get())) {
            return CommitOutcome::Refused(0, error.to_string());
        }
        if let Some(id) = &waiting.topic_id {
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

    #[test]
    fn what_waits_is_allowed_no_longer_than_when_it_was_asked_for() {
        let queue = Queue::default();
        let add = |ticket, partition, until| {
            let offsets = BTreeMap::from([(Partition(partition), Offset::ZERO)]);
            queue.add(ticket, offsets, None, until);
        };
        let early = Moment::from_millis(1_000);
        let late = early + Duration::from_secs(1);
        add(1, 0, Some(early));
        add(2, 1, Some(late));
        let both = queue.take();
        assert_eq!((both.ticket, both.offsets.len()), (2, 2));
        assert_eq!(both.until, Some(early));
        add(3, 1, Some(late));
        assert_eq!(queue.take().until, Some(late), "nothing waited");
        add(4, 0, None);
        assert_eq!(queue.take().until, None, "a group fences it");
    }
}
