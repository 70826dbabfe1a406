//! What a stage is to have.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::{Journal, Stage};
use crate::kafka::{Kafka, unique};
use crate::producer::Producer;
use crate::roll::Setup;

/// Topics, services and their arguments, before anything is started.
pub struct Plan<'k> {
    kafka: &'k Kafka,
    topics: Vec<Planned>,
    setup: Setup,
    group: String,
}

struct Planned {
    name: String,
    /// Partitions that are read.
    partitions: i32,
    /// Settings to create it with; none: it is there already, or never will be.
    create: Option<Vec<(String, String)>>,
}

impl<'k> Plan<'k> {
    /// No topics yet; a group of its own.
    pub fn on(kafka: &'k Kafka) -> Self {
        let group = unique("group");
        Self {
            kafka,
            topics: Vec::new(),
            setup: Setup::new(kafka.bootstrap(), &group),
            group,
        }
    }

    /// A new topic with a fetcher, under a name of its own that begins with `prefix`.
    pub fn topic(self, prefix: &str, partitions: i32) -> Self {
        self.topic_with(prefix, partitions, &[])
    }

    /// A new topic with these settings.
    pub fn topic_with(self, prefix: &str, partitions: i32, config: &[(&str, &str)]) -> Self {
        self.fed(&unique(prefix), partitions, Some(config))
    }

    /// A topic that is there already.
    pub fn existing_topic(self, name: &str, partitions: i32) -> Self {
        self.fed(name, partitions, None)
    }

    /// A topic with a fetcher, which Kafka does not have.
    pub fn missing_topic(self, prefix: &str) -> Self {
        self.fed(&unique(prefix), 0, None)
    }

    /// A topic on the roll that nobody feeds.
    pub fn unfed_topic(mut self, prefix: &str) -> Self {
        let name = unique(prefix);
        self.setup = self.setup.unfed_topic(&name);
        self.topics.push(Planned {
            name,
            partitions: 0,
            create: None,
        });
        self
    }

    /// Arguments for the aggregator.
    pub fn aggregator_flags(mut self, flags: &[&str]) -> Self {
        self.setup = self.setup.aggregator_flags(flags);
        self
    }

    /// The token files of the aggregator and of the fetchers.
    pub fn token_files(mut self, aggregator: &Path, fetchers: &Path) -> Self {
        self.setup = self.setup.token_files(aggregator, fetchers);
        self
    }

    /// Arguments for every fetcher.
    pub fn fetcher_flags(mut self, flags: &[&str]) -> Self {
        self.setup = self.setup.fetcher_flags(flags);
        self
    }

    /// Variables of every service.
    pub fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        self.setup = self.setup.environment(variables);
        self
    }

    /// Creates the topics, starts the services, and waits until every partition is claimed.
    pub async fn start(self) -> Result<Stage<'k>> {
        for topic in &self.topics {
            if let Some(config) = &topic.create {
                let config: Vec<(&str, &str)> = config
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str()))
                    .collect();
                self.kafka
                    .create_topic(&topic.name, topic.partitions, &config)
                    .await?;
            }
        }
        let journal = Journal::of(self.topics.iter().map(|topic| topic.name.as_str()))?;
        let topics = self
            .topics
            .into_iter()
            .map(|topic| (topic.name, topic.partitions));
        Ok(Stage {
            kafka: self.kafka,
            roll: self.setup.start().await?,
            journal,
            producer: Producer::new(self.kafka.bootstrap())?,
            group: self.group,
            topics: topics.collect(),
            next_numbers: BTreeMap::new(),
        })
    }

    fn fed(mut self, name: &str, partitions: i32, create: Option<&[(&str, &str)]>) -> Self {
        self.setup = self
            .setup
            .topic(name, usize::try_from(partitions).unwrap_or(0));
        let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        self.topics.push(Planned {
            name: name.to_owned(),
            partitions,
            create: create.map(|config| config.iter().map(owned).collect()),
        });
        self
    }
}
