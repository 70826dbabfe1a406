//! The services under test as processes: one aggregator, and the fetchers that feed it.

mod runner;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::service::token::Bearer;

use crate::client::Client;
use crate::{eventually, ports};

pub use runner::Runner;

/// The aggregator's binary.
pub const AGGREGATOR: &str = "rollcall-aggregator";
/// The fetcher's binary.
pub const FETCHER: &str = "rollcall-fetcher";

/// From the start of a process until it answers; debug builds, beside a compiler.
const UP: Duration = Duration::from_secs(30);

/// From the start of the fetchers until every partition is claimed: a dead member's session (6 s in these tests) may
/// have to run out first.
const CLAIMED: Duration = Duration::from_secs(40);

/// How often another port is tried when somebody took the chosen one first.
const TRIES: usize = 3;

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Setup {
    bootstrap: String,
    group: String,
    topics: Vec<Expected>,
    aggregator_flags: Vec<String>,
    fetcher_flags: Vec<String>,
    token_file: Option<PathBuf>,
    environment: Vec<(String, String)>,
}

/// A topic of the roll.
#[derive(Clone, Debug)]
struct Expected {
    name: String,
    /// None: nobody feeds it.
    partitions: Option<usize>,
}

/// The running services.
#[derive(Debug)]
pub struct Roll {
    setup: Setup,
    address: SocketAddr,
    /// The aggregator. A restart listens on the same port.
    pub aggregator: Runner,
    /// The fetchers: one for each topic that is fed, in the order of the roll, then those that were added.
    pub fetchers: Vec<Runner>,
}

impl Setup {
    /// Nothing yet, on this Kafka, for this group.
    pub fn new(bootstrap: &str, group: &str) -> Self {
        Self {
            bootstrap: bootstrap.to_owned(),
            group: group.to_owned(),
            topics: Vec::new(),
            aggregator_flags: Vec::new(),
            fetcher_flags: Vec::new(),
            token_file: None,
            environment: Vec::new(),
        }
    }

    /// The file with the token that the aggregator wants to be shown, by this roll's own clients too; and the one that
    /// the fetchers show.
    pub fn token_files(mut self, aggregator: &Path, fetchers: &Path) -> Self {
        let flags = |file: &Path| ["--token-file".to_owned(), file.display().to_string()];
        self.aggregator_flags.extend(flags(aggregator));
        self.fetcher_flags.extend(flags(fetchers));
        self.token_file = Some(aggregator.to_owned());
        self
    }

    /// A topic with a fetcher, and how many partitions it has.
    pub fn topic(mut self, name: &str, partitions: usize) -> Self {
        self.expect(name, Some(partitions));
        self
    }

    /// A topic that is expected on the roll, and that nobody feeds.
    pub fn unfed_topic(mut self, name: &str) -> Self {
        self.expect(name, None);
        self
    }

    /// More arguments for the aggregator.
    pub fn aggregator_flags(mut self, flags: &[&str]) -> Self {
        self.aggregator_flags
            .extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// More arguments for every fetcher.
    pub fn fetcher_flags(mut self, flags: &[&str]) -> Self {
        self.fetcher_flags
            .extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// Variables of every process.
    pub fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        self.environment.extend(variables.iter().map(owned));
        self
    }

    /// Starts the aggregator alone, and waits until it answers.
    pub async fn start_aggregator(self) -> Result<Roll> {
        for _ in 1..TRIES {
            // A port that somebody else took meanwhile ends the aggregator at once.
            if let Ok(roll) = self.clone().start_aggregator_once().await {
                return Ok(roll);
            }
        }
        self.start_aggregator_once().await
    }

    /// Starts everything, and waits until every partition is claimed.
    pub async fn start(self) -> Result<Roll> {
        let mut roll = self.start_aggregator().await?;
        roll.start_fetchers().await?;
        roll.until_claimed().await?;
        Ok(roll)
    }

    async fn start_aggregator_once(self) -> Result<Roll> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?));
        let mut args = strings([
            "--listen",
            &address.to_string(),
            "--admin-listen",
            "127.0.0.1:0",
        ]);
        for topic in &self.topics {
            args.extend(strings(["--topic", &topic.name]));
        }
        args.extend(self.aggregator_flags.iter().cloned());
        let mut roll = Roll {
            address,
            aggregator: Runner::new(AGGREGATOR, args, self.environment.clone()),
            setup: self,
            fetchers: Vec::new(),
        };
        roll.aggregator.start().await?;
        roll.until_up().await?;
        Ok(roll)
    }

    fn expect(&mut self, name: &str, partitions: Option<usize>) {
        self.topics.push(Expected {
            name: name.to_owned(),
            partitions,
        });
    }
}

