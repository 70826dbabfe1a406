//! The summary line: which group, in which state, how much was looked at and for how long.

use rollcall_proto::v1::{GetStatusResponse, Observation};

use super::unread;
use crate::view::Reader;
use crate::view::quantity::{self, of_proto};
use crate::view::style::{self, paint};
use crate::view::wrap::paragraph;
use crate::words::arguments::Arguments;

/// What Kafka calls a group that it does not know.
const DEAD: &str = "Dead";
/// What Kafka calls a group without members.
const EMPTY: &str = "Empty";

/// The line, and what has to be said of the group itself.
pub(super) fn line(answer: &GetStatusResponse, reader: &Reader) -> String {
    let nothing = Observation::default();
    let seen = answer.observation.as_ref().unwrap_or(&nothing);
    let mut parts = vec![state(seen, reader)];
    if let Some(members) = seen.members {
        parts.push(counted("doctor-members", u64::from(members), reader));
    }
    parts.push(counted("doctor-topics", answer.topics.len() as u64, reader));
    parts.push(counted(
        "doctor-partitions",
        u64::from(seen.partitions),
        reader,
    ));
    let watched = of_proto(seen.watched.as_ref()).unwrap_or_default();
    let watched = Arguments::default().text("length", quantity::duration(watched));
    let head = Arguments::default()
        .text("group", group(answer, seen))
        .text("parts", reader.speech.list(&parts))
        .text("watched", reader.speech.say("doctor-watched", &watched));
    let line = paragraph(&reader.speech.say("doctor-head", &head));
    format!(
        "{}{}",
        paint(style::STRONG, line.trim_end()),
        notes(seen, reader)
    )
}

/// The group's name, whoever says it.
fn group<'a>(answer: &'a GetStatusResponse, seen: &'a Observation) -> &'a str {
    match answer.group.as_str() {
        "" => &seen.group,
        group => group,
    }
}

/// Kafka's word for the state, and what it means where that is not plain.
fn state(seen: &Observation, reader: &Reader) -> String {
    match (seen.state.as_str(), &seen.failure) {
        ("", Some(_)) => reader.speech.word("doctor-state-refused"),
        ("", None) => reader.speech.word("doctor-state-unknown"),
        (DEAD, _) => reader.speech.word("doctor-state-dead"),
        (EMPTY, _) => reader.speech.word("doctor-state-empty"),
        (state, _) => state.to_owned(),
    }
}

fn counted(key: &str, count: u64, reader: &Reader) -> String {
    let count = Arguments::default().count("count", count);
    reader.speech.say(key, &count)
}

/// Lines about the group as a whole: why it could not be described, that it committed nothing, which rights lack, what
/// was not read.
fn notes(seen: &Observation, reader: &Reader) -> String {
    let mut text = "\n".to_owned();
    if let Some(failure) = &seen.failure {
        let why = Arguments::default().text("failure", failure);
        text.push_str(&paragraph(&reader.speech.say("doctor-not-described", &why)));
    }
    if seen.has_commits == Some(false) && seen.state != DEAD {
        text.push_str(&paragraph(&reader.speech.word("doctor-no-commits")));
    }
    for right in &seen.missing_rights {
        let arguments = Arguments::default()
            .text("resource", &right.resource)
            .text("name", &right.name)
            .text("operation", &right.operation);
        text.push_str(&paragraph(
            &reader.speech.say("doctor-missing-right", &arguments),
        ));
    }
    text.push_str(&unread::topics(seen, reader));
    text
}
