//! The aggregator as a process: reads its settings, opens its ports, runs until it is asked to stop.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use rollcall_aggregator::config::{Process, SCHEMA, from_values};
use rollcall_aggregator::run;
use rollcall_proto::service::config::{EXIT_USAGE, Faults, Flag, Values, environment, load};
use rollcall_proto::service::serve::{BindError, EXIT_NO_PORT, bind};
use rollcall_proto::service::{shutdown, spans, telemetry};

/// Gathers many Kafka topics in one call and tells why any of them came back empty.
///
/// Fetchers feed it, clients call the roll. Settings come from defaults, a file, the environment
/// (ROLLCALL_ and the key in capitals) and flags; the later beats the earlier.
#[derive(Debug, Parser)]
#[command(name = "rollcall-aggregator", version, after_help = EXAMPLES)]
struct Args {
    /// The topics of the roll; several also separated by commas.
    #[arg(short, long, value_name = "TOPIC", num_args = 1..)]
    topic: Vec<String>,
    /// Address of gRPC [default: 127.0.0.1:7655].
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<String>,
    /// Address of /livez, /readyz and /metrics [default: 127.0.0.1:7656].
    #[arg(long, value_name = "IP:PORT")]
    admin_listen: Option<String>,
    /// File with the token that calls have to show; needed unless --listen is a loopback address.
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    /// How many aggregators share the partitions; the same for all of them and for their fetchers [default: 1].
    #[arg(long, value_name = "N")]
    lanes: Option<String>,
    /// Which of them this one is, from 0; hostname: the number behind the last dash of the machine's name [default: 0].
    #[arg(long, value_name = "NUMBER")]
    lane: Option<String>,
    /// Bytes buffered or leased over all topics; one batch per partition comes on top [default: 64MiB].
    #[arg(long, value_name = "BYTES")]
    budget: Option<String>,
    /// Largest record that is taken [default: 16MiB].
    #[arg(long, value_name = "BYTES")]
    max_record_bytes: Option<String>,
    /// Timeout of a gather that names none [default: 1s].
    #[arg(long, value_name = "TIME")]
    default_timeout: Option<String>,
    /// Any setting, by its key in the file.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Log filter: LEVEL or TARGET=LEVEL, comma-separated; RUST_LOG beats it [default: info].
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines are written: text or json [default: text].
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// A TOML file with settings.
    #[arg(short, long, value_name = "FILE", env = "ROLLCALL_CONFIG")]
    config: Option<PathBuf>,
    /// Print what holds and where each value came from, and end.
    #[arg(long)]
    dump_config: bool,
}

const EXAMPLES: &str = "\
Examples:
  rollcall-aggregator --topic ORDERS PRICES
  rollcall-aggregator --topic ORDERS,PRICES --listen 0.0.0.0:7655 --token-file /etc/rollcall/token
  rollcall-aggregator --topic ORDERS PRICES --lane 1 --lanes 2
  rollcall-aggregator --config aggregator.toml --set max_silence=ORDERS=15m --dump-config
  ROLLCALL_TOPIC=ORDERS,PRICES RUST_LOG=debug rollcall-aggregator

OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4317 exports spans to an OpenTelemetry collector; its
other standard variables hold too.";

fn main() -> ExitCode {
    rollcall_proto::memory::keep_for_frames();
    let args = Args::try_parse().unwrap_or_else(|error| {
        // Help and version are no errors; everything else is a usage error.
        let code = if error.use_stderr() {
            i32::from(EXIT_USAGE)
        } else {
            0
        };
        drop(error.print());
        std::process::exit(code)
    });
    let (values, process) = match read(&args) {
        Ok(read) => read,
        Err(faults) => {
            eprintln!("{faults}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if args.dump_config {
        let dumped = std::io::stdout().write_all(values.dump().as_bytes());
        return if dumped.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    match serve(process) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(taken) = error.downcast_ref::<BindError>() {
        // It tells its cause itself.
        eprintln!("rollcall-aggregator: {taken}");
        return ExitCode::from(EXIT_NO_PORT);
    }
    eprintln!("rollcall-aggregator: {error:#}");
    ExitCode::FAILURE
}

/// Settings from every layer; all faults at once.
fn read(args: &Args) -> Result<(Values, Process), Faults> {
    let mut wrong = Faults::default();
    let flags = flags(args, &mut wrong);
    let mut loaded = load(&SCHEMA, args.config.as_deref(), environment(), flags);
    wrong
        .iter()
        .for_each(|fault| loaded.faults.push(fault.clone()));
    let process = from_values(&loaded.values, &mut loaded.faults);
    loaded.finish().map(|values| (values, process))
}

fn flags(args: &Args, wrong: &mut Faults) -> Vec<Flag> {
    let single = [
        ("listen", &args.listen),
        ("admin_listen", &args.admin_listen),
        ("token_file", &args.token_file),
        ("lanes", &args.lanes),
        ("lane", &args.lane),
        ("budget", &args.budget),
        ("max_record_bytes", &args.max_record_bytes),
        ("default_timeout", &args.default_timeout),
        ("log", &args.log),
        ("log_format", &args.log_format),
    ];
    let flag = |(key, value): (&str, &Option<String>)| {
        value
            .as_ref()
            .map(|value| Flag::new(key, value, &format!("--{}", key.replace('_', "-"))))
    };
    let topics = args
        .topic
        .iter()
        .map(|topic| Flag::new("topic", topic, "--topic"));
    let mut flags: Vec<_> = single.into_iter().filter_map(flag).chain(topics).collect();
    for text in &args.set {
        match text.split_once('=') {
            Some((key, value)) => flags.push(Flag::new(key.trim(), value, "--set")),
            None => wrong.push(rollcall_proto::service::config::Fault::new(
                "flag --set",
                format!("{text:?} is no setting with a value"),
                "KEY=VALUE, for example history=100",
            )),
        }
    }
    flags
}

#[tokio::main]
async fn serve(process: Process) -> anyhow::Result<()> {
    telemetry::init(&process.log, process.log_format)?;
    let spans = spans::start(env!("CARGO_PKG_NAME"));
    let served = until_stopped(process).await;
    // What was lost is in the log.
    let _lost = spans.finish(spans::FLUSH).await;
    served
}

async fn until_stopped(process: Process) -> anyhow::Result<()> {
    let stop = shutdown::requested().context("signals cannot be waited for")?;
    let grpc = bind(process.listen, "grpc").await?;
    let admin = bind(process.admin_listen, "admin").await?;
    let stop = async {
        let signal = stop.await;
        tracing::info!(%signal, "stopping");
    };
    run(process.config, grpc, Some(admin), stop).await?;
    tracing::info!("stopped");
    Ok(())
}
