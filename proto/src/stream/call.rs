//! The two calls, from a client's side.

use std::future::poll_fn;

use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, Method, StatusCode, Version, header};
use prost::Message;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::StdError;
use tonic::{Code, IntoRequest, Request, Response, Status};

use super::outgoing::Outgoing;
use super::{FEED, GATHER, Incoming, Parts};
use crate::v1::{FeedRequest, FeedResponse, GatherRequest, GatherResponse};

/// Opens a feed: `messages` go up, the answer's come down; none of those is longer than `limit` bytes.
///
/// # Errors
/// The status that the call ended with before its first message.
pub async fn feed<S>(
    service: S,
    messages: impl Stream<Item = FeedRequest> + Send + 'static,
    limit: usize,
) -> Result<Response<Incoming<FeedResponse>>, Status>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<StdError>,
{
    call(service, FEED, Request::new(messages), limit).await
}

/// Calls the roll; no message of the answer is longer than `limit` bytes.
///
/// # Errors
/// The status that the call ended with before its first message.
pub async fn gather<S>(
    service: S,
    request: impl IntoRequest<GatherRequest>,
    limit: usize,
) -> Result<Response<Incoming<GatherResponse>>, Status>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<StdError>,
{
    let request = request.into_request();
    let request = request.map(|message| stream::iter([message]));
    call(service, GATHER, request, limit).await
}

async fn call<S, Up, Down>(
    mut service: S,
    path: &'static str,
    request: Request<impl Stream<Item = Up> + Send + 'static>,
    limit: usize,
) -> Result<Response<Incoming<Down>>, Status>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<StdError>,
    Up: Parts + 'static,
    Down: Message + Default,
{
    let failed = |error: S::Error| Status::from_error(error.into());
    poll_fn(|context| service.poll_ready(context))
        .await
        .map_err(failed)?;
    let answer = service.call(http_request(path, request)).await;
    let (head, body) = answer.map_err(failed)?.into_parts();
    let messages = match Status::from_header_map(&head.headers) {
        Some(status) if status.code() != Code::Ok => return Err(status),
        Some(_) => Incoming::nothing(),
        None if head.status == StatusCode::OK => Incoming::response(Body::new(body), limit),
        None => return Err(no_grpc(head.status)),
    };
    Ok(Response::new(messages))
}

/// What the answer of an HTTP server comes to that is no gRPC server, or of a proxy before one, in the words of tonic.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>.
fn no_grpc(http: StatusCode) -> Status {
    let code = match http {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    };
    let http = http.as_u16();
    Status::new(
        code,
        format!("grpc-status header missing, mapped from HTTP status code {http}"),
    )
}

fn http_request<M: Parts + 'static>(
    path: &'static str,
    request: Request<impl Stream<Item = M> + Send + 'static>,
) -> http::Request<Body> {
    let (metadata, extensions, messages) = request.into_parts();
    let body = Body::new(Outgoing::request(messages.map(Ok)));
    let mut request = http::Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = http::Uri::from_static(path);
    *request.extensions_mut() = extensions;
    let headers = request.headers_mut();
    *headers = metadata.into_headers();
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    request
}
