//! Messages in two parts: what is written, and the body of a packed batch, which is sent as it is.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use tonic::Status;

use super::{PLAIN, PREFIX_BYTES};
use crate::v1::{
    FeedRequest, FeedResponse, GatherRequest, GatherResponse, PackedBatch, feed_request,
    gather_batch, gather_response,
};

/// Fields by their numbers in the contract.
mod field {
    pub(super) const FEED_BATCH: u32 = 4;
    pub(super) const BATCH_PACKED: u32 = 2;
    pub(super) const GATHER_BATCH: u32 = 1;
    pub(super) const GATHER_BATCH_PACKED: u32 = 5;
    pub(super) const PACKED_BODY: u32 = 6;
}

/// A message that may end with a body that need not be copied.
///
/// In protobuf the fields of a message may come in any order, so the batch is written last in its message, and the body last
/// in the batch.
pub trait Parts: Message + Sized {
    /// Writes the message with its prefix, without the body that is returned: it follows. Empty when there is none.
    ///
    /// # Errors
    /// OUT_OF_RANGE when the message is too long for gRPC.
    fn write(self, head: &mut BytesMut) -> Result<Bytes, Status> {
        put_whole(head, &self)
    }
}

impl Parts for GatherRequest {}
impl Parts for FeedResponse {}

impl Parts for FeedRequest {
    fn write(mut self, head: &mut BytesMut) -> Result<Bytes, Status> {
        // Only the event is written below: nothing else may be there.
        let Self { event } = &mut self;
        if let Some(feed_request::Event::Batch(batch)) = event
            && let Some(packed) = batch.packed.take()
        {
            let fields = [field::FEED_BATCH, field::BATCH_PACKED];
            return put_enclosed(head, fields, batch, packed);
        }
        put_whole(head, &self)
    }
}

impl Parts for GatherResponse {
    fn write(mut self, head: &mut BytesMut) -> Result<Bytes, Status> {
        let Self { event } = &mut self;
        if let Some(gather_response::Event::Batch(batch)) = event {
            match batch.records.take() {
                Some(gather_batch::Records::Packed(packed)) => {
                    let fields = [field::GATHER_BATCH, field::GATHER_BATCH_PACKED];
                    return put_enclosed(head, fields, batch, packed);
                }
                other => batch.records = other,
            }
        }
        put_whole(head, &self)
    }
}

fn put_whole<M: Message>(head: &mut BytesMut, message: &M) -> Result<Bytes, Status> {
    put_prefix(head, message.encoded_len())?;
    put(head, message)?;
    Ok(Bytes::new())
}

/// Writes a message whose field `outer` is `batch`, and `packed` as the field `inner` of that.
fn put_enclosed<M: Message>(
    head: &mut BytesMut,
    [outer, inner]: [u32; 2],
    batch: &M,
    mut packed: PackedBatch,
) -> Result<Bytes, Status> {
    let body = std::mem::take(&mut packed.body);
    let body_bytes = match body.len() {
        0 => 0,
        bytes => enclosed_bytes(field::PACKED_BODY, bytes),
    };
    let packed_bytes = packed.encoded_len() + body_bytes;
    let batch_bytes = batch.encoded_len() + enclosed_bytes(inner, packed_bytes);
    put_prefix(head, enclosed_bytes(outer, batch_bytes))?;
    put_field(head, outer, batch_bytes);
    put(head, batch)?;
    put_field(head, inner, packed_bytes);
    put(head, &packed)?;
    if !body.is_empty() {
        put_field(head, field::PACKED_BODY, body.len());
    }
    Ok(body)
}

fn enclosed_bytes(field: u32, bytes: usize) -> usize {
    key_len(field) + encoded_len_varint(bytes as u64) + bytes
}

fn put_field(head: &mut BytesMut, field: u32, bytes: usize) {
    encode_key(field, WireType::LengthDelimited, head);
    encode_varint(bytes as u64, head);
}

fn put_prefix(head: &mut BytesMut, bytes: usize) -> Result<(), Status> {
    let length = u32::try_from(bytes)
        .map_err(|_| Status::out_of_range(format!("a message of {bytes} bytes is too long")))?;
    head.reserve(PREFIX_BYTES);
    head.put_u8(PLAIN);
    head.put_u32(length);
    Ok(())
}

fn put<M: Message>(head: &mut BytesMut, message: &M) -> Result<(), Status> {
    let encoded = message.encode(head);
    encoded.map_err(|error| Status::internal(error.to_string()))
}
