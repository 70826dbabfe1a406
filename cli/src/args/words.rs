//! What the operator says of topics that are looked at from outside: it wins over what was measured.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use rollcall_aggregator::core::evidence::OperatorWords;
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::VerdictCode;

use super::outside::HEADING;
use super::positive_duration;
use crate::catalog;

/// The same words as the aggregator's settings `max_silence`, `expect_empty` and `mute`.
#[derive(Clone, Debug, Default, Args)]
pub struct WordsArgs {
    /// How long a topic may be silent, whatever its history says; repeat for more
    #[arg(help_heading = HEADING, long, value_name = "TOPIC=TIME")]
    pub max_silence: Vec<Of<Silence>>,
    /// A topic that is expected to be empty; repeat for more
    #[arg(help_heading = HEADING, long, value_name = "TOPIC", value_parser = topic)]
    pub expect_empty: Vec<Topic>,
    /// A verdict on a topic that is no news: it is said, with severity ok; repeat for more
    #[arg(help_heading = HEADING, long, value_name = "TOPIC=VERDICT")]
    pub mute: Vec<Of<Muted>>,
}

/// A value of a topic, as `TOPIC=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of<V> {
    topic: Topic,
    value: V,
    typed: String,
}

/// How long a topic may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence(Duration);

/// A verdict that is no news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Muted(VerdictCode);

impl<V: FromStr<Err = String>> FromStr for Of<V> {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let (name, value) = typed.split_once('=').ok_or("write it as TOPIC=VALUE")?;
        Ok(Self {
            topic: topic(name.trim())?,
            value: value.trim().parse()?,
            typed: typed.to_owned(),
        })
    }
}

impl FromStr for Silence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        positive_duration(text).map(Self)
    }
}

impl FromStr for Muted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = |near: Option<&str>| match near {
            Some(near) => format!("did you mean {near}?"),
            None => "`rollcall verdicts` lists them".to_owned(),
        };
        let found = catalog::find(text).map(Self);
        found.map_err(|near| format!("{text:?} is no verdict; {}", hint(near)))
    }
}

fn topic(name: &str) -> Result<Topic, String> {
    Topic::new(name).map_err(|error| error.to_string())
}

impl WordsArgs {
    /// What is said, by topic.
    pub fn by_topic(&self) -> BTreeMap<Topic, OperatorWords> {
        let mut words: BTreeMap<Topic, OperatorWords> = BTreeMap::new();
        for topic in &self.expect_empty {
            words.entry(topic.clone()).or_default().expect_empty = true;
        }
        for said in &self.max_silence {
            words.entry(said.topic.clone()).or_default().max_silence = Some(said.value.0);
        }
        for said in &self.mute {
            let of_topic = words.entry(said.topic.clone()).or_default();
            of_topic.mute.insert(said.value.0);
        }
        words
    }

    /// What has to be typed to say it again.
    pub fn typed(&self) -> impl Iterator<Item = String> {
        let silences = self.max_silence.iter();
        let silences = silences.map(|said| ("--max-silence", said.typed.clone()));
        let empties = self.expect_empty.iter();
        let empties = empties.map(|topic| ("--expect-empty", topic.to_string()));
        let mutes = self.mute.iter();
        let mutes = mutes.map(|said| ("--mute", said.typed.clone()));
        let said = silences.chain(empties).chain(mutes);
        said.flat_map(|(flag, word)| [flag.to_owned(), word])
    }

    /// Whether anything is said.
    pub fn is_said(&self) -> bool {
        self.typed().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        words: WordsArgs,
    }

    fn parsed(typed: &[&str]) -> Result<WordsArgs, String> {
        let command = Command::try_parse_from([&["rollcall"], typed].concat());
        command
            .map(|command| command.words)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_said_of_a_topic_is_gathered_and_can_be_typed_again() {
        let typed = [
            "--max-silence",
            "ORDERS=15m",
            "--expect-empty",
            "PRICES",
            "--mute",
            "ORDERS=producer-overdue",
        ];
        let words = parsed(&typed).unwrap();
        let by_topic = words.by_topic();
        let orders = &by_topic[&Topic::new("ORDERS").unwrap()];
        assert_eq!(orders.max_silence, Some(Duration::from_secs(900)));
        assert!(orders.mute.contains(&VerdictCode::ProducerOverdue));
        assert!(by_topic[&Topic::new("PRICES").unwrap()].expect_empty);
        assert_eq!(words.typed().collect::<Vec<_>>(), typed);
        assert!(words.is_said() && !WordsArgs::default().is_said());
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (typed, reason) in [
            (["--max-silence", "ORDERS"], "write it as TOPIC=VALUE"),
            (["--max-silence", "ORDERS=soon"], "write it like 500ms"),
            (["--expect-empty", "a/b"], "topic"),
            (
                ["--mute", "ORDERS=stuck-with-log"],
                "did you mean STUCK_WITH_LAG?",
            ),
            (["--mute", "ORDERS=?"], "`rollcall verdicts` lists them"),
        ] {
            let told = parsed(&typed).unwrap_err();
            assert!(told.contains(reason), "{told}");
        }
    }
}
