//! Talking to all lanes at once: every call is made of each of them, and what comes back is one answer.
//!
//! Where there is one address, and it stands for one aggregator, nothing of this is to be seen: nobody is asked who it is,
//! and its answer is the answer.

mod find;
mod gatherings;
mod watching;

use std::time::Duration;

use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1::{
    AdviseRequest, AdviseResponse, GatherRequest, GatherSummary, GetStatusResponse,
    GetTopicResponse, StatusView, VerdictCode,
};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{CallError, Client, Reason, Server, Servers};
use crate::lanes::oddity::{Doubts, Oddity, oddities};
use crate::lanes::{Part, Place, advice, gather, roll, topic};

pub use gatherings::Gatherings;
pub use watching::{Broken, Watching};

/// The aggregators that are asked: one, or all lanes.
#[derive(Clone, Debug)]
pub struct Lanes {
    servers: Servers,
    /// At least one, by their numbers.
    lanes: Vec<Lane>,
    /// Those that did not say who they are: of the addresses behind a name only while lanes are missing.
    away: Vec<CallError>,
    /// One aggregator, by one address.
    is_alone: bool,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Lane {
    /// The connection.
    pub client: Client,
    /// Which lane it said it was.
    pub place: Place,
}

/// An answer, and what is wrong with those who gave it.
#[derive(Clone, Debug)]
pub struct Told<T> {
    /// The answer.
    pub answer: T,
    /// What is wrong.
    pub doubts: Doubts,
}

/// What the lanes said, before it is one answer.
#[derive(Debug)]
pub struct Parts<T> {
    /// Who answered, with the answer.
    pub answers: Vec<(Lane, T)>,
    /// Who did not, beside those who never said who they are.
    pub away: Vec<CallError>,
}

impl Lanes {
    /// One aggregator.
    pub fn alone(client: Client) -> Self {
        Self {
            servers: client.server().clone().into(),
            lanes: vec![Lane {
                client,
                place: Place::said(0, 1),
            }],
            away: Vec::new(),
            is_alone: true,
        }
    }

    /// The same, whose gathers and settlements are part of a trace.
    #[must_use]
    pub fn traced(self, trace: Option<TraceContext>) -> Self {
        let lanes = self.lanes.into_iter();
        let lanes = lanes.map(|lane| Lane {
            client: lane.client.traced(trace),
            place: lane.place,
        });
        Self {
            lanes: lanes.collect(),
            ..self
        }
    }

    /// The connection, where one aggregator is asked and not several.
    pub fn only(&self) -> Option<&Client> {
        match self.lanes.as_slice() {
            [lane] if self.is_alone => Some(&lane.client),
            _ => None,
        }
    }

    /// Everybody who is asked.
    pub fn all(&self) -> &[Lane] {
        &self.lanes
    }

    /// How they were named.
    pub const fn servers(&self) -> &Servers {
        &self.servers
    }

    /// What has to follow a suggested command to ask the same ones.
    pub fn reach(&self) -> String {
        self.servers.reach()
    }

    /// The roll; no topics: all of them.
    pub async fn status(
        &self,
        topics: Vec<String>,
        view: StatusView,
    ) -> Result<Told<GetStatusResponse>, CallError> {
        let call = |client: Client| {
            let topics = topics.clone();
            async move { client.status(topics, view).await }
        };
        Ok(self.told(self.each(call).await?, roll::status))
    }

    /// One topic, and the conditions of a verdict's rule.
    pub async fn topic(
        &self,
        topic: &str,
        why_not: VerdictCode,
    ) -> Result<Told<GetTopicResponse>, CallError> {
        let call = |client: Client| {
            let topic = topic.to_owned();
            async move { client.topic_why_not(topic, why_not).await }
        };
        Ok(self.told(self.each(call).await?, topic::answer))
    }

    /// Timeouts and settings in numbers.
    pub async fn advise(&self, request: &AdviseRequest) -> Result<Told<AdviseResponse>, CallError> {
        let call = |client: Client| {
            let request = request.clone();
            async move { client.advise(request).await }
        };
        Ok(self.told(self.each(call).await?, advice::advice))
    }

