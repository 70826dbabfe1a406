//! Doing what the core wants done. Nothing here waits.

use std::sync::Arc;

use rollcall_proto::ids::GatherId;
use rollcall_proto::v1::{GatherSummary, feed_response};

use super::streams::Chunk;
use super::{Driver, log};
use crate::core::books::FeedKey;
use crate::core::event::{Action, Event};

impl Driver {
    pub(super) fn perform(&mut self, actions: Vec<Action>) {
        for action in actions {
            self.perform_one(action);
        }
    }

    fn perform_one(&mut self, action: Action) {
        match action {
            Action::Tell(feed, event) => self.tell_feed(feed, event),
            Action::CloseFeed(feed, end) => self.end_feed(feed, Some(end)),
            Action::Admit(gather) => {
                let admitted = self.admissions.remove(&gather);
                if admitted.is_some_and(|admitted| admitted.send(Ok(gather)).is_err()) {
                    // The client left before there was a stream that could say so.
                    self.found.push_back(Event::StreamEnded(gather));
                }
            }
            Action::Refuse(gather, refusal) => {
                self.gathers.remove(&gather);
                if let Some(admitted) = self.admissions.remove(&gather) {
                    let _gone = admitted.send(Err(refusal));
                }
            }
            Action::Chunk(gather, batches) => self.write(gather, Chunk::Batches(batches)),
            Action::Summary(gather, summary) => self.write_summary(gather, summary),
            Action::CutOff(gather) => drop(self.gathers.remove(&gather)),
            Action::Settled(call, results) => {
                if let Some(reply) = self.settlings.remove(&call) {
                    drop(reply.send(results));
                }
            }
            Action::Traced(topic, traced) => self.hand_on(topic, &traced),
            Action::Note(notice) => log::note(&notice),
        }
    }

    fn tell_feed(&mut self, feed: FeedKey, event: feed_response::Event) {
        let told = self.feeds.get(&feed).map(|stream| stream.tell(event));
        if let Some(Err(fault)) = told {
            // The same event may have more words for this feed: it is gone at once, so it hears none.
            self.feeds
                .remove(&feed)
                .into_iter()
                .for_each(|stream| stream.end(None));
            self.found.push_back(Event::FeedFault(feed, fault));
        }
    }

    fn write_summary(&mut self, gather: GatherId, summary: Arc<GatherSummary>) {
        self.write(gather, Chunk::Summary(summary));
        // Nothing comes after it: the stream ends when it was taken.
        self.gathers.remove(&gather);
    }

    /// The core never has more chunks on their way than the channel holds. A closed channel belongs to a
    /// client that is gone. Its stream may have said so, but a call that was given up between its admission
    /// and its answer never had one.
    fn write(&mut self, gather: GatherId, chunk: Chunk) {
        let Some(chunks) = self.gathers.get(&gather) else {
            return;
        };
        if let Err(error) = chunks.try_send(chunk) {
            tracing::debug!(gather = gather.0, %error, "answer was not written");
            self.gathers.remove(&gather);
            self.found.push_back(Event::StreamEnded(gather));
        }
    }
}
