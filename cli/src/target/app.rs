//! What the application that is judged has set: told by its own names, since no broker knows it.

use std::time::Duration;

use rollcall_proto::service::config::kafka::Property;
use rollcall_proto::service::config::{Fault, Faults};
use rollcall_proto::v1::{IsolationLevel, StartPolicy};

use crate::catalog::nearest;

/// The application's settings, as far as they are told. What is `None` is unknown, not the client's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct App {
    /// How long one call waits: aiokafka's `timeout_ms` of `getmany`.
    pub timeout: Option<Duration>,
    /// Most records of one call.
    pub max_poll_records: Option<u32>,
    /// How long a broker may hold an empty fetch: W.
    pub fetch_wait: Option<Duration>,
    /// Bytes that a broker waits for: M.
    pub fetch_min_bytes: Option<u32>,
    /// Most bytes of one fetch.
    pub fetch_max_bytes: Option<u64>,
    /// Most bytes of one partition in a fetch.
    pub max_partition_fetch_bytes: Option<u64>,
    /// How long it may go without asking for records.
    pub max_poll_interval: Option<Duration>,
    /// How often it commits by itself.
    pub auto_commit_interval: Option<Duration>,
    /// Whether it commits by itself.
    pub auto_commit: Option<bool>,
    /// Whether it sees records of open transactions.
    pub isolation: Option<IsolationLevel>,
    /// Where it starts without a commit.
    pub start: Option<StartPolicy>,
}

/// What a name means.
#[derive(Clone, Copy)]
enum Field {
    Timeout,
    MaxPollRecords,
    FetchWait,
    FetchMinBytes,
    FetchMaxBytes,
    MaxPartitionFetchBytes,
    MaxPollInterval,
    AutoCommitInterval,
    AutoCommit,
    Isolation,
    Start,
}

/// Every name, with dots: aiokafka has underscores instead, librdkafka and the Java client agree on most.
const NAMES: [(&str, Field); 15] = [
    ("timeout.ms", Field::Timeout),
    ("consumer.timeout.ms", Field::Timeout),
    ("max.poll.records", Field::MaxPollRecords),
    ("max.records", Field::MaxPollRecords),
    ("fetch.max.wait.ms", Field::FetchWait),
    ("fetch.wait.max.ms", Field::FetchWait),
    ("fetch.min.bytes", Field::FetchMinBytes),
    ("fetch.max.bytes", Field::FetchMaxBytes),
    ("max.partition.fetch.bytes", Field::MaxPartitionFetchBytes),
    ("fetch.message.max.bytes", Field::MaxPartitionFetchBytes),
    ("max.poll.interval.ms", Field::MaxPollInterval),
    ("auto.commit.interval.ms", Field::AutoCommitInterval),
    ("enable.auto.commit", Field::AutoCommit),
    ("isolation.level", Field::Isolation),
    ("auto.offset.reset", Field::Start),
];

/// Whether a setting of this name belongs to the application.
pub(super) fn knows(name: &str) -> bool {
    find(name).is_some()
}

/// Names are told with aiokafka's separators or the others'.
fn find(name: &str) -> Option<Field> {
    let dotted = name.replace('_', ".");
    NAMES
        .iter()
        .find(|(known, _)| *known == dotted)
        .map(|(_, field)| *field)
}

impl App {
    /// Takes a setting by any of its names; what is wrong with it goes into `faults`.
    pub(super) fn take(&mut self, given: &Property, faults: &mut Faults) {
        let Some(field) = find(&given.name) else {
            faults.push(unknown(given));
            return;
        };
        if let Err(accepted) = self.set(field, given.value.trim()) {
            faults.push(Fault::new(
                given.origin.as_str(),
                format!("{} = {} is no value for it", given.name, given.shown()),
                accepted,
            ));
        }
    }

    /// Settings that were told, and that bear on no verdict yet.
    pub fn idle(&self) -> Vec<&'static str> {
        let told = [
            ("fetch.max.bytes", self.fetch_max_bytes.is_some()),
            (
                "max.partition.fetch.bytes",
                self.max_partition_fetch_bytes.is_some(),
            ),
            ("max.poll.interval.ms", self.max_poll_interval.is_some()),
            ("auto.offset.reset", self.start.is_some()),
        ];
        let told = told.into_iter().filter(|(_, told)| *told);
        told.map(|(name, _)| name).collect()
    }

    /// How often it commits by itself, if that was told and it does.
    pub fn commit_interval(&self) -> Option<Duration> {
        self.auto_commit_interval
            .filter(|_| self.auto_commit != Some(false))
    }

    fn set(&mut self, field: Field, value: &str) -> Result<(), &'static str> {
        match field {
            Field::Timeout => self.timeout = Some(length(value)?),
            Field::MaxPollRecords => self.max_poll_records = Some(number(value)?),
            Field::FetchWait => self.fetch_wait = Some(length(value)?),
            Field::FetchMinBytes => self.fetch_min_bytes = Some(number(value)?),
            Field::FetchMaxBytes => self.fetch_max_bytes = Some(number(value)?),
            Field::MaxPartitionFetchBytes => self.max_partition_fetch_bytes = Some(number(value)?),
            Field::MaxPollInterval => self.max_poll_interval = Some(length(value)?),
            Field::AutoCommitInterval => self.auto_commit_interval = Some(length(value)?),
            Field::AutoCommit => self.auto_commit = Some(flag(value)?),
            Field::Isolation => self.isolation = Some(isolation(value)?),
            Field::Start => self.start = Some(start(value)?),
        }
        Ok(())
    }
}

