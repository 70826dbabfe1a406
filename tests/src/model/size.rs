//! How much of it there is, and which faults may happen how often.

use super::action::{Action, Travels};

/// A size of the model.
#[derive(Clone, Debug)]
pub struct Size {
    /// Its name.
    pub name: &'static str,
    /// Partitions of the one topic.
    pub partitions: i32,
    /// Records in each of them.
    pub records: i64,
    /// Whether a control record follows the last record.
    pub control: bool,
    /// Records of a batch.
    pub batch: i64,
    /// Fetchers.
    pub fetchers: usize,
    /// Clients.
    pub clients: usize,
    /// Records that a gather takes.
    pub max_records: u32,
    /// Messages that a feed has room for on its way to the aggregator.
    pub room: usize,
    /// Whether the credit of a feed ends before its partition's records do.
    pub tight: bool,
    /// What may happen beyond what must.
    pub faults: Faults,
}

/// How often each of them may still happen, and all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Gathers that are called.
    pub gathers: u8,
    /// All others together.
    pub all: u8,
    /// Feeds that break.
    pub breaks: u8,
    /// Restarts of the aggregator.
    pub restarts: u8,
    /// Fetchers that die.
    pub kills: u8,
    /// Fetchers that are told to stop.
    pub leaves: u8,
    /// Partitions that the group takes away and gives to anybody.
    pub revokes: u8,
    /// Members that the group throws out, and that do not know yet.
    pub fenced: u8,
    /// Commits without an answer.
    pub commits: u8,
    /// Ranges that a client gives back.
    pub nacks: u8,
    /// Acks that come late, or twice.
    pub late: u8,
    /// Clients that go away with what they have.
    pub departures: u8,
}

/// What a variant gets wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Nothing: the cores as they are.
    Right,
    /// A fetcher commits up to the highest offset that was settled, past what is not.
    CommitsPastAGap,
    /// The aggregator takes a batch of an epoch that has ended for one of the present claim.
    TakesOldEpochs,
}

impl Faults {
    /// Whether an action may still happen.
    pub(super) fn allow(mut self, action: Action) -> bool {
        let together = self.all > 0 || matches!(action, Action::Gather { .. });
        self.of(action).is_none_or(|left| *left > 0 && together)
    }

    /// It happens.
    pub(super) fn spend(&mut self, action: Action) {
        let Some(left) = self.of(action) else { return };
        *left = left.saturating_sub(1);
        if !matches!(action, Action::Gather { .. }) {
            self.all = self.all.saturating_sub(1);
        }
    }

    /// The count that an action is on; `None`, when it may happen as often as it likes.
    const fn of(&mut self, action: Action) -> Option<&mut u8> {
        match action {
            Action::Gather { .. } => Some(&mut self.gathers),
            Action::Break { .. } | Action::DropFeed { .. } => Some(&mut self.breaks),
            Action::RestartAggregator => Some(&mut self.restarts),
            Action::Kill { .. } => Some(&mut self.kills),
            Action::Leave { .. } => Some(&mut self.leaves),
            Action::Revoke { .. } => Some(&mut self.revokes),
            Action::Fence { .. } => Some(&mut self.fenced),
            Action::CommitUnanswered { .. } => Some(&mut self.commits),
            Action::Nack { .. } => Some(&mut self.nacks),
            Action::Ack {
                travels: Travels::Late | Travels::Twice,
                ..
            } => Some(&mut self.late),
            Action::Depart { .. } => Some(&mut self.departures),
            Action::Ack {
                travels: Travels::AtOnce,
                ..
            }
            | Action::Assign { .. }
            | Action::HearItIsLost { .. }
            | Action::SessionEnds { .. }
            | Action::Start { .. }
            | Action::Connect { .. }
            | Action::Listen { .. }
            | Action::Hear { .. }
            | Action::NoticeBreak { .. }
            | Action::Resolve { .. }
            | Action::Commit { .. }
            | Action::HearOfCommit { .. }
            | Action::Poll { .. }
            | Action::ReachEnd { .. }
            | Action::Arrive { .. }
            | Action::FetcherWaits { .. }
            | Action::AggregatorWaits
            | Action::AllWait => None,
        }
    }
}

