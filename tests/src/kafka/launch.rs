//! Starting a Kafka: ports, settings, formatted data directories, the processes, and the wait until they serve.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use tokio::sync::Semaphore;

use super::node::{self, Node};
use super::secured::Certificate;
use super::settings::{self, Ports, Wanted};
use super::{Kafka, Version, jars, java};
use crate::leash::Leashed;
use crate::{ports, scratch, wait};

/// A node's log, in its home.
pub(super) const LOG: &str = "server.log";

/// A broker is up after 3 s on a quiet machine; builds may run beside it.
const START: Duration = Duration::from_secs(90);

/// One look at whether it is up; short, so that a broker that ended is noticed soon.
const LOOK: Duration = Duration::from_secs(1);

/// How often other ports are tried when somebody took the chosen ones first.
const TRIES: usize = 3;

/// Starts at once, of one test binary: they take the cores for seconds, and beside many others each takes minutes.
static STARTS: Semaphore = Semaphore::const_new(2);

/// From one node's fixed ports to the next one's.
const NEXT_NODE: u16 = 10;

/// What the broker logs when a port of its own is taken.
const PORT_TAKEN: &str = "Address already in use";

/// What is to be started.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) version: Version,
    pub(super) nodes: i32,
    /// Whether there are users, rights and certificates.
    pub(super) secured: bool,
    /// Where the first node listens for clients; free ports of the system's choice unless said.
    pub(super) port: Option<u16>,
    /// Where proxies listen, one for each node; empty without proxies.
    pub(super) proxies: Vec<u16>,
    pub(super) overrides: Vec<(String, String)>,
}

pub(super) async fn start(layout: &Layout) -> Result<Kafka> {
    let _turn = STARTS.acquire().await?;
    let libs = jars::libs(layout.version).await?;
    for _ in 1..TRIES {
        let mut kafka = prepare(layout, &libs).await?;
        match serve(&mut kafka).await {
            Ok(()) => return Ok(kafka),
            Err(_) if kafka.nodes.iter().any(|node| node.log_says(PORT_TAKEN)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut kafka = prepare(layout, &libs).await?;
    serve(&mut kafka).await.map(|()| kafka)
}

/// Everything but the processes.
pub(super) async fn prepare(layout: &Layout, libs: &Path) -> Result<Kafka> {
    let certificate = match layout.secured {
        true => Some(Certificate::make().await?),
        false => None,
    };
    let cluster_id = java::cluster_id();
    let mut nodes = Vec::new();
    let mut controller = None;
    for (at, id) in (1..=layout.nodes).enumerate() {
        let node = empty(layout, id)?;
        let controller = *controller.get_or_insert(node.ports.controller);
        let settings = settings::render(&Wanted {
            version: layout.version,
            id,
            ports: node.ports,
            controller,
            nodes: layout.nodes,
            data: &node.home.join(scratch::DATA),
            proxy: layout.proxies.get(at).copied(),
            certificate: certificate.as_ref(),
            overrides: &layout.overrides,
        });
        fs::write(java::settings_of(&node.home), settings)
            .context("could not write the broker's settings")?;
        java::format(libs, &node.home, &cluster_id, layout.secured).await?;
        nodes.push(node);
    }
    let addresses: Vec<String> = nodes.iter().map(Node::address).collect();
    let bootstrap = addresses.join(",");
    Ok(Kafka {
        version: layout.version,
        libs: libs.to_owned(),
        admin: Arc::new(admin(&bootstrap)?),
        bootstrap,
        nodes,
        certificate,
    })
}

fn empty(layout: &Layout, id: i32) -> Result<Node> {
    let version = layout.version;
    let ports = match layout.port {
        Some(first) => Ports::from(first + NEXT_NODE * u16::try_from(id - 1)?),
        None => Ports {
            clients: ports::free()?,
            controller: ports::free()?,
            sasl: ports::free()?,
            tls: ports::free()?,
        },
    };
    Ok(Node {
        id,
        home: scratch::directory(&format!("kafka-{version}-node{id}"))?,
        ports,
        process: None,
    })
}

/// Starts the processes of the nodes that have none, and waits until all serve.
pub(super) async fn serve(kafka: &mut Kafka) -> Result<()> {
    let mut idle = 0;
    for at in 0..kafka.nodes.len() {
        if kafka.nodes[at].process.is_none() {
            start_node(kafka, at)?;
            idle += 1;
        }
    }
    ensure!(idle > 0, "every broker runs already");
    let what = format!(
        "Kafka {} serves at {}, logs in {}",
        kafka.version,
        kafka.bootstrap,
        kafka.home().display()
    );
    wait_until_it_serves(kafka, &what).await?;
    report(kafka.version)
}

/// Starts one node's process, without waiting.
pub(super) fn start_node(kafka: &mut Kafka, at: usize) -> Result<()> {
    let command = java::broker(kafka, &kafka.nodes[at].home);
    let log = kafka.nodes[at].log();
    kafka.nodes[at].process = Some(Leashed::start(&command, &log, &log)?);
    Ok(())
}

/// Waits until every node that has a process listens and is in the metadata, and groups have a coordinator.
pub(super) async fn wait_until_it_serves(kafka: &mut Kafka, what: &str) -> Result<()> {
    let up = wait::eventually(what, START, async || {
        for node in &mut kafka.nodes {
            if let Some(status) = node.ended()? {
                return Ok(Err((node.id, status)));
            }
        }
        let running: Vec<i32> = kafka.running();
        for node in kafka.nodes.iter().filter(|node| node.process.is_some()) {
            node.listens()?;
        }
        let metadata = kafka.metadata(None, LOOK).await?;
        let known: Vec<i32> = metadata
            .brokers()
            .iter()
            .map(|broker| broker.id())
            .collect();
        ensure!(
            running.iter().all(|id| known.contains(id)),
            "{running:?} run, the metadata has {known:?}"
        );
        // The first question about a group creates the coordinator's topic.
        kafka.committed("fixture", "none", 0).await?;
        Ok(Ok(()))
    });
    match up.await? {
        Ok(()) => Ok(()),
        Err((id, status)) => {
            let log = node::numbered(&mut kafka.nodes, id)?.log();
            bail!(
                "broker {id} ended ({status}) before it served; {}",
                tail(&log)
            )
        }
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
