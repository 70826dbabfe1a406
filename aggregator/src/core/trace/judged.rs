//! A judgement as a line of a trace, and compared with what the engine says now.

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, trace_line::Line};

use super::books;
use super::timeline::Said;
use crate::core::books::TopicBooks;
use crate::core::evidence::wire::wire_duration;
use crate::core::verdict::Ask;

/// What was said then, and what is said of the same evidence now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// As the trace has it.
    pub then: Said,
    /// As this engine judges.
    pub now: Said,
}

impl Comparison {
    /// Whether both say the same.
    pub fn agrees(&self) -> bool {
        self.then == self.now
    }
}

/// A line with a judgement of `now`, without time and topic.
pub fn line(
    ask: &Ask,
    topic_books: &TopicBooks,
    verdict: &v1::Verdict,
    now: Moment,
) -> v1::TraceLine {
    let judged = to_wire(ask, topic_books, verdict, now);
    v1::TraceLine {
        line: Some(Line::Judged(judged)),
        ..v1::TraceLine::default()
    }
}

/// A judgement of `now` as a trace has it.
pub fn to_wire(
    ask: &Ask,
    topic_books: &TopicBooks,
    verdict: &v1::Verdict,
    now: Moment,
) -> v1::TraceJudged {
    v1::TraceJudged {
        timeout: ask.timeout_told.then(|| wire_duration(ask.timeout)),
        slot: books::slot_to_wire(ask, now),
        books: Some(books::to_wire(topic_books, now)),
        code: verdict.code,
        severity: verdict.severity,
        confirmed: verdict.confirmed,
    }
}

/// What a judgement of a trace said.
pub fn said(judged: &v1::TraceJudged) -> Said {
    Said {
        code: judged.code(),
        severity: judged.severity(),
        confirmed: judged.confirmed,
    }
}
