//! The screen of `rollcall explain`: the verdict in a sentence, its rule, and every fact.

mod evidence;
pub mod why_not;

use rollcall_proto::v1::{
    FetcherStatus, GetTopicResponse, RuledOut, TopicStatus, Verdict, VerdictCode,
};

use super::Reader;
use super::doctor;
use super::lanes;
use super::quantity::time_of_proto;
use super::status::demo;
use super::style::paint;
use super::verdict::{code_name, name, severity_of, severity_word, style_of};
use super::wrap::{command, hang, labelled};
use crate::catalog;
use crate::sanitize::safe;
use crate::words::arguments::{Arguments, Place};

/// The screen.
pub fn text(answer: &GetTopicResponse, reader: &Reader) -> String {
    let Some(topic) = &answer.topic else {
        return format!("{}\n", reader.speech.word("newer-verdict"));
    };
    let mut screen = demo(answer.demo, reader);
    screen.push_str(&head(topic, reader));
    if let Some(verdict) = &topic.verdict {
        screen.push_str(&rule(verdict, reader));
        let lanes = lanes::extent(answer.lane, answer.lanes, &reader.speech);
        screen.push_str(&extent(verdict, lanes, reader));
        screen.push_str(&evidence::facts(verdict, &topic.partitions, reader));
    }
    screen.push_str(&lost(topic, reader));
    screen.push_str(&ruled_out(&topic.ruled_out, reader));
    screen.push_str(&also(topic, reader));
    screen.push_str(&ghosts(&topic.fetchers, reader));
    screen.push_str(&standbys(&topic.fetchers, reader));
    screen.push_str(&becomes(topic.verdict.as_ref(), reader));
    screen.push_str(&todo(topic, &answer.bootstrap_servers, reader));
    screen
}

/// Severity, code and sentence; the sentence goes on below where it is long.
fn head(topic: &TopicStatus, reader: &Reader) -> String {
    let verdict = topic.verdict.as_ref();
    let sentence = match verdict {
        Some(verdict) => doctor::sentence(verdict, topic, reader),
        None => reader.speech.word("unknown"),
    };
    let word = severity_word(severity_of(verdict));
    let style = style_of(verdict);
    let opening = format!("{word}  {}", name(verdict));
    let (first, rest) = hang(&format!("{opening}  "), &sentence);
    format!("{}  {first}\n{rest}", paint(style, &opening))
}

fn rule(verdict: &Verdict, reader: &Reader) -> String {
    let code = VerdictCode::try_from(verdict.code).ok();
    let rule = code.and_then(|code| reader.speech.rule(code));
    part("label-rule", rule, reader)
}

/// A paragraph with its label, where there is something to say.
fn part(label: &str, text: Option<String>, reader: &Reader) -> String {
    text.filter(|text| !text.is_empty())
        .map(|text| labelled(&reader.speech.word(label), &text))
        .unwrap_or_default()
}

/// What it turns into when it goes on.
fn becomes(verdict: Option<&Verdict>, reader: &Reader) -> String {
    let next = verdict.and_then(|verdict| {
        let (severity, after) = catalog::becomes(verdict, reader.speech.view())?;
        let time = time_of_proto(verdict.since.as_ref())?
            .checked_add(after)
            .ok()
            // What has not come when it was due is held back by something else, and may never come.
            .filter(|time| *time > reader.clock.now)?;
        let arguments = Arguments::default()
            .text("severity", catalog::plain_word(severity))
            .text("time", reader.clock.time_of_day(time));
        Some(reader.speech.say("becomes", &arguments))
    });
    part("label-becomes", next, reader)
}

/// For how many partitions it holds, where it is not all of them, and since when.
fn extent(verdict: &Verdict, lanes: Option<String>, reader: &Reader) -> String {
    let mut said = Vec::new();
    if verdict.partitions != verdict.partitions_total {
        let counts = Arguments::default()
            .count("some", u64::from(verdict.partitions))
            .count("all", u64::from(verdict.partitions_total));
        said.push(reader.speech.say("partitions", &counts));
    }
    if let Some(since) = time_of_proto(verdict.since.as_ref()) {
        let length = reader.clock.since(since);
        let arguments = Arguments::default()
            .text("time", reader.clock.time_of_day(since))
            .text("length", super::quantity::duration(length));
        said.push(reader.speech.say("since", &arguments));
    }
    said.extend(lanes);
    part("label-holds", Some(reader.speech.list(&said)), reader)
}

