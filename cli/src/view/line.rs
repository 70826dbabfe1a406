//! The stats line: `gather [A:10, B:0 CAUGHT_UP] total: 10 records`.

use rollcall_proto::v1::{GatherSummary, GetStatusResponse, Verdict};

use super::verdict::name;
use crate::sanitize::safe;

/// The line of a gather, slots in the order of the request.
pub fn of_gather(summary: &GatherSummary) -> String {
    let slots = summary.slots.iter().map(|slot| {
        (
            slot.topic.as_str(),
            slot.record_count,
            slot.verdict.as_ref(),
        )
    });
    line("gather", slots)
}

/// The line of the last gather, with the verdicts of now, topics by name.
pub fn of_status(status: &GetStatusResponse) -> String {
    let topics = status.topics.iter();
    let mut slots: Vec<_> = topics
        .map(|topic| {
            (
                topic.topic.as_str(),
                topic.record_count,
                topic.verdict.as_ref(),
            )
        })
        .collect();
    slots.sort_by_key(|(topic, ..)| *topic);
    line(
        if status.demo { "DEMO gather" } else { "gather" },
        slots.into_iter(),
    )
}

fn line<'a>(
    head: &str,
    slots: impl Iterator<Item = (&'a str, u32, Option<&'a Verdict>)>,
) -> String {
    let mut total = 0_u64;
    let slots: Vec<String> = slots
        .map(|(topic, count, verdict)| {
            total += u64::from(count);
            slot(topic, count, verdict)
        })
        .collect();
    let unit = if total == 1 { "record" } else { "records" };
    format!("{head} [{}] total: {total} {unit}", slots.join(", "))
}

fn slot(topic: &str, count: u32, verdict: Option<&Verdict>) -> String {
    match count {
        0 => format!("{}:0 {}", safe(topic), name(verdict)),
        count => format!("{}:{count}", safe(topic)),
    }
}

#[cfg(test)]
mod tests;
