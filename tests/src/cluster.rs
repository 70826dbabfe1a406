//! The cluster without a cluster: every pod of the manifests as a process of this machine.
//!
//! The settings are the manifests' own; only addresses and files that Kubernetes would provide are replaced.

mod manifests;

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::command::Output;
use crate::process::{UP, listening};
use crate::{Kafka, Rollcall, Service, eventually, scratch};

pub use manifests::{Manifests, Pod};

/// Partitions of each topic, as compose.yaml has it.
pub const PARTITIONS: u32 = 3;

/// From the start of the fetchers until every partition is claimed.
const CLAIMED: Duration = Duration::from_secs(60);

/// Any port of loopback.
const ANY_PORT: &str = "127.0.0.1:0";

/// The running cluster. Dropping it kills every process.
#[derive(Debug)]
pub struct Cluster {
    token: PathBuf,
    address: SocketAddr,
    aggregator: Running,
    fetchers: Vec<Running>,
}

/// A pod that runs.
#[derive(Debug)]
pub struct Running {
    /// What it was made of.
    pub pod: Pod,
    /// Its process.
    pub service: Service,
}

impl Cluster {
    /// Creates the topics of the roll, starts the aggregator and the fetchers, and waits until all of it is fed.
    pub async fn start(kafka: &Kafka, manifests: Manifests) -> Result<Self> {
        for topic in topics(&manifests.aggregator) {
            kafka
                .create_topic(topic, i32::try_from(PARTITIONS)?, &[])
                .await?;
        }
        let token = token()?;
        let mut aggregator = Running::start(manifests.aggregator, kafka, &token, None).await?;
        let address = aggregator
            .service
            .line("where gRPC is", UP, listening("grpc"))
            .await?;
        let mut fetchers = Vec::with_capacity(manifests.fetchers.len());
        for pod in manifests.fetchers {
            fetchers.push(Running::start(pod, kafka, &token, Some(address)).await?);
        }
        let mut cluster = Self {
            token,
            address,
            aggregator,
            fetchers,
        };
        cluster.until_fed().await?;
        Ok(cluster)
    }

    /// Where the aggregator listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The file with the token that callers show.
    pub fn token(&self) -> &Path {
        &self.token
    }

    /// Runs `rollcall` with these arguments and the cluster's token, whatever its exit code.
    pub async fn ask(&self, args: &[&str]) -> Result<Output> {
        let token = self.token.to_str().context("a path that is no text")?;
        let args = [args, &["--token-file", token]].concat();
        Rollcall::of(self.address).run(&args).await
    }

    /// The topics of the roll.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        topics(&self.aggregator.pod)
    }

    /// Every process: the aggregator first.
    pub fn processes(&mut self) -> impl Iterator<Item = &mut Running> {
        std::iter::once(&mut self.aggregator).chain(&mut self.fetchers)
    }

    /// The first process that has ended, if one has, and how.
    pub fn ended(&mut self) -> Result<Option<(String, ExitStatus)>> {
        for running in self.processes() {
            if let Some(status) = running.service.ended()? {
                return Ok(Some((running.pod.name.clone(), status)));
            }
        }
        Ok(None)
    }

    /// Waits until every partition of every topic is claimed; fails at once when a process ends.
    async fn until_fed(&mut self) -> Result<()> {
        let fed = eventually("every partition is claimed", CLAIMED, async || {
            if let Some((name, status)) = self.ended()? {
                return Ok(Err(format!("{name} ended with {status}")));
            }
            let said = self.ask(&["status", "-o", "json"]).await?;
            let status: Value = serde_json::from_str(&said.stdout)
                .with_context(|| format!("it says: {}", said.stderr))?;
            ensure!(list(&status["topics"]).count() > 0, "it knows no topics");
            for topic in list(&status["topics"]) {
                let claims = list(&topic["fetchers"]).filter_map(|each| each["claims"].as_u64());
                let claims: u64 = claims.sum();
                ensure!(
                    claims == u64::from(PARTITIONS),
                    "{}: {claims}",
                    topic["topic"]
                );
            }
            Ok(Ok(()))
        });
        fed.await?.map_err(anyhow::Error::msg)
    }

    /// Stops it as Kubernetes does, fetchers first: SIGTERM, and no longer than each pod's grace period. An end with
    /// anything but 0 is an error that names the process.
    pub async fn stop(mut self) -> Result<()> {
        for fetcher in &mut self.fetchers {
            fetcher.service.terminate()?;
        }
        for fetcher in &mut self.fetchers {
            fetcher.end().await?;
        }
        self.aggregator.service.terminate()?;
        self.aggregator.end().await
    }
}

impl Running {
    async fn start(
        pod: Pod,
        kafka: &Kafka,
        token: &Path,
        aggregator: Option<SocketAddr>,
    ) -> Result<Self> {
        let mut settings = pod.settings.clone();
        let token = token.to_str().context("a path that is no text")?;
        let mut replaced = vec![
            ("ROLLCALL_LISTEN", ANY_PORT.to_owned()),
            ("ROLLCALL_ADMIN_LISTEN", ANY_PORT.to_owned()),
            ("ROLLCALL_BOOTSTRAP", kafka.bootstrap().to_owned()),
            ("ROLLCALL_TOKEN_FILE", token.to_owned()),
        ];
        replaced.extend(aggregator.map(|at| ("ROLLCALL_AGGREGATOR", format!("http://{at}"))));
        for (name, value) in replaced {
            if let Some(setting) = settings.get_mut(name) {
                *setting = value;
            }
        }
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let service = Service::start_with(&pod.binary, &[], &settings).await?;
        Ok(Self { pod, service })
    }

    async fn end(&mut self) -> Result<()> {
        let ended = self.service.end(self.pod.grace).await?;
        if !ended.success() {
            bail!(
                "{} ended with {ended}: {}",
                self.pod.name,
                self.service.stderr()?
            );
        }
        Ok(())
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn topics(aggregator: &Pod) -> impl Iterator<Item = &str> {
    let roll = aggregator.settings.get("ROLLCALL_TOPIC");
    roll.map_or("", String::as_str)
        .split(',')
        .map(str::trim)
        .filter(|topic| !topic.is_empty())
}

/// A new token in a file that only this user reads, in place of the Secret.
fn token() -> Result<PathBuf> {
    let path = scratch::directory("token")?.join("token");
    let mut options = File::options();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    writeln!(file, "{:032x}", fastrand::u128(..))?;
    Ok(path)
}
