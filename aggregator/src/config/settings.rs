//! Settings as they are written: in the file, in variables, as flags.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::service::config::{
    Fallback, Fault, Faults, Kind, Schema, Setting, Values, nearest,
};
use rollcall_proto::service::telemetry::{DEFAULT_FILTER, LogFormat, check_filter};
use rollcall_proto::service::token::{Gate, NoGate};
use rollcall_proto::v1::VerdictCode;
use rollcall_proto::verdict::spelled;

use super::{Config, limits};
use crate::core::evidence::OperatorWords;
use crate::core::verdict::table::TABLE;

/// What can be set.
pub const SCHEMA: Schema = Schema {
    settings: &SETTINGS,
    kafka: false,
};

const fn bytes((min, max): (u64, u64)) -> Kind {
    Kind::Bytes { min, max }
}

const fn duration((min, max): (Duration, Duration)) -> Kind {
    Kind::Duration { min, max }
}

const fn count((min, max): (i64, i64)) -> Kind {
    Kind::Integer { min, max }
}

const SETTINGS: [Setting; 22] = [
    Setting::new(
        "topic",
        Kind::List,
        Fallback::Required,
        "the roll: the topics that are expected to answer",
    ),
    Setting::new(
        "listen",
        Kind::Address,
        Fallback::Default("127.0.0.1:7655"),
        "address of gRPC",
    ),
    Setting::new(
        "admin_listen",
        Kind::Address,
        Fallback::Default("127.0.0.1:7656"),
        "address of /livez, /readyz and /metrics",
    ),
    Setting::new(
        "token_file",
        Kind::Text,
        Fallback::Absent,
        "file with the token that calls have to show; needed unless gRPC listens on a loopback address",
    ),
    Setting::new(
        "lanes",
        count(limits::LANES),
        Fallback::Default("1"),
        "how many aggregators share the partitions; the same for all of them and for their fetchers",
    ),
    Setting::new(
        "lane",
        Kind::NumberOr {
            min: 0,
            max: limits::LANES.1 - 1,
            word: HOSTNAME,
        },
        Fallback::Default("0"),
        "which of them this one is, from 0; hostname: the number behind the last dash of the machine's name",
    ),
    Setting::new(
        "budget",
        bytes(limits::BUDGET),
        Fallback::Default("64MiB"),
        "bytes buffered or leased over all topics",
    ),
    Setting::new(
        "batch_bytes",
        bytes(limits::BATCH),
        Fallback::Default("256KiB"),
        "bytes of one batch of several records",
    ),
    Setting::new(
        "max_record_bytes",
        bytes(limits::RECORD),
        Fallback::Default("16MiB"),
        "largest record that is taken",
    ),
    Setting::new(
        "default_timeout",
        duration(limits::TIMEOUT),
        Fallback::Default("1s"),
        "timeout of a gather that names none",
    ),
    Setting::new(
        "grace",
        duration(limits::GRACE),
        Fallback::Default("50ms"),
        "longest wait for fresh evidence after a close",
    ),
    Setting::new(
        "answer_deadline",
        duration(limits::ANSWER),
        Fallback::Default("10s"),
        "how long a client may take to read its answer",
    ),
    Setting::new(
        "pulse_interval",
        duration(limits::PULSE),
        Fallback::Default("1s"),
        "time between two pulses of a fetcher",
    ),
    Setting::new(
        "max_gathers",
        count(limits::COUNT),
        Fallback::Default("1000"),
        "gathers that may be open at once",
    ),
    Setting::new(
        "history",
        count(limits::COUNT),
        Fallback::Default("1000"),
        "gathers that are remembered, as far as they have 10,000 slots together",
    ),
    Setting::new(
        "max_silence",
        Kind::List,
        Fallback::Absent,
        "how long a topic may be silent: TOPIC=15m",
    ),
    Setting::new(
        "expect_empty",
        Kind::List,
        Fallback::Absent,
        "topics that are expected to be empty",
    ),
    Setting::new(
        "mute",
        Kind::List,
        Fallback::Absent,
        "verdicts that are no news: TOPIC=CODE",
    ),
    Setting::new(
        "metrics_topics",
        count(limits::METRICS_TOPICS),
        Fallback::Default("200"),
        "topics that /metrics has series of, at most",
    ),
    Setting::new(
        "metrics_partitions",
        count(limits::METRICS_PARTITIONS),
        Fallback::Default("1000"),
        "partitions that /metrics has series of, at most, over all topics",
    ),
    Setting::new(
        "log",
        Kind::Text,
        Fallback::Default(DEFAULT_FILTER),
        "log filter: LEVEL or TARGET=LEVEL, comma-separated",
    ),
    Setting::new(
        "log_format",
        Kind::OneOf(LogFormat::NAMES),
        Fallback::Default("text"),
        "how log lines are written",
    ),
];

/// The word for a lane that the machine's name says, as a StatefulSet names its pods.
const HOSTNAME: &str = "hostname";

/// What a process is told beyond what an aggregator is.
#[derive(Clone, Debug)]
pub struct Process {
    /// The aggregator.
    pub config: Config,
    /// Address of gRPC.
    pub listen: SocketAddr,
    /// Address of `/livez`, `/readyz` and `/metrics`.
    pub admin_listen: SocketAddr,
    /// Log filter.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
}

