//! The rolls of all lanes as they change, as one.

use rollcall_proto::v1::{GetStatusResponse, StatusView, WatchStatusResponse};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::Streaming;

use super::super::{CallError, Client};
use super::{Lane, Lanes, Parts, Told};
use crate::lanes::roll;

/// Rolls that wait to be looked at, over all lanes.
const WAITING: usize = 4;

/// Why a roll does not come any more.
#[derive(Clone, Debug)]
pub enum Broken {
    /// The aggregator ended the stream.
    Ended,
    /// It failed.
    Failed(CallError),
}

/// A roll of one lane.
type Message = (usize, Result<GetStatusResponse, Broken>);

/// The roll over lanes, now and after every change.
#[derive(Debug)]
pub struct Watching {
    lanes: Lanes,
    /// Who is watched, with the last roll of each.
    latest: Vec<(Lane, Option<GetStatusResponse>)>,
    away: Vec<CallError>,
    is_in_doubt: bool,
    messages: mpsc::Receiver<Message>,
    /// End with this.
    _readers: JoinSet<()>,
}

impl Lanes {
    /// The roll now and after every change of any lane.
    pub async fn watch(
        &self,
        topics: Vec<String>,
        view: StatusView,
    ) -> Result<Watching, CallError> {
        let call = |client: Client| {
            let topics = topics.clone();
            async move { client.watch(topics, view).await }
        };
        let parts = self.each(call).await?;
        let is_in_doubt = !self.doubts(&parts).0.is_empty();
        let Parts { answers, away } = parts;
        let (sender, messages) = mpsc::channel(WAITING);
        let (mut latest, mut readers) = (Vec::new(), JoinSet::new());
        for (place, (lane, stream)) in answers.into_iter().enumerate() {
            let client = lane.client.clone();
            readers.spawn(read(place, client, stream, sender.clone()));
            latest.push((lane, None));
        }
        Ok(Watching {
            lanes: self.clone(),
            latest,
            away,
            is_in_doubt,
            messages,
            _readers: readers,
        })
    }
}

impl Watching {
    /// The next roll, once every lane has told its first one.
    pub async fn next(&mut self) -> Result<Told<GetStatusResponse>, Broken> {
        loop {
            let Some((place, roll)) = self.messages.recv().await else {
                return Err(Broken::Ended);
            };
            let roll = roll?;
            if let Some((_, latest)) = self.latest.get_mut(place) {
                *latest = Some(roll);
            }
            if let Some(told) = self.told() {
                return Ok(told);
            }
        }
    }

    /// Whether there is somebody to look for again.
    pub const fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// What all of them said last; `None` while one has said nothing yet.
    fn told(&self) -> Option<Told<GetStatusResponse>> {
        let latest = self.latest.iter();
        let answers: Option<Vec<(Lane, GetStatusResponse)>> = latest
            .map(|(lane, latest)| Some((lane.clone(), latest.clone()?)))
            .collect();
        let parts = Parts {
            answers: answers?,
            away: self.away.clone(),
        };
        Some(self.lanes.told(parts, roll::status))
    }
}

/// Hands on the rolls of one lane.
async fn read(
    place: usize,
    client: Client,
    mut stream: Streaming<WatchStatusResponse>,
    sender: mpsc::Sender<Message>,
) {
    loop {
        let roll = match stream.message().await {
            Ok(Some(WatchStatusResponse { status: None })) => continue,
            Ok(Some(WatchStatusResponse {
                status: Some(status),
            })) => Ok(status),
            Ok(None) => Err(Broken::Ended),
            Err(status) => Err(Broken::Failed(client.server().failed_with(&status))),
        };
        let is_last = roll.is_err();
        if sender.send((place, roll)).await.is_err() || is_last {
            return;
        }
    }
}
