//! StatusService: what the aggregator knows, without gathering.

mod record;
mod watch;
mod whole;

use std::time::Duration;

use rollcall_proto::status::{Refusal, Violation, reason};
use rollcall_proto::time::length;
use rollcall_proto::v1::status_service_server::StatusService;
use rollcall_proto::v1::{
    AdviseRequest, AdviseResponse, GetGatherRequest, GetGatherResponse, GetStatusRequest,
    GetStatusResponse, GetTopicRequest, GetTopicResponse, ListGathersRequest, ListGathersResponse,
    ListVerdictsRequest, ListVerdictsResponse, RecordRequest, RecordResponse, VerdictCode,
    WatchStatusRequest, WatchStatusResponse,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{RETRY_AFTER, Shared};
use crate::core::advice::Asked;
use crate::core::roll::past::Place;
use crate::core::roster::TopicKey;
use crate::core::terms;
use crate::driver::Query;

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Statuses(Shared);

impl Statuses {
    pub(super) const fn new(shared: Shared) -> Self {
        Self(shared)
    }

    /// Topics and timeout of a request; every violation at once.
    fn read(
        &self,
        topics: &[String],
        timeout: Option<&prost_types::Duration>,
    ) -> Result<(Vec<TopicKey>, Option<Duration>), Refusal> {
        match (
            terms::read_topics(topics, &self.0.roster),
            terms::read_timeout(timeout),
        ) {
            (Ok(topics), Ok(timeout)) => Ok((topics, timeout)),
            (topics, timeout) => Err(Refusal::invalid(
                topics
                    .err()
                    .into_iter()
                    .flatten()
                    .chain(timeout.err())
                    .collect(),
            )),
        }
    }

    /// The topic of a request that must be on the roll.
    fn find(&self, name: &str) -> Result<TopicKey, Refusal> {
        self.0.roster.find(name).ok_or_else(|| {
            let nearest = self.0.roster.nearest(name);
            let nearest_text =
                nearest.map_or_else(String::new, |topic| format!("; the nearest is {topic}"));
            let text = format!("topic {name:?} is not on the roll{nearest_text}");
            let refusal = Refusal::not_found(reason::TOPIC_NOT_ON_ROLL, text).with("topic", name);
            match nearest {
                Some(nearest) => refusal.with("nearest", nearest),
                None => refusal,
            }
        })
    }
}

#[tonic::async_trait]
impl StatusService for Statuses {
    type WatchStatusStream = ReceiverStream<Result<WatchStatusResponse, Status>>;
    type RecordStream = ReceiverStream<Result<RecordResponse, Status>>;

    async fn get_status(
        &self,
        request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let request = request.into_inner();
        let view = request.view();
        let (topics, timeout) = self.read(&request.topics, request.timeout.as_ref())?;
        let status = whole::status(&self.0.handle, topics, timeout, view).await?;
        Ok(Response::new(status))
    }

    async fn watch_status(
        &self,
        request: Request<WatchStatusRequest>,
    ) -> Result<Response<Self::WatchStatusStream>, Status> {
        let request = request.into_inner();
        let (topics, timeout) = self.read(&request.topics, request.timeout.as_ref())?;
        let place = self.0.watchers.clone().try_acquire_owned().map_err(|_| {
            let text = "as many watchers are connected as may be";
            Status::from(Refusal::exhausted(
                reason::TOO_MANY_WATCHERS,
                text,
                RETRY_AFTER,
            ))
        })?;
        let watch = watch::Watch {
            handle: self.0.handle.clone(),
            topics,
            timeout,
            view: request.view(),
        };
        Ok(Response::new(watch.start(place)))
    }

    async fn get_topic(
        &self,
        request: Request<GetTopicRequest>,
    ) -> Result<Response<GetTopicResponse>, Status> {
        let request = request.into_inner();
        let topic = self.find(&request.topic)?;
        let (_, timeout) = self.read(&[], request.timeout.as_ref())?;
        // A code that is newer than this build has no rule here.
        let why_not = Some(request.why_not()).filter(|code| *code != VerdictCode::Unspecified);
        let topic = self
            .0
            .handle
            .ask(|reply| Query::Topic(topic, timeout, why_not, reply))
            .await?;
        Ok(Response::new(topic))
    }

    async fn list_gathers(
        &self,
        request: Request<ListGathersRequest>,
    ) -> Result<Response<ListGathersResponse>, Status> {
        let ListGathersRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let (after, wrong) = read_page(page_size, &page_token, |token| token.parse().ok());
        if !wrong.is_empty() {
            return Err(Refusal::invalid(wrong).into());
        }
        let page = self
            .0
            .handle
            .ask(|reply| Query::Gathers(after, page_size, reply))
            .await?;
        Ok(Response::new(page))
    }

    async fn get_gather(
        &self,
        request: Request<GetGatherRequest>,
    ) -> Result<Response<GetGatherResponse>, Status> {
        let id = request.into_inner().gather_id;
        let recorded = self.0.handle.ask(|reply| Query::Gather(id, reply)).await?;
        let recorded = recorded.ok_or_else(|| {
            let text = format!("gather {id} is not remembered");
            Refusal::not_found(reason::GATHER_NOT_REMEMBERED, text).with("gather_id", id)
        })?;
        Ok(Response::new(GetGatherResponse {
            summary: Some((*recorded.summary).clone()),
        }))
    }

    async fn list_verdicts(
        &self,
        request: Request<ListVerdictsRequest>,
    ) -> Result<Response<ListVerdictsResponse>, Status> {
        let ListVerdictsRequest {
            topics,
            page_size,
            page_token,
        } = request.into_inner();
        let (topics, _) = self.read(&topics, None)?;
        let (after, wrong) = read_page(page_size, &page_token, Place::parse);
        if !wrong.is_empty() {
            return Err(Refusal::invalid(wrong).into());
        }
        let page = self
            .0
            .handle
            .ask(|reply| Query::Verdicts(topics, after, page_size, reply))
            .await?;
        Ok(Response::new(page))
    }

    async fn record(
        &self,
        request: Request<RecordRequest>,
    ) -> Result<Response<Self::RecordStream>, Status> {
        let RecordRequest {
            topics,
            duration,
            without_past,
        } = request.into_inner();
        let (topics, _) = self.read(&topics, None)?;
        let duration = read_duration(duration.as_ref())?;
        let places = self.0.recorders.clone();
        let place = places.try_acquire_owned().map_err(|_| {
            let text = "as many recordings run as may";
            let refusal = Refusal::exhausted(reason::TOO_MANY_RECORDINGS, text, RETRY_AFTER);
            Status::from(refusal)
        })?;
        let recording = self.0.handle.record(topics, without_past).await?;
        let stream = record::start(recording, duration, place);
        Ok(Response::new(stream))
    }

    async fn advise(
        &self,
        request: Request<AdviseRequest>,
    ) -> Result<Response<AdviseResponse>, Status> {
        let AdviseRequest {
            topics,
            target,
            timeout,
            max_records,
        } = request.into_inner();
        let (topics, timeout) = self.read(&topics, timeout.as_ref())?;
        if !(0.0..1.0).contains(&target) {
            let text = format!(
                "{target}; a share between 0 and 1 is accepted, both excluded; 0 means 0.95"
            );
            return Err(Refusal::invalid(vec![Violation::new("target", text)]).into());
        }
        let asked = Asked {
            target,
            timeout,
            max_records,
        };
        let advice = self
            .0
            .handle
            .ask(|reply| Query::Advise(topics, asked, reply))
            .await?;
        Ok(Response::new(advice))
    }
}

/// How long a recording goes on; `None`: until its reader leaves.
fn read_duration(raw: Option<&prost_types::Duration>) -> Result<Option<Duration>, Refusal> {
    /// The longest one.
    const LONGEST: Duration = Duration::from_secs(24 * 3600);
    let Some(raw) = raw else { return Ok(None) };
    match length(raw).filter(|length| *length <= LONGEST) {
        Some(length) => Ok(Some(length)),
        None => {
            let text = "0 to 24 h are accepted";
            Err(Refusal::invalid(vec![Violation::new("duration", text)]))
        }
    }
}

/// Where a page begins, and what is wrong with the request.
fn read_page<T>(
    page_size: i32,
    page_token: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> (Option<T>, Vec<Violation>) {
    let mut wrong = Vec::new();
    if page_size < 0 {
        wrong.push(Violation::new(
            "page_size",
            format!("{page_size}; 0 to 1000 are accepted"),
        ));
    }
    let after = match page_token {
        "" => None,
        token => {
            let after = parse(token);
            if after.is_none() {
                wrong.push(Violation::new(
                    "page_token",
                    "it is no token of this aggregator",
                ));
            }
            after
        }
    };
    (after, wrong)
}
