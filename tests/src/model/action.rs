//! What may happen. Each action is one transition of the table in ARCHITECTURE.md ("The model").

/// One thing that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The group gives a partition that nobody owns to a member.
    Assign {
        /// The partition.
        partition: i32,
        /// Who gets it.
        fetcher: usize,
    },
    /// The group asks for a partition back.
    Revoke {
        /// The partition.
        partition: i32,
    },
    /// The group throws a member out that does not know of it: its commits are refused from now on.
    Fence {
        /// The member.
        fetcher: usize,
    },
    /// It hears that its partitions are lost.
    HearItIsLost {
        /// The member.
        fetcher: usize,
    },
    /// The session of a member that died ends.
    SessionEnds {
        /// The member.
        fetcher: usize,
    },
    /// A fetcher's process starts.
    Start {
        /// The fetcher.
        fetcher: usize,
    },
    /// A fetcher's process is killed.
    Kill {
        /// The fetcher.
        fetcher: usize,
    },
    /// A fetcher's process is told to stop; it drains and leaves.
    Leave {
        /// The fetcher.
        fetcher: usize,
    },
    /// A fetcher opens a feed.
    Connect {
        /// The fetcher.
        fetcher: usize,
    },
    /// A feed breaks. What was on its way to the fetcher is gone; the aggregator may still read what was on its way to it.
    Break {
        /// The fetcher.
        fetcher: usize,
    },
    /// The aggregator ends a feed, or notices first that it is broken. What was on its way to it is gone; the fetcher may
    /// still read what was on its way to that.
    DropFeed {
        /// The fetcher.
        fetcher: usize,
    },
    /// A fetcher reads a message of the aggregator, or the end of its feed.
    Listen {
        /// The fetcher.
        fetcher: usize,
    },
    /// The aggregator reads a message of a feed.
    Hear {
        /// Number of the feed.
        feed: u64,
    },
    /// The aggregator notices that a feed is broken; what it did not read of it is gone.
    NoticeBreak {
        /// Number of the feed.
        feed: u64,
    },
    /// The start offsets that a fetcher asked for are there.
    Resolve {
        /// The fetcher.
        fetcher: usize,
    },
    /// A commit reaches the coordinator: it is taken, or refused because its member is fenced.
    Commit {
        /// The fetcher.
        fetcher: usize,
    },
    /// A commit is not answered: nobody knows whether it was taken.
    CommitUnanswered {
        /// The fetcher.
        fetcher: usize,
        /// Whether it was.
        taken: bool,
    },
    /// A fetcher hears how its commit ended.
    HearOfCommit {
        /// The fetcher.
        fetcher: usize,
    },
    /// A fetcher's consumer reads on, and cuts a batch.
    Poll {
        /// The fetcher.
        fetcher: usize,
        /// The partition.
        partition: i32,
    },
    /// A fetcher's consumer reaches the end of the log.
    ReachEnd {
        /// The fetcher.
        fetcher: usize,
        /// The partition.
        partition: i32,
    },
    /// The aggregator dies and is started again, with nothing that it knew.
    RestartAggregator,
    /// A client calls the roll.
    Gather {
        /// The client.
        client: usize,
    },
    /// A client acks a record that it was given.
    Ack {
        /// The client.
        client: usize,
        /// The record's partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// When the ack arrives.
        travels: Travels,
    },
    /// A client gives a record back.
    Nack {
        /// The client.
        client: usize,
        /// The record's partition.
        partition: i32,
        /// Its offset.
        offset: i64,
    },
    /// An ack that was on its way arrives.
    Arrive {
        /// Its place among them.
        at: usize,
    },
    /// A client goes away, with all that it has.
    Depart {
        /// The client.
        client: usize,
    },
    /// A fetcher's clock goes on to its next deadline.
    FetcherWaits {
        /// The fetcher.
        fetcher: usize,
    },
    /// The aggregator's clock goes on to its next deadline.
    AggregatorWaits,
    /// All clocks go on to the next deadline that there is.
    AllWait,
}

/// How an ack gets to the aggregator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Travels {
    /// At once.
    AtOnce,
    /// Some time later.
    Late,
    /// At once, and once more later.
    Twice,
}
