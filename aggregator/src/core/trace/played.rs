//! One topic of a trace, as far as the trace was played.

use std::time::{Duration, SystemTime};

use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, VerdictCode};

use super::books;
use super::judged::{self, Comparison};
use super::state;
use super::timeline::{Said, Timeline};
use crate::core::books::{FeedKey, TopicBooks};
use crate::core::evidence::{OperatorWords, TopicEvidence, wire};
use crate::core::verdict::shown::topic_status;
use crate::core::verdict::{Ask, Judgement, judge, why_not};

/// Timeout to judge with while the trace has said none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// One topic of a trace.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was measured.
    pub evidence: TopicEvidence,
    /// The books as last written.
    pub books: TopicBooks,
    /// The timeout that was last judged with, if one was said.
    pub timeout: Option<Duration>,
    /// Whether the group was looked at from outside: then a timeout that nobody told is not known.
    outside: bool,
    /// What this engine says without a gather, whenever it was asked.
    pub timeline: Timeline,
}

impl Played {
    pub(super) fn new(
        topic: Topic,
        words: OperatorWords,
        started: Moment,
        started_wall: SystemTime,
        outside: bool,
    ) -> Self {
        Self {
            evidence: TopicEvidence::new(topic, words, started, started_wall),
            books: TopicBooks::default(),
            timeout: None,
            outside,
            timeline: Timeline::default(),
        }
    }

    /// Takes a piece of evidence; tells whether it was of a kind that this build knows.
    pub(super) fn hear(&mut self, evidence: &v1::Evidence, now: Moment) -> bool {
        match &evidence.event {
            Some(event) => {
                self.evidence.hear(FeedKey(evidence.feed), event, now);
                true
            }
            None => false,
        }
    }

    /// Begins with what was known when the trace begins; false if it is the state of another version.
    pub(super) fn restore(&mut self, written: &v1::TraceState) -> bool {
        let state = state::from_wire(written);
        match state.filter(|state| state.topic() == self.evidence.topic()) {
            Some(state) => {
                self.evidence = state;
                true
            }
            None => false,
        }
    }

    /// Takes a judgement: its books hold from here on, and it is judged again.
    pub(super) fn judged(&mut self, said: &v1::TraceJudged, now: Moment) -> Comparison {
        if let Some(written) = &said.books {
            self.books = books::from_wire(written, now);
        }
        if let Some(timeout) = wire::duration(said.timeout.as_ref()) {
            self.timeout = Some(timeout);
        }
        let ask = books::ask_from_wire(said, now);
        let judgement = judge(&self.evidence, &self.books, &ask, now);
        Comparison {
            then: judged::said(said),
            now: Said::of(&judgement.verdict),
        }
    }

    /// Judges the topic at a moment, without a gather.
    pub fn judge(&self, timeout: Option<Duration>, now: Moment) -> Judgement {
        judge(&self.evidence, &self.books, &self.ask(timeout, now), now)
    }

    /// The topic at a moment as the screens show it.
    pub fn status(&self, timeout: Option<Duration>, now: Moment) -> v1::TopicStatus {
        let ask = self.ask(timeout, now);
        topic_status(&self.evidence, &self.books, &ask, now)
    }

    /// The conditions of a verdict's rule at a moment, each with the fact that held or failed.
    pub fn why_not(&self, code: VerdictCode, now: Moment) -> Vec<v1::PartitionChecks> {
        let ask = self.ask(None, now);
        why_not(&self.evidence, &self.books, &ask, now, code)
    }

    /// Partitions that the feeds speak of: what is held in memory.
    pub(super) fn seen(&self) -> usize {
        let feeds = self.evidence.feeds().values();
        feeds.map(|feed| feed.partitions.len()).sum()
    }

    fn ask(&self, timeout: Option<Duration>, now: Moment) -> Ask {
        match timeout.or(self.timeout) {
            None if self.outside => Ask::outside(None, now),
            told => Ask::status(told.unwrap_or(DEFAULT_TIMEOUT), now),
        }
    }
}
