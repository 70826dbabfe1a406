//! Whether fetchers and aggregators share the partitions out in the same way.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::Condition;
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::nothing;
use crate::core::evidence::lanes::OtherLanes;

/// How long lanes may differ: a change of their number reaches everybody within that time.
const DISAGREE: Duration = Duration::from_secs(60);

/// Another number of lanes.
pub(in super::super) const LANES_DISAGREE: Rule = Rule {
    code: VerdictCode::LanesDisagree,
    condition: "a fetcher of the topic says another number of lanes than this aggregator, for 60 s, reconnections included, and nobody else claims the partition",
    confirmation: Wait::For(DISAGREE),
    severity: &[(Wait::For(DISAGREE), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "lanes_differ",
        holds: |case| Some(said_lanes(case)? != case.evidence.lane().of.get()),
        fact: |case| lanes_fact(case, "lanes_of_the_fetcher", said_lanes(case)?),
    }],
    holds: |case| Some(Finding::since(differ_since(case)?, case)),
    facts: |case| {
        let said =
            said_lanes(case).and_then(|lanes| lanes_fact(case, "lanes_of_the_fetcher", lanes));
        let own = lanes_fact(case, "lanes", case.evidence.lane().of.get());
        said.into_iter().chain(own).collect()
    },
    advice: |_| vec![advice(AdviceCode::MatchLanes, Vec::new())],
    against: no_fact,
};

/// No fetcher of what nobody claims was refused a moment ago because of its number of lanes.
pub(super) const NOT_REFUSED: Condition = Condition {
    name: "not_refused_for_its_lanes",
    holds: |case| Some(refused(case).is_none()),
    fact: |case| match refused(case) {
        Some(other) => lanes_fact(case, "lanes_of_the_fetcher", other.lanes),
        None => lanes_fact(case, "lanes", case.evidence.lane().of.get()),
    },
};

/// What a fetcher says that could have the partition, if this aggregator did not refuse it.
fn refused(case: &Case<'_>) -> Option<OtherLanes> {
    let unclaimed = case.claim().is_none();
    unclaimed.then(|| case.evidence.other_lanes(case.now))?
}

fn said_lanes(case: &Case<'_>) -> Option<u32> {
    let fed = || case.feed.filter(|_| case.heard())?.open.lanes;
    refused(case).map(|other| other.lanes).or_else(fed)
}

/// The fetcher said it when it opened its first feed; one that took over from another that said the same is as bad.
fn differ_since(case: &Case<'_>) -> Option<Moment> {
    let said = said_lanes(case)?;
    let feeds = case.evidence.feeds().values();
    let alike = feeds.filter(|feed| feed.open.lanes == Some(said));
    let fed = alike.map(|feed| feed.lanes_since.unwrap_or(feed.opened));
    let refused = refused(case).map(|other| other.since);
    fed.chain(refused).min()
}

fn lanes_fact(case: &Case<'_>, name: &str, lanes: u32) -> Option<v1::Fact> {
    let lanes = Value::Count(lanes.into(), "lanes");
    Some(case.topic_fact(name, lanes, Source::Setting, case.now))
}

/// None of the partitions is this lane's.
pub(in super::super) const NOT_IN_THIS_LANE: Rule = Rule {
    code: VerdictCode::NotInThisLane,
    condition: "the topic's partitions are known, and the number of none of them, modulo the number of lanes, is this lane's",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    explains: Explains::Empty,
    conditions: &[Condition {
        name: "no_partition_in_this_lane",
        holds: |case| {
            case.evidence.partitions_known()?;
            Some(case.evidence.is_elsewhere())
        },
        fact: |case| lanes_fact(case, "lane", case.evidence.lane().number),
    }],
    holds: |_| Some(Finding::now()),
    facts: |case| {
        let lane = case.evidence.lane();
        let number = lanes_fact(case, "lane", lane.number);
        let of = lanes_fact(case, "lanes", lane.of.get());
        let home = in_lanes(case).into_iter();
        number.into_iter().chain(of).chain(home).collect()
    },
    advice: nothing,
    against: no_fact,
};

/// The lanes that have the topic's partitions: fewer than lanes there are, so each is in a lane of its own.
fn in_lanes(case: &Case<'_>) -> Option<v1::Fact> {
    let last = case.evidence.partitions_known()?.saturating_sub(1);
    let lanes = match last {
        0 => "0".to_owned(),
        last => format!("0-{last}"),
    };
    let lanes = Value::Text(lanes);
    Some(case.topic_fact("in_lanes", lanes, Source::Metadata, case.now))
}
