//! Recordings that follow the roll: each line goes to whoever follows its topic, and who does not read is
//! cut off.

use std::sync::Arc;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Driver;
use crate::core::event::Event;
use crate::core::roster::TopicKey;
use crate::core::trace::log::Traced;

/// Lines that wait for one recording; beyond it, it is cut off.
pub(super) const LINES: usize = 4096;

/// A recording that follows.
pub(super) struct Recorder {
    topics: Arc<[TopicKey]>,
    lines: mpsc::Sender<Traced>,
}

/// What a recording begins with, and where it goes on. The lines end when it is cut off, or the aggregator stops.
pub(crate) struct Recording {
    /// The first line.
    pub(crate) header: v1::TraceHeader,
    /// The moment that times are counted from.
    pub(crate) zero: Moment,
    /// The lines of the past.
    pub(crate) past: Vec<Traced>,
    /// The lines to come.
    pub(crate) lines: mpsc::Receiver<Traced>,
}

impl Driver {
    /// Begins a recording.
    pub(super) fn record(&mut self, topics: Vec<TopicKey>, without_past: bool) -> Recording {
        let now = self.clock.now();
        let past = self.roll.past(&topics, without_past, now);
        let zero = past.first().map_or(now, |first| first.at);
        let header = self.roll.trace_header(&topics, zero);
        let (sender, lines) = mpsc::channel(LINES);
        self.apply(Event::Follow(topics.clone()));
        self.recorders.push(Recorder {
            topics: topics.into(),
            lines: sender,
        });
        Recording {
            header,
            zero,
            past,
            lines,
        }
    }

    /// Hands a line to whoever follows its topic.
    pub(super) fn hand_on(&mut self, topic: TopicKey, traced: &Traced) {
        let mut gone = Vec::new();
        self.recorders.retain(|recorder| {
            if !recorder.topics.contains(&topic) {
                return true;
            }
            let cut_off = match recorder.lines.try_send(traced.clone()) {
                Ok(()) => return true,
                Err(TrySendError::Full(_)) => true,
                Err(TrySendError::Closed(_)) => false,
            };
            gone.push((recorder.topics.to_vec(), cut_off));
            false
        });
        for (topics, cut_off) in gone {
            self.found.push_back(Event::Unfollow { topics, cut_off });
        }
    }
}
