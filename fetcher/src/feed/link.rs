//! The stream to the aggregator: dialled, lost, and dialled again.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::service::token::Bearer;
use rollcall_proto::stream::{self, Incoming};
use rollcall_proto::v1;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

use crate::core::backoff::Backoff;
use crate::core::latch::printable;

use super::parting::{Cause, Parting};

/// First and longest pause between two tries: records flow within two seconds of an aggregator's restart.
const REDIAL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// How long a connection may take.
const DIAL_WAIT: Duration = Duration::from_secs(5);
/// How long the aggregator may take for its first word.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// Messages that wait in the transport; everything else waits where it can still be dropped.
const IN_TRANSIT: usize = 4;
/// Failures in a row of which the log says each; later ones only now and then.
const LOUD_FAILURES: u32 = 3;

type Dialling = Pin<Box<dyn Future<Output = Result<Channel, Parting>> + Send>>;
type Calling =
    Pin<Box<dyn Future<Output = Result<Response<Incoming<v1::FeedResponse>>, Status>> + Send>>;

enum State {
    Waiting(Instant),
    Dialling(Dialling),
    Calling(Calling, Instant),
    Open(Incoming<v1::FeedResponse>),
}

/// Something happened on the link.
pub(super) enum LinkEvent {
    /// A stream was opened; the first message can be said.
    Opened,
    /// The aggregator said something.
    Message(Box<v1::FeedResponse>),
    /// The stream ended.
    Ended(Parting),
}

/// The link.
pub(super) struct FeedLink {
    endpoint: Endpoint,
    bearer: Bearer,
    address: String,
    state: State,
    sender: Option<Sender<v1::FeedRequest>>,
    backoff: Backoff,
    welcome_by: Option<Instant>,
    leaving: bool,
}

impl FeedLink {
    pub(super) fn new(endpoint: Endpoint, bearer: Bearer) -> Self {
        Self {
            address: endpoint.uri().to_string(),
            endpoint,
            bearer,
            state: State::Waiting(Instant::now()),
            sender: None,
            backoff: Backoff::new(REDIAL.0, REDIAL.1),
            welcome_by: None,
            leaving: false,
        }
    }

    /// The way out, while there is a stream.
    pub(super) fn sender(&self) -> Option<Sender<v1::FeedRequest>> {
        self.sender.clone()
    }

    /// The aggregator took us: the next failure is a first one again.
    pub(super) const fn welcomed(&mut self) {
        self.backoff.worked();
        self.welcome_by = None;
    }

    /// Ends the stream and dials anew at once.
    pub(super) fn rotate(&mut self) {
        self.sender = None;
        self.welcome_by = None;
        self.state = State::Waiting(Instant::now());
    }

    /// The next event. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> LinkEvent {
        loop {
            match &mut self.state {
                State::Waiting(until) => {
                    tokio::time::sleep_until(*until).await;
                    self.state = State::Dialling(dial(self.endpoint.clone()));
                }
                State::Dialling(dialling) => match dialling.await {
                    Ok(channel) => return self.open(channel),
                    Err(why) => return self.ended(why),
                },
                State::Calling(calling, by) => match tokio::time::timeout_at(*by, calling).await {
                    Ok(Ok(response)) => self.state = State::Open(response.into_inner()),
                    Ok(Err(status)) => return self.ended(said(&status)),
                    Err(_) => return self.ended(silent()),
                },
                State::Open(stream) => {
                    let by = self
                        .welcome_by
                        .unwrap_or_else(|| Instant::now() + FIRST_WORD * 360);
                    return match tokio::time::timeout_at(by, stream.message()).await {
                        Ok(Ok(Some(message))) => LinkEvent::Message(Box::new(message)),
                        Ok(Ok(None)) => self.ended(hung_up()),
                        Ok(Err(status)) => self.ended(said(&status)),
                        Err(_) if self.welcome_by.is_none() => continue,
                        Err(_) => self.ended(silent()),
                    };
                }
            }
        }
    }

    /// Opens the stream. Its first message goes out before the answer's head comes, which an aggregator
    /// may hold back until it knows who speaks.
    fn open(&mut self, channel: Channel) -> LinkEvent {
        let (sender, messages) = channel_of_messages();
        self.sender = Some(sender);
        let by = Instant::now() + FIRST_WORD;
        self.welcome_by = Some(by);
        let service = InterceptedService::new(channel, self.bearer.clone());
        let call = stream::feed(service, messages, MAX_MESSAGE_BYTES);
        self.state = State::Calling(Box::pin(call), by);
        LinkEvent::Opened
    }

    fn ended(&mut self, parting: Parting) -> LinkEvent {
        let delay = self.backoff.failed(fastrand::f64());
        let (failures, address) = (self.backoff.failures(), self.address.as_str());
        let loud = failures <= LOUD_FAILURES || failures.is_power_of_two();
        if loud && !self.leaving {
            let Parting { cause, why } = &parting;
            match cause {
                Cause::Unauthenticated => tracing::error!(
                    address,
                    failures,
                    ?delay,
                    why,
                    "the aggregator does not let this fetcher in, trying again: its token file is read anew each time"
                ),
                Cause::Unreachable | Cause::Silent | Cause::Ended | Cause::Refused => {
                    tracing::warn!(address, failures, ?delay, why, "no feed, trying again");
                }
            }
        }
        self.sender = None;
        self.welcome_by = None;
        self.state = State::Waiting(Instant::now() + delay);
        LinkEvent::Ended(parting)
    }

    /// Lets what was said go out and waits for the aggregator to end the stream too, for a moment.
    pub(super) async fn farewell(&mut self, patience: Duration) {
        self.leaving = true;
        self.sender = None;
        let gone = async {
            while let State::Calling(..) | State::Open(_) = self.state {
                self.next().await;
            }
        };
        if tokio::time::timeout(patience, gone).await.is_err() {
            tracing::debug!("the aggregator did not end the stream in time");
        }
    }
}

fn channel_of_messages() -> (Sender<v1::FeedRequest>, ReceiverStream<v1::FeedRequest>) {
    let (sender, receiver) = channel(IN_TRANSIT);
    (sender, ReceiverStream::new(receiver))
}

/// A new channel each time: its name is resolved anew, which a lasting one never does.
fn dial(endpoint: Endpoint) -> Dialling {
    Box::pin(async move {
        match tokio::time::timeout(DIAL_WAIT, endpoint.connect()).await {
            Ok(Ok(channel)) => Ok(channel),
            Ok(Err(error)) => Err(Parting::new(Cause::Unreachable, causes(&error))),
            Err(_) => {
                let why = format!("no connection within {DIAL_WAIT:?}");
                Err(Parting::new(Cause::Unreachable, why))
            }
        }
    })
}

/// An error and what caused it: tonic's own text is only "transport error".
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    printable(&text)
}

fn said(status: &Status) -> Parting {
    let cause = match status.code() {
        Code::Unauthenticated => Cause::Unauthenticated,
        // A connection that breaks, and an aggregator that stops.
        Code::Unavailable | Code::Cancelled | Code::Unknown => Cause::Ended,
        Code::Ok
        | Code::InvalidArgument
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss => Cause::Refused,
    };
    let why = printable(&format!("{}: {}", status.code(), status.message()));
    Parting::new(cause, why)
}

fn hung_up() -> Parting {
    Parting::new(Cause::Ended, "the aggregator ended the stream".to_owned())
}

fn silent() -> Parting {
    Parting::new(Cause::Silent, format!("no welcome within {FIRST_WORD:?}"))
}
