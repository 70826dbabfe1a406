//! Settings: a file, variables and flags, for both services.

use rollcall_proto::service::config::{Fault, Faults, Flag, Schema, load};

use super::{Target, with_file};

pub(super) const TARGET: Target = Target {
    name: "config",
    what: "a settings file, then a NUL, variables (NAME=VALUE a line), a NUL, flags (KEY=VALUE a line)",
    try_input,
    seeds,
    words: &[
        "topic",
        "budget",
        "kafka.",
        "[topic.t]",
        "max_silence",
        "ROLLCALL_",
        "= \"",
        "group",
        "mute",
        "\n[",
        "1e999",
        "999999999999999999999",
        "sasl.password",
        "\u{1b}[31m",
        "P1D",
        "-1",
    ],
};

/// Faults of one input: each has its place in the input, and words of a bounded length.
const WORDS: usize = 10_000;

fn try_input(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (file, variables, flags) = (part(), pairs(part()), pairs(part()));
    for schema in [
        rollcall_aggregator::config::SCHEMA,
        rollcall_fetcher::config::SCHEMA,
    ] {
        with_file(file, |path| {
            let flags = flags
                .iter()
                .map(|(key, value)| Flag::new(key, value, "--set"));
            let mut loaded = load(&schema, Some(path), variables.clone(), flags.collect());
            read(&schema, &loaded.values, &mut loaded.faults);
            tell(&loaded.faults);
            let _dumped = loaded.values.dump();
        });
    }
}

fn read(schema: &Schema, values: &rollcall_proto::service::config::Values, faults: &mut Faults) {
    if schema.kafka {
        let _config = rollcall_fetcher::config::from_values(values, faults);
    } else {
        let _process = rollcall_aggregator::config::from_values(values, faults);
    }
}

/// All of it can be shown: no line of it drives a terminal.
pub(super) fn tell(faults: &Faults) {
    for fault in faults.iter() {
        let told = told(fault);
        assert!(told.len() < WORDS, "a fault of {} bytes", told.len());
        let unsafe_in = told
            .chars()
            .find(|c| *c != '\n' && rollcall::sanitize::is_unsafe(*c));
        assert_eq!(unsafe_in, None, "a fault could drive a terminal: {told:?}");
    }
}

fn told(fault: &Fault) -> String {
    fault.to_string()
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        b"topic = [\"ORDERS\", \"PRICES\"]\nbudget = \"64 MiB\"\nmax_silence = [\"ORDERS=15min\"]\n\0ROLLCALL_LISTEN=127.0.0.1:7655\n\0history=100\n".to_vec(),
        b"topic = \"ORDERS\"\ngroup = \"g\"\nbootstrap_servers = \"h:9092\"\n[kafka]\n\"fetch.min.bytes\" = 1\n\0ROLLCALL_KAFKA_SASL_PASSWORD=x\n\0start=latest\nkafka.fetch.wait.max.ms=500\n".to_vec(),
    ]
}
