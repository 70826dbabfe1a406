//! A fetcher: the real session, and the edge to Kafka that does what it wants done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rollcall_fetcher::StartPolicy;
use rollcall_fetcher::core::facts::{CommitAnswer, CutBatch};
use rollcall_fetcher::core::membership::Membership;
use rollcall_fetcher::core::session::{Action as Order, Identity, Session};
use rollcall_proto::ids::{LogPosition, Offset, Partition, Topic};
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, feed_response};

use super::size::{Size, Variant};

/// The topic.
pub(super) const TOPIC: &str = "t";
/// The group.
pub(super) const GROUP: &str = "g";
/// Longer than anything that is waited for: there are no pulses.
const NEVER: Duration = Duration::from_secs(100 * 24 * 3600);
/// A deadline beyond it is none.
pub(super) const SOON: Duration = Duration::from_secs(24 * 3600);
/// The moment at which every process begins.
pub(super) const BEGIN: Moment = Moment::from_millis(100_000_000);
/// Largest record.
const MAX_RECORD_BYTES: u64 = 1 << 20;
/// How long a fetcher that leaves waits for what is out.
const DRAIN: Duration = Duration::from_secs(5);

/// A fetcher's process.
#[derive(Clone, Debug)]
pub struct Process {
    pub(super) session: Arc<Session>,
    pub(super) now: Moment,
    /// Its end of the feed.
    pub(super) link: Option<LinkEnd>,
    /// Partitions whose start offsets it wants to know.
    pub(super) resolving: BTreeSet<Partition>,
    /// What waits to be committed: the newest ticket, and the newest offset of each partition.
    pub(super) waiting: Option<(u64, BTreeMap<Partition, Offset>)>,
    /// How the last commit ended, while it has not heard of it.
    pub(super) answer: Option<CommitAnswer>,
    /// What the consumer reads.
    pub(super) readers: BTreeMap<Partition, Reader>,
    /// Partitions that it lost and does not know of.
    pub(super) lost: BTreeSet<Partition>,
    /// For the variant that commits past a gap: the highest offset that was settled.
    settled_to: BTreeMap<Partition, Offset>,
}

/// The fetcher's end of a feed.
#[derive(Clone, Debug)]
pub struct LinkEnd {
    /// Number of the feed.
    pub(super) feed: u64,
    /// Messages on their way to it.
    pub(super) down: VecDeque<Arc<feed_response::Event>>,
    /// Whether the feed ends behind them.
    pub(super) over: bool,
}

/// The consumer's place in a partition.
#[derive(Clone, Debug)]
pub struct Reader {
    placement: u64,
    /// Where the next batch begins.
    first: Offset,
    /// The next record.
    pub(super) next: i64,
    /// Whether it told of the end.
    pub(super) told_end: bool,
}

impl Reader {
    /// Where its next batch begins.
    pub(super) const fn first(&self) -> Offset {
        self.first
    }
}

impl Process {
    /// The process of a fetcher that was started `run` times before.
    pub(super) fn start(fetcher: usize, run: u8) -> Self {
        let open = v1::Open {
            fetcher_id: format!("fetcher-{fetcher}-{run}"),
            topic: TOPIC.to_owned(),
            group: GROUP.to_owned(),
            max_record_bytes: MAX_RECORD_BYTES,
            lanes: 1,
            ..v1::Open::default()
        };
        let identity = Identity {
            open,
            topic: Topic::new(TOPIC).expect("it is a topic's name"),
            policy: StartPolicy::Earliest,
            membership: Membership::Group,
        };
        let mut session = Session::new(identity, NEVER, BEGIN);
        // The first pulse is due at once, and goes nowhere.
        session.tick(BEGIN);
        session.take_actions();
        Self {
            session: Arc::new(session),
            now: BEGIN,
            link: None,
            resolving: BTreeSet::new(),
            waiting: None,
            answer: None,
            readers: BTreeMap::new(),
            lost: BTreeSet::new(),
            settled_to: BTreeMap::new(),
        }
    }

    pub(super) fn session_mut(&mut self) -> &mut Session {
        Arc::make_mut(&mut self.session)
    }

    /// Stops: what is out may be settled for a while.
    pub(super) fn leave(&mut self) {
        let now = self.now;
        self.session_mut().leave(now + DRAIN, now);
    }

    /// Whether the group may give it something.
    pub(super) fn is_member(&self) -> bool {
        self.lost.is_empty() && !self.session.leaves()
    }

    /// Whether a commit can reach the coordinator: one at a time does.
    pub(super) const fn commits(&self) -> bool {
        self.waiting.is_some() && self.answer.is_none()
    }

