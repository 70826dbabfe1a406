//! What an idle roll costs: six fetchers and an aggregator beside six plain consumers, as processes, on the same Kafka.
//!
//! A plain consumer has the fetcher's own client settings but for the statistics, which it does not look at, and the start; it
//! reads its topic to the end and goes on polling. The difference is the price of rollcall: evidence, judging and the feed.

mod table;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rollcall_fetcher::Config;
use rollcall_proto::ids::Topic;
use tokio::time::Instant;

use crate::kafka::{Kafka, unique};
use crate::process::{Service, Usage};
use crate::roll::{Roll, Setup};

pub use table::{beyond, table};

/// Topics of the roll.
const TOPICS: usize = 6;
/// Partitions of each.
const PARTITIONS: i32 = 1;
/// A plain consumer has joined its group and read its partition to the end within this.
const JOINED: Duration = Duration::from_secs(30);
/// What a plain consumer says when it has read its partition to the end.
const READ: &str = "read to the end";
/// A plain consumer waits for this long in one call.
const POLL: Duration = Duration::from_secs(1);

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often each side is measured, in turn.
    pub rounds: usize,
    /// Time after the start that is not measured: joining, and the reading of the log's tail.
    pub warm_up: Duration,
    /// Time that is measured.
    pub measured: Duration,
}

/// What one process used, in one round.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Share of one core, 1 for all of it.
    pub core: f64,
    /// What it held at the end, and the CPU time since its start.
    pub usage: Usage,
}

/// One round of one side.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Six consumers, or six fetchers.
    pub readers: Vec<Share>,
    /// None beside plain consumers.
    pub aggregator: Option<Share>,
}

/// Measures both sides in turn; the rounds of the plain consumers, and those of the roll. `consumer` is the program
/// that plays one ([`consume`]).
pub async fn measure(
    kafka: &Kafka,
    consumer: &Path,
    plan: Plan,
) -> Result<(Vec<Round>, Vec<Round>)> {
    let (mut plain, mut roll) = (Vec::new(), Vec::new());
    for round in 1..=plan.rounds {
        eprintln!("round {round} of {}: six plain consumers", plan.rounds);
        plain.push(plain_round(kafka, consumer, plan).await?);
        eprintln!(
            "round {round} of {}: six fetchers and an aggregator",
            plan.rounds
        );
        roll.push(roll_round(kafka, plan).await?);
    }
    Ok((plain, roll))
}

async fn plain_round(kafka: &Kafka, consumer: &Path, plan: Plan) -> Result<Round> {
    let group = unique("plain");
    let mut consumers = Vec::new();
    for topic in topics(kafka).await? {
        let mut command = Command::new(consumer);
        command.args(["consumer", kafka.bootstrap(), &group, &topic]);
        consumers.push(Service::spawn("plain-consumer", command)?);
    }
    for consumer in &mut consumers {
        let read = |line: &str| line.contains(READ).then_some(());
        consumer.line(READ, JOINED, read).await?;
    }
    let readers = shares(&consumers.iter().collect::<Vec<_>>(), plan).await?;
    Ok(Round {
        readers,
        aggregator: None,
    })
}

/// One round of six fetchers and an aggregator.
pub async fn roll_round(kafka: &Kafka, plan: Plan) -> Result<Round> {
    let mut setup = Setup::new(kafka.bootstrap(), &unique("roll"));
    for topic in topics(kafka).await? {
        setup = setup.topic(&topic, usize::try_from(PARTITIONS)?);
    }
    let mut roll = setup.start().await?;
    let Roll {
        aggregator,
        fetchers,
        ..
    } = &mut roll;
    let mut services = vec![&*aggregator.running()?];
    for fetcher in fetchers {
        services.push(fetcher.running()?);
    }
    let mut all = shares(&services, plan).await?;
    let aggregator = Some(all.remove(0));
    Ok(Round {
        readers: all,
        aggregator,
    })
}

/// New topics with nothing in them.
async fn topics(kafka: &Kafka) -> Result<Vec<String>> {
    let names: Vec<String> = (0..TOPICS).map(|_| unique("idle")).collect();
    for name in &names {
        kafka.create_topic(name, PARTITIONS, &[]).await?;
    }
    Ok(names)
}

/// What each process uses of a core between the end of the warm-up and that of the measured time.
async fn shares(services: &[&Service], plan: Plan) -> Result<Vec<Share>> {
    go_by(plan.warm_up).await;
    let usages = || {
        services
            .iter()
            .map(|service| service.usage())
            .collect::<Result<Vec<_>>>()
    };
    let (began, before) = (Instant::now(), usages()?);
    go_by(plan.measured).await;
    let (after, time) = (usages()?, began.elapsed());
    let share = |(before, after): (Usage, Usage)| Share {
        core: (after.cpu - before.cpu).as_secs_f64() / time.as_secs_f64(),
        usage: after,
    };
    Ok(before.into_iter().zip(after).map(share).collect())
}

/// Time is what is measured here, and no condition.
async fn go_by(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The plain consumer: joins, says when it has read its partition to the end, and polls for as long as it lives.
pub fn consume(bootstrap: &str, group: &str, topic: &str) -> Result<()> {
    let name: Topic = topic.parse().context("the topic's name")?;
    let mut config = Config::new(name, bootstrap, group, "http://127.0.0.1:1").client();
    config.set("group.protocol", "consumer");
    // A fetcher places its partitions itself; without a start this consumer would fetch nothing at all.
    config.set("auto.offset.reset", "earliest");
    config.remove("statistics.interval.ms");
    let consumer: BaseConsumer = config.create().context("could not create the consumer")?;
    consumer.subscribe(&[topic])?;
    let mut said = false;
    loop {
        // Errors of a broker that is away are no end.
        let polled = consumer.poll(POLL);
        if !said && let Some(Err(KafkaError::PartitionEOF(_))) = polled {
            println!("{READ}");
            said = true;
        }
    }
}
