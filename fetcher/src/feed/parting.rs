//! Why a feed ended, or did not begin.

/// Why there is no feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parting {
    /// What kind of end it was.
    pub(crate) cause: Cause,
    /// What happened, for people. From the network, and printable.
    pub(crate) why: String,
}

/// Kinds of ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// There was no connection.
    Unreachable,
    /// The token is missing, unfit or another than the aggregator's.
    Unauthenticated,
    /// The aggregator refused the feed, or what came over it.
    Refused,
    /// The aggregator did not say its first word in time.
    Silent,
    /// The stream ended.
    Ended,
}

impl Parting {
    pub(crate) const fn new(cause: Cause, why: String) -> Self {
        Self { cause, why }
    }
}
