//! The two services whose streams carry records, with [`rollcall_proto::stream`] in place of tonic's own.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use rollcall_proto::stream::{FEED, GATHER, Incoming, respond};
use rollcall_proto::v1::gather_service_server::{GatherService, GatherServiceServer};
use rollcall_proto::v1::{FeedRequest, GatherRequest, feed_service_server, gather_service_server};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

use super::feed::Feeds;
use super::gather::Gathers;

/// Longest request of a gather: as tonic limits what it reads by itself.
const REQUEST_BYTES: usize = 4 << 20;

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
            let messages = Incoming::<FeedRequest>::request(request.into_body(), limit);
            Ok(respond(feeds.feed(messages).await))
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

/// The one message of a request, with the request's metadata.
async fn asked(request: Request<Body>) -> Result<tonic::Request<GatherRequest>, Status> {
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
