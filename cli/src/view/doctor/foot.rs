//! The last lines: how many are silent and whose that is, what was done to find out, what to type next.

use std::time::Duration;

use rollcall_aggregator::core::verdict::table::View;
use rollcall_proto::v1::{GetStatusResponse, Severity, TopicStatus, Verdict};
use unicode_width::UnicodeWidthStr as _;

use super::flows;
use super::side::{self, Side};
use crate::catalog;
use crate::exit::Exit;
use crate::view::quantity;
use crate::view::status::with_exit;
use crate::view::verdict::severity_of;
use crate::view::wrap::{command, paragraph};
use crate::view::{Reader, WIDTH};
use crate::words::arguments::Arguments;

/// How much longer than it takes to decide a look should last: it begins to watch some seconds after its start.
const BEYOND: Duration = Duration::from_secs(10);

/// The closing count: `5 of 6 silent: 1 fault in this group, 2 for the producers' owners, 2 normal.`
pub(super) fn closing(answer: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let exit = exit.map(|exit| {
        let number = Arguments::default().count("code", u64::from(exit.number()));
        reader.speech.say("exit", &number)
    });
    let line = count(answer, reader);
    let room = WIDTH.saturating_sub(exit.as_deref().map_or(0, |exit| exit.width() + 2));
    match line.width() <= room {
        true => with_exit(&line, exit.as_deref()),
        false if exit.is_some() => {
            format!("{}{}", paragraph(&line), with_exit("", exit.as_deref()))
        }
        false => paragraph(&line),
    }
}

fn count(answer: &GetStatusResponse, reader: &Reader) -> String {
    if answer.topics.is_empty() {
        return reader.speech.word("doctor-no-topic");
    }
    let verdicts = || answer.topics.iter().map(|topic| topic.verdict.as_ref());
    let silent = verdicts().filter(|verdict| !flows(*verdict)).count() as u64;
    let kinds = [
        Kind::Fault,
        Kind::Warning,
        Kind::Producer,
        Kind::Cluster,
        Kind::Unjudged,
        Kind::Undecided,
        Kind::Normal,
    ];
    let parts = kinds.into_iter().filter_map(|kind| {
        let of_kind = |verdict: &Option<&Verdict>| Kind::of(*verdict) == Some(kind);
        let count = verdicts().filter(of_kind).count() as u64;
        let count = (count > 0).then(|| Arguments::default().count("count", count))?;
        Some(reader.speech.say(kind.key(), &count))
    });
    let mut parts: Vec<String> = parts.collect();
    let unconfirmed = verdicts().flatten().filter(|verdict| !verdict.confirmed);
    let unconfirmed = unconfirmed.count() as u64;
    if unconfirmed > 0 {
        let count = Arguments::default().count("count", unconfirmed);
        parts.push(reader.speech.say("unconfirmed", &count));
    }
    let mut arguments = Arguments::default()
        .count("silent", silent)
        .count("total", answer.topics.len() as u64);
    if !parts.is_empty() {
        arguments = arguments.text("parts", reader.speech.list(&parts));
    }
    reader.speech.say("doctor-silent", &arguments)
}

/// What a topic counts as. One whose records come counts only if something is wrong all the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fault,
    Warning,
    Producer,
    Cluster,
    Unjudged,
    /// Its next severity is a fault.
    Undecided,
    Normal,
}

impl Kind {
    fn of(verdict: Option<&Verdict>) -> Option<Self> {
        let code = verdict.map_or(0, |verdict| verdict.code);
        match (severity_of(verdict), side::of(code)) {
            (Severity::Unknown | Severity::Unspecified, _) => Some(Self::Unjudged),
            (Severity::Fault | Severity::Warn, Side::Producer) => Some(Self::Producer),
            (Severity::Fault | Severity::Warn, Side::Cluster) => Some(Self::Cluster),
            (Severity::Fault, Side::Group) => Some(Self::Fault),
            (Severity::Warn, Side::Group) => Some(Self::Warning),
            (Severity::Note, _) if fault_after(verdict).is_some() => Some(Self::Undecided),
            (Severity::Note | Severity::Ok, _) => (!flows(verdict)).then_some(Self::Normal),
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Fault => "doctor-faults",
            Self::Warning => "doctor-warnings",
            Self::Producer => "doctor-producers",
            Self::Cluster => "doctor-cluster",
            Self::Unjudged => "unknowns",
            Self::Undecided => "doctor-undecided",
            Self::Normal => "doctor-normal",
        }
    }
}

/// How long after its beginning a note that goes on is a fault; `None` for what is not to become one next.
fn fault_after(verdict: Option<&Verdict>) -> Option<Duration> {
    let verdict = verdict.filter(|verdict| verdict.severity() == Severity::Note)?;
    let (severity, after) = catalog::becomes(verdict, View::Outside)?;
    (severity == Severity::Fault).then_some(after)
}

/// What was joined, committed and read, and what to type next: where the worst is not decided, a look that is long enough.
pub(super) fn deeds(
    answer: &GetStatusResponse,
    worst_first: &[&TopicStatus],
    reader: &Reader,
) -> String {
    let deeds = deeds_alone(answer, reader);
    let worst = worst_first.first();
    let worst = worst.filter(|topic| severity_of(topic.verdict.as_ref()) != Severity::Ok);
    let Some(worst) = worst else {
        return paragraph(&deeds);
    };
    let typed = match fault_after(worst.verdict.as_ref()) {
        Some(after) => {
            let long_enough = after.as_secs() + BEYOND.as_secs();
            format!("rollcall doctor{} --for {long_enough}s", reader.reach)
        }
        None => {
            let topic = crate::sanitize::safe(&worst.topic);
            format!("rollcall explain {topic}{}", reader.reach)
        }
    };
    let next = Arguments::default().text("command", &typed);
    let next = reader.speech.say("next", &next);
    let both = reader.speech.sentences(&[deeds.clone(), next.clone()]);
    if both.width() <= WIDTH {
        return format!("{both}\n");
    }
    if next.width() <= WIDTH {
        return format!("{}{next}\n", paragraph(&deeds));
    }
    let nothing = Arguments::default().text("command", "");
    let label = reader.speech.say("next", &nothing);
    let said = [deeds.trim_end().to_owned(), label.trim_end().to_owned()];
    format!("{}\n{}", reader.speech.sentences(&said), command(&typed))
}

/// What was joined, committed and read.
pub(super) fn deeds_alone(answer: &GetStatusResponse, reader: &Reader) -> String {
    let seen = answer.observation.as_ref();
    let (bytes, forbidden) =
        seen.map_or((0, false), |seen| (seen.read_bytes, seen.reading_forbidden));
    deeds_of(bytes, forbidden, reader)
}

/// The same, for what several looks read together.
pub(super) fn deeds_of(read_bytes: u64, forbidden: bool, reader: &Reader) -> String {
    match (read_bytes, forbidden) {
        (_, true) => reader.speech.word("doctor-deeds-forbidden"),
        (0, false) => reader.speech.word("doctor-deeds-nothing"),
        (bytes, false) => {
            let read = Arguments::default().text("bytes", quantity::bytes(bytes));
            reader.speech.say("doctor-deeds", &read)
        }
    }
}
