//! The screen of `rollcall tune`: the rhythm of every topic, what a timeout does for it and for all of them, and what to
//! paste.

mod plot;
mod settings;

use std::time::Duration;

use rollcall_proto::v1::{AdviseResponse, ArrivalModel, FetchCost, ProfileReason, TopicAdvice};

use super::Reader;
use super::quantity::{self, of_proto, time_of_proto};
use super::stamps::stamps;
use super::table::{Align, Cell, Table};
use super::wrap::paragraph;
use crate::words::arguments::Arguments;

/// What of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Everything,
    /// One timeout was asked for: no plot, nothing to paste.
    OneTimeout,
}

/// The screen.
pub fn text(advice: &AdviseResponse, shown: Shown, reader: &Reader) -> String {
    let mut screen = head(advice, reader);
    screen.push_str(&table(advice, reader));
    for topic in &advice.topics {
        screen.push_str(&details(topic, reader));
    }
    screen.push_str(&roll(advice, reader));
    if shown == Shown::Everything {
        screen.push_str(&plot::plot(advice, reader));
        screen.push_str(&settings::paste(advice, reader));
    }
    screen
}

/// Whether a topic misses the target at the timeout that was judged; `None` while too little is known, or the topic has
/// been silent far beyond its rhythm.
pub fn misses(topic: &TopicAdvice, target: f64) -> Option<bool> {
    topic.timeout.as_ref()?;
    if topic.silent_for.is_some() {
        return None;
    }
    let arrivals = topic.arrivals.as_ref()?;
    let empty = arrivals.p_empty?.max(arrivals.p_empty_in_a_row?);
    Some(empty > 1.0 - target + 1e-9)
}

fn head(advice: &AdviseResponse, reader: &Reader) -> String {
    let arguments = Arguments::default()
        .text("target", quantity::share(advice.target))
        .text("timeout", setting(advice.timeout.as_ref()));
    paragraph(&reader.speech.say("tune-head", &arguments))
}

fn table(advice: &AdviseResponse, reader: &Reader) -> String {
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (word("column-topic"), Align::Left),
        (word("column-gaps"), Align::Right),
        (word("column-gap"), Align::Right),
        (word("column-p95"), Align::Right),
        (word("column-empty-now"), Align::Right),
        (word("column-timeout"), Align::Right),
    ]);
    for topic in &advice.topics {
        table.push(row(topic, reader));
    }
    table.render()
}

fn row(topic: &TopicAdvice, reader: &Reader) -> Vec<Cell> {
    let known = topic.arrivals.as_ref();
    let both = |random: Option<String>, row: Option<String>| match (random, row) {
        (Some(random), Some(row)) => format!("{random} / {row}"),
        (None, _) | (_, None) => "-".to_owned(),
    };
    let length = |length: Option<&prost_types::Duration>| {
        Cell::new(of_proto(length).map_or_else(|| "-".to_owned(), gap))
    };
    let answering = known.filter(|_| topic.silent_for.is_none());
    let share = |share: fn(&ArrivalModel) -> Option<f64>| Some(quantity::share(share(answering?)?));
    let timeout = |timeout: Option<&prost_types::Duration>| of_proto(timeout).map(exact);
    vec![
        Cell::new(&topic.topic),
        Cell::new(gaps(topic, reader)),
        length(known.and_then(|model| model.gap_median.as_ref())),
        length(known.and_then(|model| model.gap_p95.as_ref())),
        Cell::new(both(
            share(|model| model.p_empty),
            share(|model| model.p_empty_in_a_row),
        )),
        Cell::new(both(
            timeout(topic.timeout.as_ref()),
            timeout(topic.timeout_in_a_row.as_ref()),
        )),
    ]
}

/// A gap: to the millisecond below a second.
fn gap(length: Duration) -> String {
    match length < Duration::from_secs(1) {
        true => quantity::setting(length),
        false => quantity::duration(length),
    }
}

/// How many gaps, and over which time.
fn gaps(topic: &TopicAdvice, reader: &Reader) -> String {
    let Some(model) = &topic.arrivals else {
        return "0".to_owned();
    };
    let mut arguments = Arguments::default().count("count", model.gap_count);
    if let Some(since) = time_of_proto(model.since.as_ref()) {
        arguments = arguments.text("length", quantity::duration(reader.clock.since(since)));
    }
    reader.speech.say("tune-gaps", &arguments)
}

/// What there is to say about one topic beside its numbers.
fn details(topic: &TopicAdvice, reader: &Reader) -> String {
    let mut clauses = Vec::new();
    if topic.expect_empty {
        clauses.push(reader.speech.word("tune-expected-empty"));
    }
    if topic.gaps_missing > 0 {
        clauses.push(watch(topic, reader));
    }
    clauses.extend(
        topic
            .arrivals
            .as_ref()
            .and_then(|model| stamps(model, reader)),
    );
    match of_proto(topic.silent_for.as_ref()) {
        Some(silence) => clauses.push(silent(silence, reader)),
        None => {
            clauses.extend(profile(topic, reader));
            clauses.extend(topic.today.iter().flat_map(|today| costs(today, reader)));
        }
    }
    if clauses.is_empty() {
        return String::new();
    }
    let arguments = Arguments::default()
        .text("topic", &topic.topic)
        .text("says", reader.speech.clauses(&clauses));
    paragraph(&reader.speech.say("tune-topic", &arguments))
}

