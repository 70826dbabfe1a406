//! One topic in a paragraph: its sentence, the facts that matter, who owns it, what cannot be seen, what to do.

use rollcall_proto::v1::{GetStatusResponse, PartitionStatus, TopicStatus, Verdict, VerdictCode};

use super::side::{self, Side};
use crate::sanitize::safe;
use crate::view::Reader;
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
    let mut said = vec![ended(&super::sentence(verdict, topic, reader), reader)];
    said.extend(unconfirmed(verdict, reader));
    said.extend(owners(topic, verdict, reader));
    said.extend(hidden(verdict, reader));
    let advice = reader.speech.advice(verdict, place, &reader.clock);
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

/// What cannot be seen from outside about such a verdict.
fn hidden(verdict: &Verdict, reader: &Reader) -> Option<String> {
    let code = VerdictCode::try_from(verdict.code).ok()?;
    let key = format!("outside-{}", code.name());
    reader
        .speech
        .form(&key, Some("hidden"), &Arguments::default())
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
