//! The stats line of a gather: `gather [A:10, B:0 CAUGHT_UP, …] total: 33 records`.

use std::fmt;

use rollcall_proto::v1;

/// Writes a summary as the line; nothing is copied until it is written.
pub struct StatsLine<'a>(pub &'a v1::GatherSummary);

impl fmt::Display for StatsLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gather [")?;
        for (at, slot) in self.0.slots.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}:{}", slot.topic, slot.record_count)?;
            if let (0, Some(verdict)) = (slot.record_count, &slot.verdict) {
                write!(f, " {}", code_name(verdict.code))?;
            }
        }
        write!(f, "] total: {} records", self.0.record_count)
    }
}

/// The verdict's name as screens show it; "UNKNOWN" for a number that this build does not know.
fn code_name(code: i32) -> &'static str {
    let known = v1::VerdictCode::try_from(code)
        .ok()
        .filter(|&code| code != v1::VerdictCode::Unspecified);
    known.map_or("UNKNOWN", v1::VerdictCode::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(topic: &str, record_count: u32, code: v1::VerdictCode) -> v1::Slot {
        let verdict = v1::Verdict {
            code: code.into(),
            ..v1::Verdict::default()
        };
        v1::Slot {
            topic: topic.to_owned(),
            record_count,
            verdict: Some(verdict),
            ..v1::Slot::default()
        }
    }

    #[test]
    fn an_empty_slot_says_why() {
        let summary = v1::GatherSummary {
            slots: vec![
                slot("A", 10, v1::VerdictCode::Flowing),
                slot("B", 0, v1::VerdictCode::CaughtUp),
            ],
            record_count: 10,
            ..v1::GatherSummary::default()
        };
        assert_eq!(
            StatsLine(&summary).to_string(),
            "gather [A:10, B:0 CAUGHT_UP] total: 10 records"
        );
    }
}
