//! What a client may ask for.

use std::time::Duration;

use rollcall_proto::v1::{Close, Delivery, Encoding, GatherRequest, SettleRange};

/// The timeout of a gather that says none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// How much longer than its timeout a gather may take on a busy machine before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(15);

/// A gather, in the making. What is not said is left to the aggregator.
#[derive(Clone, Debug, Default)]
pub struct Request {
    wire: GatherRequest,
    timeout: Option<Duration>,
}

impl Request {
    /// The whole roll.
    pub fn roll() -> Self {
        Self::default()
    }

    /// These topics.
    pub fn of<'a>(topics: impl IntoIterator<Item = &'a str>) -> Self {
        let mut request = Self::default();
        request.wire.topics = topics.into_iter().map(str::to_owned).collect();
        request
    }

    /// How long to wait for records.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self.wire.timeout = Some(wire_duration(timeout));
        self
    }

    /// At most this many records of each topic.
    pub fn max_records(mut self, records: u32) -> Self {
        self.wire.max_records = Some(records);
        self
    }

    /// At most this many bytes over all topics.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.wire.max_bytes = Some(bytes);
        self
    }

    /// When to close.
    pub fn close(mut self, close: Close) -> Self {
        self.wire.set_close(close);
        self
    }

    /// Closes when each of these topics has a record.
    pub fn required<'a>(mut self, topics: impl IntoIterator<Item = &'a str>) -> Self {
        self.wire.required = topics.into_iter().map(str::to_owned).collect();
        self.close(Close::Required)
    }

    /// What happens to the records.
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.wire.set_delivery(delivery);
        self
    }

    /// How long the records stay exclusive after the summary.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.wire.lease = Some(wire_duration(lease));
        self
    }

    /// How the records are written.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.wire.set_encoding(encoding);
        self
    }

    /// Settlement of earlier ranges, done first.
    pub fn settling(mut self, ranges: Vec<SettleRange>) -> Self {
        self.wire.settle = ranges;
        self
    }

    /// The topics that it names.
    pub fn topics(&self) -> &[String] {
        &self.wire.topics
    }

    /// What happens to the records.
    pub fn delivered_by(&self) -> Delivery {
        self.wire.delivery()
    }

    /// The settlement that goes with it.
    pub fn settlement(&self) -> &[SettleRange] {
        &self.wire.settle
    }

    /// After this time no answer is expected any more.
    pub(super) fn longest(&self) -> Duration {
        self.timeout.unwrap_or(DEFAULT_TIMEOUT) + PATIENCE
    }

    /// As it travels.
    pub(super) fn signed(self, client_id: &str) -> GatherRequest {
        GatherRequest {
            client_id: client_id.to_owned(),
            ..self.wire
        }
    }
}

/// Every duration that a test writes is far below what the wire can say.
fn wire_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(duration).unwrap_or_default()
}
