//! How often a fetcher measures the log while it is asked for ten times a second.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::client::Request;
use crate::kafka::{Kafka, unique};
use crate::process::{UP, listening};
use crate::promtool::Page;
use crate::roll::Setup;

/// Topics of the roll, and so fetchers.
const TOPICS: usize = 6;

/// From one gather to the next.
const GAP: Duration = Duration::from_millis(100);

/// How long is counted.
const LENGTH: Duration = Duration::from_secs(40);

/// The gathers that are still under way at the end are answered within this.
const LAST: Duration = Duration::from_secs(10);

/// What was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probes {
    /// Rounds of one fetcher a second: of the one that made the most.
    pub(super) rounds: f64,
    /// Gathers a second.
    pub(super) gathers: f64,
}

/// Gathers the whole of an empty roll ten times a second, and reads how many rounds each fetcher has made meanwhile.
pub(super) async fn measure(kafka: &Kafka) -> Result<Probes> {
    let topics: Vec<String> = (0..TOPICS).map(|_| unique("probes")).collect();
    let mut setup = Setup::new(kafka.bootstrap(), &unique("probes"));
    for topic in &topics {
        kafka.create_topic(topic, 1, &[]).await?;
        setup = setup.topic(topic, 1);
    }
    let mut roll = setup.start().await?;
    let mut admins = Vec::new();
    for (fetcher, topic) in roll.fetchers.iter_mut().zip(&topics) {
        let service = fetcher.running()?;
        let admin: SocketAddr = service.line("its port", UP, listening("")).await?;
        admins.push((admin, topic));
    }
    let client = roll.client("ten-a-second")?;
    let (began, before) = (Instant::now(), counted(&admins).await?);
    let mut ticks = interval(GAP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut gathers = JoinSet::new();
    let mut answered: u32 = 0;
    while began.elapsed() < LENGTH {
        ticks.tick().await;
        let client = client.clone();
        gathers.spawn(async move { client.gather(Request::roll().timeout(GAP)).await });
        while let Some(gathered) = gathers.try_join_next() {
            gathered??;
            answered += 1;
        }
    }
    let (after, time) = (counted(&admins).await?, began.elapsed().as_secs_f64());
    let rest = timeout(LAST, gathers.join_all()).await;
    for gathered in rest.context("a gather was not answered")? {
        gathered?;
    }
    let rounds = before
        .iter()
        .zip(&after)
        .map(|(before, after)| after - before);
    Ok(Probes {
        rounds: rounds.fold(0.0, f64::max) / time,
        gathers: f64::from(answered) / time,
    })
}

/// The rounds that each fetcher has made since its start, those that failed included.
async fn counted(admins: &[(SocketAddr, &String)]) -> Result<Vec<f64>> {
    let mut all = Vec::new();
    for (admin, topic) in admins {
        let page = Page::of(*admin, "text/plain").await?;
        let of = |name: &str| {
            let series = format!("rollcall_fetcher_{name}_total{{topic=\"{topic}\"}}");
            page.value(&series)
                .with_context(|| format!("no {series} on\n{}", page.text))
        };
        all.push(of("probes")? + of("probe_failures")?);
    }
    Ok(all)
}
