//! `rollcall up`: fetchers and an aggregator on a real Kafka, in this one process.

mod foreign;

use std::net::SocketAddr;
use std::time::Duration;

use rollcall_fetcher::config::{SCHEMA, from_values};
use rollcall_proto::ids::Topic;
use rollcall_proto::service::config::{Faults, Flag, load};
use rollcall_proto::service::{shutdown, telemetry};
use rollcall_proto::v1::StatusView;

use super::{names, status};
use crate::args::look::StatusOutput;
use crate::args::serve::UpArgs;
use crate::client::Client;
use crate::client::lanes::Lanes;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::{House, Ports};
use crate::output;
use crate::target::{secret, servers};
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// How long the services may take to end: fetchers wait for acks that are under way.
const END: Duration = Duration::from_secs(10);
/// How long a call within the process may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long the fetchers wait at the end for acks of what they sent: what nobody gathers would be waited for
/// in vain.
const DRAIN: Duration = Duration::from_secs(1);

/// What is logged on a terminal.
const ERRORS_ONLY: &str = "error";

/// Runs until Ctrl-C.
pub async fn run(args: UpArgs, language: Language) -> Result<Exit, Failure> {
    names(&args.topics)?;
    let mut faults = Faults::default();
    servers::check(&args.kafka.bootstrap_servers, "flag -b", &mut faults);
    if !faults.is_empty() {
        return Err(Failure::Usage(faults.to_string()));
    }
    // Checked against a stand-in: the port is known later.
    fetchers(&args, "http://127.0.0.1:7655")?;
    let asked = shutdown::requested()?;
    tokio::pin!(asked);
    start_log()?;
    if !args.join {
        tokio::select! {
            looked = foreign::refuse_if_used(&args, language) => looked?,
            _ = &mut asked => return Ok(Exit::Clear),
        }
    }
    serve(args, language, asked).await
}

/// Log lines would tear the screen apart: on a terminal only errors are written (`RUST_LOG` says otherwise).
fn start_log() -> Result<(), Failure> {
    let filter = match output::is_terminal() {
        true => ERRORS_ONLY,
        false => telemetry::DEFAULT_FILTER,
    };
    telemetry::init(filter, telemetry::LogFormat::Text)
        .map_err(|error| Failure::Usage(error.to_string()))
}

async fn serve(
    args: UpArgs,
    language: Language,
    asked: impl Future<Output = shutdown::Signal>,
) -> Result<Exit, Failure> {
    let ports = Ports::bind(&args.listen).await?;
    let (grpc, admin) = (ports.grpc()?, ports.admin()?);
    let fetchers = fetchers(&args, &format!("http://{grpc}"))?;
    let aggregator = rollcall_aggregator::Config {
        token_file: args.listen.token_file.clone(),
        ..rollcall_aggregator::Config::new(args.topics.clone())
    };
    let mut house = House::start(ports, aggregator, fetchers);
    let shown = tokio::select! {
        shown = show(&args, language, grpc, admin) => shown,
        broken = house.broken() => Err(broken),
        _ = asked => Ok(()),
    };
    let speech = Speech::new(language);
    output::say(&speech.word("up-stopping"));
    house.stop(END).await;
    output::say(&speech.word("up-stopped"));
    shown.map(|()| Exit::Clear)
}

/// One fetcher per topic, with the properties by librdkafka's or aiokafka's names.
fn fetchers(args: &UpArgs, aggregator: &str) -> Result<Vec<rollcall_fetcher::Config>, Failure> {
    let fetchers = args
        .topics
        .iter()
        .map(|topic| fetcher(args, topic, aggregator));
    fetchers
        .collect::<Result<_, Faults>>()
        .map_err(|faults| Failure::Usage(faults.to_string()))
}

fn fetcher(
    args: &UpArgs,
    topic: &Topic,
    aggregator: &str,
) -> Result<rollcall_fetcher::Config, Faults> {
    let kafka = &args.kafka;
    let mut flags = vec![
        Flag::new("topic", topic.as_str(), "--topic"),
        Flag::new("bootstrap", &kafka.bootstrap_servers, "--bootstrap-server"),
        Flag::new("group", &kafka.group, "--group"),
        Flag::new("aggregator", aggregator, "--listen"),
    ];
    for given in &kafka.properties {
        let property = secret::resolve(given.property("flag -X"))?;
        let text = format!("{}={}", property.name, property.value);
        flags.push(Flag::property(&text, "-X")?);
    }
    let mut loaded = load(&SCHEMA, None, [], flags);
    let config = from_values(&loaded.values, &mut loaded.faults);
    let faults = loaded.faults;
    match config {
        Some(config) if faults.is_empty() => Ok(rollcall_fetcher::Config {
            drain_timeout: DRAIN,
            token_file: args.listen.token_file.clone(),
            ..config
        }),
        Some(_) | None => Err(faults),
    }
}

/// Says what was begun, then shows the roll until it is stopped or nobody reads any more.
async fn show(
    args: &UpArgs,
    language: Language,
    grpc: SocketAddr,
    admin: SocketAddr,
) -> Result<(), Failure> {
    let lanes = Lanes::alone(Client::new(args.listen.server(grpc, DEADLINE)?));
    let speech = Speech::new(language);
    let title = Arguments::default()
        .text("version", env!("CARGO_PKG_VERSION"))
        .text("grpc", grpc.to_string())
        .text("admin", admin.to_string());
    let joined = Arguments::default()
        .text("group", &args.kafka.group)
        .count("count", args.topics.len() as u64);
    output::say(&speech.say("up-title", &title));
    output::say(&speech.say("up-joined", &joined));
    let first = lanes.status(Vec::new(), StatusView::Summary).await?;
    status::watch::follow(lanes, Vec::new(), StatusOutput::Table, language, first).await?;
    // Nobody reads stdout any more; the services go on.
    std::future::pending().await
}
