use std::convert::Infallible;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http_body::{Body, Frame};
use proptest::prelude::*;
use prost::Message;
use tonic::codegen::Service;
use tonic::{Code, Response, Status};

use super::outgoing::Outgoing;
use super::*;
use crate::v1::{
    Batch, FeedRequest, GatherBatch, GatherRequest, GatherResponse, GatherSummary, PackedBatch,
    Pulse, feed_request, gather_batch, gather_response,
};

const LIMIT: usize = 1 << 20;

/// Frames as they come.
struct Frames(std::vec::IntoIter<Frame<Bytes>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(self.0.next().map(Ok))
    }
}

fn coming(frames: Vec<Frame<Bytes>>) -> tonic::body::Body {
    tonic::body::Body::new(Frames(frames.into_iter()))
}

/// Everything as one, cut into pieces of that many bytes.
fn pieces(bytes: &[u8], size: usize) -> Vec<Frame<Bytes>> {
    let piece = |piece: &[u8]| Frame::data(Bytes::copy_from_slice(piece));
    bytes.chunks(size).map(piece).collect()
}

async fn frames(mut body: impl Body<Data = Bytes, Error = Status> + Unpin) -> Vec<Frame<Bytes>> {
    let mut frames = Vec::new();
    let mut next = async || {
        std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await
    };
    while let Some(frame) = next().await {
        frames.push(frame.unwrap());
    }
    frames
}

async fn sent<M: Parts + 'static>(messages: Vec<M>) -> Vec<Frame<Bytes>> {
    let messages = stream::iter(messages).map(Ok);
    frames(Outgoing::<_, M>::request(messages)).await
}

fn joined(frames: &[Frame<Bytes>]) -> Vec<u8> {
    let data = frames.iter().filter_map(Frame::data_ref);
    data.flat_map(|data| data.iter().copied()).collect()
}

