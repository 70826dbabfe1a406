//! Settings as they are written: in the file, in variables, as flags.

use std::path::PathBuf;
use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::service::config::kafka::{PROFILE_NAMES, Profile};
use rollcall_proto::service::config::{Fallback, Fault, Faults, Kind, Schema, Setting, Values};
use rollcall_proto::service::telemetry::{DEFAULT_FILTER, LogFormat, check_filter};

use super::Config;
use crate::core::assignment::StartPolicy;
use crate::core::membership::{Membership, SHARD_ACCEPTED, Shard};
use crate::kafka::GroupProtocol;

/// Largest record that can be allowed: Kafka's own batches end at 2 GiB.
const RECORD_BYTES: (u64, u64) = (1 << 10, 1 << 30);
/// Bounds of the time for draining.
const DRAIN: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(300));
/// Bounds of the time between pulses.
const PULSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));

/// What can be set.
pub const SCHEMA: Schema = Schema {
    settings: &SETTINGS,
    kafka: true,
};

const SETTINGS: [Setting; 19] = [
    Setting::new(
        "topic",
        Kind::Text,
        Fallback::Required,
        "the topic to feed, all partitions that the group gives",
    ),
    Setting::new(
        "bootstrap",
        Kind::List,
        Fallback::Required,
        "brokers to begin with, HOST:PORT",
    ),
    Setting::new(
        "group",
        Kind::Text,
        Fallback::Required,
        "the consumer group",
    ),
    Setting::new(
        "aggregator",
        Kind::List,
        Fallback::Default("http://127.0.0.1:7655"),
        "the aggregator; of several lanes one for each, or one name that stands for all of them",
    ),
    Setting::new(
        "token_file",
        Kind::Text,
        Fallback::Absent,
        "file with the token that the aggregator wants to be shown",
    ),
    Setting::new(
        "client_id",
        Kind::Text,
        Fallback::Absent,
        "name of the client in Kafka's eyes; rollcall-TOPIC without it",
    ),
    Setting::new(
        "start",
        Kind::OneOf(&["earliest", "latest"]),
        Fallback::Default("earliest"),
        "where a partition without a commit starts",
    ),
    Setting::new(
        "profile",
        Kind::OneOf(PROFILE_NAMES),
        Fallback::Default("default"),
        "fetch settings for one purpose",
    ),
    Setting::new(
        "membership",
        Kind::OneOf(&["group", "fixed"]),
        Fallback::Default("group"),
        "group: the group gives the partitions; fixed: takes them without joining it, and a second one is a standby",
    ),
    Setting::new(
        "shard",
        Kind::Text,
        Fallback::Absent,
        "with membership fixed: I/N takes the partitions whose number modulo N is I; all without it",
    ),
    Setting::new(
        "group_protocol",
        Kind::OneOf(&["auto", "consumer", "classic"]),
        Fallback::Default("auto"),
        "the group protocol; auto asks the brokers",
    ),
    Setting::new(
        "max_record_bytes",
        Kind::Bytes {
            min: RECORD_BYTES.0,
            max: RECORD_BYTES.1,
        },
        Fallback::Default("16MiB"),
        "largest record that is passed on: key, value and headers",
    ),
    Setting::new(
        "drain_timeout",
        Kind::Duration {
            min: DRAIN.0,
            max: DRAIN.1,
        },
        Fallback::Default("5s"),
        "how long the end may take for what is out to be acked",
    ),
    Setting::new(
        "history",
        Kind::Bool,
        Fallback::Default("true"),
        "whether to read the log's newest timestamps at the start",
    ),
    Setting::new(
        "pulse_interval",
        Kind::Duration {
            min: PULSE.0,
            max: PULSE.1,
        },
        Fallback::Default("1s"),
        "time between two pulses, until the aggregator says another",
    ),
    Setting::new(
        "admin_listen",
        Kind::Address,
        Fallback::Absent,
        "address of /livez, /readyz and /metrics",
    ),
    Setting::new(
        "metrics_partitions",
        Kind::Integer {
            min: 0,
            max: 100_000,
        },
        Fallback::Default("1000"),
        "partitions that /metrics has series of, at most",
    ),
    Setting::new(
        "log",
        Kind::Text,
        Fallback::Default(DEFAULT_FILTER),
        "log filter: LEVEL or TARGET=LEVEL, comma-separated; librdkafka is a target",
    ),
    Setting::new(
        "log_format",
        Kind::OneOf(LogFormat::NAMES),
        Fallback::Default("text"),
        "how log lines are written",
    ),
];

