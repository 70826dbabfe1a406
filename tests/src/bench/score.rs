//! How well a situation was told.

#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use rollcall_proto::v1::{Severity, VerdictCode};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::baselines::Opinion;
use super::machine;
use super::situation::{Situation, is_unhealthy, rank};
use super::timeline::{Marks, Said, Timeline};

/// The result of one run of a situation. Times are seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The situation's name.
    pub name: String,
    /// The verdict that is right.
    pub expected: String,
    /// The first verdict that was said after the cause; none when nothing new was.
    pub first: Option<String>,
    /// Whether that was right.
    pub right: bool,
    /// Whether it was right without any excuse: [`Self::news`] was the right verdict, and as grave as it should be.
    pub strictly: bool,
    /// The first confirmed verdict that was news, UNDETERMINED aside, and its severity; none when there was none.
    pub news: Option<(String, String)>,
    /// Whether the right verdict was there already before the cause, and had only to stay.
    pub stays: bool,
    /// From the cause until the right verdict was named without a break up to its confirmation: as the verdict, confirmed
    /// or not, or beside it; 0 when it was named before.
    pub named: Option<f64>,
    /// From the cause to the right verdict, confirmed and as grave as it should be.
    pub took: Option<f64>,
    /// Within this it is in time.
    pub allowed: f64,
    /// Whether the situation is a warning or a fault.
    pub unhealthy: bool,
    /// Whether something was said to be wrong between cause and undoing, and confirmed.
    pub said_unhealthy: bool,
    /// From the undoing until all was said to be well; none without an undoing, or when it was never said.
    pub back: Option<f64>,
    /// Whether the cause was undone at all.
    pub undone: bool,
    /// Warnings and faults that were said while all was well.
    pub false_alarms: Vec<String>,
    /// What should have been said beside the verdict and was not.
    pub not_beside: Vec<String>,
    /// What was said, and when, from the cause on.
    pub said: Vec<(f64, String)>,
    /// What the lag rule made of it.
    pub lag_rule: Opinion,
    /// What Burrow's rules made of it.
    pub burrow: Opinion,
    /// Why the run failed; none when it did not.
    pub failed: Option<String>,
    /// How long the whole run took.
    pub whole: f64,
    /// When it ended, since 1970.
    pub ended: f64,
    /// The commit that was measured.
    pub commit: String,
    /// The consumer group, by which its processes are found in the logs.
    pub group: String,
}

impl Outcome {
    /// Whether the verdict came in time.
    pub fn in_time(&self) -> bool {
        self.stays || self.took.is_some_and(|took| took <= self.allowed)
    }

    /// Whether nothing at all is wrong with it.
    pub fn is_good(&self) -> bool {
        self.failed.is_none()
            && self.right
            && self.in_time()
            && (self.said_unhealthy || !self.unhealthy)
            && self.false_alarms.is_empty()
            && self.not_beside.is_empty()
            && (self.back.is_some() || !self.undone)
    }

    /// Whether an opinion tells the situation's health right.
    pub fn agrees(&self, opinion: Opinion) -> bool {
        match opinion {
            Opinion::Healthy => !self.unhealthy,
            Opinion::Unhealthy => self.unhealthy,
            Opinion::Silent => false,
        }
    }
}

/// Whether this is the situation's verdict, fully grown.
///
/// A topic that is caught up and whose usual gap is longer than the timeout is both: two bursts make a rhythm.
pub fn is_right(situation: &Situation, said: &Said) -> bool {
    is_its_word(situation, said.code) && said.confirmed && is_grave(situation, said)
}

/// Whether it is as grave as it should be.
fn is_grave(situation: &Situation, said: &Said) -> bool {
    rank(said.severity) >= rank(situation.severity)
}

fn is_its_word(situation: &Situation, code: VerdictCode) -> bool {
    let rhythm =
        situation.expect == VerdictCode::CaughtUp && code == VerdictCode::ProducerSlowerThanTimeout;
    code == situation.expect || rhythm
}

/// Whether a reader finds the situation's verdict in the row or beside it, at any severity and confirmed or not.
fn is_named(situation: &Situation, said: &Said) -> bool {
    let mut codes = std::iter::once(said.code).chain(said.also.iter().copied());
    codes.any(|code| is_its_word(situation, code))
}

/// Whether this says that all is well.
pub fn is_well(said: &Said) -> bool {
    matches!(said.severity, Severity::Ok | Severity::Note) && said.code != VerdictCode::Undetermined
}

/// Whether nothing is in motion either, nor held back: what is there was read, and is acked.
pub fn is_quiet(said: &Said) -> bool {
    let quiet = matches!(
        said.code,
        VerdictCode::CaughtUp
            | VerdictCode::TopicEmpty
            | VerdictCode::NoVisibleRecords
            | VerdictCode::SkippedToEnd
            | VerdictCode::ProducerSlowerThanTimeout
    );
    is_well(said) && quiet
}

