//! What a roll under fire consists of.

use std::time::Duration;

use clap::ValueEnum;
use rollcall_proto::ids::Topic;

/// How many of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Topics, at most as many as have names.
    pub topics: usize,
    /// Partitions of each.
    pub partitions: i32,
    /// Fetchers of each.
    pub fetchers: usize,
    /// Clients that ack.
    pub clients: usize,
    /// Brokers that hold the topics.
    pub brokers: usize,
    /// Aggregators, each of a lane.
    pub lanes: usize,
    /// How partitions come to fetchers.
    pub membership: Membership,
}

/// How partitions come to fetchers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Membership {
    /// The consumer group gives them
    #[default]
    Group,
    /// One fetcher of a topic takes them all, the other waits as a standby
    Fixed,
}

impl Membership {
    /// Its name in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Fixed => "fixed",
        }
    }

    /// How long a fetcher may be silent before others may have its partitions: what the fixture's groups are told.
    pub fn session(self) -> Duration {
        match self {
            Self::Group => Duration::from_secs(6),
            Self::Fixed => Duration::ZERO,
        }
    }
}

/// The topics of the largest roll.
const TOPICS: [&str; 6] = ["calm", "brisk", "steady", "plain", "reborn", "cut-short"];

impl Shape {
    /// Six topics of six partitions, two fetchers each, two clients, three brokers.
    pub const WHOLE: Self = Self {
        topics: TOPICS.len(),
        partitions: 6,
        fetchers: 2,
        clients: 2,
        brokers: 3,
        lanes: 1,
        membership: Membership::Group,
    };

    /// What `make test` has time for.
    pub const SHORT: Self = Self {
        topics: 3,
        partitions: 2,
        ..Self::WHOLE
    };

    /// The name of the topic in this place.
    pub fn topic(&self, place: usize) -> Topic {
        let name = TOPICS[place % TOPICS.len()];
        // Each of the names above is one: a test holds it.
        Topic::new(name).unwrap_or_else(|error| unreachable!("{name}: {error}"))
    }

    /// The names of all topics.
    pub fn names(&self) -> Vec<Topic> {
        (0..self.topics).map(|place| self.topic(place)).collect()
    }

    /// The place of the topic that may be deleted.
    pub fn recreated_topic(&self) -> usize {
        self.topics.saturating_sub(2)
    }

    /// The place of the topic whose logs may lose their ends: it has two replicas, and either may lead.
    pub fn truncated_topic(&self) -> usize {
        self.topics.saturating_sub(1)
    }
}
