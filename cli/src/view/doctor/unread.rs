//! What was not looked at since there are bounds: the bytes that may be read, and the groups that there is room for.

use rollcall_proto::v1::Observation;

use crate::view::Reader;
use crate::view::wrap::paragraph;
use crate::words::arguments::Arguments;

/// Topics that are named; the others are counted.
const NAMES: usize = 5;

/// Lines about topics that were not read; nothing where all were.
pub(super) fn topics(seen: &Observation, reader: &Reader) -> String {
    let line = |key: &str, topics: &[String]| {
        if topics.is_empty() {
            return String::new();
        }
        let (named, more) = topics.split_at(topics.len().min(NAMES));
        let arguments = Arguments::default()
            .text("topics", reader.speech.list(named))
            .count("more", more.len() as u64);
        paragraph(&reader.speech.say(key, &arguments))
    };
    let history = line("doctor-history-unread", &seen.history_unread);
    history + &line("doctor-backlog-unread", &seen.backlog_unread)
}

/// A line about groups that were not looked at; nothing where all were.
pub fn groups(not_looked_at: usize, reader: &Reader) -> String {
    if not_looked_at == 0 {
        return String::new();
    }
    let count = Arguments::default().count("count", not_looked_at as u64);
    paragraph(&reader.speech.say("doctor-groups-left-out", &count))
}
