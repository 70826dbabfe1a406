//! How messages are put into gRPC's bytes and taken out of them: like tonic's own codec for prost, with exact memory.
//!
//! tonic collects a message in a buffer of up to twice its size, and prost's bytes fields are slices that keep all of it
//! alive: a queue of batches would hold up to twice the memory that it counts (source: tonic 0.14,
//! `StreamingInner::decode_chunk`, which reserves the length of a message on top of what has come of it). So bytes are
//! copied out, into just as much as they need, and the buffer, of which nobody holds a part, serves the next message.

use std::marker::PhantomData;

use bytes::Buf;
use prost::Message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// The codec of every service; `T` goes out, `U` comes in.
#[derive(Debug)]
pub struct ExactCodec<T, U>(PhantomData<(T, U)>);

/// Puts messages into bytes.
#[derive(Debug)]
pub struct ExactEncoder<T>(PhantomData<T>);

/// Takes messages out of bytes.
#[derive(Debug)]
pub struct ExactDecoder<U>(PhantomData<U>);

impl<T, U> Default for ExactCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for ExactCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ExactEncoder<T>;
    type Decoder = ExactDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ExactEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        ExactDecoder(PhantomData)
    }
}

impl<T: Message> Encoder for ExactEncoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, item: T, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.reserve(item.encoded_len());
        let encoded = item.encode(buf);
        encoded.map_err(|error| Status::internal(error.to_string()))
    }
}

impl<U: Message + Default> Decoder for ExactDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let decoded = decode(buf);
        decoded
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

/// Takes one message out of all that is there.
///
/// A slice is what makes prost copy: of the buffer itself it would take parts.
fn decode<U: Message + Default>(buf: &mut impl Buf) -> Result<U, prost::DecodeError> {
    let length = buf.remaining();
    let contiguous = buf.chunk();
    if contiguous.len() < length {
        return U::decode(buf);
    }
    let message = U::decode(contiguous);
    buf.advance(length);
    message
}

#[cfg(test)]
mod tests {
    use bytes::{Bytes, BytesMut};

    use super::*;
    use crate::v1::PackedBatch;

    #[test]
    fn what_was_taken_out_holds_its_own_bytes_and_no_more() {
        let batch = PackedBatch {
            body: Bytes::from(vec![7; 100_000]),
            ..PackedBatch::default()
        };
        let mut buffer = BytesMut::with_capacity(1 << 20);
        batch.encode(&mut buffer).unwrap();
        let taken: PackedBatch = decode(&mut buffer).unwrap();
        assert_eq!(taken, batch);
        assert!(buffer.is_empty());
        let held = taken.body.try_into_mut().unwrap().capacity();
        assert_eq!(held, 100_000);
    }

    #[test]
    fn bytes_that_are_no_message_are_an_error_and_are_gone() {
        let mut buffer = BytesMut::from(&[0xff_u8; 9][..]);
        assert!(decode::<PackedBatch>(&mut buffer).is_err());
        assert!(buffer.is_empty());
    }
}
