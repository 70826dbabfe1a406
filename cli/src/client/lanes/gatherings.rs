//! The answers of a gather over lanes, as they come.

use rollcall_proto::v1::GatherResponse;
use rollcall_proto::v1::gather_response::Event;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::super::{CallError, Gathering};
use super::{Lane, Parts};

/// Messages that wait to be taken, over all lanes: beyond it lanes are not read, and hold back.
const WAITING: usize = 4;

/// The answers of a gather, each until its summary; given up when it is dropped.
#[derive(Debug)]
pub struct Gatherings {
    lanes: Vec<Lane>,
    away: Vec<CallError>,
    messages: mpsc::Receiver<(usize, Result<GatherResponse, CallError>)>,
    readers: JoinSet<()>,
}

impl Gatherings {
    pub(super) fn of(parts: Parts<Gathering>) -> Self {
        let (sender, messages) = mpsc::channel(WAITING);
        let (mut lanes, mut readers) = (Vec::new(), JoinSet::new());
        for (place, (lane, gathering)) in parts.answers.into_iter().enumerate() {
            lanes.push(lane);
            readers.spawn(read(place, gathering, sender.clone()));
        }
        Self {
            lanes,
            away: parts.away,
            messages,
            readers,
        }
    }

    /// Whose answers come, in this order.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// Who did not take the call.
    pub fn away(&self) -> &[CallError] {
        &self.away
    }

    /// The next message, and the place in [`Gatherings::lanes`] of the lane that sent it; `None` once every lane has ended.
    /// An error is a lane's last message, else its summary is.
    pub async fn next(&mut self) -> Option<(usize, Result<GatherResponse, CallError>)> {
        self.messages.recv().await
    }

    /// Gives up what is still open, and waits until it is.
    pub async fn end(mut self) {
        self.messages.close();
        self.readers.shutdown().await;
    }
}

/// Hands on the messages of one lane.
async fn read(
    place: usize,
    mut gathering: Gathering,
    sender: mpsc::Sender<(usize, Result<GatherResponse, CallError>)>,
) {
    loop {
        let message = match gathering.next().await {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(gathering.cut_short()),
            Err(error) => Err(error),
        };
        let event = message.as_ref().map(|message| &message.event);
        let is_last = matches!(event, Ok(Some(Event::Summary(_))) | Err(_));
        if sender.send((place, message)).await.is_err() || is_last {
            return;
        }
    }
}
