//! What a service can be told.

use std::time::Duration;

/// All settings of a service.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The settings, in the order in which they are shown.
    pub settings: &'static [Setting],
    /// Whether there is a table `[kafka]` with properties of the Kafka client.
    pub kafka: bool,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the file, in snake_case; dots stand for tables. The variable is `ROLLCALL_` and the
    /// key in capitals, the flag by custom `--` and the key with dashes.
    pub key: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What holds when nobody sets it.
    pub fallback: Fallback,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

impl Setting {
    /// A setting that may be shown.
    pub const fn new(key: &'static str, kind: Kind, fallback: Fallback, doc: &'static str) -> Self {
        Self {
            key,
            kind,
            fallback,
            secret: false,
            doc,
        }
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        let key = self.key.replace('.', "_").to_uppercase();
        format!("{}{key}", super::env::PREFIX)
    }

    /// The flag that sets it, by custom.
    pub fn flag(&self) -> String {
        format!("--{}", self.key.replace(['_', '.'], "-"))
    }
}

/// What holds when nobody sets a value.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// This value, written as in a variable.
    Default(&'static str),
    /// No value: the setting is optional.
    Absent,
    /// It has to be set.
    Required,
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// true or false.
    Bool,
    /// A whole number.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// A number of bytes: "64MiB".
    Bytes {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A length of time: "1s", "500ms".
    Duration {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// Texts, separated by commas where there is only a text.
    List,
    /// IP:PORT.
    Address,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number, or this word; either is read as a text.
    NumberOr {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
        /// The word.
        word: &'static str,
    },
}

impl Schema {
    /// The setting of a key.
    pub(super) fn setting(&self, key: &str) -> Option<&'static Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }
}