fn watch(topic: &TopicAdvice, reader: &Reader) -> String {
    let known = topic.arrivals.as_ref().map_or(0, |model| model.gap_count);
    let mut arguments = Arguments::default()
        .count("known", known)
        .count("missing", topic.gaps_missing);
    if let Some(length) = of_proto(topic.watch_for.as_ref()) {
        arguments = arguments.text("length", quantity::duration(length));
    }
    reader.speech.say("tune-watch", &arguments)
}

/// That it does not keep to its rhythm, so that nothing is said of its next answer.
fn silent(silence: Duration, reader: &Reader) -> String {
    let arguments = Arguments::default().text("silence", quantity::duration(silence));
    reader.speech.say("tune-silent", &arguments)
}

/// Which profile fits and why; nothing where the default does.
fn profile(topic: &TopicAdvice, reader: &Reader) -> Option<String> {
    let first = topic.profiles.first()?;
    if topic.reason() == ProfileReason::ReachesTarget && topic.profile == first.profile {
        return None;
    }
    let key = match topic.reason() {
        ProfileReason::Unspecified => return None,
        ProfileReason::ReachesTarget => "tune-profile-reaches",
        ProfileReason::FewestEmpty => "tune-profile-fewest-empty",
        ProfileReason::FewestLeft => "tune-profile-fewest-left",
    };
    let cost = topic
        .profiles
        .iter()
        .find(|cost| cost.profile == topic.profile)?;
    let empty = cost.p_empty.max(cost.p_empty_in_a_row);
    let mut arguments = Arguments::default()
        .text("profile", &topic.profile)
        .text("timeout", setting(cost.timeout.as_ref()))
        .count("records", u64::from(cost.max_records))
        .text("empty", quantity::share(empty))
        .count("left", cost.records_left.round() as u64);
    if delays(cost) {
        arguments = arguments.text("delay", setting(cost.delay_at_most.as_ref()));
    }
    Some(reader.speech.say(key, &arguments))
}

/// What the settings of today cost, where they cost anything.
fn costs(today: &FetchCost, reader: &Reader) -> Vec<String> {
    let arguments = || {
        Arguments::default()
            .text("bytes", today.fetch_min_bytes.to_string())
            .text("delay", setting(today.delay_at_most.as_ref()))
            .count("records", u64::from(today.max_records))
            .count("left", today.records_left.ceil() as u64)
    };
    let delay = delays(today).then(|| reader.speech.say("tune-delay", &arguments()));
    let left = (today.records_left >= 1.0).then(|| reader.speech.say("tune-left", &arguments()));
    delay.into_iter().chain(left).collect()
}

fn delays(cost: &FetchCost) -> bool {
    of_proto(cost.delay_at_most.as_ref()).is_some_and(|delay| !delay.is_zero())
}

/// What the judged timeout does for the whole roll, and what is left out.
fn roll(advice: &AdviseResponse, reader: &Reader) -> String {
    let judged = of_proto(advice.timeout.as_ref());
    let at = advice
        .points
        .iter()
        .find(|point| of_proto(point.timeout.as_ref()) == judged);
    let mut said = Vec::new();
    if let Some(point) = at {
        let arguments = Arguments::default()
            .text("timeout", setting(advice.timeout.as_ref()))
            .text("all", quantity::share(point.p_all_answer))
            .text("row", quantity::share(point.p_all_answer_in_a_row));
        said.push(reader.speech.say("tune-roll", &arguments));
    }
    for (key, count) in [
        ("tune-unknown", advice.topics_unknown),
        ("tune-left-out-silent", advice.topics_silent),
        ("tune-left-out-empty", advice.topics_expected_empty),
    ] {
        if count > 0 {
            let arguments = Arguments::default().count("count", u64::from(count));
            said.push(reader.speech.say(key, &arguments));
        }
    }
    if said.is_empty() {
        return String::new();
    }
    paragraph(&reader.speech.sentences(&said))
}

fn setting(length: Option<&prost_types::Duration>) -> String {
    exact(of_proto(length).unwrap_or(Duration::ZERO))
}

/// A timeout to the millisecond: `4.75 s`, `5.001 s`.
fn exact(length: Duration) -> String {
    match length.as_millis() {
        millis if millis > 1_000 && !millis.is_multiple_of(10) => {
            format!("{:.3} s", length.as_secs_f64())
        }
        _ => quantity::setting(length),
    }
}

#[cfg(test)]
mod tests;
