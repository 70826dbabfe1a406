//! Clients: what they were given, and what they have not said yet.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_aggregator::core::roster::TopicKey;
use rollcall_aggregator::core::terms::{CloseWhen, Deliver, Terms};
use rollcall_proto::ids::GatherId;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::fetcher::TOPIC;
use super::kafka::TOPIC_ID;

/// How long a gather waits. Shorter than its look ahead, so that it asks for no evidence later.
const TIMEOUT: Duration = Duration::from_millis(300);
/// How long a lease lasts from the summary on.
pub(super) const LEASE: Duration = Duration::from_secs(2);

/// A client.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The gather that it waits for.
    pub(super) gather: Option<GatherId>,
    /// Records that came of it.
    pub(super) came: u32,
    /// Records that it was given and has said nothing of, with the end of their lease; `None`, while its gather is open.
    pub(super) given: BTreeMap<(i32, i64), (GatherId, Option<Moment>)>,
}

/// An ack on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Late {
    /// The record's partition.
    pub(super) partition: i32,
    /// Its offset.
    pub(super) offset: i64,
}

/// What every gather asks for.
pub(super) fn terms(client: usize, max_records: u32) -> Terms {
    Terms {
        topics: vec![TopicKey(0)],
        timeout: TIMEOUT,
        max_records,
        max_bytes: u64::MAX,
        close: CloseWhen::Any,
        delivery: Deliver::Lease,
        lease: LEASE,
        plain: false,
        client: format!("client-{client}"),
        trace: None,
    }
}

/// One record, to be acked or given back.
pub(super) fn range(partition: i32, offset: i64, outcome: v1::Outcome) -> v1::SettleRange {
    v1::SettleRange {
        topic: TOPIC.to_owned(),
        topic_id: TOPIC_ID.to_owned(),
        partition,
        first_offset: offset,
        next_offset: offset + 1,
        outcome: outcome.into(),
        ..v1::SettleRange::default()
    }
}
