//! What polling brings: records, and errors in their place.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::LazyLock;

use rdkafka::bindings as sys;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Timestamp;
use rollcall_proto::ids::{LeaderEpoch, Offset, Partition};

use super::{GroupConsumer, HeaderParts, checked, elements, text};

/// The version of librdkafka that [`Layout`] was read from.
const LAYOUT_OF: c_int = 0x020c_01ff;
/// Whether this is that version; of any other one nothing is assumed.
pub(super) static IS_KNOWN_LAYOUT: LazyLock<bool> = LazyLock::new(|| {
    // SAFETY: it returns a constant.
    unsafe { sys::rd_kafka_version() == LAYOUT_OF }
});

/// How a fetched record begins in librdkafka 2.12.1 (`rd_kafka_msg_t` in rdkafka_msg.h): what it shows to everybody is the first
/// field of what it knows itself.
#[repr(C)]
struct Layout {
    public: sys::rd_kafka_message_t,
    link: [*mut c_void; 2],
    flags: c_int,
    timestamp_type: sys::rd_kafka_timestamp_type_t,
    timestamp_ms: i64,
    parsed_headers: *mut sys::rd_kafka_headers_t,
    status: sys::rd_kafka_msg_status_t,
    broker_id: i32,
    /// Bytes of the headers as they came.
    headers_length: i32,
    headers: *const c_void,
}

/// A record, or an error that came in its place.
pub(crate) struct Message<'a> {
    raw: NonNull<sys::rd_kafka_message_t>,
    /// A message needs its client.
    consumer: PhantomData<&'a GroupConsumer>,
}

impl<'a> Message<'a> {
    /// Takes over a message; `None` when it is null.
    ///
    /// # Safety
    /// It is null, or a message of that consumer that nobody else destroys.
    pub(super) unsafe fn new(
        _consumer: &'a GroupConsumer,
        raw: *mut sys::rd_kafka_message_t,
    ) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self {
            raw,
            consumer: PhantomData,
        })
    }

    pub(super) const fn as_ptr(&self) -> *mut sys::rd_kafka_message_t {
        self.raw.as_ptr()
    }

    const fn fields(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: `new` was promised a message, which lives until this is dropped.
        unsafe { self.raw.as_ref() }
    }

    /// Whether it is a record.
    pub(crate) const fn is_record(&self) -> bool {
        matches!(
            self.fields().err,
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
        )
    }

    /// Whether it says that its partition was read to its end, which is its offset.
    pub(crate) const fn is_end(&self) -> bool {
        matches!(
            self.fields().err,
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF
        )
    }

    /// The error that it is, with its text; `None` for a record.
    pub(crate) fn error(&self) -> Option<(KafkaError, String)> {
        let code = checked(self.fields().err).err()?;
        let error = if code == RDKafkaErrorCode::Fatal {
            KafkaError::MessageConsumptionFatal(code)
        } else {
            KafkaError::MessageConsumption(code)
        };
        // SAFETY: the message is alive, and the text as long as it.
        let said = unsafe { text(sys::rd_kafka_message_errstr(self.as_ptr())) };
        Some((error, said.unwrap_or_default()))
    }

    pub(crate) const fn partition(&self) -> Partition {
        Partition(self.fields().partition)
    }

    pub(crate) fn offset(&self) -> Option<Offset> {
        Offset::known(self.fields().offset)
    }

    /// The epoch of the leader that wrote it; `None` where the broker does not say.
    pub(crate) fn leader_epoch(&self) -> Option<LeaderEpoch> {
        // SAFETY: the message is alive.
        LeaderEpoch::known(unsafe { sys::rd_kafka_message_leader_epoch(self.as_ptr()) })
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        let fields = self.fields();
        // SAFETY: the key is the message's, and of that length.
        (!fields.key.is_null()).then(|| unsafe { elements(fields.key.cast(), fields.key_len) })
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        let fields = self.fields();
        // SAFETY: the value is the message's, and of that length.
        (!fields.payload.is_null()).then(|| unsafe { elements(fields.payload.cast(), fields.len) })
    }

    /// Whether it is a record that was written without headers. Finding that out by librdkafka costs two allocations for
    /// every record, a tenth of what a fetcher costs.
    pub(super) fn surely_has_no_headers(&self) -> bool {
        /// What remains of the headers when there are none: their count, 0.
        const COUNT_ONLY: c_int = 1;
        // SAFETY: a message of this version of librdkafka begins that way, and it is a record.
        *IS_KNOWN_LAYOUT
            && self.is_record()
            && unsafe { (*self.as_ptr().cast::<Layout>()).headers_length } == COUNT_ONLY
    }

    pub(crate) fn headers(&self) -> HeaderParts<'_> {
        HeaderParts::within(self)
    }

    /// When it was written, and by whose clock.
    pub(crate) fn timestamp(&self) -> Timestamp {
        use sys::rd_kafka_timestamp_type_t as Type;
        let mut kind = Type::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.as_ptr(), &raw mut kind) };
        match kind {
            _ if millis == -1 => Timestamp::NotAvailable,
            Type::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => Timestamp::NotAvailable,
            Type::RD_KAFKA_TIMESTAMP_CREATE_TIME => Timestamp::CreateTime(millis),
            Type::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => Timestamp::LogAppendTime(millis),
        }
    }
}

impl Drop for Message<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` was promised that it is ours, and its client is alive: it is borrowed.
        unsafe { sys::rd_kafka_message_destroy(self.as_ptr()) }
    }
}
