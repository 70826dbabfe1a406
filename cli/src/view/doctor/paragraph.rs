//! One topic in a paragraph: its sentence, the facts that matter, who owns it, what cannot be seen, what to do.

use rollcall_proto::v1::{GetStatusResponse, PartitionStatus, TopicStatus, Verdict, VerdictCode};

use super::side::{self, Side};
use super::{lag, oldest_unread, readable};
use crate::sanitize::safe;
use crate::view::Reader;
use crate::view::verdict::known_name;
use crate::view::wrap::{command, paragraph};
use crate::words::arguments::{Arguments, Place};

/// Owners that are named; the others are counted.
const OWNERS: usize = 2;

/// The paragraph, and commands to copy below it.
pub(super) fn of(topic: &TopicStatus, answer: &GetStatusResponse, reader: &Reader) -> String {
    let Some(verdict) = &topic.verdict else {
        let unknown = Arguments::default()
            .text("topic", &topic.topic)
            .text("says", reader.speech.word("unknown"));
        return paragraph(&reader.speech.say("doctor-topic-says", &unknown));
    };
    let bootstrap = answer
        .observation
        .as_ref()
        .map_or("", |seen| seen.bootstrap_servers.as_str());
    let place = Place {
        topic: &topic.topic,
        bootstrap,
    };
    let mut said = vec![ended(&sentence(verdict, topic, reader), reader)];
    said.extend(unconfirmed(verdict, reader));
    said.extend(owners(topic, verdict, reader));
    said.extend(part(verdict, "hidden", topic, reader));
    let advice = reader.speech.advice_outside(verdict, place, &reader.clock);
    if !advice.is_empty() {
        let advice = Arguments::default().text("advice", reader.speech.clauses(&advice));
        said.push(reader.speech.say("doctor-do", &advice));
    }
    let arguments = Arguments::default()
        .text("topic", &topic.topic)
        .text("says", said.join(&reader.speech.word("between-sentences")));
    let text = paragraph(&reader.speech.say("doctor-topic-says", &arguments));
    let commands = reader.speech.commands(verdict, place, &reader.clock);
    let commands: String = commands.iter().map(|line| command(&safe(line))).collect();
    text + &commands
}

/// The sentence that a look from outside has for the verdict, else the verdict's own.
fn sentence(verdict: &Verdict, topic: &TopicStatus, reader: &Reader) -> String {
    part(verdict, "", topic, reader)
        .unwrap_or_else(|| reader.speech.sentence(verdict, &reader.clock))
}

/// A part of what a look from outside says of the verdict (`""`: its sentence).
fn part(verdict: &Verdict, part: &str, topic: &TopicStatus, reader: &Reader) -> Option<String> {
    let code = VerdictCode::try_from(verdict.code).ok()?;
    let key = format!("outside-{}", known_name(code));
    let arguments = arguments(verdict, topic, reader);
    match part {
        "" => [None, Some("short"), Some("shorter"), Some("bare")]
            .into_iter()
            .find_map(|form| reader.speech.form(&key, form, &arguments)),
        part => reader.speech.form(&key, Some(part), &arguments),
    }
}

/// The verdict's facts, and what the table shows of the topic.
fn arguments(verdict: &Verdict, topic: &TopicStatus, reader: &Reader) -> Arguments {
    let mut arguments = Arguments::of_verdict(verdict, &reader.speech, &reader.clock);
    if let Some(lag) = lag(topic) {
        arguments = arguments.count("lag_total", lag);
    }
    if let Some(readable) = readable(topic) {
        arguments = arguments.count("readable_total", readable);
    }
    if let Some(age) = oldest_unread(topic) {
        arguments = arguments.text("oldest_unread", age);
    }
    arguments
}

fn unconfirmed(verdict: &Verdict, reader: &Reader) -> Option<String> {
    (!verdict.confirmed).then(|| reader.speech.word("doctor-unconfirmed"))
}

/// Who owns the partitions that the verdict holds for, where the group has to look.
fn owners(topic: &TopicStatus, verdict: &Verdict, reader: &Reader) -> Option<String> {
    if side::of(verdict.code) != Side::Group {
        return None;
    }
    let held = topic
        .partitions
        .iter()
        .filter(|partition| partition.verdict == verdict.code && !partition.member_id.is_empty());
    let mut named: Vec<String> = Vec::new();
    for partition in held {
        let owner = owner(partition, reader);
        if !named.contains(&owner) {
            named.push(owner);
        }
    }
    let more = named.len().saturating_sub(OWNERS);
    named.truncate(OWNERS);
    let arguments = Arguments::default()
        .text("owners", reader.speech.list(&named))
        .count("more", more as u64);
    (!named.is_empty()).then(|| reader.speech.say("doctor-owners", &arguments))
}

/// The client and the host that own a partition.
pub(super) fn owner(partition: &PartitionStatus, reader: &Reader) -> String {
    let arguments = Arguments::default()
        .text("client", &partition.client_id)
        .text("host", partition.host.trim_start_matches('/'));
    reader.speech.say("doctor-owner", &arguments)
}

/// A sentence with its full stop.
fn ended(sentence: &str, reader: &Reader) -> String {
    let arguments = Arguments::default().text("sentence", sentence);
    reader.speech.say("doctor-sentence", &arguments)
}
