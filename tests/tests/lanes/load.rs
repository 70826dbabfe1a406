//! Records at a pace, and a client for each lane that acks what comes, while aggregators come and go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_proto::v1::Close;
use rollcall_tests::client::{Client, Request};
use rollcall_tests::record::Record;
use rollcall_tests::stage::{Journal, Witness};
use rollcall_tests::{Producer, eventually};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::house::{House, SOON};

/// Time between two records of one partition.
const PACE: Duration = Duration::from_millis(5);
/// Timeout of a gather, and pause after one that failed.
const GATHER: Duration = Duration::from_millis(200);

/// Everything that runs beside.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    came: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Result<()>>>,
}

impl Load {
    /// Writes to every partition, and reads at these addresses, whichever lane is there.
    pub(crate) fn start(house: &House, partitions: i32, addresses: &[SocketAddr]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let came = Arc::new(AtomicUsize::new(0));
        let (journal, topic) = (house.journal.clone(), house.topic.clone());
        let producer = house.producer.clone();
        let writes = write(producer, journal, topic, partitions, Arc::clone(&stop));
        let mut tasks = vec![tokio::spawn(writes)];
        for (place, address) in addresses.iter().enumerate() {
            let client = Client::to(*address, &format!("load-{place}")).unwrap();
            let reader = Witness::new(client, house.journal.clone());
            tasks.push(tokio::spawn(read(
                reader,
                Arc::clone(&came),
                Arc::clone(&stop),
            )));
        }
        Self { stop, came, tasks }
    }

    /// Waits until so many records more have come.
    pub(crate) async fn until_more(&self, records: usize) {
        let before = self.came.load(Ordering::Relaxed);
        let flows = eventually("records come", SOON, async || {
            let more = self.came.load(Ordering::Relaxed) - before;
            ensure!(more >= records, "{more} of {records}");
            Ok(())
        });
        flows.await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap().unwrap();
        }
    }
}

async fn write(
    producer: Producer,
    journal: Journal,
    topic: String,
    partitions: i32,
    stop: Arc<AtomicBool>,
) -> Result<()> {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        let record = |partition| Record::numbered(number).to_partition(partition);
        let sent = producer.send_all(&topic, (0..partitions).map(record).collect());
        journal.produced(&topic, &sent.await?)?;
        number += 1;
    }
    Ok(())
}

/// Gathers and acks. Where nobody answers, or an ack is refused since its partition went to another lane, it goes on.
async fn read(reader: Witness, came: Arc<AtomicUsize>, stop: Arc<AtomicBool>) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let request = Request::roll().timeout(GATHER).close(Close::Any);
        match reader.gather(request).await {
            Ok(gathered) if gathered.summary.is_some() => {
                came.fetch_add(gathered.record_count(), Ordering::Relaxed);
                let _settled = reader.ack(&gathered).await;
            }
            Ok(_) | Err(_) => sleep(GATHER).await,
        }
    }
    Ok(())
}
