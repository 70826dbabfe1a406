//! The conditions of the rules: each is tried by one function, whether a partition is judged or somebody asks
//! why a verdict was not given.

use rollcall_proto::v1::{self, CheckOutcome, Source};

use super::case::Case;
use super::fact::Value;

/// One condition of a rule. A rule holds when all of its conditions do.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// Stable name in snake_case: what is true when it holds.
    pub name: &'static str,
    /// Whether it holds; `None` when the evidence does not say.
    pub holds: fn(&Case<'_>) -> Option<bool>,
    /// The fact that decides it, whichever way: never `None` where it holds or fails.
    pub fact: fn(&Case<'_>) -> Option<v1::Fact>,
}

impl Condition {
    /// Tries it, and says by which fact.
    pub fn check(&self, case: &Case<'_>) -> v1::Check {
        let outcome = match (self.holds)(case) {
            Some(true) => CheckOutcome::Holds,
            Some(false) => CheckOutcome::Failed,
            None => CheckOutcome::Unknown,
        };
        v1::Check {
            name: self.name.to_owned(),
            outcome: outcome.into(),
            fact: (self.fact)(case),
        }
    }
}

/// The fetcher was heard within three pulses.
pub const HEARD: Condition = Condition {
    name: "fetcher_heard",
    holds: |case| Some(case.heard()),
    fact: pulse_age,
};

/// A fetcher holds the partition.
pub const CLAIMED: Condition = Condition {
    name: "partition_claimed",
    holds: |case| Some(case.claim().is_some()),
    fact: claimed,
};

/// No fetcher holds the partition.
pub const UNCLAIMED: Condition = Condition {
    name: "partition_not_claimed",
    holds: |case| Some(case.claim().is_none()),
    fact: claimed,
};

/// E > max(N, L) by a probe that serves: records can be read and are not.
pub const UNREAD: Condition = Condition {
    name: "records_readable",
    holds: |case| case.readable().map(|readable| readable > 0),
    fact: readable,
};

/// E ≤ max(N, L) by a probe that serves: everything that can be read was.
pub const READ_ALL: Condition = Condition {
    name: "nothing_readable",
    holds: |case| case.readable().map(|readable| readable == 0),
    fact: readable,
};

/// The fetcher is a member of its group.
pub const MEMBER: Condition = Condition {
    name: "fetcher_in_the_group",
    holds: |case| case.in_the_group(),
    fact: |case| {
        let member = Value::Flag(case.in_the_group()?);
        Some(case.topic_fact("in_the_group", member, Source::Setting, case.now))
    },
};

/// The group's member has joined, and nothing is in motion.
pub const STEADY: Condition = Condition {
    name: "group_steady",
    holds: |case| case.pulse()?.group.steady(),
    fact: join_state,
};

/// A round of the group is in motion.
pub const IN_MOTION: Condition = Condition {
    name: "group_in_motion",
    holds: |case| case.pulse()?.group.steady().map(|steady| !steady),
    fact: join_state,
};

/// The group has a coordinator that the client knows of: without one no round can be in motion.
pub const COORDINATED: Condition = Condition {
    name: "has_coordinator",
    holds: |case| Some(case.pulse()?.coordinator_lost.is_none()),
    fact: |case| {
        let pulse = case.pulse()?;
        let state = Value::Text(pulse.group.state.clone());
        Some(case.topic_fact("group_state", state, Source::Pulse, pulse.at))
    },
};

/// Every partition was read to its end, and nothing of the topic waits or is out.
pub const TOPIC_CAUGHT_UP: Condition = Condition {
    name: "topic_caught_up",
    holds: |case| Some(case.whole.caught_up),
    fact: |case| {
        // What was read of this partition says nothing of a topic whose others were not.
        let unread = case.readable().is_some_and(|readable| readable > 0);
        let flag = Value::Flag(case.whole.caught_up);
        let flag = || case.topic_fact("caught_up", flag, Source::Aggregator, case.now);
        unread
            .then(|| readable(case))
            .flatten()
            .or_else(|| Some(flag()))
    },
};

/// Probes of the partition fail.
pub const PROBE_FAILS: Condition = Condition {
    name: "probe_fails",
    holds: |case| {
        let seen = case.seen?;
        let fails = seen.probe_failure.is_some();
        (fails || seen.ends.is_some()).then_some(fails)
    },
    fact: probe,
};

fn pulse_age(case: &Case<'_>) -> Option<v1::Fact> {
    let Some(feed) = case.feed else {
        let feeds = Value::Count(0, "feeds");
        return Some(case.topic_fact("feeds", feeds, Source::Aggregator, case.now));
    };
    let age = Value::Length(case.since(feed.heard()));
    Some(case.fact("pulse_age", age, Source::Aggregator, case.now))
}

fn claimed(case: &Case<'_>) -> Option<v1::Fact> {
    Some(match case.claim() {
        Some(claim) => case.own("claimed_for", Value::Length(case.since(claim.at))),
        None => case.own("claimed", Value::Flag(false)),
    })
}

/// E − max(N, L), with the age of the probe.
pub fn readable(case: &Case<'_>) -> Option<v1::Fact> {
    let (readable, end) = (case.readable()?, case.end()?);
    Some(case.fact("readable", Value::Records(readable), end.source, end.at))
}

fn join_state(case: &Case<'_>) -> Option<v1::Fact> {
    let pulse = case.pulse()?;
    let state = Value::Text(pulse.group.join_state.clone());
    Some(case.topic_fact("join_state", state, Source::Pulse, pulse.at))
}

/// What the last probe of the partition came to.
pub fn probe(case: &Case<'_>) -> Option<v1::Fact> {
    let seen = case.seen?;
    if let Some(failure) = &seen.probe_failure {
        let text = Value::Text(failure.text.clone());
        return Some(case.fact("probe_failure", text, Source::Metadata, failure.at));
    }
    let at = seen.ends?.at;
    let took = case.feed.and_then(|feed| feed.round.as_ref()?.took);
    let (name, length) = match took {
        Some(took) => ("probe_answered_in", took),
        None => ("probe_age", case.since(at)),
    };
    Some(case.fact(name, Value::Length(length), Source::ProbeHighWatermark, at))
}

/// Everything of the partition up to E was read, handed out and settled.
pub fn caught_up(case: &Case<'_>) -> v1::Fact {
    case.own("caught_up", Value::Flag(case.caught_up()))
}

/// How many probes in a row found N before E, and the same; none where it was at the end. `None` before the first probe.
pub fn agreeing_probes(case: &Case<'_>) -> Option<v1::Fact> {
    let seen = case.seen?;
    let (rounds, at) = match seen.behind {
        Some(behind) => (behind.rounds, behind.last),
        None => (0, seen.ends?.at),
    };
    let probes = Value::Count(rounds.into(), "probes");
    Some(case.fact("probes_that_agree", probes, Source::ProbeHighWatermark, at))
}

/// Whether so many probes agree; unknown before the first probe.
pub fn probes_agree(case: &Case<'_>, enough: u32) -> Option<bool> {
    let seen = case.seen?;
    match seen.behind {
        Some(behind) => Some(behind.rounds >= enough),
        None => seen.ends.map(|_| false),
    }
}

/// Where the leader is, or for how long it is away; `None` while nothing is known of one.
pub fn leader(case: &Case<'_>) -> Option<v1::Fact> {
    let seen = case.seen?;
    let (leader, part) = (&seen.leader, seen.pulse.as_ref());
    let fact = |name, value| {
        case.fact(
            name,
            value,
            Source::Pulse,
            part.map_or(case.now, |part| part.at),
        )
    };
    let away = |name, since| fact(name, Value::Length(case.since(since)));
    if let Some(since) = leader.none {
        return Some(away("leaderless_for", since));
    }
    if let Some(since) = leader.down {
        return Some(away("leader_down_for", since));
    }
    let named = (!leader.address.is_empty()).then(|| leader.address.clone());
    let named = named.or_else(|| Some(part?.leader?.to_string()));
    named.map(|leader| fact("last_leader", Value::Text(leader)))
}
