//! A stage for the roll: events go in, actions are sorted to whom they are for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rollcall_proto::ids::{GatherId, Offset, Partition, Topic};
use rollcall_proto::packed::{Builder, RecordParts, batch_bytes};
use rollcall_proto::time::Moment;
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::{self, feed_request, feed_response, gather_batch};

use crate::core::books::FeedKey;
use crate::core::event::{Action, Call, CallId, Event, FeedEnd, GatherRefusal};
use crate::core::inbound::{self, BatchLimits};
use crate::core::roll::Roll;
use crate::core::roster::Roster;
use crate::core::settings::Settings;
use crate::core::terms;
use crate::core::trace::log::Traced;

/// A roll and everything that it said.
pub(super) struct Play {
    pub(super) roll: Roll,
    pub(super) now: Moment,
    pub(super) told: BTreeMap<FeedKey, VecDeque<feed_response::Event>>,
    pub(super) ends: BTreeMap<FeedKey, FeedEnd>,
    pub(super) answers: BTreeMap<GatherId, Answer>,
    pub(super) settled: Vec<v1::SettleResult>,
    /// What a recording would get.
    pub(super) followed: Vec<Traced>,
    limits: BatchLimits,
    gathers: u64,
    feeds: u64,
    generation: u64,
    /// Clients that do not read.
    pub(super) deaf: Vec<GatherId>,
    /// Where calls and batches stand in a trace.
    pub(super) trace: Option<TraceContext>,
}

/// What a gather got.
#[derive(Default, Debug)]
pub(super) struct Answer {
    pub(super) batches: Vec<v1::GatherBatch>,
    /// Chunks that were written and not taken.
    pub(super) untaken: usize,
    pub(super) summary: Option<Arc<v1::GatherSummary>>,
    pub(super) refused: Option<GatherRefusal>,
    pub(super) cut_off: bool,
}

/// Kafka's id of a topic, unless a test recreates it.
pub(super) const ID: &str = "first-id";
/// The roll of most tests.
pub(super) const TOPICS: [&str; 2] = ["A", "B"];

impl Play {
    pub(super) fn new() -> Self {
        Self::with(&TOPICS, Settings::default())
    }

    pub(super) fn with(topics: &[&str], settings: Settings) -> Self {
        let roster = Arc::new(Roster::new(
            topics.iter().map(|topic| Topic::new(topic).unwrap()),
        ));
        let limits = BatchLimits {
            batch_bytes: settings.batch_bytes,
            max_record_bytes: settings.max_record_bytes,
        };
        let now = Moment::from_millis(3_600_000);
        Self {
            roll: Roll::new(
                settings,
                roster,
                &BTreeMap::new(),
                now,
                SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            ),
            now,
            told: BTreeMap::new(),
            ends: BTreeMap::new(),
            answers: BTreeMap::new(),
            settled: Vec::new(),
            followed: Vec::new(),
            limits,
            gathers: 0,
            feeds: 0,
            generation: 0,
            deaf: Vec::new(),
            trace: None,
        }
    }

