//! The fetcher's part in traces: the probe that a gather wants, the commit that a settlement brings about,
//! and each batch on its way. Nothing is kept, and nothing made, where spans are off.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::service::spans::{self, Kind, Span};
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::{self, feed_request, feed_response};

use crate::core::facts::{CommitAnswer, CommitOutcome, ProbeId, ProbeRound};
use crate::core::lanes::FeedId;

/// Probes and commits under way that have a span, at most of each; beyond it they have none.
const UNDER_WAY: usize = 64;

/// What is under way and has a span.
#[derive(Debug)]
pub(super) struct Traced {
    topic: String,
    send: Cow<'static, str>,
    probes: BTreeMap<ProbeId, Span>,
    /// Whose settlement of a partition will be committed next.
    settled: BTreeMap<i32, (FeedId, TraceContext)>,
    commits: BTreeMap<u64, Span>,
}

impl Traced {
    pub(super) fn new(topic: &Topic) -> Self {
        Self {
            topic: topic.to_string(),
            send: format!("send {topic}").into(),
            probes: BTreeMap::new(),
            settled: BTreeMap::new(),
            commits: BTreeMap::new(),
        }
    }

    /// The aggregator said something that may belong to a trace.
    pub(super) fn heard(&mut self, feed: FeedId, message: &v1::FeedResponse) {
        if !spans::on() {
            return;
        }
        match &message.event {
            Some(feed_response::Event::Probe(probe)) => self.probe(feed, probe),
            Some(feed_response::Event::Settled(settled)) => {
                if let Some(caller) = trace::heard(&settled.traceparent) {
                    self.settled.insert(settled.partition, (feed, caller));
                }
            }
            Some(
                feed_response::Event::Welcome(_)
                | feed_response::Event::Claimed(_)
                | feed_response::Event::Credit(_)
                | feed_response::Event::Vacant(_)
                | feed_response::Event::Beat(_)
                | feed_response::Event::Drain(_),
            )
            | None => {}
        }
    }

    fn probe(&mut self, feed: FeedId, probe: &v1::Probe) {
        let gather = trace::heard(&probe.traceparent);
        if gather.is_some() && self.probes.len() < UNDER_WAY {
            let mut span = Span::start(Kind::Internal, format!("probe {}", self.topic), gather);
            span.set("messaging.destination.name", self.topic.clone());
            let number = probe.probe_id;
            self.probes.insert(ProbeId { feed, number }, span);
        }
    }

    /// A round of the probe ended: it answers the requests of its numbers, and older ones of the same feeds.
    pub(super) fn probed(&mut self, round: &ProbeRound) {
        let newest = |id: &ProbeId| {
            let mut answered = round.probe_ids.iter().filter(|known| known.feed == id.feed);
            answered.any(|known| known.number >= id.number)
        };
        for (_, mut span) in self.probes.extract_if(.., |id, _| newest(id)) {
            let partitions = round.probed.partitions.len();
            span.set("rollcall.partitions", number(partitions as u64));
            if let Some(why) = &round.probed.failure {
                span.fail(why.clone());
            }
        }
    }

    /// A commit is asked for.
    pub(super) fn commit(&mut self, ticket: u64, offsets: &BTreeMap<Partition, Offset>) {
        let callers = offsets.keys().filter_map(|p| self.settled.remove(&p.0));
        let mut callers: Vec<TraceContext> = callers.map(|(_, caller)| caller).collect();
        callers.dedup();
        let Some((first, others)) = callers.split_first() else {
            return;
        };
        if self.commits.len() < UNDER_WAY {
            let mut span =
                Span::start(Kind::Client, format!("commit {}", self.topic), Some(*first));
            span.set("messaging.system", "kafka");
            span.set("messaging.destination.name", self.topic.clone());
            span.set("rollcall.partitions", number(offsets.len() as u64));
            // A commit settles for several calls at once: it is below one of them, and linked to the others.
            others.iter().for_each(|other| span.link(*other));
            self.commits.insert(ticket, span);
        }
    }

    /// Kafka answered a commit, and those asked for before it.
    pub(super) fn committed(&mut self, answer: &CommitAnswer) {
        let open = self.commits.split_off(&answer.ticket.saturating_add(1));
        for (_, mut span) in std::mem::replace(&mut self.commits, open) {
            match &answer.outcome {
                CommitOutcome::Taken => {}
                CommitOutcome::Withheld => {
                    span.fail("the claims were not confirmed in time".to_owned())
                }
                CommitOutcome::Fenced(why)
                | CommitOutcome::NoCoordinator(why)
                | CommitOutcome::Refused(_, why) => span.fail(why.clone()),
            }
        }
    }

    /// A message leaves: a batch has a span of its own, which whoever gets its records links to.
    pub(super) fn sends(&self, message: &mut v1::FeedRequest) {
        if !spans::on() {
            return;
        }
        if let Some(feed_request::Event::Batch(batch)) = &mut message.event {
            self.sends_batch(batch);
        }
    }

    fn sends_batch(&self, batch: &mut v1::Batch) {
        let mut span = Span::start(Kind::Producer, self.send.clone(), None);
        if let Some(packed) = batch.packed.as_ref().filter(|_| span.is_recorded()) {
            span.set("messaging.system", "kafka");
            span.set("messaging.destination.name", self.topic.clone());
            span.set(
                "messaging.destination.partition.id",
                packed.partition.to_string(),
            );
            span.set("messaging.kafka.offset", packed.first_offset);
            span.set(
                "messaging.batch.message_count",
                i64::from(packed.record_count),
            );
            span.set(
                "messaging.message.body.size",
                number(packed.body.len() as u64),
            );
        }
        batch.traceparent = trace::told(span.context());
    }

    /// The feed ended: what it asked for is answered to nobody.
    pub(super) fn hung_up(&mut self, feed: FeedId) {
        self.probes.retain(|id, _| id.feed != feed);
        self.settled.retain(|_, (from, _)| *from != feed);
    }

    /// The Kafka client is gone, and with it what it was asked for.
    pub(super) fn client_lost(&mut self) {
        self.probes.clear();
        self.commits.clear();
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
