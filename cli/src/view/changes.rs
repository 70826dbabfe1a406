//! A line per change of a verdict, for `status -w` where there is no screen to redraw.

use rollcall_proto::v1::{GetStatusResponse, TopicStatus};

use super::Reader;
use super::verdict::{name, severity_of, severity_word};
use crate::sanitize::safe;
use crate::words::arguments::Arguments;

/// A line for every topic whose verdict is another one than before; for all of them the first time. The group is named
/// where there are several.
pub fn lines(
    before: Option<&GetStatusResponse>,
    now: &GetStatusResponse,
    is_alone: bool,
    reader: &Reader,
) -> String {
    let time = reader.clock.time_of_day(reader.clock.now);
    let demo = if now.demo { "DEMO " } else { "" };
    let group = match is_alone {
        true => String::new(),
        false => format!("{} ", safe(&now.group)),
    };
    let mut text = String::new();
    for topic in &now.topics {
        let was =
            before.and_then(|before| before.topics.iter().find(|old| old.topic == topic.topic));
        if was.map(said) == Some(said(topic)) {
            continue;
        }
        let (word, verdict) = said(topic);
        let was = was.map(|old| {
            let old = Arguments::default().text("verdict", name(old.verdict.as_ref()));
            format!(" {}", reader.speech.say("was", &old))
        });
        let was = was.unwrap_or_default();
        text.push_str(&format!(
            "{demo}{time} {word} {group}{} {verdict}{was}\n",
            safe(&topic.topic)
        ));
    }
    text
}

/// What a line says of a topic, so that only a change of it is a change.
fn said(topic: &TopicStatus) -> (&'static str, String) {
    let verdict = topic.verdict.as_ref();
    (severity_word(severity_of(verdict)), name(verdict))
}

#[cfg(test)]
mod tests;
