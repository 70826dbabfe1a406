//! The past over lanes: each lane remembers its own, and says which it was.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use prost_types::Timestamp;
use rollcall_proto::v1::{VerdictCode, VerdictSpan};

use super::Part;

/// What the lanes remember, newest first, as many as are wanted; of one lane as it tells it.
pub fn newest<T>(
    parts: Vec<Part<Vec<T>>>,
    began: impl Fn(&T) -> Option<&Timestamp>,
    wanted: usize,
) -> Vec<Part<T>> {
    let several = parts.len() > 1;
    let mut all: Vec<Part<T>> = parts
        .into_iter()
        .flat_map(|part| {
            let place = part.place;
            let items = part.answer.into_iter();
            items.map(move |answer| Part { place, answer })
        })
        .collect();
    if several {
        all.sort_by_key(|part| Reverse(began(&part.answer).map(|at| (at.seconds, at.nanos))));
    }
    all.truncate(wanted);
    all
}

/// Verdicts without those of lanes that had nothing of the topic, where another lane has.
pub fn at_home(parts: Vec<Part<Vec<VerdictSpan>>>) -> Vec<Part<Vec<VerdictSpan>>> {
    if parts.len() < 2 {
        return parts;
    }
    let elsewhere = |span: &VerdictSpan| span.code() == VerdictCode::NotInThisLane;
    let spans = parts.iter().flat_map(|part| &part.answer);
    let here: BTreeSet<String> = spans
        .filter(|span| !elsewhere(span))
        .map(|span| span.topic.clone())
        .collect();
    let told = |span: &VerdictSpan| !elsewhere(span) || !here.contains(&span.topic);
    parts
        .into_iter()
        .map(|part| part.map(|spans| spans.into_iter().filter(told).collect()))
        .collect()
}
