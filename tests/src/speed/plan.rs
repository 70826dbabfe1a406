//! What is measured.

use std::time::Duration;

use clap::ValueEnum;

/// Topics, as many as the application's.
pub(super) const TOPICS: usize = 6;

/// Partitions of each topic.
pub(super) const PARTITIONS: i32 = 4;

/// A reader that has not read everything within this is stuck.
pub(super) const READ: Duration = Duration::from_secs(120);

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Reader {
    /// Six librdkafka consumers (rdkafka's BaseConsumer) in one process, a record a poll
    Raw,
    /// One such consumer for all six topics
    RawOne,
    /// Six processes of kcat
    Kcat,
    /// The application: six aiokafka consumers, gathered, 200 records a call at most
    Aiokafka,
    /// The same without a limit a call
    AiokafkaUnlimited,
    /// Six fetchers, an aggregator and a client, as processes
    Rollcall,
}

impl Reader {
    /// Its name in a table.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "six BaseConsumers",
            Self::RawOne => "one BaseConsumer",
            Self::Kcat => "six kcat",
            Self::Aiokafka => "aiokafka, the application",
            Self::AiokafkaUnlimited => "aiokafka, no limit a call",
            Self::Rollcall => "rollcall",
        }
    }
}

/// How large a record's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Size {
    /// 200 bytes
    #[value(name = "200")]
    Small,
    /// 1 KiB
    #[value(name = "1024")]
    Large,
}

impl Size {
    /// Bytes of a value.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Small => 200,
            Self::Large => 1024,
        }
    }

    /// Its name in a table.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Small => "200 B",
            Self::Large => "1 KiB",
        }
    }

    /// Records over all topics, at the scale 1: some seconds of the fastest reader.
    pub(super) const fn records(self) -> u64 {
        match self {
            Self::Small => 6_000_000,
            Self::Large => 1_800_000,
        }
    }
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who reads, in this order in each round.
    pub readers: Vec<Reader>,
    /// Sizes of records, one after the other.
    pub sizes: Vec<Size>,
    /// Rounds that count.
    pub rounds: usize,
    /// How many times the usual number of records.
    pub scale: f64,
    /// Samples a round of the delay from produce to the client's hands; 0 for none.
    pub samples: usize,
    /// Whether `rollcall status` and `rollcall up` are timed.
    pub moments: bool,
    /// How long an idle roll is looked at; zero for not at all.
    pub idle: Duration,
}

impl Plan {
    /// Records of one topic: a multiple of its partitions.
    pub(super) fn records_of_topic(&self, size: Size) -> u64 {
        let partitions = u64::from(PARTITIONS.unsigned_abs());
        let parts = TOPICS as u64 * partitions;
        let part = size.records() as f64 * self.scale / parts as f64;
        (part.max(1.0) as u64) * partitions
    }

    /// Whether its results are what the page in docs/ holds.
    pub fn is_whole(&self) -> bool {
        use Reader::{Aiokafka, AiokafkaUnlimited, Kcat, Raw, RawOne, Rollcall};
        let readers = [Raw, RawOne, Kcat, Aiokafka, AiokafkaUnlimited, Rollcall];
        let has = |reader| self.readers.contains(reader);
        readers.iter().all(has)
            && self.sizes == [Size::Small, Size::Large]
            && self.rounds >= 3
            && self.scale >= 1.0
            && self.samples >= 200
            && self.moments
            && self.idle >= Duration::from_secs(60)
    }
}
