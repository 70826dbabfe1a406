//! Groups that other software runs, judged from outside by the same rules as the roll.
//!
//! Nothing is known here but what an observer says: one [`TopicEvidence`] for each topic of each group. A group of
//! which no topic is known has evidence of its own.

pub mod observation;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, VerdictCode};

use self::observation::{is_read, is_sure, observation};
use super::advice::{Asked, advise};
use super::books::{FeedKey, TopicBooks};
use super::evidence::wire::Wall;
use super::evidence::{OperatorWords, TopicEvidence};
use super::verdict::shown::topic_status;
use super::verdict::{Ask, judge, rank, why_not};

/// Groups that are taken note of.
const MAX_GROUPS: usize = 1_000;
/// Topics of a group that are taken note of.
const MAX_TOPICS: usize = 1_000;

/// How groups are judged.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How long one of the application's calls waits for records, if that was told.
    pub timeout: Option<Duration>,
    /// Whether records may not be read: then nobody waits for the log's history.
    pub reading_forbidden: bool,
    /// What the operator said of each topic.
    pub words: BTreeMap<Topic, OperatorWords>,
}

/// What is known of the groups.
#[derive(Clone, Debug)]
pub struct Outside {
    settings: Settings,
    started: Moment,
    wall: Wall,
    started_wall: SystemTime,
    groups: BTreeMap<String, Group>,
}

#[derive(Clone, Debug)]
struct Group {
    /// The group alone, while no topic of it is known.
    alone: TopicEvidence,
    topics: BTreeMap<Topic, TopicEvidence>,
}

impl Outside {
    /// Nothing is known yet. `started` and `started_wall` are the same instant.
    pub fn new(settings: Settings, started: Moment, started_wall: SystemTime) -> Self {
        Self {
            settings,
            started,
            wall: Wall::new(started, started_wall),
            started_wall,
            groups: BTreeMap::new(),
        }
    }

    /// Takes in one piece of evidence that was seen at `at`. A group begins with an opened feed, and one that is closed
    /// without a topic is gone.
    pub fn apply(
        &mut self,
        group: &str,
        topic: Option<&Topic>,
        evidence: &v1::Evidence,
        at: Moment,
    ) {
        let Some(event) = &evidence.event else {
            return;
        };
        let gone = topic.is_none() && matches!(event, v1::evidence::Event::Closed(_));
        let begins = matches!(event, v1::evidence::Event::Opened(_));
        if gone {
            self.groups.remove(group);
        }
        // What was on its way when the group was let go does not bring it back.
        if !begins && !self.groups.contains_key(group) {
            return;
        }
        let heard = match topic {
            Some(topic) => self.topic_mut(group, topic),
            None => self.group_mut(group).map(|group| &mut group.alone),
        };
        if let Some(heard) = heard {
            heard.hear(FeedKey(evidence.feed), event, at);
        }
    }

    /// The groups that anything is known of.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    /// The topics of a group.
    pub fn topics(&self, group: &str) -> impl Iterator<Item = &Topic> {
        let topics = self.groups.get(group).map(|group| group.topics.keys());
        topics.into_iter().flatten()
    }

