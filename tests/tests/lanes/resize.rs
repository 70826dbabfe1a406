//! The number of lanes changes by a rolling restart of the aggregators, while records are written and acked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rollcall_fetcher::{Config, Lookup};
use rollcall_proto::ids::Topic;
use rollcall_tests::ports;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::house::House;
use crate::load::Load;

const PARTITIONS: i32 = 6;

/// The addresses of the name, as a headless Service would have them.
type Addresses = Arc<Mutex<Vec<SocketAddr>>>;

/// A fetcher that is told one name.
struct Fetcher {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Fetcher {
    fn start(house: &House, addresses: &Addresses) -> Self {
        let topic = Topic::new(&house.topic).unwrap();
        let name = format!("http://localhost:{}", house.lanes[0].address.port());
        let mut config = Config::new(topic, house.bootstrap(), &*house.group, name);
        config.drain_timeout = Duration::from_secs(2);
        let addresses = Arc::clone(addresses);
        let lookup: Lookup = Arc::new(move |_host| {
            let found = addresses.lock().unwrap().clone();
            Box::pin(async move { Ok(found) })
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let end = async { drop(stopped.await) };
            rollcall_fetcher::run_with_names(config, None, end, lookup)
                .await
                .unwrap();
        });
        Self { stop, running }
    }

    async fn stop(self) {
        drop(self.stop);
        self.running.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_from_one_to_two_to_three_to_two_lose_nothing_under_load() {
    let mut house = House::open("resize", PARTITIONS, 1).await;
    let mut all = house.addresses();
    all.extend((0..2).map(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free().unwrap()))));
    let addresses = Addresses::new(Mutex::new(house.addresses()));
    let fetcher = Fetcher::start(&house, &addresses);
    house.until_claimed(0, 6).await;
    let load = Load::start(&house, PARTITIONS, &all);
    load.until_more(100).await;
    for lanes in [2, 3, 2] {
        while house.lanes.len() > lanes {
            house.close_last().await;
        }
        for lane in (0..house.lanes.len()).rev() {
            house.restart(lane, lanes).await;
        }
        let running = house.lanes.len();
        for (lane, &address) in all.iter().enumerate().take(lanes).skip(running) {
            house.start_lane(lane, lanes, address).await;
        }
        *addresses.lock().unwrap() = house.addresses();
        for lane in 0..lanes {
            house.until_claimed(lane, 6 / lanes).await;
        }
        load.until_more(300).await;
    }
    load.stop().await;
    house.read_to_the_end_and_check().await;
    fetcher.stop().await;
}
