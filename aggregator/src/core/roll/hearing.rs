//! Evidence on its way in: heard, kept for a recording, handed to whoever follows; and the judging that goes
//! on without a gather.

use rollcall_proto::time::Moment;
use rollcall_proto::v1::evidence::Event as Evidence;
use rollcall_proto::v1::trace_line::Line;
use rollcall_proto::v1::{self, TraceSource};

use super::{Roll, Timer};
use crate::core::books::{FeedKey, TopicBooks};
use crate::core::event::Action;
use crate::core::evidence::wire::wire_duration;
use crate::core::roster::TopicKey;
use crate::core::trace::fault::VERSION;
use crate::core::trace::judged;
use crate::core::trace::log::{self, Traced};
use crate::core::trace::timeline::Said;
use crate::core::verdict::{Ask, judge_alone};

/// The part of its interval that the judging may come earlier or later.
const JUDGE_SLACK: u32 = 4;

impl Roll {
    /// Takes in a piece of evidence.
    pub(super) fn hear(&mut self, topic: TopicKey, feed: FeedKey, event: Evidence, now: Moment) {
        let evidence = v1::Evidence {
            feed: feed.0,
            event: Some(event),
        };
        let line = v1::TraceLine {
            line: Some(Line::Evidence(evidence)),
            ..v1::TraceLine::default()
        };
        let state = self.topic_mut(topic);
        let was_elsewhere = state.evidence.is_elsewhere();
        // Kept first: a chapter of the log begins with what was known before.
        let traced = state.log.push(&line, &state.evidence, now);
        if let Some(Line::Evidence(v1::Evidence {
            event: Some(event), ..
        })) = &line.line
        {
            state.evidence.hear(feed, event, now);
        }
        let turned_out = !was_elsewhere && state.evidence.is_elsewhere();
        self.hand_on(topic, traced);
        if turned_out {
            self.excuse(topic, now);
        }
    }

    /// Judges a topic as it is now, and keeps what is said.
    pub(super) fn judge(&mut self, key: TopicKey, now: Moment) {
        let ask = Ask::status(self.timeout(None), now);
        let books = self.topics[key.0].books(&self.leases, now);
        let state = self.topic_mut(key);
        let verdict = judge_alone(&state.evidence, &books, &ask, now);
        state.timeline.say(&verdict, now);
        // A topic without evidence has nothing that could be judged again.
        if state.evidence.ever_fed() {
            let line = judged::line(&ask, &books, &verdict, now);
            let traced = state.log.push(&line, &state.evidence, now);
            self.hand_on(key, traced);
        }
        let slack = self.settings.judge_every / JUDGE_SLACK;
        let due = now + self.settings.judge_every + slack;
        self.timers.set(Timer::Judge(key), due);
    }

    /// Judges a topic with its fetcher's pulse, when it is about time: nothing wakes up for it alone while they come, and a
    /// roll of many topics is not judged all at once.
    pub(super) fn judge_with_pulse(&mut self, feed: FeedKey, now: Moment) {
        let Some(key) = self.feeds.get(&feed).map(|feed| feed.topic) else {
            return;
        };
        let soon = now + self.settings.judge_every / JUDGE_SLACK * 2;
        let due = self.timers.of(Timer::Judge(key));
        if due.is_some_and(|at| at <= soon) {
            self.judge(key, now);
        }
    }

    /// Keeps what was said of a gather's slot.
    pub(super) fn keep_slot(
        &mut self,
        topic: TopicKey,
        ask: &Ask,
        books: &TopicBooks,
        verdict: &v1::Verdict,
        now: Moment,
    ) {
        let state = self.topic_mut(topic);
        if state.evidence.ever_fed() && state.log.wants_slot(Said::of(verdict), now) {
            let line = judged::line(ask, books, verdict, now);
            let traced = state.log.push(&line, &state.evidence, now);
            self.hand_on(topic, traced);
        }
    }

    /// Somebody follows these topics from now on.
    pub(super) fn follow(&mut self, topics: &[TopicKey]) {
        for &topic in topics {
            self.topic_mut(topic).followers += 1;
        }
    }

    /// Somebody follows them no more.
    pub(super) fn unfollow(&mut self, topics: &[TopicKey]) {
        for &topic in topics {
            let followers = &mut self.topic_mut(topic).followers;
            *followers = followers.saturating_sub(1);
        }
    }

    /// What is kept of these topics, in the order of its time; without the past only what is known now.
    pub fn past(&self, topics: &[TopicKey], without_past: bool, now: Moment) -> Vec<Traced> {
        let states = topics.iter().map(|topic| &self.topics[topic.0]);
        if without_past {
            let known = states.filter(|state| state.evidence.ever_fed());
            return known
                .map(|state| log::opening(&state.evidence, now))
                .collect();
        }
        let mut past: Vec<_> = states.flat_map(|state| state.log.past()).collect();
        past.sort_by_key(|traced| traced.at);
        past
    }

    /// The first line of a trace of these topics whose time is counted from `zero`.
    pub fn trace_header(&self, topics: &[TopicKey], zero: Moment) -> v1::TraceHeader {
        let group = self.topics.iter().find_map(|topic| topic.evidence.group());
        let topic = |key: &TopicKey| {
            let evidence = &self.topics[key.0].evidence;
            let words = evidence.words();
            v1::TraceTopic {
                topic: evidence.topic().to_string(),
                group: String::new(),
                max_silence: words.max_silence.map(wire_duration),
                expect_empty: words.expect_empty,
                mute: words.mute.iter().map(|&code| code.into()).collect(),
            }
        };
        v1::TraceHeader {
            rollcall_trace: VERSION,
            version: self.settings.version.clone(),
            recorded_at: Some(self.wall.time(zero).into()),
            source: TraceSource::Server.into(),
            group: group.unwrap_or_default().to_owned(),
            topics: topics.iter().map(topic).collect(),
            uptime: Some(wire_duration(zero.since(self.started))),
            clock: Some(wire_duration(zero.since_start())),
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
        }
    }

    fn hand_on(&mut self, topic: TopicKey, traced: Traced) {
        if self.topics[topic.0].followers > 0 {
            self.actions.push(Action::Traced(topic, traced));
        }
    }
}