    /// Lets something happen; clients that read take what they are given.
    pub(super) fn apply(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for action in self.roll.apply(event, self.now) {
                self.take(action, &mut events);
            }
        }
    }

    fn take(&mut self, action: Action, events: &mut VecDeque<Event>) {
        match action {
            Action::Tell(feed, event) => self.told.entry(feed).or_default().push_back(event),
            Action::CloseFeed(feed, end) => {
                self.ends.entry(feed).or_insert(end);
            }
            Action::Admit(_) | Action::Note(_) => {}
            Action::Refuse(gather, refusal) => self.answer(gather).refused = Some(refusal),
            Action::Chunk(gather, batches) => {
                self.answer(gather).batches.extend(batches);
                if self.deaf.contains(&gather) {
                    self.answer(gather).untaken += 1;
                } else {
                    events.push_back(Event::ChunkTaken(gather));
                }
            }
            Action::Summary(gather, summary) => {
                self.answer(gather).summary = Some(summary);
                if !self.deaf.contains(&gather) {
                    events.push_back(Event::SummaryTaken(gather));
                }
            }
            Action::CutOff(gather) => self.answer(gather).cut_off = true,
            Action::Settled(_, results) => self.settled = results,
            Action::Traced(_, traced) => self.followed.push(traced),
        }
    }

    pub(super) fn answer(&mut self, gather: GatherId) -> &mut Answer {
        self.answers.entry(gather).or_default()
    }

    /// Lets time pass, deadline by deadline.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.roll.next_deadline().filter(|&next| next <= until) {
            self.now = self.now.max(next);
            self.apply(Event::Tick);
        }
        self.now = until;
        self.apply(Event::Tick);
    }

    // ---- fetchers ----

    pub(super) fn say(&mut self, feed: FeedKey, event: feed_request::Event) {
        let message = v1::FeedRequest { event: Some(event) };
        let event = match inbound::read(message, self.limits) {
            Ok(message) => Event::Feed(feed, message),
            Err(fault) => Event::FeedFault(feed, fault),
        };
        self.apply(event);
    }

    pub(super) fn open(&mut self, topic: &str) -> FeedKey {
        self.open_counting(topic, 0)
    }

    /// A fetcher that counts so many lanes; 0: it does not say.
    pub(super) fn open_counting(&mut self, topic: &str, lanes: u32) -> FeedKey {
        self.feeds += 1;
        let feed = FeedKey(self.feeds);
        let open = v1::Open {
            fetcher_id: format!("fetcher-{}", self.feeds),
            topic: topic.to_owned(),
            group: "group".to_owned(),
            lanes,
            ..v1::Open::default()
        };
        self.say(feed, feed_request::Event::Open(open));
        feed
    }

    pub(super) fn claim(
        &mut self,
        feed: FeedKey,
        partition: i32,
        committed: i64,
        sent: i64,
    ) -> v1::Claimed {
        self.claim_as(
            feed,
            v1::Claim {
                partition,
                committed,
                sent,
                ..claim()
            },
        )
    }

    pub(super) fn claim_as(&mut self, feed: FeedKey, claim: v1::Claim) -> v1::Claimed {
        self.generation += 1;
        let generation = self.generation;
        self.say(
            feed,
            feed_request::Event::Claim(v1::Claim {
                generation,
                ..claim
            }),
        );
        let told = self.told.entry(feed).or_default();
        let claimed = told.iter().rev().find_map(|event| match event {
            feed_response::Event::Claimed(claimed) if claimed.generation == generation => {
                Some(claimed.clone())
            }
            _ => None,
        });
        claimed.expect("every claim is answered")
    }

    pub(super) fn batch(&mut self, feed: FeedKey, claimed: &v1::Claimed, first: i64, next: i64) {
        let packed = packed(claimed.partition, first, next, 8);
        self.send(feed, claimed.epoch, packed);
    }

    pub(super) fn send(&mut self, feed: FeedKey, epoch: u64, packed: v1::PackedBatch) {
        let batch = v1::Batch {
            epoch,
            packed: Some(packed),
            traceparent: trace::told(self.trace),
            ..v1::Batch::default()
        };
        self.say(feed, feed_request::Event::Batch(batch));
    }

    /// What the fetcher was told to be settled since the last time, as first and next offsets.
    pub(super) fn hear_settled(&mut self, feed: FeedKey) -> Vec<(i64, i64)> {
        let told = std::mem::take(self.told.entry(feed).or_default());
        let settled = told.into_iter().filter_map(|event| match event {
            feed_response::Event::Settled(settled) => Some(settled.ranges),
            _ => None,
        });
        settled
            .flatten()
            .map(|range| (range.first_offset, range.next_offset))
            .collect()
    }

    /// The last credit that the fetcher was given.
    pub(super) fn credit(&self, feed: FeedKey) -> u64 {
        let told = self.told.get(&feed).into_iter().flatten();
        let credits = told.filter_map(|event| match event {
            feed_response::Event::Credit(credit) => Some(credit.cumulative_bytes),
            _ => None,
        });
        credits.max().unwrap_or_default()
    }

    // ---- clients ----

    /// Calls the roll, or one topic of it; EACH, LEASE, 1 s, 200 records, unless `with` says otherwise.
    pub(super) fn gather(
        &mut self,
        topic: &str,
        with: impl FnOnce(&mut v1::GatherRequest),
    ) -> GatherId {
        let mut request = v1::GatherRequest {
            client_id: "client".to_owned(),
            ..v1::GatherRequest::default()
        };
        if !topic.is_empty() {
            request.topics = vec![topic.to_owned()];
        }
        with(&mut request);
        self.gathers += 1;
        let gather = GatherId(self.gathers);
        let mut terms = terms::read(&request, &self.roll.roster, Duration::from_secs(1)).unwrap();
        terms.trace = self.trace;
        let settle = std::mem::take(&mut request.settle);
        self.apply(Event::Gather(Box::new(Call {
            gather,
            terms,
            settle,
        })));
        gather
    }

    /// Calls the roll the same way by a client that does not read.
    pub(super) fn gather_deaf(
        &mut self,
        topic: &str,
        with: impl FnOnce(&mut v1::GatherRequest),
    ) -> GatherId {
        self.deaf.push(GatherId(self.gathers + 1));
        self.gather(topic, with)
    }

    /// What a gather got: partition, first and next offset, redelivered.
    pub(super) fn got(&self, gather: GatherId) -> Vec<(i32, i64, i64, u32)> {
        let batches = self
            .answers
            .get(&gather)
            .map(|answer| answer.batches.iter())
            .into_iter()
            .flatten();
        let of = |batch: &v1::GatherBatch| match &batch.records {
            Some(gather_batch::Records::Packed(packed)) => (
                packed.partition,
                packed.first_offset,
                packed.next_offset,
                batch.redelivered,
            ),
            other => panic!("{other:?} is not packed"),
        };
        batches.map(of).collect()
    }

    pub(super) fn summary(&self, gather: GatherId) -> Arc<v1::GatherSummary> {
        let summary = self
            .answers
            .get(&gather)
            .and_then(|answer| answer.summary.clone());
        summary.expect("the gather is answered")
    }

    pub(super) fn is_answered(&self, gather: GatherId) -> bool {
        self.answers
            .get(&gather)
            .is_some_and(|answer| answer.summary.is_some())
    }

    pub(super) fn settle(&mut self, ranges: Vec<v1::SettleRange>) -> Vec<v1::SettleStatus> {
        self.apply(Event::Settle(CallId(1), ranges, self.trace));
        self.settled.iter().map(v1::SettleResult::status).collect()
    }

    pub(super) fn ack(&mut self, partition: i32, first: i64, next: i64) -> v1::SettleStatus {
        self.settle(vec![range(partition, first, next)])[0]
    }

    pub(super) fn nack(&mut self, partition: i32, first: i64, next: i64) -> v1::SettleStatus {
        let outcome = v1::Outcome::Nack.into();
        self.settle(vec![v1::SettleRange {
            outcome,
            ..range(partition, first, next)
        }])[0]
    }

    pub(super) fn floor(&self, partition: i32) -> i64 {
        self.roll.topics[0].partitions[&Partition(partition)]
            .settled()
            .floor()
            .get()
    }
}

