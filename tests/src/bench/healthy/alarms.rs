//! What was said to be wrong.

use rollcall_proto::v1::{TopicStatus, Verdict};
use serde::{Deserialize, Serialize};

use super::super::score::{grade, name};
use super::super::situation::is_unhealthy;

/// The same alarm is another one after this time, in seconds.
const ANOTHER: f64 = 15.0;

/// Each alarm once, however long it stands: seconds since the beginning, the topic, what was said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Alarms(Vec<(f64, String, String)>);

impl Alarms {
    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// One was heard.
    pub(super) fn add(&mut self, at: f64, topic: &str, alarm: &Verdict) {
        let said = format!("{} ({})", name(alarm.code()), grade(alarm.severity()));
        let mut newest_first = self.0.iter().rev();
        let known = newest_first.find(|(_, of, what)| of == topic && *what == said);
        if known.is_none_or(|(since, _, _)| at - since > ANOTHER) {
            self.0.push((at, topic.to_owned(), said));
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let told = self.0.iter();
        let told = told.map(|(at, topic, said)| format!("{said} of {topic} at {at:.0} s"));
        let told: Vec<String> = told.collect();
        match told.is_empty() {
            true => "none".to_owned(),
            false => told.join(", "),
        }
    }
}

/// The confirmed warnings and faults of a topic, in its row and beside it.
pub(super) fn alarms_of(status: &TopicStatus) -> impl Iterator<Item = &Verdict> {
    let said = status.verdict.iter().chain(&status.also);
    said.filter(|verdict| verdict.confirmed && is_unhealthy(verdict.severity()))
}
