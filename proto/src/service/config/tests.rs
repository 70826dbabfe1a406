//! Settings: what beats what, and what every kind of mistake gets.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::*;

mod file_and_env;

const SCHEMA: Schema = Schema {
    settings: &[
        Setting::new(
            "listen",
            Kind::Address,
            Fallback::Default("127.0.0.1:7655"),
            "where gRPC is served",
        ),
        Setting::new(
            "topic",
            Kind::List,
            Fallback::Required,
            "the topics of the roll",
        ),
        Setting::new(
            "budget",
            Kind::Bytes {
                min: 1 << 20,
                max: 1 << 40,
            },
            Fallback::Default("64MiB"),
            "bytes that may be buffered",
        ),
        Setting::new(
            "gather.timeout",
            Kind::Duration {
                min: Duration::from_millis(1),
                max: Duration::from_secs(300),
            },
            Fallback::Default("1s"),
            "how long a gather waits",
        ),
        Setting::new(
            "max_records",
            Kind::Integer {
                min: 1,
                max: 10_000,
            },
            Fallback::Default("200"),
            "records of a topic",
        ),
        Setting::new(
            "join",
            Kind::Bool,
            Fallback::Default("false"),
            "whether to join",
        ),
        Setting::new(
            "log_format",
            Kind::OneOf(&["text", "json"]),
            Fallback::Default("text"),
            "how logs are written",
        ),
        Setting::new("server", Kind::Text, Fallback::Absent, "who to ask"),
        Setting {
            secret: true,
            ..Setting::new(
                "pin",
                Kind::Integer { min: 0, max: 9999 },
                Fallback::Absent,
                "a secret number",
            )
        },
    ],
    kafka: true,
};

/// Layers to be loaded: a file's text, variables, flags.
#[derive(Default)]
struct Given<'a> {
    file: Option<&'a str>,
    env: &'a [(&'a str, &'a str)],
    flags: Vec<Flag>,
}

impl Given<'_> {
    fn load(self) -> Loaded {
        let env = self
            .env
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let file = self.file.map(|text| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        });
        let path = file.as_ref().map(tempfile::NamedTempFile::path);
        load(&SCHEMA, path, env, self.flags)
    }

    fn faults(self) -> Vec<String> {
        let path = |line: &str| match line.split_once(".tmp") {
            Some((_, rest)) => rest.split_once(':').map_or("", |(_, rest)| rest).to_owned(),
            None => line.to_owned(),
        };
        self.load()
            .faults
            .iter()
            .map(|fault| path(&fault.to_string()))
            .collect()
    }
}

fn topic() -> Flag {
    Flag::new("topic", "A", "--topic")
}

fn flags(given: &[(&str, &str)]) -> Vec<Flag> {
    let flag = |(key, value): &(&str, &str)| Flag::new(key, *value, &format!("--{key}"));
    std::iter::once(topic())
        .chain(given.iter().map(flag))
        .collect()
}

fn values(given: Given<'_>) -> Values {
    given.load().finish().expect("sound settings")
}

#[test]
fn flags_beat_variables_and_variables_beat_the_file_and_the_file_beats_defaults() {
    let values = values(Given {
        file: Some("max_records = 1\nbudget = \"2MiB\"\njoin = true\n"),
        env: &[("ROLLCALL_MAX_RECORDS", "2"), ("ROLLCALL_BUDGET", "3MiB")],
        flags: flags(&[("max_records", "3")]),
    });
    assert_eq!(values.integer("max_records"), 3);
    assert_eq!(values.bytes("budget"), 3 << 20);
    assert!(values.flag("join"));
    assert_eq!(values.duration("gather.timeout"), Duration::from_secs(1));
    assert_eq!(values.origin("max_records"), "flag --max_records");
    assert_eq!(values.origin("budget"), "env ROLLCALL_BUDGET");
    assert!(
        values.origin("join").ends_with(":3"),
        "{}",
        values.origin("join")
    );
    assert!(values.is_default("gather.timeout") && !values.is_default("join"));
    assert_eq!(
        (values.maybe_text("server"), values.origin("server")),
        (None, "")
    );
}

#[test]
fn every_kind_is_read_from_text() {
    let values = values(Given {
        env: &[
            ("ROLLCALL_LISTEN", "[::1]:80"),
            ("ROLLCALL_TOPIC", "A, B,C"),
            ("ROLLCALL_GATHER_TIMEOUT", "1m 500ms"),
            ("ROLLCALL_JOIN", "true"),
            ("ROLLCALL_LOG_FORMAT", "json"),
            ("ROLLCALL_SERVER", "http://x:1"),
        ],
        ..Given::default()
    });
    assert_eq!(values.address("listen").to_string(), "[::1]:80");
    assert_eq!(values.list("topic"), ["A", "B", "C"]);
    assert_eq!(
        values.duration("gather.timeout"),
        Duration::from_millis(60_500)
    );
    assert!(values.flag("join"));
    assert_eq!(values.text("log_format"), "json");
    assert_eq!(values.maybe_text("server"), Some("http://x:1"));
}

