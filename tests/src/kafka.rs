//! A real Apache Kafka: one node in KRaft mode, out of Maven's jars.
//!
//! [`Kafka::shared`] is one broker for all tests of a test binary, which keep apart by random topic names
//! ([`unique`]). A test that stops, kills or reconfigures its broker starts one of its own, [`Kafka::start`]: the
//! methods that disturb a broker need `&mut`, so the compiler keeps them from the shared one. [`Kafka::cluster`] has
//! several nodes, [`Kafka::secured`] has users and certificates.

mod damage;
mod groups;
mod jars;
mod java;
mod launch;
mod leaders;
mod node;
mod playground;
mod rights;
mod secured;
mod settings;
mod signals;
mod tools;
mod topics;
mod version;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use tokio::sync::OnceCell;

use launch::Layout;
use node::Node;
use secured::Certificate;

pub use damage::{Damage, Damaged};
pub use playground::PORT;
pub use rights::{Acl, Operation, Resource};
pub use secured::{Mechanism, PASSWORD, USER};
pub use tools::{CONFIGS, CONSUMER_GROUPS, GET_OFFSETS, TOPICS, TRANSACTIONS};
pub use version::Version;

/// A running broker, or several that are one Kafka. Dropping it kills it and removes its data.
pub struct Kafka {
    version: Version,
    libs: PathBuf,
    /// The addresses of all nodes.
    bootstrap: String,
    /// At least one, in the order of their numbers, which begin with 1.
    nodes: Vec<Node>,
    /// Where there is security.
    certificate: Option<Certificate>,
    admin: Arc<AdminClient<DefaultClientContext>>,
}

impl Kafka {
    /// The broker (4.3) that the tests of this binary share, started by the first one that asks.
    ///
    /// # Panics
    /// If it cannot be started: no test of the binary can go on, and each shall say why.
    #[expect(clippy::panic, reason = "a fixture that is missing is a failed test")]
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Kafka> = OnceCell::const_new();
        match SHARED.get_or_try_init(|| Self::start(Version::V4_3)).await {
            Ok(kafka) => kafka,
            Err(error) => panic!("the shared Kafka did not start: {error:#}"),
        }
    }

    /// Starts a broker for one test.
    pub async fn start(version: Version) -> Result<Self> {
        Self::start_with(version, &[]).await
    }

    /// Starts a broker for one test, with broker settings that override the fixture's (see `kafka/settings.rs`).
    pub async fn start_with(version: Version, overrides: &[(&str, &str)]) -> Result<Self> {
        Self::cluster(version, 1, overrides).await
    }

    /// Starts several brokers that are one Kafka. Node 1 is the controller too, and must not die alone; topics and
    /// groups are on one node each unless said otherwise ([`create_placed_topic`](Self::create_placed_topic)).
    pub async fn cluster(version: Version, nodes: i32, overrides: &[(&str, &str)]) -> Result<Self> {
        Self::behind_proxies(version, nodes, &[], overrides).await
    }

    /// Several brokers, each with one more listener, of which clients are told that it is at the proxy of the same place.
    /// The proxies need not be there yet.
    pub async fn behind_proxies(
        version: Version,
        nodes: i32,
        proxies: &[u16],
        overrides: &[(&str, &str)],
    ) -> Result<Self> {
        let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        launch::start(&Layout {
            version,
            nodes,
            secured: false,
            port: None,
            proxies: proxies.to_vec(),
            overrides: overrides.iter().map(owned).collect(),
        })
        .await
    }

    /// The address for clients, `127.0.0.1:PORT`, of several nodes with commas between; a restart keeps it.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// What the proxy of each node is to forward to.
    pub fn behind(&self) -> Vec<SocketAddr> {
        let listener = |node: &Node| SocketAddr::from((Ipv4Addr::LOCALHOST, node.ports.sasl));
        self.nodes.iter().map(listener).collect()
    }

    /// The first node's process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        let process = self.nodes.first()?.process.as_ref();
        process.map(crate::leash::Leashed::pid)
    }

    /// Which Kafka this is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The first node's log, all starts of it.
    pub fn log(&self) -> PathBuf {
        self.nodes[0].log()
    }

    /// The directory with the first node's settings, log and data.
    pub fn home(&self) -> &Path {
        &self.nodes[0].home
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.process = None;
            node::remove_data(&node.home);
        }
    }
}

/// A name that no other test uses: `prefix` and eight random characters. For topics, groups and transactional ids.
pub fn unique(prefix: &str) -> String {
    let random: String = std::iter::repeat_with(fastrand::lowercase)
        .take(8)
        .collect();
    format!("{prefix}-{random}")
}
