//! Who the aggregators are behind the addresses that were named.

use rollcall_proto::v1::StatusView;
use tokio::task::JoinSet;

use super::super::servers::{Candidate, Servers};
use super::super::{CallError, Client};
use super::{Lane, Lanes};
use crate::lanes::Place;
use crate::lanes::oddity::is_whole;

/// What became of the candidates.
#[derive(Debug, Default)]
struct Found {
    /// Who answered, each run of an aggregator once.
    seen: Vec<Seen>,
    /// Who did not, and whether it was named by itself.
    away: Vec<(CallError, bool)>,
}

/// An aggregator that said who it is.
#[derive(Debug)]
struct Seen {
    lane: Lane,
    /// Names its run: several addresses may be one aggregator's.
    run: String,
}

impl Lanes {
    /// Asks all who may be meant who they are. A single address is not asked: it is what was meant. Fails when nobody
    /// answers.
    pub async fn find(servers: Servers) -> Result<Self, CallError> {
        let candidates = servers.candidates().await;
        Self::among(servers, candidates).await
    }

    async fn among(servers: Servers, candidates: Vec<Candidate>) -> Result<Self, CallError> {
        if let [one] = candidates.as_slice() {
            return Ok(Self::alone(Client::new(one.server.clone())));
        }
        let Found { mut seen, away } = ask(candidates).await;
        if let (Some(only), [one]) = (servers.only(), seen.as_slice())
            && one.lane.place.lanes == 1
        {
            // A name with several addresses, and one aggregator behind them, as localhost has.
            return Ok(Self::alone(Client::new(only.clone())));
        }
        seen.sort_by_key(|one| one.lane.place);
        let lanes: Vec<Lane> = seen.into_iter().map(|one| one.lane).collect();
        let whole = is_whole(&lanes.iter().map(|lane| lane.place).collect::<Vec<_>>());
        let away = away.into_iter().filter(|(_, is_named)| *is_named || !whole);
        let away: Vec<CallError> = away.map(|(error, _)| error).collect();
        if lanes.is_empty()
            && let Some(error) = CallError::of_all(away.clone())
        {
            return Err(error);
        }
        Ok(Self {
            servers,
            lanes,
            away,
            is_alone: false,
        })
    }
}

/// Asks all of them at once. Addresses behind a name are no longer waited for once the lanes are whole without them.
async fn ask(candidates: Vec<Candidate>) -> Found {
    let mut waiting = candidates.iter().filter(|one| one.is_named).count();
    let mut calls = JoinSet::new();
    for Candidate { server, is_named } in candidates {
        let client = Client::new(server);
        calls.spawn(async move {
            let status = client.status(Vec::new(), StatusView::Summary).await;
            (client, is_named, status)
        });
    }
    let mut found = Found::default();
    while let Some(answered) = calls.join_next().await {
        let Ok((client, is_named, status)) = answered else {
            continue;
        };
        waiting = waiting.saturating_sub(usize::from(is_named));
        match status {
            Ok(status) => found.add(Seen {
                lane: Lane {
                    client,
                    place: Place::said(status.lane, status.lanes),
                },
                run: status.incarnation,
            }),
            Err(error) => found.away.push((error, is_named)),
        }
        if waiting == 0 && found.is_whole() {
            break;
        }
    }
    found
}

impl Found {
    fn add(&mut self, seen: Seen) {
        let again = |known: &Seen| !seen.run.is_empty() && known.run == seen.run;
        if !self.seen.iter().any(again) {
            self.seen.push(seen);
        }
    }

    fn is_whole(&self) -> bool {
        let places: Vec<Place> = self.seen.iter().map(|seen| seen.lane.place).collect();
        is_whole(&places)
    }
}

#[cfg(test)]
mod tests;
