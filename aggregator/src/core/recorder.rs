//! The last gathers, as they were answered.

use std::collections::VecDeque;
use std::sync::Arc;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Delivery};

/// Slots that are remembered over all gathers: those of 1000 gathers of ten topics, or of ten gathers of 1000. A slot with its
/// facts takes a few KiB.
const SLOTS: usize = 10_000;

/// A gather that was answered.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its summary.
    pub summary: Arc<v1::GatherSummary>,
    /// When the summary was written.
    pub at: Moment,
}

/// A bounded history of gathers, oldest first.
#[derive(Clone, Debug)]
pub struct Recorder {
    gathers: VecDeque<Recorded>,
    most: usize,
    slots: usize,
    served: u64,
    last: Option<Recorded>,
}

impl Recorder {
    /// An empty history that keeps `most` gathers, and fewer where they are of many topics.
    pub const fn new(most: usize) -> Self {
        Self {
            gathers: VecDeque::new(),
            most,
            slots: 0,
            served: 0,
            last: None,
        }
    }

    /// Remembers a gather; the oldest are forgotten when there are too many.
    pub fn record(&mut self, summary: Arc<v1::GatherSummary>, at: Moment) {
        let recorded = Recorded { summary, at };
        if recorded.summary.delivery() != Delivery::Peek {
            self.served += 1;
            self.last = Some(recorded.clone());
        }
        self.slots += recorded.summary.slots.len();
        self.gathers.push_back(recorded);
        while self.gathers.len() > self.most || (self.slots > SLOTS && self.gathers.len() > 1) {
            let oldest = self.gathers.pop_front();
            self.slots -= oldest.map_or(0, |oldest| oldest.summary.slots.len());
        }
    }

    /// Gathers since the start that were no peeks.
    pub const fn served(&self) -> u64 {
        self.served
    }

    /// The last gather that was no peek.
    pub const fn last(&self) -> Option<&Recorded> {
        self.last.as_ref()
    }

    /// One gather.
    pub fn get(&self, gather_id: u64) -> Option<&Recorded> {
        self.gathers
            .iter()
            .rfind(|recorded| recorded.summary.gather_id == gather_id)
    }

    /// At most `most` gathers, newest answer first, from behind the gather `after` on.
    ///
    /// Gathers are listed in the order of their answers, so a page goes on behind the gather that the last
    /// one ended with; when that one is forgotten, so are all behind it.
    pub fn page(&self, after: Option<u64>, most: usize) -> Vec<&Recorded> {
        let newest_first = self.gathers.iter().rev();
        match after {
            None => newest_first.take(most).collect(),
            Some(id) => newest_first
                .skip_while(|recorded| recorded.summary.gather_id != id)
                .skip(1)
                .take(most)
                .collect(),
        }
    }
}

impl Recorded {
    /// The gather in one line.
    pub fn info(&self, now: Moment) -> v1::GatherInfo {
        let summary = &self.summary;
        let empty = summary
            .slots
            .iter()
            .filter(|slot| slot.record_count == 0)
            .count();
        v1::GatherInfo {
            gather_id: summary.gather_id,
            started_at: summary.started_at,
            took: summary.took,
            timeout: summary.timeout,
            close: summary.close,
            closed_by: summary.closed_by,
            delivery: summary.delivery,
            record_count: summary.record_count,
            client_id: summary.client_id.clone(),
            empty_topics: u32::try_from(empty).unwrap_or(u32::MAX),
            age: prost_types::Duration::try_from(now.since(self.at)).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_of_many_topics_are_remembered_as_far_as_there_is_room_for_their_slots() {
        let gather = |gather_id, slots| {
            Arc::new(v1::GatherSummary {
                gather_id,
                slots: vec![v1::Slot::default(); slots],
                ..v1::GatherSummary::default()
            })
        };
        let kept = |recorder: &Recorder| recorder.page(None, usize::MAX).len();
        let mut recorder = Recorder::new(100);
        for id in 1..=50 {
            recorder.record(gather(id, SLOTS / 10), Moment::default());
        }
        assert_eq!(kept(&recorder), 10);
        assert!(recorder.get(40).is_none() && recorder.get(41).is_some());
        recorder.record(gather(51, 2 * SLOTS), Moment::default());
        assert_eq!(kept(&recorder), 1, "the last one is always known");
        for id in 52..=300 {
            recorder.record(gather(id, 6), Moment::default());
        }
        assert_eq!(kept(&recorder), 100);
    }
}
