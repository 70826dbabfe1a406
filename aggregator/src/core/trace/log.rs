//! The evidence of a topic's last minutes, so that a recording can begin in the past.
//!
//! The log has chapters. Each begins with the sum of everything before it (a copy of the topic's state), so
//! that the oldest chapter can be dropped as a whole and what is left is still a complete trace. Lines are
//! kept encoded: a pulse takes about a fifth of the memory that way. Bounded by time and by bytes, over all topics together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, trace_line::Line};

use super::state;
use super::timeline::Said;
use crate::core::evidence::TopicEvidence;
use crate::core::evidence::wire::wire_duration;

/// Longest time that a chapter covers.
const CHAPTER: Duration = Duration::from_secs(60);
/// Bytes of lines after which a chapter ends, at most.
const CHAPTER_BYTES: usize = 256 << 10;
/// Chapters that are kept, the one that is written included: at least five minutes, unless a busy topic fills them before, or
/// many topics have to share [`ROLL_BYTES`].
const CHAPTERS: usize = 6;
/// Bytes of the past of all topics together.
const ROLL_BYTES: usize = 96 << 20;
/// About what a copy of the state of an ordinary topic takes.
const STATE_BYTES: usize = 16 << 10;
/// Shortest time between two judgements of gathers that say the same.
const SLOTS_APART: Duration = Duration::from_secs(1);

/// One line, encoded: a `TraceLine` without time and topic.
#[derive(Clone, Debug)]
pub struct Traced {
    /// When it was.
    pub at: Moment,
    /// The topic.
    pub topic: Topic,
    line: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// The state at the beginning of a chapter.
    State(Arc<TopicEvidence>),
    /// An encoded line.
    Line(Arc<[u8]>),
}

/// How much of one topic is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Chapters, the one that is written included.
    chapters: usize,
    /// Bytes of lines after which a chapter ends.
    chapter_bytes: usize,
}

impl Room {
    /// For each of so many topics. Where it is little, fewer chapters are kept: half of it at least is lines.
    pub fn of(topics: usize) -> Self {
        let bytes = ROLL_BYTES / topics.max(1);
        let chapters = (bytes / (2 * STATE_BYTES)).clamp(2, CHAPTERS);
        let lines = (bytes / chapters).saturating_sub(STATE_BYTES);
        Self {
            chapters,
            chapter_bytes: lines.clamp(1, CHAPTER_BYTES),
        }
    }
}

/// The last minutes of one topic.
#[derive(Clone, Debug)]
pub struct Log {
    room: Room,
    chapters: VecDeque<Chapter>,
    /// What was last said of a gather's slot, and when.
    slot: Option<(Said, Moment)>,
}

#[derive(Clone, Debug)]
struct Chapter {
    began: Moment,
    /// What was known then; `None` when nothing was: the chapter begins with the topic.
    state: Option<Arc<TopicEvidence>>,
    lines: Vec<Traced>,
    bytes: usize,
}

impl Traced {
    fn new(at: Moment, topic: &Topic, line: &v1::TraceLine) -> Self {
        Self {
            at,
            topic: topic.clone(),
            line: Body::Line(line.encode_to_vec().into()),
        }
    }

    /// The line as it is written, its time counted from `zero`. `None` for a state that cannot be written.
    pub fn to_line(&self, zero: Moment) -> Option<v1::TraceLine> {
        let line = match &self.line {
            Body::State(evidence) => v1::TraceLine {
                line: Some(Line::State(state::to_wire(evidence)?)),
                ..v1::TraceLine::default()
            },
            Body::Line(bytes) => v1::TraceLine::decode(bytes.as_ref()).ok()?,
        };
        Some(v1::TraceLine {
            at: Some(wire_duration(self.at.since(zero))),
            topic: self.topic.to_string(),
            ..line
        })
    }
}

impl Log {
    /// Nothing yet.
    pub const fn new(room: Room) -> Self {
        Self {
            room,
            chapters: VecDeque::new(),
            slot: None,
        }
    }

    /// Takes a line that happens now; `before` is what was known until then. Gives the line back, for whoever
    /// follows.
    pub fn push(&mut self, line: &v1::TraceLine, before: &TopicEvidence, now: Moment) -> Traced {
        if self.chapter_is_over(now) {
            self.begin(before, now);
        }
        let traced = Traced::new(now, before.topic(), line);
        if let Some(chapter) = self.chapters.back_mut() {
            chapter.bytes += traced.bytes();
            chapter.lines.push(traced.clone());
        }
        traced
    }

    /// Whether a gather's judgement is worth a line: it says something new, or a while has passed.
    pub fn wants_slot(&mut self, said: Said, now: Moment) -> bool {
        let known = self
            .slot
            .is_some_and(|(last, at)| last == said && now.since(at) < SLOTS_APART);
        if !known {
            self.slot = Some((said, now));
        }
        !known
    }

    /// Everything that is kept, oldest first, beginning with the state that it begins from.
    pub fn past(&self) -> impl Iterator<Item = Traced> {
        let first = self.chapters.front().and_then(Chapter::opening);
        let lines = self.chapters.iter().flat_map(|chapter| &chapter.lines);
        first.into_iter().chain(lines.cloned())
    }

    fn chapter_is_over(&self, now: Moment) -> bool {
        self.chapters.back().is_none_or(|chapter| {
            now.since(chapter.began) >= CHAPTER || chapter.bytes >= self.room.chapter_bytes
        })
    }

    fn begin(&mut self, before: &TopicEvidence, now: Moment) {
        if self.chapters.len() == self.room.chapters {
            self.chapters.pop_front();
        }
        // A topic that no feed was ever opened for has nothing to be remembered.
        let known = before.ever_fed();
        self.chapters.push_back(Chapter {
            began: now,
            state: known.then(|| Arc::new(before.clone())),
            lines: Vec::new(),
            bytes: 0,
        });
    }
}

/// What is known of a topic now, as the first line of a trace that begins now.
pub fn opening(evidence: &TopicEvidence, now: Moment) -> Traced {
    Traced {
        at: now,
        topic: evidence.topic().clone(),
        line: Body::State(Arc::new(evidence.clone())),
    }
}

impl Chapter {
    fn opening(&self) -> Option<Traced> {
        let evidence = self.state.clone()?;
        Some(Traced {
            at: self.began,
            topic: evidence.topic().clone(),
            line: Body::State(evidence),
        })
    }
}

impl Traced {
    fn bytes(&self) -> usize {
        match &self.line {
            Body::State(_) => 0,
            Body::Line(bytes) => bytes.len() + size_of::<Self>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_of_a_hundred_topics_has_room_for_minutes_and_one_of_many_shares_what_there_is() {
        let hundred = Room::of(100);
        assert_eq!(hundred.chapters, CHAPTERS);
        assert!(hundred.chapter_bytes > 100 << 10, "{hundred:?}");
        assert_eq!(Room::of(1).chapter_bytes, CHAPTER_BYTES);
        for topics in [1, 10, 100, 1000, 3000] {
            let room = Room::of(topics);
            let most = topics * room.chapters * (room.chapter_bytes + STATE_BYTES);
            assert!(most <= ROLL_BYTES, "{topics} topics: {room:?}");
        }
        let far_too_many = Room::of(1_000_000);
        assert_eq!((far_too_many.chapters, far_too_many.chapter_bytes), (2, 1));
    }
}