impl Roll {
    /// Where the aggregator listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of the aggregator.
    pub fn client(&self, id: &str) -> Result<Client> {
        let bearer = Bearer::of(self.setup.token_file.as_deref())?;
        Client::showing(self.address, id, bearer)
    }

    /// Starts one fetcher for each topic that is to be fed.
    pub async fn start_fetchers(&mut self) -> Result<()> {
        let fed = self
            .setup
            .topics
            .iter()
            .filter(|topic| topic.partitions.is_some());
        let names: Vec<String> = fed.map(|topic| topic.name.clone()).collect();
        for name in names {
            self.add_fetcher(&name).await?;
        }
        Ok(())
    }

    /// Starts one more fetcher of a topic, and says its place in `fetchers`.
    pub async fn add_fetcher(&mut self, topic: &str) -> Result<usize> {
        self.add_fetcher_by(topic, self.address, &[]).await
    }

    /// The same, with more arguments and another way to the aggregator.
    pub async fn add_fetcher_by(
        &mut self,
        topic: &str,
        aggregator: SocketAddr,
        flags: &[&str],
    ) -> Result<usize> {
        let Setup {
            bootstrap, group, ..
        } = &self.setup;
        let aggregator = format!("http://{aggregator}");
        let mut args = strings(["--topic", topic, "--bootstrap", bootstrap, "--group", group]);
        args.extend(strings([
            "--aggregator",
            &aggregator,
            "--admin-listen",
            "127.0.0.1:0",
        ]));
        args.extend(self.setup.fetcher_flags.iter().cloned());
        args.extend(flags.iter().map(|&flag| flag.to_owned()));
        let mut fetcher = Runner::new(FETCHER, args, self.setup.environment.clone());
        fetcher.start().await?;
        self.fetchers.push(fetcher);
        Ok(self.fetchers.len() - 1)
    }

    /// Starts the killed aggregator again, on the same port, and waits until it answers.
    pub async fn restart_aggregator(&mut self) -> Result<()> {
        self.aggregator.start().await?;
        self.until_up().await
    }

    /// Waits until the aggregator answers; fails at once when it ends.
    pub async fn until_up(&mut self) -> Result<()> {
        let client = self.client("start")?;
        let aggregator = &mut self.aggregator;
        let up = eventually("the aggregator answers", UP, async || {
            if let Some(ended) = aggregator.ended()? {
                return Ok(Err(ended));
            }
            client.status().await.map(|_| Ok(()))
        });
        up.await?
            .map_err(|ended| anyhow::anyhow!("the aggregator ended: {ended}"))
    }

    /// Waits until every partition of every topic that is fed is claimed.
    pub async fn until_claimed(&self) -> Result<()> {
        for topic in &self.setup.topics {
            if let Some(partitions) = topic.partitions {
                self.until_partitions_are_claimed(&topic.name, partitions)
                    .await?;
            }
        }
        Ok(())
    }

    /// Waits until so many partitions of a topic are claimed.
    pub async fn until_partitions_are_claimed(&self, topic: &str, partitions: usize) -> Result<()> {
        let client = self.client("claims")?;
        let what = format!("{partitions} partitions of {topic} are claimed");
        eventually(&what, CLAIMED, async || {
            let status = client.topic(topic).await?;
            let claimed = status
                .partitions
                .iter()
                .filter(|partition| partition.epoch > 0);
            let claimed = claimed.count();
            ensure!(claimed == partitions, "{claimed} are: {status:?}");
            Ok(())
        })
        .await
    }

    /// The fetcher in this place.
    pub fn fetcher(&mut self, place: usize) -> Result<&mut Runner> {
        self.fetchers
            .get_mut(place)
            .with_context(|| format!("no fetcher {place}"))
    }
}

fn strings<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
