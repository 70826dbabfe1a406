mod gathers;
mod oddities;
mod topics;
mod verdicts;

use rollcall_proto::v1::{Severity, TopicStatus, Verdict, VerdictCode};

use super::{Part, Place};
use crate::view::fixtures;

/// What the lanes of a house of `lanes` say, from lane 0 on; `None` is one that does not answer.
fn house<T>(answers: Vec<Option<T>>) -> Vec<Part<T>> {
    let lanes = u32::try_from(answers.len()).unwrap();
    (0..lanes)
        .zip(answers)
        .filter_map(|(lane, answer)| {
            let place = Place { lane, lanes };
            answer.map(|answer| Part { place, answer })
        })
        .collect()
}

/// A verdict that holds for one partition of two.
fn verdict(code: VerdictCode, severity: Severity) -> Verdict {
    Verdict {
        partitions: 1,
        ..fixtures::verdict(code, severity)
    }
}

fn topic(name: &str, verdict: Verdict, records: u32) -> TopicStatus {
    fixtures::topic(name, verdict, [records, 3, 2], Some(1000))
}
