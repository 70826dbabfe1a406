//! Handing out: which gather gets what, in which turn, in which chunks.

use rollcall_proto::ids::{GatherId, Partition};
use rollcall_proto::packed;
use rollcall_proto::time::Moment;
use rollcall_proto::trace;
use rollcall_proto::v1::{GatherBatch, gather_batch};

use super::Roll;
use crate::core::count::Count;
use crate::core::event::Action;
use crate::core::gather::{CHUNK_BATCHES, CHUNK_BYTES, Gather};
use crate::core::partition::{Handed, Take};
use crate::core::roster::TopicKey;
use crate::core::terms::Deliver;

impl Roll {
    /// Something of a topic may have become available: peeks see it first, then the oldest gather that has
    /// room gets it.
    pub(super) fn serve(&mut self, topic: TopicKey, now: Moment) {
        let state = &self.topics[topic.0];
        let peeks: Vec<_> = state.peeks.iter().copied().collect();
        let takers: Vec<_> = state.takers.iter().copied().collect();
        for gather in peeks {
            self.fill(gather, Some(topic), now);
        }
        for gather in takers {
            if !self.topics[topic.0].has_waiting() {
                // Those that came later would find nothing either.
                break;
            }
            self.fill(gather, Some(topic), now);
        }
    }

    /// Gives a gather what is there, and closes it when that is enough.
    pub(super) fn fill(&mut self, id: GatherId, only: Option<TopicKey>, now: Moment) {
        let Some(mut gather) = self.gathers.remove(&id) else {
            return;
        };
        while gather.is_open() && gather.may_send() {
            let chunk = self.next_chunk(&mut gather, only, now);
            if chunk.is_empty() {
                break;
            }
            gather.sent();
            self.actions.push(Action::Chunk(id, chunk));
        }
        let closes = gather.closes(now);
        self.gathers.insert(id, gather);
        if let Some(by) = closes {
            self.close(id, by, now);
        }
    }

    /// The next batches of a gather, topics and partitions in turn, up to the size of a chunk.
    fn next_chunk(
        &mut self,
        gather: &mut Gather,
        only: Option<TopicKey>,
        now: Moment,
    ) -> Vec<GatherBatch> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        loop {
            let before = chunk.len();
            for slot in gather.turns(only) {
                if let Some((batch, batch_bytes)) = self.next_batch(gather, slot, now) {
                    bytes += batch_bytes;
                    chunk.push(batch);
                }
                if bytes >= CHUNK_BYTES || chunk.len() >= CHUNK_BATCHES {
                    if only.is_none() {
                        gather.goes_on_at(slot + 1);
                    }
                    return chunk;
                }
            }
            if chunk.len() == before {
                return chunk;
            }
        }
    }

    /// The next batch of one slot, and its bytes.
    fn next_batch(
        &mut self,
        gather: &mut Gather,
        slot: usize,
        now: Moment,
    ) -> Option<(GatherBatch, u64)> {
        let topic = gather.slots[slot].topic;
        let peeks = gather.is_peek();
        let from = if peeks {
            gather.slots[slot].turn
        } else {
            self.topics[topic.0].turn
        };
        for number in self.topics[topic.0].turns(from) {
            let room = gather.room(slot)?;
            let partition = self.topics[topic.0].partitions.get_mut(&number)?;
            let take = if peeks {
                partition.peek(gather.peeked(slot, number), room)
            } else {
                self.touched.insert((topic, number));
                partition.lease(gather.lease(), room, now)
            };
            match take {
                Take::Nothing => {}
                Take::NoRoom => {
                    gather.no_room(slot);
                    return None;
                }
                Take::Batch(handed) => {
                    let next = Partition(number.0.saturating_add(1));
                    let turn = if peeks {
                        &mut gather.slots[slot].turn
                    } else {
                        &mut self.topics[topic.0].turn
                    };
                    *turn = next;
                    return Some(self.hand(gather, slot, number, handed));
                }
            }
        }
        None
    }

    fn hand(
        &mut self,
        gather: &mut Gather,
        slot: usize,
        number: Partition,
        handed: Handed,
    ) -> (GatherBatch, u64) {
        let topic = gather.slots[slot].topic;
        let bytes = packed::batch_bytes(&handed.packed);
        gather.take(slot, number, &handed, bytes);
        if !gather.is_peek() {
            self.leases.hold(gather.lease(), (topic, number));
            if handed.redelivered > 0 {
                let records = u64::from(handed.packed.record_count);
                self.counters.add(Count::RecordsRedelivered, records);
                self.topics[topic.0].statistics.redelivered(records);
            }
        }
        let state = &self.topics[topic.0];
        let topic_id = state
            .partitions
            .get(&number)
            .and_then(|partition| partition.topic_id());
        let batch = GatherBatch {
            topic: state.topic.as_str().to_owned(),
            topic_id: topic_id
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
            lease_id: if gather.terms.delivery == Deliver::Lease {
                gather.lease().0
            } else {
                0
            },
            redelivered: handed.redelivered,
            traceparent: trace::told(handed.trace),
            records: Some(gather_batch::Records::Packed(handed.packed)),
        };
        (batch, bytes)
    }
}
