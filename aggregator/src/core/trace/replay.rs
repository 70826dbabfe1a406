//! The lines of a trace, taken one after the other; between two of them it can judge at any moment.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rollcall_proto::ids::Topic;
use rollcall_proto::time::{self, Moment};
use rollcall_proto::v1::{self, trace_line::Line};

use super::fault::{LONGEST, MAX_SEEN, MAX_TOPICS, TraceFault, VERSION};
use super::judged::Comparison;
use super::played::Played;
use crate::core::evidence::OperatorWords;
use crate::core::evidence::wire::{self, Wall};
use crate::core::lane::Lane;
use crate::core::outside::observation::{is_read, is_sure, observation};

/// Seconds since the epoch that a recorder's clock can show: up to the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// A topic in one of its groups.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Consumer group.
    pub group: String,
    /// The topic.
    pub topic: Topic,
}

/// What a line was.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Evidence, or the state that the trace begins with.
    Evidence(Key),
    /// A judgement, and what this engine says.
    Judged(Key, Comparison),
    /// A label.
    Label(Key, v1::TraceLabel),
    /// The end.
    End,
    /// A kind that this build does not know, or the state of another version: skipped and counted.
    Unknown,
}

/// A trace, as far as it was played.
#[derive(Clone, Debug)]
pub struct Replay {
    header: v1::TraceHeader,
    wall: Wall,
    zero: Moment,
    started: Moment,
    now: Moment,
    topics: BTreeMap<Key, Played>,
    words: BTreeMap<Key, OperatorWords>,
    /// Partitions that each topic's feeds spoke of when they were last counted.
    seen: usize,
    skipped: u64,
    states_skipped: u64,
    end: Option<v1::TraceEnd>,
}

impl Replay {
    /// Begins with the header.
    pub fn begin(header: v1::TraceHeader) -> Result<Self, TraceFault> {
        match header.rollcall_trace {
            0 => return Err(TraceFault::NotOurs),
            VERSION => {}
            other => return Err(TraceFault::Version(other)),
        }
        let clock = length(header.clock.as_ref()).ok_or(TraceFault::NoTime)?;
        // An older recorder's moments did not reach back for long. From outside there is no state that is tied to them.
        let zero = Moment::new(match header.source() {
            v1::TraceSource::Outside => clock.max(time::HEAD_START),
            v1::TraceSource::Server | v1::TraceSource::Unspecified => clock,
        });
        let uptime = length(header.uptime.as_ref()).ok_or(TraceFault::NoTime)?;
        let recorded = wall_time(header.recorded_at.as_ref()).ok_or(TraceFault::NoTime)?;
        let mut replay = Self {
            wall: Wall::new(zero, recorded),
            zero,
            started: zero.before(uptime),
            now: zero,
            topics: BTreeMap::new(),
            words: BTreeMap::new(),
            seen: 0,
            skipped: 0,
            states_skipped: 0,
            end: None,
            header,
        };
        replay.expect_topics()?;
        Ok(replay)
    }

    /// Takes the next line. What is judged is never judged before the latest line so far.
    pub fn take(&mut self, line: &v1::TraceLine) -> Result<Heard, TraceFault> {
        if self.end.is_some() {
            return Err(TraceFault::BehindTheEnd);
        }
        let at = self.moment_of(line)?;
        self.now = self.now.max(at);
        match &line.line {
            None => Ok(self.skip()),
            Some(Line::End(end)) => {
                self.end = Some(*end);
                Ok(Heard::End)
            }
            Some(said) => {
                let key = self.key(&line.group, &line.topic)?;
                self.take_of(key, said, at)
            }
        }
    }

    /// When a line is.
    pub fn moment_of(&self, line: &v1::TraceLine) -> Result<Moment, TraceFault> {
        let at = wire_length(line.at.as_ref());
        match at <= LONGEST {
            true => Ok(self.zero + at),
            false => Err(TraceFault::TooLong),
        }
    }

    /// The moment that lies this long behind the beginning.
    pub fn moment_at(&self, since_zero: Duration) -> Moment {
        self.zero + since_zero.min(LONGEST)
    }

    /// How far it was played: the time of the last line.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Time from the beginning of the trace to a moment.
    pub fn offset(&self, at: Moment) -> Duration {
        at.since(self.zero)
    }

    /// The first line.
    pub const fn header(&self) -> &v1::TraceHeader {
        &self.header
    }

    /// Wall-clock time of the recorder.
    pub const fn wall(&self) -> Wall {
        self.wall
    }

    /// The topics that the header or a line named.
    pub const fn topics(&self) -> &BTreeMap<Key, Played> {
        &self.topics
    }

    /// Lines of kinds that this build does not know.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Topics whose state at the beginning could not be read: that of another version.
    pub const fn states_skipped(&self) -> u64 {
        self.states_skipped
    }

    /// The last line; `None` before it, and for a trace that was cut.
    pub const fn end(&self) -> Option<&v1::TraceEnd> {
        self.end.as_ref()
    }

