//! The verdict of a topic over lanes: what one aggregator that had all of its partitions would say.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rollcall_aggregator::core::verdict::table::{Explains, TABLE, place};
use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{Fact, RuledOut, Severity, Source, Verdict, VerdictCode};

use super::{earliest, sum32};
use crate::view::verdict::{rank, severity};

/// What a lane says of a topic.
pub(super) struct Said<'a> {
    /// Records that its slot got.
    pub(super) records: u32,
    /// Its verdict.
    pub(super) verdict: Option<&'a Verdict>,
    /// What else holds there.
    pub(super) also: &'a [Verdict],
    /// What does not.
    pub(super) ruled_out: &'a [RuledOut],
}

/// What is said of it over lanes.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) also: Vec<Verdict>,
    pub(super) ruled_out: Vec<RuledOut>,
}

impl Said<'_> {
    fn is(&self, code: VerdictCode) -> bool {
        self.verdict.is_some_and(|verdict| verdict.code() == code)
    }

    /// Whether none of the topic's partitions is this lane's.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.is(VerdictCode::NotInThisLane)
    }

    fn has_data(&self) -> bool {
        self.records > 0 || self.verdict.and_then(explains) == Some(Explains::Data)
    }

    /// A verdict that is missing is unknown, and not hidden by one that is there.
    fn verdict(&self) -> Verdict {
        self.verdict.cloned().unwrap_or_default()
    }

    /// Whether it only explains why a slot is empty that is not empty, thanks to another lane. What is not known is
    /// not known all the same.
    fn is_outdone(&self, verdict: &Verdict) -> bool {
        let empty = explains(verdict) == Some(Explains::Empty);
        empty && severity(verdict) != Severity::Unknown
    }
}

/// The lanes that have something to say about the topic: those that have partitions of it, or all when none has.
pub(super) fn concerned<T>(parts: &[T], said: impl Fn(&T) -> Said<'_>) -> Vec<&T> {
    let here: Vec<&T> = parts
        .iter()
        .filter(|part| !said(part).is_elsewhere())
        .collect();
    match here.is_empty() {
        true => parts.iter().collect(),
        false => here,
    }
}

/// Judges what the lanes say that are concerned; nobody answered for the `missing` ones.
pub(super) fn judge(said: &[Said<'_>], missing: &[u32]) -> Judgement {
    let producer = Producer::of(said);
    let data = said.iter().any(Said::has_data);
    let mut candidates: Vec<(Verdict, &[RuledOut])> = said
        .iter()
        .map(|one| (one, one.verdict()))
        .filter(|(one, verdict)| !data || one.has_data() || !one.is_outdone(verdict))
        .filter(|(_, verdict)| !producer.is_belied(verdict))
        .map(|(one, verdict)| (verdict, one.ruled_out))
        .collect();
    let sure = candidates.iter().map(|(verdict, _)| verdict);
    let sure = sure.max_by_key(weight).cloned();
    if !missing.is_empty() {
        candidates.push((not_asked(missing), &[]));
    }
    let worst = candidates
        .iter()
        .max_by_key(|(verdict, _)| weight(&verdict));
    let Some((worst, ruled_out)) = worst else {
        return Judgement {
            verdict: not_asked(missing),
            also: Vec::new(),
            ruled_out: Vec::new(),
        };
    };
    let judged = said.iter().filter_map(|one| one.verdict);
    let total = sum32(judged.map(|verdict| verdict.partitions_total));
    let own = candidates.iter().map(|(verdict, _)| verdict);
    let alike = own.filter(|one| one.code == worst.code);
    let mut also = others(said, &producer, worst.code, total);
    if !missing.is_empty() {
        match worst.code == i32::from(VerdictCode::Undetermined) {
            // What is ok is no news, but where the rest is not known it is all there is.
            true => also.extend(sure.filter(is_quiet)),
            false => also.push(not_asked(missing)),
        }
    }
    Judgement {
        verdict: of_one_code(alike, total),
        also,
        ruled_out: ruled_out.to_vec(),
    }
}

/// What the lane says where the producer writes most. A lane judges it by the records of its own partitions, and keys
/// may leave those out: that it is late there, or writes nothing, is not so where it writes to others in time.
struct Producer(Option<Seen>);

/// What a verdict that speaks of nothing but the producer makes of it, the liveliest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    InTime,
    Slow,
    Overdue,
    Never,
}

