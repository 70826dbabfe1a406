//! Starting a broker: ports, settings, a formatted data directory, the process, and the wait until it serves.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;

use super::settings::{self, Ports};
use super::{Kafka, Version, jars, java};
use crate::leash::Leashed;
use crate::{ports, scratch, wait};

/// The broker's log, in its home.
pub(super) const LOG: &str = "server.log";

/// A broker is up after 3 s on a quiet machine; builds may run beside it.
const START: Duration = Duration::from_secs(90);

/// One look at whether it is up; short, so that a broker that ended is noticed soon.
const LOOK: Duration = Duration::from_secs(1);

/// How often other ports are tried when somebody took the chosen ones first.
const TRIES: usize = 3;

/// What the broker logs when a port of its own is taken.
const PORT_TAKEN: &str = "Address already in use";

pub(super) async fn start(version: Version, overrides: &[(&str, &str)]) -> Result<Kafka> {
    let libs = jars::libs(version).await?;
    for _ in 1..TRIES {
        let mut kafka = prepare(version, &libs, overrides).await?;
        match serve(&mut kafka).await {
            Ok(()) => return Ok(kafka),
            Err(_) if log_says(&kafka, PORT_TAKEN) => {}
            Err(error) => return Err(error),
        }
    }
    let mut kafka = prepare(version, &libs, overrides).await?;
    serve(&mut kafka).await.map(|()| kafka)
}

/// Everything but the process.
async fn prepare(version: Version, libs: &Path, overrides: &[(&str, &str)]) -> Result<Kafka> {
    let home = scratch::directory(&format!("kafka-{version}"))?;
    let ports = Ports {
        clients: ports::free()?,
        controller: ports::free()?,
    };
    let settings = settings::render(version, ports, &home.join(scratch::DATA), overrides);
    fs::write(java::settings_of(&home), settings)
        .context("could not write the broker's settings")?;
    java::format(libs, &home).await?;
    let bootstrap = format!("127.0.0.1:{}", ports.clients);
    let admin = Arc::new(admin(&bootstrap)?);
    Ok(Kafka {
        version,
        libs: libs.to_owned(),
        home,
        bootstrap,
        process: None,
        admin,
    })
}

/// Starts the process of a broker that has none, and waits until it serves.
pub(super) async fn serve(kafka: &mut Kafka) -> Result<()> {
    ensure!(kafka.process.is_none(), "the broker runs already");
    let log = kafka.log();
    kafka.process = Some(Leashed::start(&java::broker(kafka), &log, &log)?);
    let what = format!(
        "Kafka {} serves at {}, log {}",
        kafka.version,
        kafka.bootstrap,
        log.display()
    );
    wait_until_it_serves(kafka, &what).await?;
    report(kafka.version)
}

async fn wait_until_it_serves(kafka: &mut Kafka, what: &str) -> Result<()> {
    let up = wait::eventually(what, START, async || {
        if let Some(ended) = kafka
            .process
            .as_mut()
            .and_then(|process| process.ended().transpose())
        {
            return Ok(Err(ended?));
        }
        let metadata = kafka.metadata(None, LOOK).await?;
        ensure!(metadata.brokers().len() == 1, "no broker in the metadata");
        // The first question about a group creates the coordinator's topic.
        kafka.committed("fixture", "none", 0).await?;
        Ok(Ok(()))
    });
    match up.await? {
        Ok(()) => Ok(()),
        Err(status) => bail!(
            "the broker ended ({status}) before it served; {}",
            tail(&kafka.log())
        ),
    }
}

fn admin(bootstrap: &str) -> Result<AdminClient<DefaultClientContext>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    // Else the high watermark is the last stable offset, here too.
    config.set("isolation.level", "read_uncommitted");
    // A broker that is not up yet is asked again soon.
    config
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "200");
    config.create().context("could not create the admin client")
}

fn log_says(kafka: &Kafka, what: &str) -> bool {
    fs::read_to_string(kafka.log()).is_ok_and(|log| log.contains(what))
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines
        .get(lines.len().saturating_sub(20)..)
        .unwrap_or_default();
    format!("end of {}:\n{}", log.display(), last.join("\n"))
}

/// Leaves word for `make test`, which says at its end on which Kafka versions the tests ran.
fn report(version: Version) -> Result<()> {
    let Some(directory) = std::env::var_os("TEST_ROLLCALL_REPORT") else {
        return Ok(());
    };
    let seen = PathBuf::from(directory).join(format!("kafka-{version}"));
    fs::write(&seen, "").with_context(|| format!("could not write {}", seen.display()))
}
