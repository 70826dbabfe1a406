//! The two services whose streams carry records, with [`rollcall_proto::stream`] in place of tonic's own.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, Response};
use rollcall_proto::stream::{FEED, GATHER, Incoming, respond};
use rollcall_proto::v1::gather_service_server::{GatherService, GatherServiceServer};
use rollcall_proto::v1::{FeedRequest, GatherRequest, feed_service_server, gather_service_server};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tonic::server::NamedService;
use tower::Service;

use super::feed::Feeds;
use super::gather::Gathers;

/// Longest request of a gather: as tonic limits what it reads by itself.
const REQUEST_BYTES: usize = 4 << 20;

/// How the messages of a request are encoded, and how they may be.
const ENCODING: &str = "grpc-encoding";
const ACCEPTED: &str = "grpc-accept-encoding";
/// As they are.
const PLAIN: &str = "identity";

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// FeedService.
#[derive(Clone, Debug)]
pub(crate) struct FeedServer {
    feeds: Feeds,
    message_bytes: usize,
}

impl FeedServer {
    pub(super) const fn new(feeds: Feeds, message_bytes: usize) -> Self {
        Self {
            feeds,
            message_bytes,
        }
    }
}

impl NamedService for FeedServer {
    const NAME: &'static str = feed_service_server::SERVICE_NAME;
}

impl Service<Request<Body>> for FeedServer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let (feeds, limit) = (self.feeds.clone(), self.message_bytes);
        Box::pin(async move {
            if request.uri().path() != FEED {
                return Ok(Status::unimplemented("").into_http());
            }
            let answer = match takes(request.headers()) {
                Ok(()) => {
                    let messages = Incoming::<FeedRequest>::request(request.into_body(), limit);
                    feeds.feed(messages).await
                }
                Err(status) => Err(status),
            };
            Ok(respond(answer))
        })
    }
}

/// GatherService: what is no gather is tonic's.
#[derive(Clone, Debug)]
pub(crate) struct GatherServer {
    gathers: Gathers,
    others: GatherServiceServer<Gathers>,
}

impl GatherServer {
    pub(super) fn new(gathers: Gathers) -> Self {
        Self {
            others: GatherServiceServer::new(gathers.clone()),
            gathers,
        }
    }
}

impl NamedService for GatherServer {
    const NAME: &'static str = gather_service_server::SERVICE_NAME;
}

impl Service<Request<Body>> for GatherServer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        if request.uri().path() != GATHER {
            return Box::pin(Service::call(&mut self.others, request));
        }
        let gathers = self.gathers.clone();
        Box::pin(async move {
            let answer = match asked(request).await {
                Ok(request) => gathers.gather(request).await,
                Err(status) => Err(status),
            };
            Ok(respond(answer))
        })
    }
}

/// Whether messages come as they are. Who compresses them is told what can be read, and sends them again.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/compression.md>.
fn takes(headers: &HeaderMap) -> Result<(), Status> {
    let encoding = headers.get(ENCODING).map(HeaderValue::as_bytes);
    let Some(other) = encoding.filter(|encoding| *encoding != PLAIN.as_bytes()) else {
        return Ok(());
    };
    let other = String::from_utf8_lossy(other);
    let mut status = Status::unimplemented(format!(
        "messages are compressed with {other:?}, which is not supported"
    ));
    let plain = MetadataValue::from_static(PLAIN);
    status.metadata_mut().insert(ACCEPTED, plain);
    Err(status)
}

/// The one message of a request, with the request's metadata.
async fn asked(request: Request<Body>) -> Result<tonic::Request<GatherRequest>, Status> {
    takes(request.headers())?;
    let (head, body) = request.into_parts();
    let mut messages = Incoming::request(body, REQUEST_BYTES);
    let message = messages.message().await?;
    let message = message.ok_or_else(|| Status::internal("a request without a message"))?;
    let metadata = tonic::metadata::MetadataMap::from_headers(head.headers);
    Ok(tonic::Request::from_parts(
        metadata,
        head.extensions,
        message,
    ))
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn who_compresses_is_told_what_can_be_read() {
        let said = |encoding: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(ENCODING, HeaderValue::from_bytes(encoding).unwrap());
            takes(&headers)
        };
        assert!(takes(&HeaderMap::new()).is_ok() && said(b"identity").is_ok());
        for encoding in [b"gzip".as_slice(), b"\xff"] {
            let status = said(encoding).unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented);
            assert_eq!(status.metadata().get(ACCEPTED).unwrap(), PLAIN);
        }
    }
}