    /// The look at a group as a whole at this moment; `None` where the trace is of rollcall's own fetchers, which look
    /// at none. Whether records could not be read because that was forbidden is not in a trace, and not said.
    pub fn observation(&self, group: &str, at: Moment) -> Option<v1::Observation> {
        if self.header.source() != v1::TraceSource::Outside {
            return None;
        }
        let of_group = self.topics.iter().filter(|(key, _)| key.group == group);
        let played: Vec<_> = of_group.map(|(_, played)| played).collect();
        let evidences: Vec<_> = played.iter().map(|played| &played.evidence).collect();
        let settled = played.iter().all(|played| {
            let judged = played.judge(None, at);
            is_read(&played.evidence, self.started, at) && is_sure(&judged.verdict, &judged.also)
        });
        Some(v1::Observation {
            settled,
            ..observation(group, &evidences, at)
        })
    }

    /// Judges every topic at this moment, without a gather, and keeps it in its timeline.
    pub fn judge_all(&mut self, at: Moment) -> Vec<(Key, v1::Verdict)> {
        let judge = |(key, played): (&Key, &mut Played)| {
            let verdict = played.judge(None, at).verdict;
            played.timeline.say(&verdict, at);
            (key.clone(), verdict)
        };
        self.topics.iter_mut().map(judge).collect()
    }

    /// Evidence is heard at its own time: an observer may have judged since then.
    fn take_of(&mut self, key: Key, said: &Line, at: Moment) -> Result<Heard, TraceFault> {
        let now = self.now;
        let played = self.played(&key)?;
        match said {
            Line::Evidence(evidence) => {
                let before = played.seen();
                let known = played.hear(evidence, at);
                let after = played.seen();
                self.count(before, after)?;
                Ok(if known {
                    Heard::Evidence(key)
                } else {
                    self.skip()
                })
            }
            Line::State(state) => {
                let before = played.seen();
                let known = played.restore(state);
                let after = played.seen();
                self.count(before, after)?;
                if !known {
                    self.states_skipped += 1;
                }
                Ok(if known {
                    Heard::Evidence(key)
                } else {
                    Heard::Unknown
                })
            }
            Line::Judged(judged) => {
                let comparison = played.judged(judged, now);
                Ok(Heard::Judged(key, comparison))
            }
            Line::Label(label) => Ok(Heard::Label(key, label.clone())),
            Line::End(_) => Ok(Heard::End),
        }
    }

    fn count(&mut self, before: usize, after: usize) -> Result<(), TraceFault> {
        self.seen = (self.seen + after).saturating_sub(before);
        match self.seen <= MAX_SEEN {
            true => Ok(()),
            false => Err(TraceFault::TooManyPartitions),
        }
    }

    fn skip(&mut self) -> Heard {
        self.skipped += 1;
        Heard::Unknown
    }

    fn key(&self, group: &str, topic: &str) -> Result<Key, TraceFault> {
        let group = match group {
            "" => &self.header.group,
            group => group,
        };
        Ok(Key {
            group: wire::text(group),
            topic: Topic::new(topic)?,
        })
    }

    fn played(&mut self, key: &Key) -> Result<&mut Played, TraceFault> {
        if self.topics.len() >= MAX_TOPICS && !self.topics.contains_key(key) {
            return Err(TraceFault::TooManyTopics);
        }
        let (started, started_wall) = (self.started, self.wall.time(self.started));
        let words = &self.words;
        let outside = self.header.source() == v1::TraceSource::Outside;
        let lane = Lane::new(self.header.lane, self.header.lanes);
        let new = || {
            let words = words.get(key).cloned().unwrap_or_default();
            let mut played = Played::new(key.topic.clone(), words, started, started_wall, outside);
            played.evidence.set_lane(lane);
            played
        };
        Ok(self.topics.entry(key.clone()).or_insert_with(new))
    }

    /// What the header says of its topics.
    fn expect_topics(&mut self) -> Result<(), TraceFault> {
        for topic in std::mem::take(&mut self.header.topics) {
            let key = self.key(&topic.group, &topic.topic)?;
            let words = OperatorWords {
                max_silence: wire::duration(topic.max_silence.as_ref()),
                expect_empty: topic.expect_empty,
                mute: topic.mute().collect(),
            };
            self.words.insert(key.clone(), words);
            self.played(&key)?;
            self.header.topics.push(topic);
        }
        Ok(())
    }
}

/// A length of time that a header may have; a longer one than a trace may span makes no sense.
fn length(raw: Option<&prost_types::Duration>) -> Option<Duration> {
    time::length(raw?).filter(|length| *length <= LONGEST * 10)
}

fn wire_length(raw: Option<&prost_types::Duration>) -> Duration {
    raw.and_then(time::length).unwrap_or_default()
}

fn wall_time(raw: Option<&prost_types::Timestamp>) -> Option<SystemTime> {
    let raw = raw?;
    let seconds = u64::try_from(raw.seconds).ok()?;
    let nanos = u32::try_from(raw.nanos).ok()?;
    let since_epoch =
        Duration::from_secs(seconds).checked_add(Duration::from_nanos(nanos.into()))?;
    let time = SystemTime::UNIX_EPOCH.checked_add(since_epoch)?;
    (seconds <= LAST_SECOND && nanos < 1_000_000_000).then_some(time)
}
