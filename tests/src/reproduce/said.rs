//! Which verdicts a screen of `rollcall` names.

use std::fmt;

use rollcall::catalog;
use rollcall::view::verdict::severity_word;
use rollcall_proto::v1::Severity;
use rollcall_proto::v1::VerdictCode;

/// A verdict that stands on a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Its name.
    pub(super) verdict: &'static str,
    /// Where it stands.
    pub(super) place: Place,
    /// Whether it is confirmed: an unconfirmed one ends in `…`.
    pub(super) is_confirmed: bool,
}

/// Where a verdict stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// What is said of the topic: at the head of `explain`, in a row of a table, in the stats line.
    Verdict,
    /// Beside it.
    Also,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let also = if self.place == Place::Also {
            "also "
        } else {
            ""
        };
        let open = if self.is_confirmed { "" } else { "…" };
        write!(f, "{also}{}{open}", self.verdict)
    }
}

/// All verdicts that are named in what was printed, in order; what other programs printed between is passed over.
pub(super) fn said(printed: &str) -> Vec<Said> {
    let mut found = Vec::new();
    let mut is_also = false;
    for line in printed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        // A paragraph goes on in lines that begin further right.
        is_also = line.starts_with("also ") || is_also && line.starts_with(' ');
        match is_also {
            true => found.extend(words.iter().filter_map(|word| beside(word))),
            false => found.extend(row(&words).or_else(|| slot(&words)).unwrap_or_default()),
        }
    }
    found
}

/// `FAULT  ORDERS  NO_MEMBER  …`, with or without the topic: the first name is the verdict.
fn row(words: &[&str]) -> Option<Vec<Said>> {
    let (first, rest) = words.split_first()?;
    let opens = is_severity(first);
    let named = rest.iter().find_map(|word| name(word, Place::Verdict));
    named.filter(|_| opens).map(|said| vec![said])
}

/// `gather [ORDERS:0 CAUGHT_UP, PRICES:5] total: 5 records`: a verdict for each slot that is empty.
fn slot(words: &[&str]) -> Option<Vec<Said>> {
    let is_line = words.starts_with(&["gather"]) && words.get(1)?.starts_with('[');
    let pairs = words.iter().zip(words.iter().skip(1));
    let slots = pairs.filter(|(slot, _)| slot.ends_with(":0"));
    let named =
        slots.filter_map(|(_, word)| name(word.trim_end_matches([',', ']']), Place::Verdict));
    is_line.then(|| named.collect())
}

/// `warn RETENTION_NEAR: a sentence.`
fn beside(word: &str) -> Option<Said> {
    name(word.strip_suffix(':')?, Place::Also)
}

fn is_severity(word: &str) -> bool {
    let all = [
        Severity::Ok,
        Severity::Note,
        Severity::Unknown,
        Severity::Warn,
        Severity::Fault,
    ];
    all.iter().any(|severity| severity_word(*severity) == word)
}

fn name(word: &str, place: Place) -> Option<Said> {
    let plain = word.strip_suffix('…').unwrap_or(word);
    let verdict = catalog::codes()
        .map(VerdictCode::name)
        .find(|name| *name == plain)?;
    Some(Said {
        verdict,
        place,
        is_confirmed: plain == word,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(printed: &str, expected: &[&str]) {
        let found: Vec<String> = said(printed).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{printed}");
    }

    #[test]
    fn the_head_of_explain_is_the_verdict() {
        check(
            "FAULT  TOPIC_MISSING  the cluster has no topic",
            &["TOPIC_MISSING"],
        );
        check("note  BROKER_DOWN…  node 2 is down", &["BROKER_DOWN…"]);
    }

    #[test]
    fn a_row_of_a_table_has_the_topic_first() {
        check(
            "       TOPIC  VERDICT    LAG\nFAULT  LEFT   NO_MEMBER   10  10\nok     ORDERS CAUGHT_UP    0",
            &["NO_MEMBER", "CAUGHT_UP"],
        );
    }

    #[test]
    fn a_stats_line_names_a_verdict_for_each_empty_slot() {
        check(
            "gather [A:0 CAUGHT_UP, B:5, C:0 WAITING_FOR_ACK…] total: 5 records",
            &["CAUGHT_UP", "WAITING_FOR_ACK…"],
        );
    }

    #[test]
    fn what_is_beside_a_verdict_is_told_apart_over_broken_lines() {
        check(
            "warn  PAUSED_BACKPRESSURE  the buffer is full\n\
             ruled out  CAUGHT_UP: records wait.\n\
             also       note NO_CLIENT…: nobody gathers. warn\n           RETENTION_NEAR: a record expires.\n\
             do         FLOWING: nothing",
            &[
                "PAUSED_BACKPRESSURE",
                "also NO_CLIENT…",
                "also RETENTION_NEAR",
            ],
        );
    }

    #[test]
    fn other_programs_say_no_verdict() {
        check(
            "Created topic CAUGHT_UP.\n[1]+  Killed  rollcall up -t FLOWING\nok then\n",
            &[],
        );
    }
}