    /// Its next deadline, when it has one.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let at = self.session.deadline();
        (at.since(self.now) < SOON).then_some(at)
    }

    /// The feed broke, or has ended.
    pub(super) fn hang_up(&mut self) {
        self.link = None;
        let now = self.now;
        self.session_mut().disconnected(now);
    }

    /// Does what the session wants done at the edge; tells whether it gives its revoked partitions back.
    pub(super) fn perform(&mut self, variant: Variant) -> bool {
        let mut gives_back = false;
        for order in self.session_mut().take_actions() {
            match order {
                Order::Resolve(partitions) => self.resolving.extend(partitions),
                Order::Commit { ticket, offsets } => self.commit(ticket, offsets, variant),
                Order::Place {
                    partition,
                    placement,
                    at,
                    first,
                } => {
                    let reader = Reader {
                        placement,
                        first,
                        next: at.get(),
                        told_end: false,
                    };
                    self.readers.insert(partition, reader);
                }
                Order::Withdraw(partition) => drop(self.readers.remove(&partition)),
                Order::Unassign => gives_back = true,
                // Back-pressure and evidence: what is polled here waits for room in the feed. Nobody drains a feed here.
                Order::Rotate
                | Order::Floor(..)
                | Order::Feed(_)
                | Order::Allow(_)
                | Order::Describe
                | Order::Probe(_)
                | Order::Look(_) => {}
            }
        }
        gives_back
    }

    /// As the thread that commits takes them: the newest offset of each partition wins.
    fn commit(&mut self, ticket: u64, offsets: BTreeMap<Partition, Offset>, variant: Variant) {
        let (newest, waiting) = self.waiting.get_or_insert_default();
        *newest = ticket;
        for (partition, offset) in offsets {
            let beyond = self.settled_to.get(&partition).copied();
            let beyond = beyond.filter(|_| variant == Variant::CommitsPastAGap);
            waiting.insert(partition, offset.max(beyond.unwrap_or_default()));
        }
    }

    /// Notes what the aggregator calls settled, for the variant that commits past a gap.
    pub(super) fn note_settled(&mut self, settled: &v1::Settled, variant: Variant) {
        if variant != Variant::CommitsPastAGap {
            return;
        }
        let ends = settled.ranges.iter().map(|range| range.next_offset);
        if let Some(end) = ends.max().and_then(Offset::known) {
            let known = self
                .settled_to
                .entry(Partition(settled.partition))
                .or_default();
            *known = end.max(*known);
        }
    }

    /// The consumer reads on: the next batch of a partition.
    pub(super) fn poll(&mut self, partition: Partition, records: i64, size: &Size) {
        let Some(reader) = self.readers.get_mut(&partition) else {
            return;
        };
        let next = records.min(reader.next + size.batch);
        let packed = packed(partition, reader.first, reader.next, next);
        let batch = CutBatch {
            generation: reader.placement,
            packed,
            first_timestamp_ms: None,
            last_timestamp_ms: None,
            first_record: reader.first,
            behind: LogPosition::default(),
        };
        reader.next = next;
        reader.first = Offset::known(next).unwrap_or_default();
        let now = self.now;
        self.session_mut().batch(batch, now);
    }

    /// The consumer reached the end of a partition's log.
    pub(super) fn reach_end(&mut self, partition: Partition, end: i64) {
        let Some(reader) = self.readers.get_mut(&partition) else {
            return;
        };
        reader.told_end = true;
        let (placement, now) = (reader.placement, self.now);
        let end = Offset::known(end).unwrap_or_default();
        self.session_mut().reached_end(
            partition,
            placement,
            LogPosition::of_unknown_epoch(end),
            now,
        );
    }

    /// What it knows for the variant; part of the state only there.
    pub(super) const fn settled_to(&self) -> &BTreeMap<Partition, Offset> {
        &self.settled_to
    }
}

/// Records `[from, next)` in a batch that begins at `first`.
fn packed(partition: Partition, first: Offset, from: i64, next: i64) -> v1::PackedBatch {
    let mut builder = Builder::new(partition, first, v1::TimestampType::CreateTime);
    for offset in (from..next).filter_map(Offset::known) {
        let record = RecordParts {
            offset,
            timestamp_ms: None,
            key: None,
            value: Some(&b"v"[..]),
            headers: [],
        };
        builder.push(record).expect("offsets ascend");
    }
    let next = Offset::known(next).unwrap_or_default();
    builder
        .finish(next)
        .expect("it ends behind its last record")
}
