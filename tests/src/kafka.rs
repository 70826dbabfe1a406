//! A real Apache Kafka: one node in KRaft mode, out of Maven's jars.
//!
//! [`Kafka::shared`] is one broker for all tests of a test binary, which keep apart by random topic names
//! ([`unique`]). A test that stops, kills or reconfigures its broker starts one of its own, [`Kafka::start`]: the
//! methods that disturb a broker need `&mut`, so the compiler keeps them from the shared one.

mod groups;
mod jars;
mod java;
mod launch;
mod settings;
mod signals;
mod tools;
mod topics;
mod version;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use tokio::sync::OnceCell;

use crate::leash::Leashed;

pub use tools::{CONFIGS, CONSUMER_GROUPS, GET_OFFSETS, TOPICS, TRANSACTIONS};
pub use version::Version;

/// A running broker. Dropping it kills it and removes its data.
pub struct Kafka {
    version: Version,
    libs: PathBuf,
    home: PathBuf,
    bootstrap: String,
    /// None from `kill` to `restart`.
    process: Option<Leashed>,
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
        launch::start(version, overrides).await
    }

    /// The address for clients, `127.0.0.1:PORT`; a restart keeps it.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Which Kafka this is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The broker's log, all starts of it.
    pub fn log(&self) -> PathBuf {
        self.home.join(launch::LOG)
    }

    /// The directory with the broker's settings, log and data.
    pub fn home(&self) -> &Path {
        &self.home
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        self.process = None;
        // What is left here is removed with the whole run's directory.
        let _ = std::fs::remove_dir_all(self.home.join(crate::scratch::DATA));
    }
}

/// A name that no other test uses: `prefix` and eight random characters. For topics, groups and transactional ids.
pub fn unique(prefix: &str) -> String {
    let random: String = std::iter::repeat_with(fastrand::lowercase)
        .take(8)
        .collect();
    format!("{prefix}-{random}")
}
