//! Messages that go out, as an HTTP body.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::{Body, Frame};
use tonic::Status;

use super::Parts;

/// Bytes of small messages that go out together.
const TOGETHER: usize = 32 << 10;
/// A body below that is copied: a frame of its own costs more.
const SMALL: usize = 16 << 10;

/// A stream of messages as a body.
pub(super) struct Outgoing<S, M> {
    messages: Pin<Box<S>>,
    /// What is written and not sent yet.
    head: BytesMut,
    /// What follows it.
    body: Bytes,
    end: End,
    message: PhantomData<fn(M)>,
}

/// How it ends.
enum End {
    /// It is a request: it just ends.
    OfRequest,
    /// It is an answer: its status is its trailers.
    OfResponse,
    /// The messages are over, and that is left to say.
    Trailers(HeaderMap),
    /// Everything is said.
    Said,
}

impl<S, M> Outgoing<S, M> {
    pub(super) fn request(messages: S) -> Self {
        Self::new(messages, End::OfRequest)
    }

    fn new(messages: S, end: End) -> Self {
        Self {
            messages: Box::pin(messages),
            head: BytesMut::new(),
            body: Bytes::new(),
            end,
            message: PhantomData,
        }
    }

    fn over(&mut self, status: &Status) {
        self.end = match self.end {
            End::OfResponse => End::Trailers(trailers(status)),
            End::OfRequest | End::Trailers(_) | End::Said => End::Said,
        };
    }

    /// What is to be sent next, of all that is written.
    fn next(&mut self) -> Option<Frame<Bytes>> {
        let bytes = match self.head.is_empty() {
            false => self.head.split().freeze(),
            true => std::mem::take(&mut self.body),
        };
        (!bytes.is_empty()).then(|| Frame::data(bytes))
    }
}

impl<S, M> Outgoing<S, M>
where
    M: Parts,
{
    /// Writes a message; says whether it is time to send.
    fn write(&mut self, message: M) -> bool {
        let before = self.head.len();
        match message.write(&mut self.head) {
            Ok(body) if body.len() < SMALL => self.head.extend_from_slice(&body),
            Ok(body) => self.body = body,
            Err(status) => {
                self.head.truncate(before);
                self.over(&status);
            }
        }
        !self.body.is_empty() || self.head.len() >= TOGETHER
    }
}

fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if status.add_header(&mut trailers).is_err() {
        // Something in it cannot be said in a header: its code can.
        let bare = Status::new(status.code(), String::new());
        trailers = bare.into_http::<()>().headers().clone();
    }
    trailers
}

impl<S, M> Body for Outgoing<S, M>
where
    S: Stream<Item = Result<M, Status>>,
    M: Parts,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            let full = !self.body.is_empty();
            if full && let Some(frame) = self.next() {
                return Poll::Ready(Some(Ok(frame)));
            }
            match self.end {
                End::OfRequest | End::OfResponse => {}
                End::Trailers(_) | End::Said => return Poll::Ready(self.last().map(Ok)),
            }
            match self.messages.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(message))) => {
                    if self.write(message) {
                        return Poll::Ready(self.next().map(Ok));
                    }
                }
                Poll::Ready(Some(Err(status))) => self.over(&status),
                Poll::Ready(None) => self.over(&Status::ok("")),
                Poll::Pending => {
                    return match self.next() {
                        Some(frame) => Poll::Ready(Some(Ok(frame))),
                        None => Poll::Pending,
                    };
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.end, End::Said) && self.head.is_empty() && self.body.is_empty()
    }
}

impl<S, M> Outgoing<S, M> {
    /// What is left when the messages are over; `None` at the very end.
    fn last(&mut self) -> Option<Frame<Bytes>> {
        if let Some(frame) = self.next() {
            return Some(frame);
        }
        match std::mem::replace(&mut self.end, End::Said) {
            End::Trailers(trailers) => Some(Frame::trailers(trailers)),
            End::OfRequest | End::OfResponse | End::Said => None,
        }
    }
}

/// The HTTP response of a call that answers with a stream.
pub fn respond<S, M>(answer: Result<tonic::Response<S>, Status>) -> Response<tonic::body::Body>
where
    S: Stream<Item = Result<M, Status>> + Send + 'static,
    M: Parts + 'static,
{
    let (metadata, messages, extensions) = match answer {
        Ok(answer) => answer.into_parts(),
        Err(status) => return status.into_http(),
    };
    let body = Outgoing::new(messages, End::OfResponse);
    let mut response = Response::new(tonic::body::Body::new(body));
    *response.headers_mut() = metadata.into_headers();
    *response.extensions_mut() = extensions;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    response
}