/// One partition of two records, one fetcher, one client, and one thing that goes wrong.
const ONE_FETCHER: Size = Size {
    name: "one-fetcher",
    partitions: 1,
    records: 2,
    control: false,
    batch: 1,
    fetchers: 1,
    clients: 1,
    max_records: 2,
    room: 2,
    tight: false,
    faults: Faults {
        gathers: 2,
        all: 1,
        breaks: 1,
        restarts: 1,
        kills: 1,
        leaves: 1,
        revokes: 1,
        fenced: 1,
        commits: 1,
        nacks: 1,
        late: 1,
        departures: 1,
    },
};

impl Size {
    /// Sets one of its numbers by name; false, when it has no such number.
    pub fn set(&mut self, name: &str, number: u8) -> bool {
        let faults = &mut self.faults;
        match name {
            "partitions" => self.partitions = number.into(),
            "records" => self.records = number.into(),
            "batch" => self.batch = number.into(),
            "fetchers" => self.fetchers = number.into(),
            "clients" => self.clients = number.into(),
            "max_records" => self.max_records = number.into(),
            "room" => self.room = number.into(),
            "control" => self.control = number > 0,
            "tight" => self.tight = number > 0,
            "gathers" => faults.gathers = number,
            "all" => faults.all = number,
            "breaks" => faults.breaks = number,
            "restarts" => faults.restarts = number,
            "kills" => faults.kills = number,
            "leaves" => faults.leaves = number,
            "revokes" => faults.revokes = number,
            "fenced" => faults.fenced = number,
            "commits" => faults.commits = number,
            "nacks" => faults.nacks = number,
            "late" => faults.late = number,
            "departures" => faults.departures = number,
            _ => return false,
        }
        true
    }

    /// Nothing goes wrong: three records, acked in any order.
    pub fn no_faults() -> Self {
        Self {
            name: "no-faults",
            records: 3,
            max_records: 3,
            faults: Faults {
                gathers: 1,
                ..Faults::default()
            },
            ..ONE_FETCHER
        }
    }

    /// A member is fenced and does not know; another one gets its partition.
    pub fn fenced() -> Self {
        Self {
            name: "fenced",
            records: 1,
            fetchers: 2,
            faults: Faults {
                all: 1,
                fenced: 1,
                ..Faults::default()
            },
            ..ONE_FETCHER
        }
    }

    /// One gather, and an aggregator that restarts.
    pub fn restart() -> Self {
        Self {
            name: "restart",
            faults: Faults {
                gathers: 1,
                all: 1,
                restarts: 1,
                ..Faults::default()
            },
            ..ONE_FETCHER
        }
    }

    /// One gather, and a feed that breaks.
    pub fn broken_feed() -> Self {
        Self {
            name: "broken-feed",
            faults: Faults {
                gathers: 1,
                all: 1,
                breaks: 1,
                ..Faults::default()
            },
            ..ONE_FETCHER
        }
    }

    /// Two fetchers that take each other's place.
    pub fn two_fetchers() -> Self {
        let faults = ONE_FETCHER.faults;
        Self {
            name: "two-fetchers",
            fetchers: 2,
            faults: Faults {
                gathers: 1,
                ..faults
            },
            ..ONE_FETCHER
        }
    }

    /// All sizes, from the smallest on.
    pub fn all() -> Vec<Self> {
        let tight = Self {
            name: "tight-credit",
            tight: true,
            ..Self::broken_feed()
        };
        let control = Self {
            name: "control-record",
            control: true,
            ..Self::broken_feed()
        };
        vec![
            Self::no_faults(),
            Self::restart(),
            Self::broken_feed(),
            control,
            tight,
            Self::fenced(),
            ONE_FETCHER,
            Self::two_fetchers(),
        ]
    }
}