    /// Calls the roll at every lane.
    pub async fn gather(
        &self,
        request: &GatherRequest,
        timeout: Duration,
    ) -> Result<Gatherings, CallError> {
        let call = |client: Client| {
            let request = request.clone();
            async move { client.gather(request, timeout).await }
        };
        Ok(Gatherings::of(self.each(call).await?))
    }

    /// The summaries of a gather as one.
    pub fn summary(&self, parts: Parts<GatherSummary>) -> Told<GatherSummary> {
        self.told(parts, gather::summary)
    }

    /// Several calls that make one answer: one deadline over all of them.
    pub async fn as_one<T>(
        &self,
        calls: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let Some(lane) = self.lanes.first() else {
            return calls.await;
        };
        let server = lane.client.server();
        let ended = timeout(server.deadline, calls).await;
        ended.unwrap_or_else(|_| Err(server.failed(Reason::Silent)))
    }

    /// The same call of each lane at once. Fails when nobody answers.
    pub async fn each<T, F>(&self, call: impl Fn(Client) -> F) -> Result<Parts<T>, CallError>
    where
        F: Future<Output = Result<T, CallError>> + Send + 'static,
        T: Send + 'static,
    {
        let mut calls = JoinSet::new();
        for lane in &self.lanes {
            let (lane, call) = (lane.clone(), call(lane.client.clone()));
            calls.spawn(async move { (lane, call.await) });
        }
        let (mut answers, mut away) = (Vec::new(), Vec::new());
        for (lane, answer) in calls.join_all().await {
            match answer {
                Ok(answer) => answers.push((lane, answer)),
                Err(error) => away.push(error),
            }
        }
        answers.sort_by_key(|(lane, _)| lane.place);
        let parts = Parts { answers, away };
        match self.nobody(&parts) {
            Some(error) => Err(error),
            None => Ok(parts),
        }
    }

    /// The same of one lane after the other: for what takes many calls. Fails when nobody answers.
    pub async fn each_in_turn<T>(
        &self,
        call: impl AsyncFn(&Lane) -> Result<T, CallError>,
    ) -> Result<Parts<T>, CallError> {
        let mut parts = Parts {
            answers: Vec::new(),
            away: Vec::new(),
        };
        for lane in &self.lanes {
            match call(lane).await {
                Ok(answer) => parts.answers.push((lane.clone(), answer)),
                Err(error) => parts.away.push(error),
            }
        }
        match self.nobody(&parts) {
            Some(error) => Err(error),
            None => Ok(parts),
        }
    }

    /// Why there is no answer at all, where nobody gave one.
    pub fn nobody<T>(&self, parts: &Parts<T>) -> Option<CallError> {
        let away = self.away.iter().chain(&parts.away).cloned();
        CallError::of_all(away.collect()).filter(|_| parts.answers.is_empty())
    }

    /// The parts as one answer; that of the only one as it is.
    pub fn told<T>(&self, parts: Parts<T>, merge: impl Fn(Vec<Part<T>>) -> T) -> Told<T> {
        let doubts = self.doubts(&parts);
        let mut parts = parts.into_answers();
        let answer = match parts.pop() {
            Some(only) if parts.is_empty() && only.place.lanes == 1 => only.answer,
            last => merge(parts.into_iter().chain(last).collect()),
        };
        Told { answer, doubts }
    }

    /// What is wrong with those who answered.
    pub fn doubts<T>(&self, parts: &Parts<T>) -> Doubts {
        if self.is_alone {
            return Doubts::default();
        }
        let seen: Vec<Part<String>> = parts
            .answers
            .iter()
            .map(|(lane, _)| Part {
                place: lane.place,
                answer: lane.client.server().uri().to_owned(),
            })
            .collect();
        let away = self.away.iter().chain(&parts.away);
        let away = away.map(|error| Oddity::Away {
            why: error.to_string(),
        });
        Doubts(away.chain(oddities(&seen)).collect())
    }
}

impl<T> Parts<T> {
    /// The answers, each with its lane.
    pub fn into_answers(self) -> Vec<Part<T>> {
        let answers = self.answers.into_iter();
        let part = |(lane, answer): (Lane, T)| Part {
            place: lane.place,
            answer,
        };
        answers.map(part).collect()
    }
}

impl Lane {
    /// Where it is.
    pub fn server(&self) -> &Server {
        self.client.server()
    }
}
