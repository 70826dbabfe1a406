//! `make cluster`: a real Kafka, and every pod of the manifests as a process of this machine, with its own settings.

use std::future::pending;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use rollcall_tests::cluster::{Cluster, Manifests, PARTITIONS};
use rollcall_tests::process::binary;
use rollcall_tests::{Kafka, Producer, Version};
use tokio::time::{Instant, interval, sleep};

/// Starts a real Kafka and the pods of deploy/kubernetes as processes, shows their status, and stops them.
///
/// Up within seconds; the first time it fetches Kafka, Python packages and, where there is no kubectl, kustomize.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  make cluster                      until Ctrl-C
  make cluster ARGS=\"--for 20s\"    ends by itself")]
struct Args {
    /// Stops by itself after this time; before it, and without it, Ctrl-C does
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    time: Option<Duration>,
}

/// Records of each topic, so that there is something to gather.
const RECORDS: u64 = 10;
/// How often it is looked whether every process is still there.
const LOOK: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let begun = Instant::now();
    println!("rendering deploy/kubernetes{}", Manifests::first_time()?);
    let manifests = Manifests::render().await?;
    println!("starting a Kafka");
    let kafka = Kafka::start(Version::V4_3).await?;
    println!(
        "starting the aggregator and {} fetchers, until every partition is claimed",
        manifests.fetchers.len()
    );
    let mut cluster = Cluster::start(&kafka, manifests).await?;
    write(&kafka, &cluster).await?;
    println!("up in {:.1} s\n", begun.elapsed().as_secs_f64());
    for running in cluster.processes() {
        println!("{:>7}  {}", running.service.pid(), running.pod.name);
    }
    println!();
    show_status(&cluster).await?;
    println!("\n{}", what_next(&cluster).await?);
    until_told(&mut cluster, args.time).await?;
    show_status(&cluster).await?;
    let stopping = Instant::now();
    cluster.stop().await?;
    let took = stopping.elapsed().as_secs_f64();
    println!("\nevery process ended with 0, in {took:.1} s");
    Ok(())
}

/// A few records in every topic.
async fn write(kafka: &Kafka, cluster: &Cluster) -> Result<()> {
    let producer = Producer::new(kafka.bootstrap())?;
    for topic in cluster.topics() {
        for partition in 0..i32::try_from(PARTITIONS)? {
            producer.numbers(topic, Some(partition), 0..RECORDS).await?;
        }
    }
    Ok(())
}

/// What `rollcall status` says, whatever its exit code.
async fn show_status(cluster: &Cluster) -> Result<()> {
    let said = cluster.ask(&["status"]).await?;
    print!("{}{}", said.stdout, said.stderr);
    Ok(())
}

async fn what_next(cluster: &Cluster) -> Result<String> {
    let rollcall = binary("rollcall").await?;
    Ok(format!(
        "in a second terminal; Ctrl-C here stops everything:\n  \
         export ROLLCALL_SERVER=http://{} ROLLCALL_TOKEN_FILE={}\n  {rollcall} status\n  {rollcall} gather --ack\n",
        cluster.address(),
        cluster.token().display(),
        rollcall = rollcall.display(),
    ))
}

/// Waits for Ctrl-C or for the end of the time; a process that ends before is an error.
async fn until_told(cluster: &mut Cluster, time: Option<Duration>) -> Result<()> {
    let over = async {
        match time {
            Some(time) => sleep(time).await,
            None => pending().await,
        }
    };
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => Ok(stopped?),
        () = over => Ok(()),
        died = death(cluster) => died,
    }
}

async fn death(cluster: &mut Cluster) -> Result<()> {
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        if let Some((name, status)) = cluster.ended()? {
            bail!("{name} ended by itself, with {status}");
        }
    }
}