/// The configuration that the values mean. What is wrong with it is added to `faults`; `None` when there
/// is no topic to speak of.
pub fn from_values(values: &Values, faults: &mut Faults) -> Option<Config> {
    // What is not set at all has been told already, and has no place.
    let place = |key: &str| {
        let (origin, name) = match key.strip_prefix("kafka.") {
            Some(property) => (values.property_origin(property), property),
            None => (values.origin(key), key),
        };
        (!origin.is_empty()).then(|| format!("{origin} ({name})"))
    };
    let mut wrong = |key: &str, problem: String| {
        if let Some(place) = place(key) {
            faults.push(Fault::new(place, problem, ""));
        }
    };
    let topic = Topic::new(values.text("topic"))
        .map_err(|error| wrong("topic", error.to_string()))
        .ok();
    if let Err(error) = check_filter(values.text("log")) {
        wrong("log", error.to_string());
    }
    // A topic that is missing or wrong must not hide what else is.
    let checked = topic.clone().or_else(|| Topic::new("unnamed").ok())?;
    let config = read(values, checked, faults);
    if let Err(found) = config.check(place) {
        found.iter().for_each(|fault| faults.push(fault.clone()));
    }
    topic.map(|_| config)
}

fn read(values: &Values, topic: Topic, faults: &mut Faults) -> Config {
    let bootstrap = values.list("bootstrap").join(",");
    let mut config = Config::new(
        topic,
        bootstrap,
        values.text("group"),
        values.list("aggregator").join(","),
    );
    config.token_file = values.maybe_text("token_file").map(PathBuf::from);
    config.client_id = values.maybe_text("client_id").map(ToOwned::to_owned);
    config.start = if values.text("start") == "latest" {
        StartPolicy::Latest
    } else {
        StartPolicy::Earliest
    };
    config.profile = Profile::named(values.text("profile")).unwrap_or(config.profile);
    config.membership = membership(values, faults);
    config.group_protocol = match values.text("group_protocol") {
        "consumer" => Some(GroupProtocol::Consumer),
        "classic" => Some(GroupProtocol::Classic),
        _ => None,
    };
    config.max_record_bytes = values.bytes("max_record_bytes");
    config.drain_timeout = values.duration("drain_timeout");
    config.history = values.flag("history");
    config.pulse_interval = values.duration("pulse_interval");
    config.metrics_partitions = usize::try_from(values.integer("metrics_partitions")).unwrap_or(0);
    config.admin_listen = values.maybe_address("admin_listen");
    values.text("log").clone_into(&mut config.log);
    values.text("log_format").clone_into(&mut config.log_format);
    for (name, value) in values.properties() {
        match name {
            "auto.offset.reset" => start_by_reset(values, value, &mut config, faults),
            _ => config.kafka.push((name.to_owned(), value.to_owned())),
        }
    }
    config
}

/// A shard says something of a fixed fetcher only: given with a group it would be meant, and not hold.
fn membership(values: &Values, faults: &mut Faults) -> Membership {
    let mut wrong = |problem: String, accepted: &str| {
        let place = format!("{} (shard)", values.origin("shard"));
        faults.push(Fault::new(place, problem, accepted));
    };
    let given = values.maybe_text("shard");
    let shard = given.map(str::parse::<Shard>);
    match (values.text("membership"), shard) {
        ("fixed", None) => Membership::Fixed(Shard::ALL),
        ("fixed", Some(Ok(shard))) => Membership::Fixed(shard),
        ("fixed", Some(Err(error))) => {
            wrong(error.to_string(), SHARD_ACCEPTED);
            Membership::Fixed(Shard::ALL)
        }
        (_, Some(_)) => {
            wrong(
                "a group gives its partitions itself".to_owned(),
                "membership = fixed beside it, or no shard",
            );
            Membership::Group
        }
        (_, None) => Membership::Group,
    }
}

/// Users bring `auto_offset_reset` along. It means the start policy, unless that was set as well.
fn start_by_reset(values: &Values, value: &str, config: &mut Config, faults: &mut Faults) {
    let start = match value {
        "earliest" | "smallest" | "beginning" => StartPolicy::Earliest,
        "latest" | "largest" | "end" => StartPolicy::Latest,
        _ => {
            let place = values.property_origin("auto.offset.reset");
            let problem = format!("auto.offset.reset = {value:?} is no start");
            faults.push(Fault::new(place, problem, "earliest, latest"));
            return;
        }
    };
    if values.is_default("start") {
        config.start = start;
    } else if config.start != start {
        let place = values.property_origin("auto.offset.reset");
        let problem = format!(
            "auto.offset.reset = {value:?} contradicts start ({})",
            values.origin("start")
        );
        faults.push(Fault::new(place, problem, "one of them"));
    }
}
