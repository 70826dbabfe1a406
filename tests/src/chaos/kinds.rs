//! The kinds of faults: one table.

use std::ops::Range;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// SIGKILL of a fetcher.
    KillFetcher,
    /// SIGSTOP of a fetcher, then SIGCONT.
    FreezeFetcher,
    /// Both fetchers of a topic stand still.
    SilenceTopic,
    /// The fetchers of a topic end in order (SIGTERM) and start, one after the other.
    RollFetchers,
    /// A member more joins the group for a while, and leaves in order.
    JoinGroup,
    /// SIGKILL of the aggregator.
    KillAggregator,
    /// SIGSTOP of it.
    FreezeAggregator,
    /// SIGTERM of it.
    RestartAggregator,
    /// There is one lane more for a while: all aggregators restart in turn, then all fetchers, and the same back.
    ChangeLanes,
    /// SIGKILL of a client.
    KillClient,
    /// SIGSTOP of a client, maybe beyond its lease.
    FreezeClient,
    /// A client that takes a few kilobytes a second.
    SlowClient,
    /// The connections of a topic's fetchers to the aggregator are cut, and refused for a while.
    CutFeeds,
    /// They answer late.
    DelayFeeds,
    /// They carry little.
    ThrottleFeeds,
    /// They stay open and carry nothing.
    HalfOpenFeeds,
    /// The connection of a client is cut, and refused for a while.
    CutClient,
    /// It stays open and carries nothing.
    HalfOpenClient,
    /// The fetchers' connections to a broker are cut, and refused for a while.
    CutBroker,
    /// They answer late.
    DelayBroker,
    /// They stay open and carry nothing.
    HalfOpenBroker,
    /// SIGKILL of a broker.
    KillBroker,
    /// SIGSTOP of it, maybe beyond its session.
    FreezeBroker,
    /// SIGTERM of it.
    RestartBroker,
    /// The partitions of a topic get other leaders.
    MoveLeaders,
    /// An unclean election: the logs of a topic lose their ends.
    Truncate,
    /// A topic is deleted and created again under its name.
    Recreate,
    /// Records are deleted before they are read, as retention does.
    Retention,
}

/// What a fault of a kind touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One of a topic's fetchers.
    Fetcher,
    /// A topic.
    Topic,
    /// A topic whose logs stay what they are.
    PlainTopic,
    /// The topic whose logs may lose their ends.
    TruncatedTopic,
    /// The topic that may be deleted.
    RecreatedTopic,
    /// The aggregator, or one of several.
    Aggregator,
    /// All aggregators and fetchers.
    Lanes,
    /// One client.
    Client,
    /// One broker.
    Broker,
}

/// What is to be known of a kind.
#[derive(Clone, Debug)]
pub struct About {
    /// The kind.
    pub kind: Kind,
    /// Its name for people.
    pub name: &'static str,
    /// What it touches.
    pub reach: Reach,
    /// How long it lasts, in milliseconds.
    pub lasts_ms: Range<u64>,
    /// How often it is in a deck: what takes minutes is there less often.
    pub cards: usize,
}

use Reach::{
    Aggregator, Broker, Client, Fetcher, Lanes, PlainTopic, RecreatedTopic, Topic, TruncatedTopic,
};

const fn of(
    kind: Kind,
    name: &'static str,
    reach: Reach,
    lasts_ms: Range<u64>,
    cards: usize,
) -> About {
    About {
        kind,
        name,
        reach,
        lasts_ms,
        cards,
    }
}

