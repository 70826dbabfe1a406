//! The verdicts of the past, one after the other.

use std::cmp::Reverse;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::Roll;
use super::status::PAGE;
use crate::core::evidence::wire::wire_duration;
use crate::core::roster::TopicKey;
use crate::core::trace::timeline::Span;

/// Where a page of verdicts ended: the place of its last one in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    since: Moment,
    topic: usize,
    number: u64,
}

impl Place {
    /// The place that a token names; `None` when it is none.
    pub fn parse(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let nanos: u64 = parts.next()?.parse().ok()?;
        let place = Self {
            since: Moment::new(Duration::from_nanos(nanos)),
            topic: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }

    fn token(self) -> String {
        let nanos = self.since.since_start().as_nanos();
        format!("{nanos}.{}.{}", self.topic, self.number)
    }
}

impl Roll {
    /// A page of the verdicts of these topics, newest first, from behind `after` on. `page_size` is clamped to
    /// what a page may have.
    pub fn verdicts(
        &self,
        topics: &[TopicKey],
        after: Option<Place>,
        page_size: i32,
        now: Moment,
    ) -> v1::ListVerdictsResponse {
        let most = match usize::try_from(page_size).unwrap_or(0) {
            0 => PAGE.0,
            asked => asked.min(PAGE.1),
        };
        let mut page: Vec<(Place, &Span)> = topics
            .iter()
            .flat_map(|&topic| self.spans(topic))
            .filter(|(place, _)| after.is_none_or(|after| *place < after))
            .collect();
        page.sort_unstable_by_key(|(place, _)| Reverse(*place));
        let more = page.len() > most;
        page.truncate(most);
        let last = page.last().filter(|_| more);
        v1::ListVerdictsResponse {
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
            next_page_token: last.map(|(place, _)| place.token()).unwrap_or_default(),
            verdicts: page
                .iter()
                .map(|(place, span)| self.span(TopicKey(place.topic), span, now))
                .collect(),
        }
    }

    fn spans(&self, topic: TopicKey) -> impl Iterator<Item = (Place, &Span)> {
        let spans = self.topics[topic.0].timeline.spans();
        spans.map(move |span| {
            let place = Place {
                since: span.since,
                topic: topic.0,
                number: span.number,
            };
            (place, span)
        })
    }

    fn span(&self, topic: TopicKey, span: &Span, now: Moment) -> v1::VerdictSpan {
        let until = span.until.unwrap_or(now);
        v1::VerdictSpan {
            topic: self.topics[topic.0].topic.to_string(),
            code: span.said.code.into(),
            severity: span.said.severity.into(),
            confirmed: span.said.confirmed,
            partitions: span.partitions,
            partitions_total: span.partitions_total,
            since: Some(self.wall.time(span.since).into()),
            until: span.until.map(|until| self.wall.time(until).into()),
            lasted: Some(wire_duration(until.since(span.since))),
            in_turn: span.in_turn.map(Into::into),
        }
    }
}
