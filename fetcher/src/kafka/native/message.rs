//! What polling brings: records, and errors in their place.

use std::marker::PhantomData;
use std::ptr::NonNull;

use rdkafka::bindings as sys;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Timestamp;
use rollcall_proto::ids::{Offset, Partition};

use super::{GroupConsumer, HeaderParts, checked, elements, text};

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

    /// The error that it is, with its text; `None` for a record.
    pub(crate) fn error(&self) -> Option<(KafkaError, String)> {
        let code = checked(self.fields().err).err()?;
        let error = if code == RDKafkaErrorCode::PartitionEOF {
            KafkaError::PartitionEOF(self.fields().partition)
        } else if code == RDKafkaErrorCode::Fatal {
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
