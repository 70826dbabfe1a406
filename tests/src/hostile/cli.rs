//! The command: its arguments, a properties file, a trace.

use std::ffi::OsString;
use std::io::Cursor;

use clap::Parser as _;
use rollcall::args::{Cli, Command};
use rollcall::target::{Target as Cluster, Wanted};
use rollcall::trace::read;

use super::{Target, config, with_file};

/// A command line.
pub(super) const ARGUMENTS: Target = Target {
    name: "arguments",
    what: "the words of a command line, one a line",
    try_input: arguments,
    seeds: lines_of_commands,
    words: &[
        "--",
        "-b\n",
        "-t\n",
        "--for\n",
        "-o\njson\n",
        "--app\n",
        "-X\n",
        "=",
        "1e999h",
        "\u{1b}[2J",
        "--lang\nzh\n",
        "-1",
    ],
};

/// The application's own settings.
pub(super) const PROPERTIES: Target = Target {
    name: "properties",
    what: "a properties file of a Java client",
    try_input: properties,
    seeds: files,
    words: &[
        "bootstrap.servers=",
        "group.id",
        "sasl.jaas.config=",
        "security.protocol",
        "\\u",
        "\\\n",
        "org.apache.kafka",
        " required username=\"",
        "password",
        ";",
        "timeout",
        "\u{1b}",
    ],
};

/// A recording that somebody sends in.
pub(super) const TRACE: Target = Target {
    name: "trace",
    what: "a trace, as NDJSON or gzip",
    try_input: trace,
    seeds: traces,
    words: &[
        "{\"at\":\"",
        "\"topic\":",
        "\"evidence\":",
        "\"gather\":",
        "\"label\":",
        "s\"}\n",
        "-1s",
        "1e400",
        "\"9223372036854775807\"",
        "null",
        "[[[[[[[[",
        "\\ud800",
    ],
};

fn arguments(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let words = text.lines().map(OsString::from);
    let words = std::iter::once(OsString::from("rollcall")).chain(words);
    match Cli::try_parse_from(words) {
        Ok(cli) => drop(format!("{cli:?}")),
        Err(error) => assert!(!error.to_string().is_empty(), "an error says what is wrong"),
    }
}

fn properties(bytes: &[u8]) {
    with_file(bytes, |path| {
        let words = ["rollcall", "doctor", "-b", "localhost:9092", "-F"].map(OsString::from);
        let words = words.into_iter().chain([path.as_os_str().to_owned()]);
        let cli = Cli::try_parse_from(words).expect("the command line is right");
        let Command::Doctor(doctor) = cli.command else {
            unreachable!("it is the doctor's")
        };
        match Cluster::of(&doctor.observe, Wanted::default()) {
            Ok(cluster) => drop(cluster.client()),
            Err(faults) => config::tell(&faults),
        }
    });
}

fn trace(bytes: &[u8]) {
    if let Ok((_, mut lines)) = read::begin("trace".to_owned(), Cursor::new(bytes.to_vec())) {
        while let Ok(Some(_)) = lines.next_line() {}
    }
    with_file(bytes, |path| {
        if let Err(fault) = rollcall::trace::trial::run(path) {
            assert!(!fault.to_string().is_empty(), "a fault says what is wrong");
        }
    });
}

fn lines_of_commands() -> Vec<Vec<u8>> {
    let lines = [
        "status\n--server\nlocalhost:7655\n-o\njson",
        "gather\n-t\nORDERS\n--timeout\n1s\n--max-records\n10",
        "doctor\n-b\nh:9092\n-g\nshop\n--app\ntimeout_ms=1000\n-X\nsecurity.protocol=PLAINTEXT",
        "explain\nORDERS\n--why-not\nCAUGHT_UP",
        "history\n--for\n5s",
    ];
    lines.map(|line| line.as_bytes().to_vec()).into()
}

fn files() -> Vec<Vec<u8>> {
    vec![
        b"bootstrap.servers=h:9092\ngroup.id=shop\nauto.offset.reset: latest\n# note\nclient.id = a\\u0062\n".to_vec(),
        b"security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" \\\n  password=\"p\";\n".to_vec(),
    ]
}

fn traces() -> Vec<Vec<u8>> {
    let corpus = crate::scratch::workspace().join("tests/corpus");
    let first = std::fs::read_dir(corpus).ok().and_then(|listed| {
        let paths = listed.filter_map(|entry| Some(entry.ok()?.path()));
        paths
            .filter(|path| path.extension().is_some_and(|is| is == "gz"))
            .min()
    });
    let recorded = first.and_then(|path| std::fs::read(path).ok());
    recorded
        .into_iter()
        .map(|packed| unpacked(&packed))
        .collect()
}

/// The first lines of a recording, unpacked: what is compressed changes into noise only.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut text = Vec::new();
    let reader = flate2::read::MultiGzDecoder::new(packed);
    // What was read up to a fault serves as well.
    let _read = reader.take(3_000).read_to_end(&mut text);
    text
}