/// A proven claim of the first log.
pub(super) fn claim() -> v1::Claim {
    v1::Claim {
        topic_id: ID.to_owned(),
        proven: true,
        ..v1::Claim::default()
    }
}

/// A range of topic A to be acked.
pub(super) fn range(partition: i32, first_offset: i64, next_offset: i64) -> v1::SettleRange {
    v1::SettleRange {
        topic: "A".to_owned(),
        topic_id: ID.to_owned(),
        partition,
        first_offset,
        next_offset,
        ..v1::SettleRange::default()
    }
}

/// Records `[first, next)` with values of `bytes` bytes.
pub(super) fn packed(partition: i32, first: i64, next: i64, bytes: usize) -> v1::PackedBatch {
    let offset = |raw| Offset::known(raw).unwrap();
    let mut builder = Builder::new(
        Partition(partition),
        offset(first),
        v1::TimestampType::CreateTime,
    );
    let value = vec![b'v'; bytes];
    for at in first..next {
        let value = Some(value.as_slice());
        builder
            .push(RecordParts {
                offset: offset(at),
                timestamp_ms: Some(at),
                key: None,
                value,
                headers: [],
            })
            .unwrap();
    }
    builder.finish(offset(next)).unwrap()
}

/// Bytes that a batch of such records counts for.
pub(super) fn bytes_of(packed: &v1::PackedBatch) -> u64 {
    batch_bytes(packed)
}