/// Every kind.
pub const KINDS: [About; 28] = [
    of(Kind::KillFetcher, "kill a fetcher", Fetcher, 100..4_000, 5),
    of(
        Kind::FreezeFetcher,
        "freeze a fetcher",
        Fetcher,
        200..9_000,
        3,
    ),
    of(
        Kind::SilenceTopic,
        "freeze all fetchers of a topic",
        Topic,
        3_000..6_000,
        1,
    ),
    of(
        Kind::RollFetchers,
        "restart the fetchers of a topic in turn",
        Topic,
        0..500,
        2,
    ),
    of(
        Kind::JoinGroup,
        "a member joins and leaves",
        Topic,
        500..4_000,
        2,
    ),
    of(
        Kind::KillAggregator,
        "kill the aggregator",
        Aggregator,
        50..1_500,
        4,
    ),
    of(
        Kind::FreezeAggregator,
        "freeze the aggregator",
        Aggregator,
        200..6_000,
        2,
    ),
    of(
        Kind::RestartAggregator,
        "restart the aggregator",
        Aggregator,
        50..500,
        2,
    ),
    of(
        Kind::ChangeLanes,
        "change the number of lanes",
        Lanes,
        1_000..4_000,
        2,
    ),
    of(Kind::KillClient, "kill a client", Client, 50..2_000, 4),
    of(Kind::FreezeClient, "freeze a client", Client, 200..9_000, 3),
    of(Kind::SlowClient, "a slow client", Client, 2_000..6_000, 2),
    of(
        Kind::CutFeeds,
        "cut the feeds of a topic",
        Topic,
        50..3_000,
        3,
    ),
    of(
        Kind::DelayFeeds,
        "delay the feeds of a topic",
        Topic,
        1_000..4_000,
        2,
    ),
    of(
        Kind::ThrottleFeeds,
        "throttle the feeds of a topic",
        Topic,
        1_000..4_000,
        2,
    ),
    of(
        Kind::HalfOpenFeeds,
        "half-open feeds of a topic",
        Topic,
        1_000..9_000,
        2,
    ),
    of(
        Kind::CutClient,
        "cut a client's connection",
        Client,
        50..3_000,
        3,
    ),
    of(
        Kind::HalfOpenClient,
        "a client's connection half-open",
        Client,
        1_000..9_000,
        2,
    ),
    of(
        Kind::CutBroker,
        "cut the fetchers from a broker",
        Broker,
        50..3_000,
        2,
    ),
    of(Kind::DelayBroker, "delay a broker", Broker, 1_000..4_000, 2),
    of(
        Kind::HalfOpenBroker,
        "a broker's connections half-open",
        Broker,
        1_000..6_000,
        1,
    ),
    of(Kind::KillBroker, "kill a broker", Broker, 100..4_000, 2),
    of(Kind::FreezeBroker, "freeze a broker", Broker, 500..6_000, 1),
    of(Kind::RestartBroker, "restart a broker", Broker, 0..500, 1),
    of(
        Kind::MoveLeaders,
        "move the leaders of a topic",
        Topic,
        0..1,
        2,
    ),
    of(
        Kind::Truncate,
        "truncate a topic by an unclean election",
        TruncatedTopic,
        500..2_000,
        1,
    ),
    of(
        Kind::Recreate,
        "recreate a topic",
        RecreatedTopic,
        0..500,
        2,
    ),
    of(
        Kind::Retention,
        "delete unread records",
        PlainTopic,
        300..1_500,
        2,
    ),
];

impl Kind {
    /// What is to be known of it.
    pub fn about(self) -> &'static About {
        // Every kind is in the table: a test holds it.
        let found = KINDS.iter().find(|about| about.kind == self);
        found.unwrap_or(&KINDS[0])
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// Whether others may go on beside it: what changes the logs is done alone, so that the history can be told.
    pub fn goes_with_others(self) -> bool {
        !matches!(
            self,
            Self::MoveLeaders
                | Self::Truncate
                | Self::Recreate
                | Self::Retention
                | Self::ChangeLanes
        )
    }

    /// Whether what a client holds may go to another before its lease is over.
    pub fn ends_leases(self) -> bool {
        matches!(
            self,
            Self::KillAggregator
                | Self::RestartAggregator
                | Self::ChangeLanes
                | Self::Truncate
                | Self::Recreate
                | Self::Retention
        )
    }

    /// Whether logs become others.
    pub fn remakes_logs(self) -> bool {
        matches!(self, Self::Truncate | Self::Recreate)
    }

    /// Whether it touches one topic only.
    pub fn is_of_one_topic(self) -> bool {
        match self.about().reach {
            Fetcher | Topic | PlainTopic | RecreatedTopic => true,
            // The broker that dies in an unclean election leads others too.
            TruncatedTopic | Aggregator | Lanes | Client | Broker => false,
        }
    }
}
