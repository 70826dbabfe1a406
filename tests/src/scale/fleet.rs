//! An aggregator with so many topics on its roll, and the process that feeds them.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::feeds::Load;
use super::look::Looker;
use crate::client::Client;
use crate::eventually;
use crate::process::{Service, Usage};
use crate::roll::{Roll, Setup};

/// From the start of the feeds until every partition of a thousand topics is claimed, and every verdict confirmed.
const UP: Duration = Duration::from_secs(60);

/// The services.
#[derive(Debug)]
pub struct Fleet {
    roll: Roll,
    topics: Vec<String>,
    feeds: Option<Service>,
}

/// Names of so many topics.
pub fn names(topics: usize) -> Vec<String> {
    (0..topics)
        .map(|number| format!("fleet.station-{number:04}.meter"))
        .collect()
}

impl Fleet {
    /// Starts an aggregator with this roll; nobody feeds it yet.
    pub async fn start(topics: Vec<String>, flags: &[&str]) -> Result<Self> {
        let setup = Setup::new("no-kafka:9092", "scale").aggregator_flags(flags);
        let setup = topics
            .iter()
            .fold(setup, |setup, topic| setup.unfed_topic(topic));
        Ok(Self {
            roll: setup.start_aggregator().await?,
            topics,
            feeds: None,
        })
    }

    /// The aggregator.
    pub const fn roll(&mut self) -> &mut Roll {
        &mut self.roll
    }

    /// Where the aggregator listens.
    pub fn server(&self) -> String {
        format!("http://{}", self.roll.address())
    }

    /// The topics, in the order of the roll.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    /// A client of the aggregator.
    pub(super) fn client(&self, id: &str) -> Result<Client> {
        self.roll.client(id)
    }

    /// What the aggregator uses.
    pub fn usage(&mut self) -> Result<Usage> {
        self.roll.aggregator.running()?.usage()
    }

    /// Feeds all topics, in place of who fed them before, and waits until every partition is claimed.
    pub(super) async fn feed(&mut self, looker: &mut Looker, load: Load) -> Result<()> {
        // The old feeds end first: they would be told that their partitions have other owners.
        self.feeds = None;
        let this = std::env::current_exe().context("this program's own path is unknown")?;
        let mut command = Command::new(this);
        command.args(["feeds", &self.server(), &self.topics.len().to_string()]);
        command.args(["--partitions", &load.partitions.to_string()]);
        command.args(["--records", &load.records.to_string()]);
        command.args(["--bytes", &load.bytes.to_string()]);
        command.args(load.greedy.then_some("--greedy"));
        self.feeds = Some(Service::spawn("feeds", command)?);
        let claimed = self.until_claimed(looker, load.partitions).await;
        claimed.with_context(|| self.feeds_said())
    }

    /// Waits until every partition of every topic is claimed.
    async fn until_claimed(&self, looker: &mut Looker, partitions: i32) -> Result<()> {
        let wanted = self.topics.len() * usize::try_from(partitions)?;
        eventually("every partition is claimed", UP, async || {
            let claimed = looker.claimed().await?;
            ensure!(claimed == wanted, "{claimed} of {wanted} are");
            Ok(())
        })
        .await
    }

    fn feeds_said(&self) -> String {
        let said = self.feeds.as_ref().map(Service::stderr);
        format!("the feeds said: {said:?}")
    }

    /// Fails when a feed has ended.
    pub fn check(&mut self) -> Result<()> {
        let ended = self
            .feeds
            .as_mut()
            .map(Service::ended)
            .transpose()?
            .flatten();
        ensure!(ended.is_none(), "{}", self.feeds_said());
        Ok(())
    }
}
