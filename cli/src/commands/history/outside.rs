//! A group that other software runs: its verdicts as they change while it is watched. Nothing is known of the time
//! before, and nobody gathers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;

use jiff::Timestamp;
use rollcall_aggregator::core::trace::timeline::{CHANGES, Span, Timeline};
use rollcall_proto::service::shutdown;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{GetStatusResponse, GetTopicResponse, Verdict, VerdictSpan};
use serde_json::{Value, json};

use crate::args::history::{HistoryArgs, HistoryOutput};
use crate::commands::nearest;
use crate::commands::progress::{self, Progress};
use crate::commands::source::Outside;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::view::Reader;
use crate::view::history::{self, Change};
use crate::words::language::Language;
use crate::{json, output};

/// Watches until the time is over, or Ctrl-C, and no longer where there is no such group; shows what was said meanwhile.
pub(super) async fn run(
    mut outside: Outside,
    args: &HistoryArgs,
    language: Language,
) -> Result<Exit, Failure> {
    let mut past = Past::default();
    let ended = watch(&mut outside, &mut past, language).await?;
    let clock = outside.look.clock();
    let changes = past.changes(usize::from(args.last), clock);
    let exit = match ended {
        Ended::Over(exit) => exit,
        Ended::NoGroup(failure) => {
            if matches!(args.output, HistoryOutput::Json) {
                output::print_json(&document(&changes)?)?;
            }
            return Err(failure);
        }
    };
    match args.output {
        HistoryOutput::Json => output::print_json(&document(&changes)?)?,
        HistoryOutput::Table => {
            let then = |at: Timestamp| {
                let mut reader: Reader = outside.reader(language);
                reader.clock.now = at;
                reader
            };
            let reader = outside.reader(language);
            let watched = outside.look.watched();
            output::print(&history::watched(&changes, watched, then, &reader))?
        }
    };
    Ok(exit)
}

/// Why the watch ended.
enum Ended {
    /// The time is over, or Ctrl-C. Exit code 1 for a group that is not there any more.
    Over(Exit),
    /// There never was such a group.
    NoGroup(Failure),
}

async fn watch(
    outside: &mut Outside,
    past: &mut Past,
    language: Language,
) -> Result<Ended, Failure> {
    // Listened to from before the loop on: what comes between two rounds is heard too.
    let mut asked = pin!(shutdown::requested()?);
    progress::left_out(outside.look.target(), language);
    let mut progress = Progress::new(language);
    loop {
        let stopped = tokio::select! {
            () = outside.look.tick() => false,
            _ = &mut asked => true,
        };
        let answers = outside.look.answers();
        let checked = outside.look.check(&answers).await;
        let over = stopped || outside.look.watched() >= outside.look.target().watch;
        match checked.is_err() || over {
            true => progress.clear(),
            false => progress.say(&outside.look, &answers),
        }
        checked?;
        if let Some(answer) = answers.first() {
            past.take(answer, outside);
            if !past.was_there && outside.is_gone(answer) {
                progress.clear();
                if let Some(failure) = outside.not_there(&answers, language).await {
                    return Ok(Ended::NoGroup(failure));
                }
            }
        }
        if over {
            let missing = nearest::tell(&outside.look, &answers, language).await;
            return Ok(Ended::Over(if missing { Exit::Found } else { Exit::Clear }));
        }
    }
}

/// What was said while it was watched.
#[derive(Default)]
struct Past {
    /// By topic; a group of which no topic is known is one without a name.
    timelines: BTreeMap<String, Timeline>,
    /// Of the one topic that was named, what each verdict rested on when it was first said.
    evidence: VecDeque<(u64, GetTopicResponse)>,
    /// Whether the group was ever seen: one that is deleted meanwhile is watched on.
    was_there: bool,
}

impl Past {
    fn take(&mut self, answer: &GetStatusResponse, outside: &Outside) {
        let now = outside.look.clock().now();
        self.was_there |= nearest::is_there(answer);
        for topic in &answer.topics {
            if let Some(verdict) = &topic.verdict
                && self.say(&topic.topic, verdict, now)
            {
                self.keep_evidence(&topic.topic, outside);
            }
        }
        let alone = answer.observation.as_ref();
        let alone = alone.filter(|_| answer.topics.is_empty());
        if let Some(verdict) = alone.and_then(|seen| seen.verdict.as_ref()) {
            self.say("", verdict, now);
        }
    }

    fn say(&mut self, topic: &str, verdict: &Verdict, now: Moment) -> bool {
        let timeline = self.timelines.entry(topic.to_owned()).or_default();
        timeline.say(verdict, now)
    }

    fn keep_evidence(&mut self, name: &str, outside: &Outside) {
        let [topic] = &outside.look.target().topics[..] else {
            return;
        };
        let last = self.timelines.get(name).and_then(Timeline::last);
        let answer = outside.look.topic(&outside.group, topic, None);
        if let (Some(last), Some(answer)) = (last, answer) {
            if self.evidence.len() == CHANGES {
                self.evidence.pop_front();
            }
            self.evidence.push_back((last.number, answer));
        }
    }

    /// The last changes, newest first.
    fn changes(&self, most: usize, clock: Clock) -> Vec<Change> {
        let all = self.timelines.iter().flat_map(|(topic, timeline)| {
            let spans = timeline.spans();
            spans.map(move |span| (span, topic))
        });
        let mut all: Vec<(&Span, &String)> = all.collect();
        all.sort_by_key(|(span, _)| Reverse(span.since));
        all.truncate(most);
        let change = |(span, topic): (&Span, &String)| Change {
            span: as_wire(span, topic, clock),
            evidence: self.evidence_of(span).cloned(),
        };
        all.into_iter().map(change).collect()
    }

    fn evidence_of(&self, span: &Span) -> Option<&GetTopicResponse> {
        let mut kept = self.evidence.iter();
        let found = kept.find(|(number, _)| *number == span.number);
        found.map(|(_, evidence)| evidence)
    }
}

fn as_wire(span: &Span, topic: &str, clock: Clock) -> VerdictSpan {
    let until = span.until.unwrap_or(clock.now());
    VerdictSpan {
        topic: topic.to_owned(),
        code: span.said.code.into(),
        severity: span.said.severity.into(),
        confirmed: span.said.confirmed,
        partitions: span.partitions,
        partitions_total: span.partitions_total,
        since: Some(clock.wall(span.since).into()),
        until: span.until.map(|until| clock.wall(until).into()),
        lasted: prost_types::Duration::try_from(until.since(span.since)).ok(),
        in_turn: span.in_turn.map(Into::into),
    }
}

fn document(changes: &[Change]) -> Result<Value, Failure> {
    let verdicts: Result<Vec<_>, _> = changes
        .iter()
        .map(|change| json::value("VerdictSpan", &change.span))
        .collect();
    let evidence: Result<Vec<_>, _> = changes
        .iter()
        .filter_map(|change| change.evidence.as_ref())
        .map(|evidence| json::value("GetTopicResponse", evidence))
        .collect();
    Ok(json!({ "gathers": [], "verdicts": verdicts?, "evidence": evidence? }))
}