    /// A group's topics, worst first; `None` for a group that nothing is known of.
    pub fn status(&self, group: &str, now: Moment) -> Option<v1::GetStatusResponse> {
        let known = self.groups.get(group)?;
        // Judged once: of very many partitions that is what takes long.
        let judged: Vec<_> = known
            .topics
            .values()
            .map(|evidence| (evidence, self.topic_status(evidence, now)))
            .collect();
        let settled = match judged.is_empty() {
            true => self.settled(known, now),
            false => judged.iter().all(|(evidence, topic)| {
                let verdict = topic.verdict.as_ref();
                self.read(evidence, now)
                    && verdict.is_some_and(|said| stays(said, &topic.also, evidence, now))
            }),
        };
        let mut topics: Vec<_> = judged.into_iter().map(|(_, topic)| topic).collect();
        topics.sort_by_key(|topic| {
            Reverse(rank(
                topic
                    .verdict
                    .as_ref()
                    .map_or(v1::Severity::Unspecified, v1::Verdict::severity),
            ))
        });
        Some(v1::GetStatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Some(self.started_wall.into()),
            judged_at: Some(self.wall.time(now).into()),
            group: group.to_owned(),
            observation: Some(self.observation(group, known, settled, now)),
            topics,
            ..Default::default()
        })
    }

    /// One topic of a group, and if asked why it has not that verdict; `None` for one that nothing is known of.
    pub fn topic(
        &self,
        group: &str,
        topic: &Topic,
        verdict: Option<VerdictCode>,
        now: Moment,
    ) -> Option<v1::GetTopicResponse> {
        let known = self.groups.get(group)?;
        let evidence = known.topics.get(topic)?;
        Some(v1::GetTopicResponse {
            topic: Some(self.topic_status(evidence, now)),
            group: group.to_owned(),
            bootstrap_servers: evidence.bootstrap_servers().unwrap_or_default().to_owned(),
            demo: false,
            observation: Some(self.observation(group, known, self.settled(known, now), now)),
            checks: verdict
                .map(|code| {
                    let ask = Ask::outside(self.settings.timeout, now);
                    why_not(evidence, &TopicBooks::default(), &ask, now, code)
                })
                .unwrap_or_default(),
            lane: 0,
            lanes: 0,
        })
    }

    /// The evidence about one topic of a group, for whoever advises or records.
    pub fn evidence(&self, group: &str, topic: &Topic) -> Option<&TopicEvidence> {
        self.groups.get(group)?.topics.get(topic)
    }

    /// Whether every verdict is confirmed: more watching makes nothing surer.
    pub fn is_settled(&self, now: Moment) -> bool {
        !self.groups.is_empty() && self.groups.values().all(|group| self.settled(group, now))
    }

    /// Whether the log's history of each of a group's topics was heard.
    pub fn history_heard(&self, group: &str) -> bool {
        let topics = self.groups.get(group).map(|group| &group.topics);
        topics.is_some_and(|topics| {
            !topics.is_empty() && topics.values().all(TopicEvidence::history_heard)
        })
    }

    /// Timeouts in numbers for a group's topics, or for those that are named; `None` for a group that nothing is known of.
    pub fn advise(
        &self,
        group: &str,
        named: &[Topic],
        asked: Asked,
        now: Moment,
    ) -> Option<v1::AdviseResponse> {
        let topics = self.groups.get(group)?.topics.iter();
        let wanted = topics.filter(|(topic, _)| named.is_empty() || named.contains(topic));
        let timeout = asked.timeout.or(self.settings.timeout);
        let evidence = wanted.map(|(_, evidence)| evidence);
        Some(advise(evidence, Asked { timeout, ..asked }, now))
    }

    fn settled(&self, group: &Group, now: Moment) -> bool {
        let confirmed = |evidence: &TopicEvidence| {
            let ask = Ask::outside(self.settings.timeout, now);
            let judged = judge(evidence, &TopicBooks::default(), &ask, now);
            stays(&judged.verdict, &judged.also, evidence, now)
        };
        if group.topics.is_empty() {
            return confirmed(&group.alone);
        }
        let mut topics = group.topics.values();
        topics.all(|evidence| self.read(evidence, now) && confirmed(evidence))
    }

    /// Whether the log's history is there, or need not be waited for.
    fn read(&self, evidence: &TopicEvidence, now: Moment) -> bool {
        self.settings.reading_forbidden || is_read(evidence, self.started, now)
    }

    fn topic_status(&self, evidence: &TopicEvidence, now: Moment) -> v1::TopicStatus {
        let ask = Ask::outside(self.settings.timeout, now);
        topic_status(evidence, &TopicBooks::default(), &ask, now)
    }

    fn observation(
        &self,
        name: &str,
        group: &Group,
        settled: bool,
        now: Moment,
    ) -> v1::Observation {
        let alone = group.topics.is_empty().then_some(&group.alone);
        let evidences: Vec<_> = group.topics.values().chain(alone).collect();
        let verdict = alone.map(|alone| {
            let ask = Ask::outside(self.settings.timeout, now);
            judge(alone, &TopicBooks::default(), &ask, now).verdict
        });
        v1::Observation {
            reading_forbidden: self.settings.reading_forbidden,
            settled,
            verdict,
            ..observation(name, &evidences, now)
        }
    }

    fn group_mut(&mut self, group: &str) -> Option<&mut Group> {
        if !self.groups.contains_key(group) {
            if self.groups.len() >= MAX_GROUPS {
                return None;
            }
            // The name of a topic that no one asks for: the evidence is about the group alone.
            let alone = Topic::new("-").ok()?;
            let fresh = Group {
                alone: self.fresh(alone),
                topics: BTreeMap::new(),
            };
            self.groups.insert(group.to_owned(), fresh);
        }
        self.groups.get_mut(group)
    }

    fn topic_mut(&mut self, group: &str, topic: &Topic) -> Option<&mut TopicEvidence> {
        let fresh = self.fresh(topic.clone());
        let group = self.group_mut(group)?;
        if !group.topics.contains_key(topic) {
            if group.topics.len() >= MAX_TOPICS {
                return None;
            }
            group.topics.insert(topic.clone(), fresh);
        }
        group.topics.get_mut(topic)
    }

    fn fresh(&self, topic: Topic) -> TopicEvidence {
        let words = self.settings.words.get(&topic).cloned().unwrap_or_default();
        TopicEvidence::new(topic, words, self.started, self.started_wall)
    }
}

/// Whether more watching is not expected to change the verdict: data that flows while the lag rises may be too slow.
fn stays(
    verdict: &v1::Verdict,
    also: &[v1::Verdict],
    evidence: &TopicEvidence,
    now: Moment,
) -> bool {
    let rises = verdict.code() == VerdictCode::Flowing && evidence.trend().may_grow(now);
    is_sure(verdict, also) && !rises
}