fn lost(topic: &TopicStatus, reader: &Reader) -> String {
    let ranges = topic.partitions.iter().flat_map(|partition| {
        partition.lost.iter().map(|range| {
            let records = range.next_offset.saturating_sub(range.first_offset);
            let arguments = Arguments::default()
                .text("partition", partition.partition.to_string())
                .text("first", range.first_offset.to_string())
                .text("last", range.next_offset.saturating_sub(1).to_string())
                .text("count", records.to_string());
            reader.speech.say("lost-range", &arguments)
        })
    });
    let ranges: Vec<String> = ranges.collect();
    part("label-lost", Some(reader.speech.list(&ranges)), reader)
}

fn ruled_out(ruled_out: &[RuledOut], reader: &Reader) -> String {
    let against = |ruled: &RuledOut| {
        let code = Arguments::default().text("code", code_name(ruled.code));
        let arguments = match &ruled.because {
            Some(fact) => code.text("because", evidence::phrase(fact, reader)),
            None => code,
        };
        reader.speech.say("ruled-out-one", &arguments)
    };
    let said: Vec<String> = ruled_out.iter().map(against).collect();
    let said = reader.speech.sentences(&said);
    part("label-ruled-out", Some(said), reader)
}

fn also(topic: &TopicStatus, reader: &Reader) -> String {
    let one = |verdict: &Verdict| {
        let arguments = Arguments::default()
            .text("severity", severity_word(severity_of(Some(verdict))))
            .text("code", name(Some(verdict)))
            .text("sentence", doctor::sentence(verdict, topic, reader));
        reader.speech.say("also-one", &arguments)
    };
    let said: Vec<String> = topic.also.iter().map(one).collect();
    let said = match said.is_empty() {
        true => reader.speech.word("nothing"),
        false => reader.speech.sentences(&said),
    };
    part("label-also", Some(said), reader)
}

/// Fetchers that are gone while the broker still keeps their partitions for them.
fn ghosts(fetchers: &[FetcherStatus], reader: &Reader) -> String {
    let gone = fetchers.iter().filter(|fetcher| !fetcher.connected);
    let said: Vec<String> = gone.map(|fetcher| ghost(fetcher, reader)).collect();
    part("label-gone", Some(reader.speech.clauses(&said)), reader)
}

/// Fetchers that wait for what another one holds, and would take it over.
fn standbys(fetchers: &[FetcherStatus], reader: &Reader) -> String {
    let waits = |fetcher: &&FetcherStatus| fetcher.connected && fetcher.standby > 0;
    let said = fetchers.iter().filter(waits).map(|fetcher| {
        let arguments = Arguments::default()
            .text("client", &fetcher.client_id)
            .text("host", &fetcher.host)
            .count("count", fetcher.standby.into());
        reader.speech.say("standby", &arguments)
    });
    let said: Vec<String> = said.collect();
    part("label-standby", Some(reader.speech.clauses(&said)), reader)
}

/// A fetcher that is gone, in words.
pub fn ghost(fetcher: &FetcherStatus, reader: &Reader) -> String {
    let mut arguments = Arguments::default()
        .text("client", &fetcher.client_id)
        .text("host", &fetcher.host);
    if let Some(end) = time_of_proto(fetcher.session_ends_at.as_ref()) {
        arguments = arguments.text("end", reader.clock.time_of_day(end));
    }
    reader.speech.say("ghost", &arguments)
}

fn todo(topic: &TopicStatus, bootstrap: &str, reader: &Reader) -> String {
    let place = Place {
        topic: &topic.topic,
        bootstrap,
    };
    let Some(verdict) = &topic.verdict else {
        return String::new();
    };
    let advice = reader.speech.advice(verdict, place, &reader.clock);
    let text = if advice.is_empty() {
        reader.speech.word("nothing")
    } else {
        reader.speech.clauses(&advice)
    };
    let commands = reader.speech.commands(verdict, place, &reader.clock);
    let commands: String = commands.iter().map(|line| command(&safe(line))).collect();
    let todo = part("label-do", Some(safe(&text).into_owned()), reader);
    format!("{todo}{commands}")
}

#[cfg(test)]
mod tests;
