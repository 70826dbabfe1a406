//! The Kafka versions that the tests run.

use std::fmt;

/// A Kafka version; each is a profile of `tests/kafka/pom.xml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 4.3.0: the one for everything, with KIP-848 consumer groups.
    V4_3,
    /// 3.9.1: the last line in which groups are classic, and the KIP-848 protocol is too old for librdkafka.
    V3_9,
}

impl Version {
    /// The full version number, as Maven knows it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V4_3 => "4.3.0",
            Self::V3_9 => "3.9.1",
        }
    }

    /// The JVM option that points this version's logging library at its settings in `tests/kafka/`.
    pub(super) fn log_settings(self) -> (&'static str, &'static str) {
        match self {
            Self::V4_3 => ("log4j2.configurationFile", "log4j2.xml"),
            Self::V3_9 => ("log4j.configuration", "log4j.properties"),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}
