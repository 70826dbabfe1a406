//! Who is found behind the addresses of a name.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rollcall_aggregator::Config;
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::StatusView;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::super::super::servers::{Candidate, Servers};
use super::super::super::{CallError, Server};
use super::super::Lanes;
use crate::lanes::Place;

/// Deadline of every call.
const DEADLINE: Duration = Duration::from_secs(20);
/// What everybody is behind, as far as these tests say.
const NAME: &str = "lanes.invalid:7655";

/// A running aggregator, and what stops it.
async fn aggregator(lane: u32, lanes: u32) -> (SocketAddr, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let config = Config {
        lane,
        lanes,
        ..Config::new(vec![Topic::new("A").unwrap()])
    };
    let stopped = stop.clone().cancelled_owned();
    tokio::spawn(rollcall_aggregator::run(config, listener, None, stopped));
    (address, stop.drop_guard())
}

/// An address at which nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Looks among the addresses of the name.
async fn behind_the_name(addresses: &[SocketAddr]) -> Result<Lanes, CallError> {
    let servers = Servers::parse(NAME, DEADLINE).unwrap();
    let candidate = |address: &SocketAddr| Candidate {
        server: Server::parse(&address.to_string(), DEADLINE).unwrap(),
        is_named: false,
    };
    Lanes::among(servers, addresses.iter().map(candidate).collect()).await
}

fn places(lanes: &Lanes) -> Vec<Place> {
    lanes.all().iter().map(|lane| lane.place).collect()
}

#[tokio::test]
async fn the_lanes_behind_a_name_are_found_and_an_address_that_is_nobodys_is_no_matter() {
    let (one, _one) = aggregator(1, 2).await;
    let (zero, _zero) = aggregator(0, 2).await;
    let lanes = behind_the_name(&[nobody().await, one, zero]).await.unwrap();
    let place = |lane| Place { lane, lanes: 2 };
    assert_eq!(places(&lanes), [place(0), place(1)]);
    assert!(lanes.only().is_none());
    let told = lanes.status(Vec::new(), StatusView::Full).await.unwrap();
    assert_eq!(told.doubts.0, []);
    assert_eq!((told.answer.lane, told.answer.lanes), (2, 2));
    assert_eq!(lanes.reach(), " --server http://lanes.invalid:7655");
}

#[tokio::test]
async fn a_silent_address_behind_a_name_is_not_waited_for_when_all_lanes_are_there() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (zero, _zero) = aggregator(0, 2).await;
    let (one, _one) = aggregator(1, 2).await;
    let begun = Instant::now();
    let lanes = behind_the_name(&[silent.local_addr().unwrap(), zero, one]).await;
    assert_eq!(places(&lanes.unwrap()).len(), 2);
    assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_name_with_several_addresses_and_one_aggregator_is_that_aggregator() {
    let (alone, _alone) = aggregator(0, 1).await;
    let lanes = behind_the_name(&[alone, nobody().await]).await.unwrap();
    let only = lanes.only().unwrap();
    assert_eq!(only.server().uri(), "http://lanes.invalid:7655");
}

#[tokio::test]
async fn a_lane_that_is_missing_behind_a_name_is_told_with_who_did_not_answer() {
    let (zero, _zero) = aggregator(0, 2).await;
    let away = nobody().await;
    let lanes = behind_the_name(&[zero, away]).await.unwrap();
    let told = lanes.status(Vec::new(), StatusView::Full).await.unwrap();
    let said = format!("{:?}", told.doubts);
    for part in ["Missing", &away.to_string(), &zero.to_string()] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let nobody = behind_the_name(&[away, nobody().await]).await;
    let said = nobody.unwrap_err().to_string();
    assert!(said.contains(&away.to_string()), "{said}");
}
