//! From what is written to what is meant.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::bytes;
use super::fault::{nearest, quoted};
use super::schema::Kind;

/// A value as a layer has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Text(String),
    Bool(bool),
    Integer(i64),
    /// A number that is no i64, as written.
    Number(String),
    List(Vec<Self>),
    /// Something that no setting takes, by its name.
    Other(&'static str),
}

/// A value as it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Bool(bool),
    Integer(i64),
    Bytes(u64),
    Duration(Duration),
    List(Vec<String>),
    Address(SocketAddr),
}

/// Why a value is none of its kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) problem: String,
    pub(super) accepted: String,
}

impl Kind {
    /// What a value of this kind means.
    pub(super) fn parse(self, raw: &Raw) -> Result<Value, Wrong> {
        let value = match (self, raw) {
            (Self::Text, Raw::Text(text)) => Some(Value::Text(text.clone())),
            (Self::Bool, Raw::Bool(flag)) => Some(Value::Bool(*flag)),
            (Self::Bool, Raw::Text(text)) => text.parse().ok().map(Value::Bool),
            (Self::Integer { .. }, Raw::Integer(number)) => Some(Value::Integer(*number)),
            (Self::Integer { .. }, Raw::Text(text)) => text.parse().ok().map(Value::Integer),
            (Self::Bytes { .. }, Raw::Integer(number)) => {
                u64::try_from(*number).ok().map(Value::Bytes)
            }
            (Self::Bytes { .. }, Raw::Text(text)) => bytes::parse(text).map(Value::Bytes),
            (Self::Duration { .. }, Raw::Text(text)) => {
                let duration = humantime::parse_duration(text.trim()).ok();
                duration.map(Value::Duration)
            }
            (Self::List, raw) => list(raw).map(Value::List),
            (Self::Address, Raw::Text(text)) => text.parse().ok().map(Value::Address),
            (Self::OneOf(words), Raw::Text(text)) => words
                .contains(&text.as_str())
                .then(|| Value::Text(text.clone())),
            (Self::NumberOr { .. }, Raw::Integer(number)) => Some(Value::Text(number.to_string())),
            (Self::NumberOr { word, .. }, Raw::Text(text)) => {
                let known = text == word || text.parse::<i64>().is_ok();
                known.then(|| Value::Text(text.clone()))
            }
            _ => None,
        };
        match value {
            Some(value) if self.allows(&value) => Ok(value),
            Some(_) => Err(self.wrong(format!("{raw} is out of range"))),
            None => Err(self.wrong(format!("{raw} is {}", self.missed(raw)))),
        }
    }

    fn allows(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Integer { min, max }, Value::Integer(n)) => (min..=max).contains(n),
            (Self::Bytes { min, max }, Value::Bytes(n)) => (min..=max).contains(n),
            (Self::Duration { min, max }, Value::Duration(d)) => (min..=max).contains(d),
            (Self::NumberOr { min, max, .. }, Value::Text(text)) => {
                let number = text.parse::<i64>().ok();
                number.is_none_or(|number| (min..=max).contains(&number))
            }
            _ => true,
        }
    }

    fn missed(self, raw: &Raw) -> String {
        let kind = match self {
            Self::Text => "no text",
            Self::Bool => "neither true nor false",
            Self::Integer { .. } => "no whole number",
            Self::Bytes { .. } => "no number of bytes",
            Self::Duration { .. } => "no duration",
            Self::List => "no list of texts",
            Self::Address => "no IP:PORT",
            Self::NumberOr { word, .. } => return format!("neither a whole number nor {word}"),
            Self::OneOf(words) => {
                let near = raw
                    .text()
                    .and_then(|text| nearest(text, words.iter().copied()));
                let near = near.map(|word| format!(" (did you mean {word}?)"));
                return format!("none of the known words{}", near.unwrap_or_default());
            }
        };
        kind.to_owned()
    }

    fn wrong(self, problem: String) -> Wrong {
        Wrong {
            problem,
            accepted: self.accepted(),
        }
    }

    /// The accepted form.
    pub(super) fn accepted(self) -> String {
        let duration = humantime::format_duration;
        match self {
            Self::Text => "a text".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Bytes { min, max } => {
                let (min, max) = (bytes::format(min), bytes::format(max));
                format!("a number of bytes such as \"64MiB\", from {min} to {max}")
            }
            Self::Duration { min, max } => {
                let (min, max) = (duration(min), duration(max));
                format!("a duration such as \"1s\" or \"500ms\", from {min} to {max}")
            }
            Self::List => "texts: [\"a\", \"b\"] in the file, a,b elsewhere".to_owned(),
            Self::Address => "IP:PORT, for example 127.0.0.1:7655 or [::]:7655".to_owned(),
            Self::OneOf(words) => words.join(", "),
            Self::NumberOr { min, max, word } => {
                format!("a whole number from {min} to {max}, or {word}")
            }
        }
    }
}

fn list(raw: &Raw) -> Option<Vec<String>> {
    match raw {
        Raw::Text(text) if text.trim().is_empty() => Some(Vec::new()),
        Raw::Text(text) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
        Raw::List(items) => {
            let text = |item: &Raw| item.text().map(ToOwned::to_owned);
            items.iter().map(text).collect()
        }
        Raw::Bool(_) | Raw::Integer(_) | Raw::Number(_) | Raw::Other(_) => None,
    }
}

impl Raw {
    fn text(&self) -> Option<&str> {
        let Self::Text(text) = self else {
            return None;
        };
        Some(text)
    }

    /// The value as a property of the Kafka client, which takes texts only; lists are comma-separated.
    pub(super) fn as_property(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::Bool(flag) => Some(flag.to_string()),
            Self::Integer(number) => Some(number.to_string()),
            Self::List(items) => {
                let items: Option<Vec<_>> = items.iter().map(Self::as_property).collect();
                items.map(|items| items.join(","))
            }
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Bool(flag) => flag.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => f.write_str(number),
            Self::List(_) => f.write_str("a list"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl Value {
    /// The value as its kind reads it again.
    pub(super) fn written(&self) -> Written {
        match self {
            Self::Text(text) => Written::One(text.clone()),
            Self::Bool(flag) => Written::One(flag.to_string()),
            Self::Integer(number) => Written::One(number.to_string()),
            Self::Bytes(number) => Written::One(bytes::format(*number)),
            Self::Duration(duration) => {
                Written::One(humantime::format_duration(*duration).to_string())
            }
            Self::List(items) => Written::Many(items.clone()),
            Self::Address(address) => Written::One(address.to_string()),
        }
    }
}

/// A value in the form in which layers are laid over each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    One(String),
    Many(Vec<String>),
}

impl From<Written> for Raw {
    fn from(written: Written) -> Self {
        match written {
            Written::One(text) => Self::Text(text),
            Written::Many(items) => Self::List(items.into_iter().map(Self::Text).collect()),
        }
    }
}