fn unknown(given: &Property) -> Fault {
    let known = NAMES.iter().map(|(name, _)| *name);
    let aiokafkas = given.name.contains('_');
    let written = |name: &str| match aiokafkas {
        true => name.replace('.', "_"),
        false => name.to_owned(),
    };
    let accepted = match nearest(&given.name.replace('_', "."), known) {
        Some(name) => format!("{}?", written(name)),
        None => NAMES.map(|(name, _)| written(name)).join(", "),
    };
    let problem = format!(
        "{:?} is no setting of a consumer that bears on its answers",
        given.name
    );
    Fault::new(given.origin.as_str(), problem, accepted)
}

/// Milliseconds, as every client writes them, or with a unit.
fn length(value: &str) -> Result<Duration, &'static str> {
    match value.parse() {
        Ok(millis) => Ok(Duration::from_millis(millis)),
        Err(_) => humantime::parse_duration(value)
            .map_err(|_| "milliseconds, such as 1000, or a length with its unit, such as 1s"),
    }
}

fn number<N: std::str::FromStr>(value: &str) -> Result<N, &'static str> {
    value.parse().map_err(|_| "a whole number")
}

/// Python's words as well as Java's.
fn flag(value: &str) -> Result<bool, &'static str> {
    value.to_lowercase().parse().map_err(|_| "true or false")
}

fn isolation(value: &str) -> Result<IsolationLevel, &'static str> {
    match value {
        "read_committed" => Ok(IsolationLevel::ReadCommitted),
        "read_uncommitted" => Ok(IsolationLevel::ReadUncommitted),
        _other => Err("read_committed or read_uncommitted"),
    }
}

/// librdkafka has several words for each.
fn start(value: &str) -> Result<StartPolicy, &'static str> {
    match value {
        "earliest" | "beginning" | "smallest" => Ok(StartPolicy::Earliest),
        "latest" | "end" | "largest" => Ok(StartPolicy::Latest),
        "none" | "error" => Ok(StartPolicy::Unspecified),
        _other => Err("earliest, latest or none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(settings: &[(&str, &str)]) -> (App, String) {
        let (mut app, mut faults) = (App::default(), Faults::default());
        for (name, value) in settings {
            let given = Property {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
                origin: "flag --app".to_owned(),
            };
            app.take(&given, &mut faults);
        }
        (app, faults.to_string())
    }

    #[test]
    fn the_same_setting_is_known_by_every_clients_name() {
        for (name, value) in [
            ("fetch_max_wait_ms", "500"),
            ("fetch.wait.max.ms", "500"),
            ("fetch.max.wait.ms", "500ms"),
        ] {
            let (app, faults) = told(&[(name, value)]);
            assert_eq!(app.fetch_wait, Some(Duration::from_millis(500)), "{faults}");
        }
        let (app, faults) = told(&[
            ("timeout_ms", "1000"),
            ("max_poll_records", "200"),
            ("isolation.level", "read_committed"),
            ("enable_auto_commit", "True"),
            ("auto_offset_reset", "smallest"),
            ("max_partition_fetch_bytes", "100000000"),
        ]);
        assert_eq!(faults, "");
        let expected = App {
            timeout: Some(Duration::from_secs(1)),
            max_poll_records: Some(200),
            isolation: Some(IsolationLevel::ReadCommitted),
            auto_commit: Some(true),
            start: Some(StartPolicy::Earliest),
            max_partition_fetch_bytes: Some(100_000_000),
            ..App::default()
        };
        assert_eq!(app, expected);
    }

    #[test]
    fn what_bears_on_nothing_yet_is_named_and_a_commit_interval_bears() {
        let settings = [("fetch_max_bytes", "1000"), ("auto_offset_reset", "latest")];
        let (app, _) = told(&settings);
        assert_eq!(app.idle(), ["fetch.max.bytes", "auto.offset.reset"]);
        let (app, _) = told(&[("auto_commit_interval_ms", "60000")]);
        assert_eq!(app.idle(), [""; 0]);
        assert_eq!(app.commit_interval(), Some(Duration::from_secs(60)));
        let (app, _) = told(&[
            ("auto_commit_interval_ms", "60000"),
            ("enable_auto_commit", "False"),
        ]);
        assert_eq!(
            app.commit_interval(),
            None,
            "it commits by itself, if at all"
        );
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest_in_the_same_spelling() {
        assert_eq!(
            told(&[("timeout_m", "1000")]).1,
            "flag --app: \"timeout_m\" is no setting of a consumer that bears on its answers; accepted: timeout_ms?"
        );
        assert!(
            told(&[("max.pol.records", "1")])
                .1
                .ends_with("max.poll.records?")
        );
        assert!(told(&[("zzz", "1")]).1.contains("isolation.level, "));
    }

    #[test]
    fn every_wrong_value_is_told() {
        let (_, faults) = told(&[("timeout_ms", "soon"), ("isolation_level", "none")]);
        assert_eq!(faults.lines().count(), 2, "{faults}");
        assert!(
            faults.contains("timeout_ms = \"soon\" is no value for it; accepted: milliseconds")
        );
    }
}