/// What the values mean. What is wrong with it is added to `faults`.
pub fn from_values(values: &Values, faults: &mut Faults) -> Process {
    let config = read(values, faults);
    for fault in config.faults() {
        if values.origin(fault.setting).is_empty() {
            // A required setting that is missing: said already.
            continue;
        }
        // What belongs to no single setting is blamed on the one that is named.
        let place = format!("{} ({})", values.origin(fault.setting), fault.setting);
        faults.push(Fault::new(place, fault.problem, ""));
    }
    if let Err(error) = check_filter(values.text("log")) {
        faults.push(Fault::new(values.origin("log"), error.to_string(), ""));
    }
    if values.address("listen") == values.address("admin_listen")
        && values.address("listen").port() != 0
    {
        let problem = format!(
            "{} is the address of gRPC too",
            values.address("admin_listen")
        );
        faults.push(Fault::new(
            values.origin("admin_listen"),
            problem,
            "two addresses",
        ));
    }
    if let Err(fault) = Gate::of(values.address("listen"), config.token_file.as_deref()) {
        let key = match &fault {
            NoGate::Token(_) => "token_file",
            NoGate::Open(_) => "listen",
        };
        let place = format!("{} ({key})", values.origin(key));
        faults.push(Fault::new(place, fault.to_string(), ""));
    }
    Process {
        config,
        listen: values.address("listen"),
        admin_listen: values.address("admin_listen"),
        log: values.text("log").to_owned(),
        log_format: LogFormat::named(values.text("log_format")),
    }
}

fn read(values: &Values, faults: &mut Faults) -> Config {
    let count = |key| usize::try_from(values.integer(key)).unwrap_or(0);
    let topics = values
        .list("topic")
        .iter()
        .filter_map(|name| topic(values, "topic", name, faults))
        .collect();
    Config {
        budget_bytes: values.bytes("budget"),
        batch_bytes: values.bytes("batch_bytes"),
        max_record_bytes: values.bytes("max_record_bytes"),
        default_timeout: values.duration("default_timeout"),
        grace: values.duration("grace"),
        answer_deadline: values.duration("answer_deadline"),
        pulse_interval: values.duration("pulse_interval"),
        lanes: u32::try_from(values.integer("lanes")).unwrap_or(0),
        lane: lane(values, faults),
        max_gathers: count("max_gathers"),
        history: count("history"),
        metrics_topics: count("metrics_topics"),
        metrics_partitions: count("metrics_partitions"),
        words: words(values, faults),
        token_file: values.maybe_text("token_file").map(PathBuf::from),
        ..Config::new(topics)
    }
}

fn lane(values: &Values, faults: &mut Faults) -> u32 {
    let text = values.text("lane");
    if text != HOSTNAME {
        // That it is a number was looked at when it was read.
        return text.parse().unwrap_or(u32::MAX);
    }
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    ordinal(name.trim()).unwrap_or_else(|| {
        let problem = format!("the machine's name, {:?}, says no number", name.trim());
        let accepted = "a name such as aggregator-0, or the number itself";
        faults.push(Fault::new(values.origin("lane"), problem, accepted));
        0
    })
}

/// The number behind the last dash of a name.
fn ordinal(name: &str) -> Option<u32> {
    let (_, number) = name.rsplit_once('-')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| number.parse().ok())?
}

fn topic(values: &Values, key: &str, name: &str, faults: &mut Faults) -> Option<Topic> {
    let topic = Topic::new(name);
    if let Err(error) = &topic {
        faults.push(Fault::new(
            values.origin(key),
            format!("{key}: {error}"),
            "1 to 249 of a-z A-Z 0-9 . _ -",
        ));
    }
    topic.ok()
}

/// What the operator says about topics: it wins over what was measured.
fn words(values: &Values, faults: &mut Faults) -> BTreeMap<Topic, OperatorWords> {
    let mut words: BTreeMap<Topic, OperatorWords> = BTreeMap::new();
    for name in values.list("expect_empty") {
        if let Some(topic) = topic(values, "expect_empty", name, faults) {
            words.entry(topic).or_default().expect_empty = true;
        }
    }
    for (topic, text) in pairs(values, "max_silence", "TOPIC=15m", faults) {
        match humantime::parse_duration(&text) {
            Ok(silence) => words.entry(topic).or_default().max_silence = Some(silence),
            Err(_) => wrong(
                values,
                "max_silence",
                &text,
                "is no length of time",
                "TOPIC=15m",
                faults,
            ),
        }
    }
    for (topic, text) in pairs(values, "mute", "TOPIC=CODE", faults) {
        match VerdictCode::named(&text) {
            Some(code) => {
                words.entry(topic).or_default().mute.insert(code);
            }
            None => {
                let known = TABLE.iter().map(|rule| rule.code.name());
                let accepted = nearest(&spelled(&text), known).map_or_else(
                    || "a code that `rollcall verdicts` lists".to_owned(),
                    |near| format!("{near}?"),
                );
                wrong(values, "mute", &text, "is no verdict", &accepted, faults);
            }
        }
    }
    words
}

/// The entries `TOPIC=VALUE` of a list.
fn pairs(values: &Values, key: &str, accepted: &str, faults: &mut Faults) -> Vec<(Topic, String)> {
    let mut pairs = Vec::new();
    for entry in values.list(key) {
        match entry.split_once('=') {
            Some((name, value)) => {
                pairs.extend(
                    topic(values, key, name.trim(), faults)
                        .map(|topic| (topic, value.trim().to_owned())),
                );
            }
            None => wrong(
                values,
                key,
                entry,
                "names no topic and value",
                accepted,
                faults,
            ),
        }
    }
    pairs
}

fn wrong(
    values: &Values,
    key: &str,
    text: &str,
    problem: &str,
    accepted: &str,
    faults: &mut Faults,
) {
    faults.push(Fault::new(
        values.origin(key),
        format!("{key}: {text:?} {problem}"),
        accepted,
    ));
}

#[cfg(test)]
mod tests;
