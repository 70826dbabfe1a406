//! `make playground`: a real Kafka at a fixed port with rollcall up beside it, on which every verdict of the
//! catalogue can be reproduced by hand. Everything ends and disappears with Ctrl-C.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rollcall_tests::grpcurl::Grpcurl;
use rollcall_tests::kafka::{Kafka, PORT};
use rollcall_tests::process::{Service, binary};
use rollcall_tests::{scratch, wait};

/// Topics that rollcall reads.
const TOPICS: [&str; 2] = ["ORDERS", "PRICES"];

/// From its start until `rollcall up` answers.
const UP: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<()> {
    let home = scratch::target()?.join("playground");
    let bin = home.join("bin");
    if home.exists() {
        fs::remove_dir_all(&home).context("could not empty the playground")?;
    }
    fs::create_dir_all(&bin)?;
    println!("starting two brokers; the first time Kafka is fetched");
    let kafka = Kafka::playground().await?;
    for topic in TOPICS {
        kafka.create_placed_topic(topic, &[&[1]], &[]).await?;
    }
    kafka.lay_out(&home, &bin)?;
    for name in ["rollcall", "rollcall-aggregator", "rollcall-fetcher"] {
        symlink(binary(name).await?, bin.join(name))?;
    }
    // What the first lines that are typed may want is there when they are asked for.
    let (up, ()) = tokio::join!(up(), grpcurl(&bin));
    let _up = up?;
    println!("{}", ready(&bin));
    tokio::signal::ctrl_c().await?;
    fs::remove_dir_all(&home).context("could not empty the playground")
}

/// grpcurl where it can be had; a few recipes want it.
async fn grpcurl(bin: &Path) {
    let linked = match Grpcurl::get().await {
        Ok(grpcurl) => symlink(grpcurl.path(), bin.join("grpcurl")).map_err(Into::into),
        Err(error) => Err(error),
    };
    if let Err(error) = linked {
        println!("no grpcurl: {error:#}");
    }
}

async fn up() -> Result<Service> {
    let bootstrap = format!("127.0.0.1:{PORT}");
    let mut arguments = vec!["up", "-b", &bootstrap, "-g", "playground", "-t"];
    arguments.extend(TOPICS);
    let up = Service::start("rollcall", &arguments).await?;
    wait::eventually("rollcall up shows the roll", UP, async || {
        let printed = up.stdout()?;
        anyhow::ensure!(
            TOPICS.iter().all(|topic| printed.contains(topic)),
            "{printed}"
        );
        Ok(())
    })
    .await?;
    Ok(up)
}

fn ready(bin: &Path) -> String {
    format!(
        "Kafka 4.3 at 127.0.0.1:{PORT} (node 1) and 127.0.0.1:{} (node 2), with SASL one port above each.\n\
         rollcall up reads {} as group playground. In a second terminal, in this directory:\n\n  \
         export PATH={}:$PATH\n  rollcall status\n  rollcall verdicts TOPIC_EMPTY\n\nCtrl-C ends everything.",
        PORT + 10,
        TOPICS.join(" and "),
        bin.display(),
    )
}
