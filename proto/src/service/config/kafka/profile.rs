//! Profiles: settings that belong together, for one purpose.

use std::time::Duration;

use super::super::values::Values;

/// A set of settings for one purpose. What is set explicitly beats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// What it is for, and what it costs.
    pub doc: &'static str,
    /// `max_records` of a gather.
    pub max_records: u32,
    /// Timeout of a gather.
    pub timeout: Duration,
    /// `fetch.wait.max.ms` of the Kafka client.
    pub fetch_wait: Duration,
    /// `fetch.min.bytes` of the Kafka client. Above 1, a lone record waits for up to `fetch_wait`.
    pub fetch_min_bytes: u32,
}

/// The profiles, the default one first.
pub const PROFILES: [Profile; 4] = [
    Profile {
        name: "default",
        doc: "a record is there at once, an empty answer after a second",
        max_records: 200,
        timeout: Duration::from_secs(1),
        fetch_wait: Duration::from_millis(500),
        fetch_min_bytes: 1,
    },
    Profile {
        name: "balanced",
        doc: "fewer, larger fetches; a lone record may come half a second late",
        max_records: 500,
        timeout: Duration::from_secs(3),
        fetch_wait: Duration::from_millis(500),
        fetch_min_bytes: 1 << 10,
    },
    Profile {
        name: "high-throughput",
        doc: "the fewest fetches; a lone record may come a second late",
        max_records: 1000,
        timeout: Duration::from_secs(5),
        fetch_wait: Duration::from_secs(1),
        fetch_min_bytes: 10 << 10,
    },
    Profile {
        name: "realtime",
        doc: "small answers; the broker is asked ten times a second",
        max_records: 100,
        timeout: Duration::from_secs(1),
        fetch_wait: Duration::from_millis(100),
        fetch_min_bytes: 1,
    },
];

/// The names of the profiles, for a setting's schema.
pub const PROFILE_NAMES: &[&str] = &["default", "balanced", "high-throughput", "realtime"];

impl Profile {
    /// The profile of a name in [`PROFILE_NAMES`].
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// Its properties of the Kafka client, by librdkafka's names.
    pub fn properties(&self) -> [(&'static str, String); 2] {
        [
            ("fetch.wait.max.ms", self.fetch_wait.as_millis().to_string()),
            ("fetch.min.bytes", self.fetch_min_bytes.to_string()),
        ]
    }

    /// Sets its properties where nobody set another value.
    pub fn apply(&self, values: &mut Values) {
        for (name, value) in self.properties() {
            values.fill_property(name, value, &format!("profile {}", self.name));
        }
    }
}