async fn heard<M: Message + Default>(mut incoming: Incoming<M>) -> (Vec<M>, Option<Status>) {
    let mut messages = Vec::new();
    loop {
        match incoming.message().await {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => return (messages, None),
            Err(status) => return (messages, Some(status)),
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

fn packed(body: usize) -> PackedBatch {
    PackedBatch {
        partition: 3,
        first_offset: 1,
        next_offset: 9,
        record_count: 8,
        index: Bytes::from_static(b"index"),
        body: Bytes::from(vec![7; body]),
    }
}

fn fed(body: usize) -> FeedRequest {
    FeedRequest {
        event: Some(feed_request::Event::Batch(Batch {
            epoch: 5,
            packed: Some(packed(body)),
            first_timestamp_ms: Some(-1),
            last_timestamp_ms: None,
            traceparent: "00-1".to_owned(),
            leader_epoch: Some(7),
        })),
    }
}

fn gathered(body: usize) -> GatherResponse {
    GatherResponse {
        event: Some(gather_response::Event::Batch(GatherBatch {
            topic: "T".to_owned(),
            lease_id: 4,
            records: Some(gather_batch::Records::Packed(packed(body))),
            ..GatherBatch::default()
        })),
    }
}

fn pulse() -> FeedRequest {
    FeedRequest {
        event: Some(feed_request::Event::Pulse(Pulse {
            brokers_up: 2,
            ..Pulse::default()
        })),
    }
}

proptest! {
    #[test]
    fn what_goes_out_comes_in_however_it_is_cut(
        bodies in prop::collection::vec(prop_oneof![0_usize..70_000, 0..300_000_usize], 0..6),
        size in prop_oneof![1_usize..100_000, 1..400_000_usize],
    ) {
        let messages: Vec<_> = bodies.iter().flat_map(|body| [fed(*body), pulse()]).collect();
        let told = runtime().block_on(async {
            let bytes = joined(&sent(messages.clone()).await);
            heard(Incoming::<FeedRequest>::request(coming(pieces(&bytes, size)), LIMIT)).await
        });
        prop_assert_eq!(told.0, messages);
        prop_assert!(told.1.is_none());
    }

    #[test]
    fn nothing_that_comes_makes_it_panic_or_hold_more_than_the_limit(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        size in 1_usize..50,
    ) {
        let incoming = Incoming::<FeedRequest>::request(coming(pieces(&bytes, size)), 64);
        runtime().block_on(heard(incoming));
    }
}

#[tokio::test]
async fn a_large_body_is_sent_as_it_is_and_a_small_one_with_what_is_beside_it() {
    let message = gathered(100_000);
    let Some(gather_response::Event::Batch(batch)) = &message.event else {
        unreachable!()
    };
    let Some(gather_batch::Records::Packed(records)) = &batch.records else {
        unreachable!()
    };
    let at = records.body.as_ptr();
    let large = sent(vec![message.clone()]).await;
    assert_eq!(large.len(), 2);
    assert_eq!(large[1].data_ref().unwrap().as_ptr(), at);
    let small = sent(vec![gathered(10), gathered(0), gathered(20)]).await;
    assert_eq!(small.len(), 1);
}

#[tokio::test]
async fn any_reader_of_protobuf_reads_it() {
    for message in [gathered(100_000), gathered(0)] {
        let bytes = joined(&sent(vec![message.clone()]).await);
        let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap());
        assert_eq!((bytes[0], length as usize), (PLAIN, bytes.len() - 5));
        assert_eq!(GatherResponse::decode(&bytes[5..]).unwrap(), message);
    }
}

#[tokio::test]
async fn a_large_body_is_taken_as_it_came() {
    let frames = sent(vec![fed(200_000)]).await;
    let at = frames[1].data_ref().unwrap().as_ptr();
    let (mut told, _) = heard(Incoming::<FeedRequest>::request(coming(frames), LIMIT)).await;
    let told = told.remove(0);
    assert_eq!(told, fed(200_000));
    let Some(feed_request::Event::Batch(batch)) = told.event else {
        unreachable!()
    };
    assert_eq!(batch.packed.unwrap().body.as_ptr(), at);
}

#[tokio::test]
async fn what_came_holds_its_own_bytes_and_no_more() {
    let bytes = joined(&sent(vec![gathered(100_000)]).await);
    for size in [1_000, bytes.len()] {
        let (mut told, _) = heard(Incoming::<GatherResponse>::request(
            coming(pieces(&bytes, size)),
            LIMIT,
        ))
        .await;
        let Some(gather_response::Event::Batch(batch)) = told.remove(0).event else {
            unreachable!()
        };
        let Some(gather_batch::Records::Packed(records)) = batch.records else {
            unreachable!()
        };
        drop((batch.topic, records.index));
        let held = records.body.try_into_mut().unwrap().capacity();
        assert!(held <= bytes.len(), "{held} bytes are held");
    }
}

/// A field of that number.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![(number << 3) | 2];
    prost::encoding::encode_varint(bytes.len() as u64, &mut field);
    field.extend(bytes);
    field
}

#[tokio::test]
async fn what_comes_beside_a_record_is_not_kept_with_it() {
    let waste = vec![0; LIMIT / 2];
    let body = field(6, b"record");
    let unknown = field(15, &waste);
    let packed_twice = [field(6, &waste), body.clone()].concat();
    let batch = |packed: &[u8]| field(4, &field(2, packed));
    for (message, what) in [
        ([unknown, batch(&body)].concat(), "an unknown field"),
        (batch(&packed_twice), "a body that comes twice"),
    ] {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let bytes = [[PLAIN].as_slice(), &length, &message].concat();
        // The third: its end comes in a frame that would be kept.
        for size in [1_000, bytes.len(), bytes.len() / 2 + 1] {
            let incoming = Incoming::<FeedRequest>::request(coming(pieces(&bytes, size)), LIMIT);
            let (mut told, _) = heard(incoming).await;
            let Some(feed_request::Event::Batch(batch)) = told.remove(0).event else {
                unreachable!()
            };
            let body = batch.packed.unwrap().body;
            assert_eq!(body, b"record".as_slice());
            let held = body.try_into_mut().unwrap().capacity();
            assert!(held < 100, "{what}: {held} bytes are held");
        }
    }
}

#[tokio::test]
async fn an_answer_ends_with_its_status() {
    let summary = || GatherResponse {
        event: Some(gather_response::Event::Summary(GatherSummary::default())),
    };
    for end in [None, Some(Status::aborted("too slow \u{7}"))] {
        let messages = stream::iter(vec![Ok(summary())]).chain(stream::iter(end.clone().map(Err)));
        let response = respond(Ok(Response::new(messages)));
        let incoming = Incoming::response(response.into_body(), LIMIT);
        let (told, status) = heard::<GatherResponse>(incoming).await;
        assert_eq!(told, [summary()]);
        let as_said = |status: &Status| (status.code(), status.message().to_owned());
        assert_eq!(status.as_ref().map(as_said), end.as_ref().map(as_said));
    }
}

/// A server that answers every call with a page and this status, and knows nothing of gRPC.
struct Web(StatusCode);

impl Service<http::Request<tonic::body::Body>> for Web {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: http::Request<tonic::body::Body>) -> Self::Future {
        let mut page = http::Response::new(coming(pieces(b"<html>", 100)));
        *page.status_mut() = self.0;
        std::future::ready(Ok(page))
    }
}

#[tokio::test]
async fn an_answer_that_is_no_grpc_is_told_by_its_http_status() {
    for (http, code) in [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
        (500, Code::Unknown),
    ] {
        let server = Web(StatusCode::from_u16(http).unwrap());
        let answer = gather(server, GatherRequest::default(), LIMIT).await;
        let status = answer.unwrap_err();
        let said = format!("grpc-status header missing, mapped from HTTP status code {http}");
        assert_eq!((status.code(), status.message()), (code, said.as_str()));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_end() {
    let bytes = joined(&sent(vec![gathered(100)]).await);
    let cut = &bytes[..bytes.len() - 1];
    for (bytes, code) in [(bytes.as_slice(), Code::Unknown), (cut, Code::Internal)] {
        let body = coming(pieces(bytes, 1000));
        let (_, status) = heard::<GatherResponse>(Incoming::response(body, LIMIT)).await;
        assert_eq!(status.unwrap().code(), code);
    }
}

#[tokio::test]
async fn a_message_above_the_limit_or_compressed_is_refused_by_its_prefix() {
    for (compressed, length, code) in [
        (0, 65, Code::OutOfRange),
        (1, 1, Code::Internal),
        (b'<', 1, Code::Internal),
    ] {
        let mut prefix = BytesMut::new();
        prefix.put_u8(compressed);
        prefix.put_u32(length);
        let incoming = Incoming::<FeedRequest>::request(coming(pieces(&prefix, 2)), 64);
        let (told, status) = heard(incoming).await;
        assert!(told.is_empty());
        assert_eq!(status.unwrap().code(), code);
    }
}
