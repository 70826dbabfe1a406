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

impl Cause {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Unreachable,
        Self::Unauthenticated,
        Self::Refused,
        Self::Silent,
        Self::Ended,
    ];

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unauthenticated => "unauthenticated",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::Ended => "ended",
        }
    }
}

/// How often there was no feed since the start, by cause.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Partings([u64; Cause::ALL.len()]);

impl Partings {
    /// Once more.
    pub(crate) fn add(&mut self, cause: Cause) {
        self.0[cause as usize] += 1;
    }

    /// How often for this cause.
    pub(crate) fn get(&self, cause: Cause) -> u64 {
        self.0[cause as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_a_count_and_a_name_of_its_own() {
        let mut partings = Partings::default();
        for (times, cause) in Cause::ALL.into_iter().enumerate() {
            (0..times).for_each(|_| partings.add(cause));
        }
        let counts = Cause::ALL.map(|cause| partings.get(cause));
        assert_eq!(counts, [0, 1, 2, 3, 4]);
        let names: std::collections::BTreeSet<_> = Cause::ALL.map(Cause::name).into();
        assert_eq!(names.len(), Cause::ALL.len());
    }
}
