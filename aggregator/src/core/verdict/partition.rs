//! The verdict of one partition: the first rule that holds, and what else does.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{Severity, VerdictCode};

use super::case::Case;
use super::table::{Explains, Finding, Rule, TABLE, View};

/// A rule that holds for a partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The rule.
    pub(super) rule: &'static Rule,
    /// Since when it holds, as far as it is known.
    pub(super) since: Option<Moment>,
    /// How much it matters now; `None` while it is a suspicion that may not be said as a verdict.
    pub(super) severity: Option<Severity>,
    /// How much it matters once it is confirmed.
    pub(super) becomes: Option<Severity>,
    /// Whether its confirmation time has passed.
    pub(super) confirmed: bool,
    /// Time until it has; zero when it has.
    pub(super) confirmed_in: Duration,
    /// The operator does not want to hear of it.
    pub(super) muted: bool,
    also_only: bool,
}

/// The verdict of one partition.
#[derive(Clone, Debug)]
pub(super) struct PartitionVerdict {
    /// The verdict.
    pub(super) verdict: Found,
    /// The other rules that hold, in the table's order.
    pub(super) also: Vec<Found>,
}

/// Tries every rule on the partition.
pub(super) fn judge(case: &Case<'_>) -> PartitionVerdict {
    let mut found: Vec<Found> = TABLE
        .iter()
        .filter_map(|rule| try_rule(rule, case))
        .collect();
    let at = choose(&found, case).unwrap_or(found.len() - 1);
    let verdict = found.remove(at);
    found.retain(|other| other.rule.code != VerdictCode::Undetermined);
    PartitionVerdict {
        verdict,
        also: found,
    }
}

/// Which of the rules that hold is the verdict. One of them always is: UNDETERMINED holds for every empty
/// slot and FLOWING for every one with data.
fn choose(found: &[Found], case: &Case<'_>) -> Option<usize> {
    if case.has_data() {
        return choose_with_data(found);
    }
    let said = |found: &Found| found.severity.is_some() && !found.also_only;
    let first = found.iter().position(|found| said(found) && !found.muted)?;
    let first = found
        .iter()
        .position(|later| said(later) && !later.muted && outweighs(later, &found[first]))
        .unwrap_or(first);
    let catch_all = found[first].rule.code == VerdictCode::Undetermined;
    let muted = found.iter().position(|found| said(found) && found.muted);
    // What is muted is still the explanation if there is no other.
    if catch_all {
        muted.or(Some(first))
    } else {
        Some(first)
    }
}

/// Whether a warning or a fault that is sure comes before a suspicion of what the table puts first: a broker that may
/// be down is no reason to withhold that the start offset has been asked for in vain. A fault that stands by itself comes
/// before a mere note as well: that nobody reads is no reason to withhold that records are lost.
fn outweighs(later: &Found, first: &Found) -> bool {
    let grave = matches!(later.severity, Some(Severity::Warn | Severity::Fault));
    let weight = |found: &Found| found.severity.map_or(0, rank);
    let suspected = !first.confirmed && grave && weight(later) > weight(first);
    let fault = later.severity == Some(Severity::Fault) && stands_by_itself(later);
    let noted = first.severity == Some(Severity::Note) && !is_reason_enough(first);
    later.confirmed && (suspected || (fault && noted))
}

/// Whether a rule does not merely say that nothing above it explains the silence.
fn stands_by_itself(found: &Found) -> bool {
    found.rule.code != VerdictCode::StuckWithLag
}

/// Whether a note tells why the group has no use for the partition any more.
fn is_reason_enough(found: &Found) -> bool {
    found.rule.code == VerdictCode::NotSubscribed
}

/// With data, a rule about emptiness is the verdict only where it is a fault of this partition; among
/// those about data the worst is.
fn choose_with_data(found: &[Found]) -> Option<usize> {
    let fault = found.iter().position(|found| {
        found.rule.explains == Explains::Both
            && found.severity == Some(Severity::Fault)
            && found.confirmed
            && !found.also_only
    });
    let data = found
        .iter()
        .enumerate()
        .filter(|(_, found)| found.rule.explains == Explains::Data);
    // The last of equals is kept by max_by_key: the table's order decides, so it is read backwards.
    fault.or(data
        .rev()
        .max_by_key(|(_, found)| found.severity.map_or(0, rank))
        .map(|(at, _)| at))
}

/// Tries one rule on the partition.
pub(super) fn try_rule(rule: &'static Rule, case: &Case<'_>) -> Option<Found> {
    let finding = rule.find(case)?;
    let muted = case.evidence.words().mute.contains(&rule.code);
    let confirmation = rule.seen(View::of(case)).confirmation.length(case)?;
    let confirmed_in = confirmation.saturating_sub(finding.lasted);
    let severity = |lasted| {
        let severity = severity(rule, &finding, lasted, case);
        severity.map(|severity| if muted { Severity::Ok } else { severity })
    };
    Some(Found {
        rule,
        since: finding.since,
        severity: severity(finding.lasted),
        becomes: severity(finding.lasted.max(confirmation)),
        confirmed: confirmed_in.is_zero(),
        confirmed_in,
        muted,
        also_only: finding.also_only,
    })
}

/// The severity once the rule has held for so long; a severity that the rule chose itself counts once the
/// rule may be said at all.
fn severity(rule: &Rule, finding: &Finding, lasted: Duration, case: &Case<'_>) -> Option<Severity> {
    let steps = rule.seen(View::of(case)).severity;
    let is_its_own = |graded| steps.iter().any(|(_, severity)| *severity == graded);
    debug_assert!(finding.severity.is_none_or(is_its_own), "{:?}", rule.code);
    let reached = steps
        .iter()
        .rev()
        .find(|(wait, _)| wait.length(case).is_some_and(|length| lasted >= length));
    reached.map(|&(_, severity)| finding.severity.unwrap_or(severity))
}

/// The worse, the higher. Not to know is worse than a note: silence is never reported as health.
pub(in crate::core) const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Fault => 5,
        Severity::Warn => 4,
        Severity::Unknown | Severity::Unspecified => 3,
        Severity::Note => 2,
        Severity::Ok => 1,
    }
}
