//! What was heard from outside, as a trace: as `rollcall record` with `-g` writes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rollcall::trace::outside::{header, judgement, sighted};
use rollcall_aggregator::core::outside::Outside;
use rollcall_fetcher::outside::Sighting;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{TraceEnd, TraceHeader, TraceLine, trace_line};

use super::outside::TIMEOUT;

/// Time between two judgements.
const JUDGE_EVERY: Duration = Duration::from_secs(1);

/// More lines than any situation has; what comes later is not kept.
const LINES: usize = 20_000;

/// The trace so far.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug)]
struct Reel {
    clock: Clock,
    header: TraceHeader,
    zero: Moment,
    judged: Option<Moment>,
    lines: Vec<TraceLine>,
}

impl Tape {
    /// Begins now.
    pub(super) fn begin(group: &str, clock: Clock, zero: Moment) -> Self {
        Self(Arc::new(Mutex::new(Reel {
            clock,
            header: header(group, zero, clock.wall(zero), Vec::new()),
            zero,
            judged: None,
            lines: Vec::new(),
        })))
    }

    /// Something was seen; of a group alone it is about no topic, and no line.
    pub(super) fn heard(&self, seen: &Sighting) {
        let mut reel = self.lock();
        let line = sighted(seen, reel.zero);
        reel.add(line);
    }

    /// What the topic is judged to be now, once a second.
    pub(super) fn judged(&self, known: &Outside, topic: &Topic, now: Moment) {
        let mut reel = self.lock();
        if reel
            .judged
            .is_some_and(|last| now.since(last) < JUDGE_EVERY)
        {
            return;
        }
        let of = (reel.header.group.as_str(), topic);
        if let Some(line) = judgement(known, of, Some(TIMEOUT), (now, reel.zero)) {
            reel.judged = Some(now);
            reel.add(Some(line));
        }
    }

    /// All that was kept until now, and its end, which is now.
    pub(in crate::bench) fn so_far(&self) -> (TraceHeader, Vec<TraceLine>) {
        let reel = self.lock();
        let lasted = reel.clock.now().since(reel.zero);
        let end = TraceLine {
            at: prost_types::Duration::try_from(lasted).ok(),
            line: Some(trace_line::Line::End(TraceEnd::default())),
            ..TraceLine::default()
        };
        let lines = reel.lines.iter().cloned().chain([end]);
        (reel.header.clone(), lines.collect())
    }

    fn lock(&self) -> MutexGuard<'_, Reel> {
        // A watcher that panicked leaves whole lines behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reel {
    fn add(&mut self, line: Option<TraceLine>) {
        if self.lines.len() < LINES {
            self.lines.extend(line);
        }
    }
}