/// Judges what was said.
pub fn judge(
    situation: &Situation,
    timeline: &Timeline,
    (lag_rule, burrow): (Opinion, Opinion),
    failed: Option<String>,
    whole: Duration,
    group: String,
) -> Outcome {
    let (said, marks) = (timeline.said(), timeline.marks());
    let during = during(&said, &marks);
    let before = marks.cause.and_then(|cause| shown_at(&said, cause));
    let stays = before.is_some_and(|before| is_right(situation, before));
    let first = first(situation, before, &during);
    let news = news(before, &during);
    let right: Vec<&Said> = during
        .iter()
        .copied()
        .filter(|said| is_right(situation, said))
        .collect();
    let since_cause = |said: &Said| {
        let after = said.at.saturating_duration_since(marks.cause?);
        Some(after.as_secs_f64())
    };
    let took = right.first().and_then(|right| since_cause(right));
    let named = named_since(situation, &during).and_then(since_cause);
    let beside: Vec<VerdictCode> = right.iter().flat_map(|said| said.also.clone()).collect();
    let missing = situation.also.iter().filter(|code| !beside.contains(code));
    Outcome {
        name: situation.name.to_owned(),
        expected: name(situation.expect),
        right: first.map_or(took.is_some(), |first| first == situation.expect),
        first: first.map(name),
        strictly: match news {
            Some(news) => news.code == situation.expect && is_grave(situation, news),
            None => before.is_some_and(|before| is_right(situation, before)),
        },
        news: news.map(|news| (name(news.code), grade(news.severity))),
        stays: stays && first.is_none(),
        named,
        took,
        allowed: situation.allowed().as_secs_f64(),
        unhealthy: situation.is_unhealthy(),
        said_unhealthy: during
            .iter()
            .any(|said| said.confirmed && is_unhealthy(said.severity)),
        back: back(&said, &marks),
        undone: marks.undone.is_some(),
        false_alarms: false_alarms(&said, &marks),
        not_beside: missing.map(|code| name(*code)).collect(),
        said: told(&said, &marks),
        lag_rule,
        burrow,
        failed,
        whole: whole.as_secs_f64(),
        ended: machine::since_1970().as_secs_f64(),
        commit: machine::commit(),
        group,
    }
}

/// What was shown between the cause and its undoing, what stood at the cause included.
fn during<'a>(said: &'a [Said], marks: &Marks) -> Vec<&'a Said> {
    let Some(cause) = marks.cause else {
        return Vec::new();
    };
    let until = |said: &&Said| marks.undone.is_none_or(|undone| said.at < undone);
    let standing = shown_at(said, cause);
    let after = said.iter().filter(|said| said.at >= cause);
    standing.into_iter().chain(after.filter(until)).collect()
}

/// From where on the right verdict was named, up to where it was right, without a break: one that was named and taken
/// back meanwhile had to be named again.
fn named_since<'a>(situation: &Situation, during: &[&'a Said]) -> Option<&'a Said> {
    let right = during.iter().position(|said| is_right(situation, said))?;
    let until_right = during[..=right].iter().rev().copied();
    until_right
        .take_while(|said| is_named(situation, said))
        .last()
}

/// What was shown at this moment.
fn shown_at(said: &[Said], at: Instant) -> Option<&Said> {
    said.iter().take_while(|said| said.at < at).last()
}

/// The first confirmed verdict that is news, UNDETERMINED and milder truths aside. The right one counts before it is
/// confirmed: it is the same word.
fn first(situation: &Situation, before: Option<&Said>, during: &[&Said]) -> Option<VerdictCode> {
    let old = before.map(|said| said.code);
    let counts = |said: &&&Said| {
        let neutral = said.code == VerdictCode::Undetermined
            || said.code != situation.expect && is_right(situation, said)
            || situation.meanwhile.contains(&said.code)
            || Some(said.code) == old;
        said.code == situation.expect && Some(said.code) != old || said.confirmed && !neutral
    };
    during.iter().find(counts).map(|said| said.code)
}

/// The first confirmed verdict that is news, nothing excused but UNDETERMINED.
fn news<'a>(before: Option<&Said>, during: &[&'a Said]) -> Option<&'a Said> {
    let old = before.map(|said| said.code);
    let mut during = during.iter().copied();
    during.find(|said| {
        said.confirmed && said.code != VerdictCode::Undetermined && Some(said.code) != old
    })
}

fn back(said: &[Said], marks: &Marks) -> Option<f64> {
    let undone = marks.undone?;
    let standing = shown_at(said, undone).filter(|said| is_well(said));
    if standing.is_some() {
        return Some(0.0);
    }
    let well = said
        .iter()
        .filter(|said| said.at >= undone)
        .find(|said| is_well(said))?;
    Some(well.at.saturating_duration_since(undone).as_secs_f64())
}

fn false_alarms(said: &[Said], marks: &Marks) -> Vec<String> {
    let Some(disturbed) = marks.disturbed.or(marks.cause) else {
        return Vec::new();
    };
    let first_well = said.iter().position(is_well).unwrap_or(said.len());
    let quiet = said
        .iter()
        .skip(first_well)
        .take_while(|said| said.at < disturbed);
    let alarms = quiet.filter(|said| is_unhealthy(said.severity));
    alarms.map(|said| name(said.code)).collect()
}

/// The story from the cause on, in seconds.
fn told(said: &[Said], marks: &Marks) -> Vec<(f64, String)> {
    let Some(cause) = marks.cause else {
        return Vec::new();
    };
    let standing = shown_at(said, cause);
    let after = said.iter().filter(|said| said.at >= cause);
    let line = |said: &Said| {
        let at = said.at.saturating_duration_since(cause).as_secs_f64();
        let unsure = if said.confirmed { "" } else { "?" };
        let also: Vec<String> = said.also.iter().map(|code| name(*code)).collect();
        let also = if also.is_empty() {
            String::new()
        } else {
            format!(" +{}", also.join("+"))
        };
        (
            at,
            format!("{}{unsure} {}{also}", name(said.code), grade(said.severity)),
        )
    };
    standing.into_iter().chain(after).map(line).collect()
}

/// A verdict's name as people write it.
pub fn name(code: VerdictCode) -> String {
    code.name().to_owned()
}

/// A severity's name as people write it.
pub fn grade(severity: Severity) -> String {
    let name = severity.as_str_name().trim_start_matches("SEVERITY_");
    name.to_lowercase()
}