impl Producer {
    fn of(said: &[Said<'_>]) -> Self {
        let seen = |one: &Said<'_>| match one.has_data() {
            true => Some(Seen::InTime),
            false => one.verdict.and_then(Seen::by),
        };
        Self(said.iter().filter_map(seen).min())
    }

    fn is_belied(&self, verdict: &Verdict) -> bool {
        let liveliest = self.0.zip(Seen::by(verdict));
        liveliest.is_some_and(|(liveliest, seen)| seen > liveliest)
    }
}

impl Seen {
    fn by(verdict: &Verdict) -> Option<Self> {
        let seen = [
            (VerdictCode::CaughtUp, Self::InTime),
            (VerdictCode::ProducerSlowerThanTimeout, Self::Slow),
            (VerdictCode::ProducerOverdue, Self::Overdue),
            (VerdictCode::TopicEmpty, Self::Never),
        ];
        let known = seen.into_iter().find(|(code, _)| *code == verdict.code());
        known.map(|(_, seen)| seen)
    }
}

/// Worst first, and of equals the one that stands first in the table.
pub(super) fn weight(verdict: &&Verdict) -> (u8, bool, Reverse<usize>) {
    let at = VerdictCode::try_from(verdict.code).map_or(usize::MAX, place);
    (rank(severity(verdict)), verdict.confirmed, Reverse(at))
}

fn is_quiet(verdict: &Verdict) -> bool {
    severity(verdict) == Severity::Ok
}

fn explains(verdict: &Verdict) -> Option<Explains> {
    let rule = TABLE
        .iter()
        .find(|rule| i32::from(rule.code) == verdict.code);
    rule.map(|rule| rule.explains)
}

/// What else holds, worst first; what is ok is no news.
fn others(said: &[Said<'_>], producer: &Producer, code: i32, total: u32) -> Vec<Verdict> {
    let mut by_code: BTreeMap<i32, Vec<&Verdict>> = BTreeMap::new();
    let all = said
        .iter()
        .flat_map(|one| one.verdict.into_iter().chain(one.also));
    let told = |verdict: &&Verdict| {
        verdict.code != code && !is_quiet(verdict) && !producer.is_belied(verdict)
    };
    for verdict in all.filter(told) {
        by_code.entry(verdict.code).or_default().push(verdict);
    }
    let mut others: Vec<Verdict> = by_code
        .into_values()
        .map(|alike| of_one_code(alike.into_iter(), total))
        .collect();
    others.sort_by_key(|verdict| Reverse(weight(&verdict)));
    others
}

/// Verdicts of one code as one: the worst, with everybody's partitions and facts.
fn of_one_code<'a>(alike: impl Iterator<Item = &'a Verdict>, total: u32) -> Verdict {
    let alike: Vec<&Verdict> = alike.collect();
    let worst = alike.iter().copied().max_by_key(weight);
    let mut verdict = worst.cloned().unwrap_or_default();
    verdict.partitions = sum32(alike.iter().map(|one| one.partitions));
    verdict.partitions_total = total;
    verdict.since = earliest(alike.iter().map(|one| one.since.as_ref()));
    for fact in alike.iter().flat_map(|one| &one.facts) {
        let known = |old: &Fact| (old.partition, &old.name) == (fact.partition, &fact.name);
        if !verdict.facts.iter().any(known) {
            verdict.facts.push(fact.clone());
        }
    }
    verdict
}

/// What is said where lanes did not answer.
fn not_asked(missing: &[u32]) -> Verdict {
    let lane = |lane: &u32| Fact {
        name: "missing_evidence".to_owned(),
        value: Some(Value::Text(format!("lane {lane}"))),
        source: Source::Aggregator.into(),
        age: Some(prost_types::Duration::default()),
        ..Fact::default()
    };
    Verdict {
        code: VerdictCode::Undetermined.into(),
        severity: Severity::Unknown.into(),
        confirmed: true,
        facts: missing.iter().map(lane).collect(),
        ..Verdict::default()
    }
}
