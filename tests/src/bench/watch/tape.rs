//! What was heard from outside, as a trace: as `rollcall record` with `-g` writes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rollcall_aggregator::core::books::TopicBooks;
use rollcall_aggregator::core::outside::Outside;
use rollcall_aggregator::core::trace::fault::VERSION;
use rollcall_aggregator::core::trace::judged;
use rollcall_aggregator::core::verdict::{Ask, judge};
use rollcall_fetcher::outside::Sighting;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{TraceEnd, TraceHeader, TraceLine, TraceSource, trace_line};

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
        let header = TraceHeader {
            rollcall_trace: VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            recorded_at: Some(clock.wall(zero).into()),
            source: TraceSource::Outside.into(),
            group: group.to_owned(),
            topics: Vec::new(),
            uptime: length(Duration::ZERO),
            clock: length(zero.since_start()),
        };
        Self(Arc::new(Mutex::new(Reel {
            clock,
            header,
            zero,
            judged: None,
            lines: Vec::new(),
        })))
    }

    /// Something was seen; of a group alone it is about no topic, and no line.
    pub(super) fn heard(&self, seen: &Sighting) {
        if let Some(topic) = &seen.topic {
            let line = trace_line::Line::Evidence(seen.evidence.clone());
            self.lock().add(topic, seen.at, Some(line));
        }
    }

    /// What the topic is judged to be now, once a second.
    pub(super) fn judged(&self, known: &Outside, topic: &Topic, now: Moment) {
        let mut reel = self.lock();
        let due = reel
            .judged
            .is_none_or(|last| now.since(last) >= JUDGE_EVERY);
        let Some(evidence) = known.evidence(&reel.header.group, topic).filter(|_| due) else {
            return;
        };
        let (ask, books) = (Ask::outside(Some(TIMEOUT), now), TopicBooks::default());
        let verdict = judge(evidence, &books, &ask, now).verdict;
        let line = judged::line(&ask, &books, &verdict, now).line;
        reel.judged = Some(now);
        reel.add(topic, now, line);
    }

    /// All that was kept until now, and its end, which is now.
    pub(in crate::bench) fn so_far(&self) -> (TraceHeader, Vec<TraceLine>) {
        let reel = self.lock();
        let end = TraceLine {
            at: length(reel.clock.now().since(reel.zero)),
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
    fn add(&mut self, topic: &Topic, at: Moment, line: Option<trace_line::Line>) {
        if self.lines.len() < LINES {
            self.lines.push(TraceLine {
                at: length(at.since(self.zero)),
                topic: topic.to_string(),
                group: self.header.group.clone(),
                line,
            });
        }
    }
}

fn length(length: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(length).ok()
}
