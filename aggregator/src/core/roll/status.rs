//! What the roll looks like, without changing it.

use std::cmp::Reverse;
use std::time::Duration;

use rollcall_proto::ids::TopicId;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity};

use super::Roll;
use crate::core::advice::{self, Asked};
use crate::core::recorder::Recorded;
use crate::core::roster::TopicKey;
use crate::core::verdict::shown::topic_status;
use crate::core::verdict::{self, Ask, Detail, rank};

/// Gathers on a page unless the asker says otherwise, and at most.
pub(super) const PAGE: (usize, usize) = (50, 1000);

impl Roll {
    /// Timeout to judge with: as asked, else that of the last gather.
    pub(super) fn timeout(&self, asked: Option<Duration>) -> Duration {
        let last = || Duration::try_from(self.recorder.last()?.summary.timeout?).ok();
        asked.or_else(last).unwrap_or(self.settings.default_timeout)
    }

    /// Whether evidence of a topic is fresh enough for a judgement now.
    pub fn is_fresh(&self, topic: TopicKey, now: Moment) -> bool {
        !self.topics[topic.0].evidence.probe_wanted(now)
    }

    /// Some topics of the roll, in this order.
    pub fn statuses(
        &self,
        topics: &[TopicKey],
        timeout: Option<Duration>,
        detail: Detail,
        now: Moment,
    ) -> Vec<v1::TopicStatus> {
        let ask = Ask {
            detail,
            ..Ask::status(self.timeout(timeout), now)
        };
        let status = |&topic: &TopicKey| self.topic_status(topic, &ask, now);
        topics.iter().map(status).collect()
    }

    /// The roll, with these topics, worst first.
    pub fn status(
        &self,
        topics: &[TopicKey],
        timeout: Option<Duration>,
        detail: Detail,
        now: Moment,
    ) -> v1::GetStatusResponse {
        let mut statuses = self.statuses(topics, timeout, detail, now);
        worst_first(&mut statuses);
        let groups = self.topics.iter().find_map(|topic| topic.evidence.group());
        v1::GetStatusResponse {
            version: self.settings.version.clone(),
            incarnation: self.settings.incarnation.clone(),
            started_at: Some(self.started_wall.into()),
            judged_at: Some(self.wall.time(now).into()),
            group: groups.unwrap_or_default().to_owned(),
            demo: self.settings.demo || self.topics.iter().any(|topic| topic.evidence.demo()),
            gather_count: self.recorder.served(),
            last_gather: self.recorder.last().map(|last| last.info(now)),
            topics: statuses,
            counters: self.counters.to_wire(),
            buffered_bytes: self.topics.iter().map(|topic| topic.held_bytes()).sum(),
            budget_bytes: self.settings.budget_bytes,
            observation: None,
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
        }
    }

    /// One topic; with the conditions of a verdict, if one is named.
    pub fn topic(
        &self,
        topic: TopicKey,
        timeout: Option<Duration>,
        why_not: Option<v1::VerdictCode>,
        now: Moment,
    ) -> v1::GetTopicResponse {
        let evidence = &self.topics[topic.0].evidence;
        let books = self.topics[topic.0].books(&self.leases, now);
        let ask = Ask::status(self.timeout(timeout), now);
        let checks = why_not.map(|code| verdict::why_not(evidence, &books, &ask, now, code));
        v1::GetTopicResponse {
            checks: checks.unwrap_or_default(),
            topic: Some(self.topic_status(topic, &ask, now)),
            group: evidence.group().unwrap_or_default().to_owned(),
            bootstrap_servers: evidence.bootstrap_servers().unwrap_or_default().to_owned(),
            demo: self.settings.demo || evidence.demo(),
            observation: None,
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
        }
    }

    fn topic_status(&self, key: TopicKey, ask: &Ask, now: Moment) -> v1::TopicStatus {
        let topic = &self.topics[key.0];
        let books = topic.books(&self.leases, now);
        let status = topic_status(&topic.evidence, &books, ask, now);
        v1::TopicStatus {
            topic_id: topic.topic_id().map(TopicId::to_string).unwrap_or_default(),
            windows: match ask.detail.is_summary() {
                true => Vec::new(),
                false => topic.statistics.windows(now),
            },
            ..status
        }
    }

    /// A page of the last gathers, newest first. `after` is the number that a page ended with; `page_size`
    /// is clamped to what a page may have.
    pub fn gathers(
        &self,
        after: Option<u64>,
        page_size: i32,
        now: Moment,
    ) -> v1::ListGathersResponse {
        let asked = usize::try_from(page_size).unwrap_or(0);
        let most = if asked == 0 {
            PAGE.0
        } else {
            asked.min(PAGE.1)
        };
        let mut page = self.recorder.page(after, most + 1);
        let more = page.len() > most;
        page.truncate(most);
        let last = page
            .last()
            .filter(|_| more)
            .map(|last| last.summary.gather_id.to_string());
        v1::ListGathersResponse {
            gathers: page
                .into_iter()
                .map(|recorded| recorded.info(now))
                .collect(),
            next_page_token: last.unwrap_or_default(),
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
        }
    }

    /// One gather, as it was answered; `None` when it is not remembered.
    pub fn gather(&self, gather_id: u64) -> Option<&Recorded> {
        self.recorder.get(gather_id)
    }

    /// Timeouts in numbers.
    pub fn advise(&self, topics: &[TopicKey], asked: Asked, now: Moment) -> v1::AdviseResponse {
        let evidence = topics.iter().map(|topic| &self.topics[topic.0].evidence);
        let timeout = Some(self.timeout(asked.timeout));
        advice::advise(evidence, Asked { timeout, ..asked }, now)
    }
}

/// Puts the worst topics first; of equals the order stays.
pub(crate) fn worst_first(statuses: &mut [v1::TopicStatus]) {
    statuses.sort_by_key(|status| Reverse(badness(status.verdict.as_ref())));
}

/// How far up a topic stands in the list.
fn badness(verdict: Option<&v1::Verdict>) -> u8 {
    rank(verdict.map_or(Severity::Unspecified, |verdict| verdict.severity()))
}
