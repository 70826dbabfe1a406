//! Messages that come in, out of an HTTP body.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body as _, Frame};
use prost::Message;
use tonic::body::Body;
use tonic::{Code, Status};

use super::{COMPRESSED, PLAIN, PREFIX_BYTES};
use crate::limits::FRAME_BYTES;

/// The end of a message that comes in one frame of at least that many bytes stays where it is: the sender of a batch gives its
/// body a frame of its own. Shorter ones are copied: a frame keeps alive what h2 read it into, which has room for the longest
/// frame, and may be what a longer one was read into before.
const KEPT: usize = FRAME_BYTES as usize / 2;

/// The messages of a body, one after the other.
///
/// What it holds of a message that is not whole yet is at most its length, which is checked against the limit first.
#[derive(Debug)]
pub struct Incoming<M> {
    body: Body,
    limit: usize,
    side: Side,
    /// What has come and is not taken yet.
    frame: Bytes,
    part: Part,
    message: PhantomData<fn() -> M>,
}

/// Whose body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Request,
    Response,
    /// Nothing more comes.
    Over,
}

/// What is there of the next message.
#[derive(Debug)]
enum Part {
    Prefix([u8; PREFIX_BYTES], usize),
    Message(BytesMut, usize),
}

impl Part {
    const NOTHING: Self = Self::Prefix([0; PREFIX_BYTES], 0);

    const fn is_nothing(&self) -> bool {
        matches!(self, Self::Prefix(_, 0))
    }
}

impl<M: Message + Default> Incoming<M> {
    /// The messages of a call that a server answers; none may be longer than `limit` bytes.
    pub fn request(body: Body, limit: usize) -> Self {
        Self::new(body, limit, Side::Request)
    }

    /// The messages of an answer.
    pub(super) fn response(body: Body, limit: usize) -> Self {
        Self::new(body, limit, Side::Response)
    }

    /// The messages of an answer that has none.
    pub(super) fn nothing() -> Self {
        Self::new(Body::empty(), 0, Side::Over)
    }

    const fn new(body: Body, limit: usize, side: Side) -> Self {
        Self {
            body,
            limit,
            side,
            frame: Bytes::new(),
            part: Part::NOTHING,
            message: PhantomData,
        }
    }

    /// The next message; `None` at the end. Cancelling it loses nothing.
    ///
    /// # Errors
    /// The status that an answer ended with; OUT_OF_RANGE for a message above the limit; INTERNAL without a source for
    /// what is no message of gRPC; what the connection failed of, with its error as source. Nothing follows an error.
    pub async fn message(&mut self) -> Result<Option<M>, Status> {
        let next = self.next().await;
        if next.is_err() {
            self.side = Side::Over;
        }
        next
    }

    async fn next(&mut self) -> Result<Option<M>, Status> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            if self.side == Side::Over {
                return Ok(None);
            }
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.frame = data,
                Some(Ok(Err(other))) => self.end(other.into_trailers().ok().as_ref())?,
                // A caller that goes away is no fault of the stream.
                Some(Err(status))
                    if self.side == Side::Request && status.code() == Code::Cancelled =>
                {
                    self.side = Side::Over;
                }
                Some(Err(status)) => return Err(status),
                None => self.end(None)?,
            }
        }
    }

    fn end(&mut self, trailers: Option<&HeaderMap>) -> Result<(), Status> {
        let side = std::mem::replace(&mut self.side, Side::Over);
        if !self.part.is_nothing() {
            return Err(Status::internal("the stream ended within a message"));
        }
        if side != Side::Response {
            return Ok(());
        }
        match trailers.and_then(Status::from_header_map) {
            Some(status) if status.code() == Code::Ok => Ok(()),
            Some(status) => Err(status),
            None => Err(Status::unknown("the answer ended without a grpc-status")),
        }
    }

    /// Takes a message out of what has come, if it is whole.
    fn take(&mut self) -> Result<Option<M>, Status> {
        if let Part::Prefix(prefix, have) = &mut self.part {
            let more = self.frame.len().min(PREFIX_BYTES - *have);
            self.frame.copy_to_slice(&mut prefix[*have..*have + more]);
            *have += more;
            if *have < PREFIX_BYTES {
                return Ok(None);
            }
            let prefix = *prefix;
            let length = self.length(prefix)?;
            if length <= self.frame.len() {
                self.part = Part::NOTHING;
                // A slice is what makes prost copy: of the frame itself it would take parts, which keep all of it alive.
                let message = decoded(&self.frame[..length]);
                self.frame.advance(length);
                return message.map(Some);
            }
            self.part = Part::Message(BytesMut::new(), length);
        }
        let Part::Message(message, length) = &mut self.part else {
            return Ok(None);
        };
        let missing = *length - message.len();
        if missing > self.frame.len() || missing < KEPT {
            // What comes first is often no more than what stands before a body.
            if !message.is_empty() {
                message.reserve(missing);
            }
            let more = self.frame.len().min(missing);
            message.extend_from_slice(&self.frame.split_to(more));
            if message.len() < *length {
                return Ok(None);
            }
        }
        let start = std::mem::take(message).freeze();
        let rest = self.frame.split_to(*length - start.len());
        self.part = Part::NOTHING;
        decoded_whole(start, rest).map(Some)
    }

    fn length(&self, [compressed, length @ ..]: [u8; PREFIX_BYTES]) -> Result<usize, Status> {
        match compressed {
            PLAIN => {}
            COMPRESSED => {
                let said = "a compressed message, which nobody asked for";
                return Err(Status::internal(said));
            }
            other => {
                let said = format!("what begins with the byte {other} is no message of gRPC");
                return Err(Status::internal(said));
            }
        }
        let length = u32::from_be_bytes(length) as usize;
        if length > self.limit {
            let limit = self.limit;
            return Err(Status::out_of_range(format!(
                "a message of {length} bytes, the limit is {limit}"
            )));
        }
        Ok(length)
    }
}

/// Takes parts of a message that has its own memory, unless there is more in it than what was taken: unknown fields, or some
/// that came twice. Whoever keeps a record would keep all of that, and nobody counts it.
fn decoded_whole<M: Message + Default>(start: Bytes, rest: Bytes) -> Result<M, Status> {
    let length = start.len() + rest.len();
    let message: M = decoded(start.clone().chain(rest.clone()))?;
    if message.encoded_len() < length {
        return decoded(&[start, rest].concat()[..]);
    }
    Ok(message)
}

fn decoded<M: Message + Default>(bytes: impl Buf) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::internal(error.to_string()))
}
