//! Who plays beside rollcall's processes: the application that gathers, producers with a rhythm.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::client::{Client, Gathered, Request};
use crate::producer::Producer;
use crate::record::Record;

/// Timeout of the application's gathers.
const GATHER: Duration = Duration::from_millis(500);

/// How long an application may take to end the round that it is in; one whose aggregator is away is cut.
const LAST_ROUND: Duration = Duration::from_secs(5);

/// After a gather that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// A task that ends with the value.
#[derive(Debug)]
pub struct Task(JoinHandle<()>);

impl Task {
    /// Runs it until the value is dropped.
    pub fn run(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(task))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An application: gathers a topic and acks what came, one round after the other. Dropping it is what an application
/// does that dies: what it was given stays out until its lease ends.
#[derive(Debug)]
pub struct App {
    task: Task,
    goes_on: watch::Sender<bool>,
}

impl App {
    /// Starts it.
    pub fn start(client: Client, topic: &str) -> Self {
        Self::told(
            client,
            Request::of([topic]).timeout(GATHER),
            Duration::ZERO,
            |_| {},
        )
    }

    /// Starts it with a request and a pause after each round; what each round brought is shown to `see`.
    pub fn told(
        client: Client,
        request: Request,
        pause: Duration,
        see: impl Fn(&Gathered) + Send + Sync + 'static,
    ) -> Self {
        let (goes_on, told) = watch::channel(true);
        let task = Task::run(async move {
            while *told.borrow() {
                match round(&client, request.clone()).await {
                    Ok(gathered) => see(&gathered),
                    Err(_) => sleep(PAUSE).await,
                }
                sleep(pause).await;
            }
        });
        Self { task, goes_on }
    }

    /// Ends it after its round, so that nothing stays out.
    pub async fn end(mut self) {
        self.goes_on.send_replace(false);
        // One that does not end is cut, as if it were dropped.
        let _ = timeout(LAST_ROUND, &mut self.task.0).await;
    }
}

async fn round(client: &Client, request: Request) -> anyhow::Result<Gathered> {
    let gathered = client.gather(request).await?;
    gathered.summary()?;
    client.settle(gathered.acks()).await?;
    Ok(gathered)
}

/// Produces `burst` records to partition 0 every `gap`, until the value is dropped.
pub fn rhythm(producer: Producer, topic: &str, gap: Duration, burst: u64) -> Task {
    let topic = topic.to_owned();
    Task::run(async move {
        let mut ticks = tokio::time::interval(gap);
        loop {
            ticks.tick().await;
            let records = (0..burst).map(|number| Record::numbered(number).to_partition(0));
            // A broker that is away makes a gap, which is what is wanted.
            let _ = producer.send_all(&topic, records.collect()).await;
        }
    })
}
