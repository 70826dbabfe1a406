//! The command line.

use std::path::PathBuf;

use clap::Parser;
use clap::error::ErrorKind;
use rollcall_fetcher::Config;
use rollcall_proto::service::config::{EXIT_USAGE, Fault, Flag};

const EXAMPLES: &str = "Examples:
  rollcall-fetcher --topic orders -b kafka:9092 -g billing --aggregator http://127.0.0.1:7655
  rollcall-fetcher --config fetcher.toml --topic orders --admin-listen 127.0.0.1:7661
  rollcall-fetcher --config fetcher.toml --aggregator http://rollcall:7655 --token-file /etc/rollcall/token
  rollcall-fetcher --config fetcher.toml -X security.protocol=SSL -X ssl.ca.location=/etc/ca.pem
  rollcall-fetcher --config fetcher.toml --aggregator http://rollcall-0:7655,http://rollcall-1:7655
  rollcall-fetcher --config fetcher.toml --membership fixed
  rollcall-fetcher --config fetcher.toml --membership fixed --shard 0/2
  rollcall-fetcher --config fetcher.toml --dump-config

Every setting can stand in the file (topic = \"orders\"), in a variable (ROLLCALL_TOPIC=orders)
or on the command line; the later beats the earlier. Properties of the Kafka client stand in
the table [kafka].

OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4317 exports spans to an OpenTelemetry collector; its
other standard variables hold too.";

/// What is to be done.
pub(crate) enum Parsed {
    /// Print what holds.
    Dump(String),
    /// Run.
    Run(Box<Config>),
}

/// Consumes one Kafka topic and feeds a rollcall aggregator.
#[derive(Debug, Parser)]
#[command(name = "rollcall-fetcher", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The topic to feed: all partitions that the group gives, or of its shard
    #[arg(long, short)]
    topic: Option<String>,
    /// Brokers to begin with
    #[arg(
        long,
        short,
        alias = "bootstrap-server",
        alias = "bootstrap-servers",
        value_name = "HOST:PORT,…"
    )]
    bootstrap: Option<String>,
    /// The consumer group
    #[arg(long, short)]
    group: Option<String>,
    /// The aggregator. Where there are several lanes: the aggregator of each, in any order; or one name whose addresses
    /// are those of all of them, such as that of a headless Service
    #[arg(long, value_name = "http://HOST:PORT,…")]
    aggregator: Option<String>,
    /// File with the token that the aggregator wants to be shown
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    /// Address of /livez, /readyz and /metrics; none without it
    #[arg(long, value_name = "IP:PORT")]
    admin_listen: Option<String>,
    /// Fetch settings for one purpose: default, balanced, high-throughput, realtime
    #[arg(long)]
    profile: Option<String>,
    /// Where a partition without a commit starts: earliest, latest
    #[arg(long)]
    start: Option<String>,
    /// Name of the client in Kafka's eyes
    #[arg(long)]
    client_id: Option<String>,
    /// How partitions come to it: group (a member of the group), fixed (takes them without joining it; of two fixed
    /// fetchers with the same shard one is a standby)
    #[arg(long)]
    membership: Option<String>,
    /// With --membership fixed: the partitions whose number modulo N is I, instead of all
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// The group protocol: auto, consumer, classic
    #[arg(long)]
    group_protocol: Option<String>,
    /// Largest record that is passed on, such as 16MiB
    #[arg(long, value_name = "BYTES")]
    max_record_bytes: Option<String>,
    /// How long the end may take for what is out to be acked, such as 5s
    #[arg(long, value_name = "DURATION")]
    drain_timeout: Option<String>,
    /// Whether to read the log's newest timestamps at the start: true, false
    #[arg(long, value_name = "BOOL")]
    history: Option<String>,
    /// Time between two pulses, until the aggregator says another
    #[arg(long, value_name = "DURATION")]
    pulse_interval: Option<String>,
    /// Partitions that /metrics has series of, at most
    #[arg(long, value_name = "COUNT")]
    metrics_partitions: Option<String>,
    /// Log filter, such as info,librdkafka=debug
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines are written: text, json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// A property of the Kafka client, by librdkafka's name or aiokafka's; may be given many times
    #[arg(short = 'X', value_name = "PROPERTY=VALUE")]
    properties: Vec<String>,
    /// A file with settings, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print what holds and where each value came from, and end
    #[arg(long)]
    pub(crate) dump_config: bool,
}

impl Args {
    /// The arguments; help and version go to stdout, a usage error to stderr with exit code 64.
    pub(crate) fn parse_or_exit() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            let printed = error.print();
            std::process::exit(match (asked, printed) {
                (true, Ok(())) => 0,
                (true, Err(_)) | (false, _) => EXIT_USAGE.into(),
            });
        })
    }

    /// The arguments as settings, and what of them is none.
    pub(crate) fn flags(&self) -> (Vec<Flag>, Vec<Fault>) {
        let given = [
            ("topic", &self.topic),
            ("bootstrap", &self.bootstrap),
            ("group", &self.group),
            ("aggregator", &self.aggregator),
            ("token_file", &self.token_file),
            ("admin_listen", &self.admin_listen),
            ("metrics_partitions", &self.metrics_partitions),
            ("profile", &self.profile),
            ("start", &self.start),
            ("client_id", &self.client_id),
            ("membership", &self.membership),
            ("shard", &self.shard),
            ("group_protocol", &self.group_protocol),
            ("max_record_bytes", &self.max_record_bytes),
            ("drain_timeout", &self.drain_timeout),
            ("history", &self.history),
            ("pulse_interval", &self.pulse_interval),
            ("log", &self.log),
            ("log_format", &self.log_format),
        ];
        let named = |(key, value): (&str, &Option<String>)| {
            let name = format!("--{}", key.replace('_', "-"));
            value.as_ref().map(|value| Flag::new(key, value, &name))
        };
        let mut flags: Vec<_> = given.into_iter().filter_map(named).collect();
        let properties = self
            .properties
            .iter()
            .map(|text| Flag::property(text, "-X"));
        let (given, malformed): (Vec<_>, Vec<_>) = properties.partition(Result::is_ok);
        flags.extend(given.into_iter().flatten());
        (
            flags,
            malformed.into_iter().filter_map(Result::err).collect(),
        )
    }
}