#[test]
fn a_list_is_the_sum_of_its_flags_and_replaces_the_file() {
    let more = ["B", "C,D"].map(|value| Flag::new("topic", value, "--topic"));
    let values = values(Given {
        file: Some("topic = [\"X\", \"Y\"]"),
        flags: std::iter::once(topic()).chain(more).collect(),
        ..Given::default()
    });
    assert_eq!(values.list("topic"), ["A", "B", "C", "D"]);
}

#[test]
fn all_faults_are_told_at_once_with_place_and_accepted_form() {
    let faults = Given {
        file: Some("lisen = \"x\"\nmax_records = 0\n\n[gather]\ntimeout = 5\n"),
        env: &[("ROLLCALL_JOIN", "yes"), ("ROLLCALL_BUDGT", "1")],
        flags: vec![
            Flag::new("listen", "localhost", "--listen"),
            Flag::new("log_format", "jsn", "--log-format"),
        ],
    }
    .faults();
    assert_eq!(
        faults,
        [
            "1: unknown setting \"lisen\", did you mean listen?",
            "2: max_records: 0 is out of range; accepted: a whole number from 1 to 10000",
            "5: gather.timeout: 5 is no duration; accepted: a duration such as \"1s\" or \"500ms\", from 1ms to 5m",
            "env ROLLCALL_BUDGT: unknown setting, did you mean ROLLCALL_BUDGET?",
            "env ROLLCALL_JOIN: join: \"yes\" is neither true nor false; accepted: true or false",
            "flag --listen: listen: \"localhost\" is no IP:PORT; accepted: IP:PORT, for example 127.0.0.1:7655 or [::]:7655",
            "flag --log-format: log_format: \"jsn\" is none of the known words (did you mean json?); accepted: text, json",
            "topic: not set: the topics of the roll; accepted: --topic, ROLLCALL_TOPIC, or topic in the file: texts: [\"a\", \"b\"] in the file, a,b elsewhere",
        ]
    );
}

#[test]
fn a_service_adds_what_contradicts() {
    let mut loaded = Given {
        flags: flags(&[("budget", "1MiB")]),
        ..Given::default()
    }
    .load();
    let origin = loaded.values.origin("budget").to_owned();
    loaded.faults.push(Fault::new(
        origin,
        "budget: 1MiB is below the reserves",
        "2MiB or more",
    ));
    let faults = loaded.finish().unwrap_err();
    let line = "flag --budget: budget: 1MiB is below the reserves; accepted: 2MiB or more";
    assert_eq!(faults.to_string(), line);
}

#[test]
fn a_missing_required_value_is_empty_while_checks_go_on() {
    let loaded = Given::default().load();
    assert!(loaded.values.list("topic").is_empty());
    assert!(loaded.finish().is_err());
}

#[test]
fn a_secret_is_not_repeated_when_it_is_wrong() {
    let faults = Given {
        flags: flags(&[("pin", "12345678")]),
        ..Given::default()
    }
    .faults();
    let shown = "flag --pin: pin: the value (not shown) does not fit; accepted: a whole number from 0 to 9999";
    assert_eq!(faults, [shown]);
}

#[test]
fn the_dump_is_toml_that_gives_the_same_values_again() {
    let first = values(Given {
        env: &[("ROLLCALL_SERVER", "a \"quoted\" \\ text\nof two lines")],
        flags: flags(&[
            ("budget", "65MiB"),
            ("gather.timeout", "90s"),
            ("kafka.client.id", "x"),
        ]),
        ..Given::default()
    });
    let dump = first.dump();
    assert!(
        dump.contains("listen = \"127.0.0.1:7655\" # default\n"),
        "{dump}"
    );
    assert!(
        dump.contains("budget = \"65MiB\" # flag --budget\n"),
        "{dump}"
    );
    assert!(dump.contains("topic = [\"A\"] # flag --topic\n"), "{dump}");
    assert!(dump.contains("# pin is not set\n"), "{dump}");
    let again = values(Given {
        file: Some(&dump),
        ..Given::default()
    });
    assert_eq!(again.text("server"), first.text("server"));
    assert_eq!(again.duration("gather.timeout"), Duration::from_secs(90));
    assert_eq!(again.list("topic"), first.list("topic"));
    assert!(again.properties().eq(first.properties()));
}

#[test]
fn the_dump_shows_no_secret() {
    let dump = values(Given {
        env: &[("ROLLCALL_KAFKA_SASL_PASSWORD", "hunter2")],
        flags: flags(&[
            ("pin", "4711"),
            ("server", "http://me:hunter2@host:1"),
            ("kafka.ssl.key.pem", "hunter2"),
        ]),
        ..Given::default()
    })
    .dump();
    assert!(
        !dump.contains("hunter2") && !dump.contains("4711"),
        "{dump}"
    );
    assert!(dump.contains("\"sasl.password\" = \"***\" # env ROLLCALL_KAFKA_SASL_PASSWORD\n"));
    assert!(dump.contains("server = \"http://***@host:1\""), "{dump}");
}
