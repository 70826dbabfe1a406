//! `rollcall demo`: the embedded broker, producers, fetchers, an aggregator and a client, in one process.

use std::net::SocketAddr;
use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::service::shutdown;
use rollcall_proto::v1::{GatherSummary, GetStatusResponse, Severity, StatusView};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::reader;
use crate::args::serve::{DemoArgs, ListenArgs};
use crate::client::Client;
use crate::demo::broker::Broker;
use crate::demo::script::{GROUP, SCRIPTS};
use crate::demo::{client, past, producers, screen};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::{House, Ports};
use crate::output::{self, Reader, Redraw};
use crate::view::line;
use crate::view::verdict::severity_of;
use crate::words::language::Language;

/// How long the services may take to end: Ctrl-C is answered within 2 s.
const END: Duration = Duration::from_millis(1200);
/// How long a fetcher may wait for acks when the demo ends.
const DRAIN: Duration = Duration::from_millis(300);
/// How long a call within the process may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// Time between two pictures.
const REFRESH: Duration = Duration::from_millis(500);
/// Without a terminal: the first table comes once every topic is judged, at the latest after this time,
/// and another one each time as long again.
const TABLE_EVERY: Duration = Duration::from_secs(8);

/// Runs until Ctrl-C, or for the given time.
pub async fn run(args: DemoArgs, language: Language) -> Result<Exit, Failure> {
    let asked = shutdown::requested()?;
    let ports = Ports::bind(&args.listen).await?;
    let (grpc, admin) = (ports.grpc()?, ports.admin()?);
    let end = args.run_for.map(|length| Instant::now() + length);
    let broker = Broker::start().map_err(broker_failed)?;
    let bootstrap = broker.bootstrap_servers();
    write_past(bootstrap.clone()).await?;
    let fetchers = fetchers(&bootstrap, grpc, &args.listen)?;
    let mut house = House::start(ports, aggregator(&args.listen)?, fetchers);
    let client = Client::new(args.listen.server(grpc, DEADLINE)?);
    let stop = CancellationToken::new();
    let producers = producers::start(&bootstrap, &stop).map_err(broker_failed)?;
    let shown = tokio::select! {
        shown = show(client, grpc, admin, end, language) => shown,
        broken = house.broken() => Err(broken),
        _ = asked => Ok(()),
        () = until(end) => Ok(()),
    };
    stop.cancel();
    house.stop(END).await;
    drop(producers);
    shown.map(|()| Exit::Clear)
}

/// Waits for the end, if there is one.
async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

fn broker_failed(error: rdkafka::error::KafkaError) -> Failure {
    Failure::Failed(format!(
        "the embedded broker failed: {error}; it needs free ports on 127.0.0.1"
    ))
}

async fn write_past(bootstrap: String) -> Result<(), Failure> {
    let written = tokio::task::spawn_blocking(move || past::write(&bootstrap)).await;
    written
        .map_err(|error| Failure::Failed(error.to_string()))?
        .map_err(broker_failed)
}

fn topics() -> Result<Vec<Topic>, Failure> {
    let names = SCRIPTS.iter().map(|script| Topic::new(script.topic));
    names
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::Failed(error.to_string()))
}

fn aggregator(listen: &ListenArgs) -> Result<rollcall_aggregator::Config, Failure> {
    Ok(rollcall_aggregator::Config {
        demo: true,
        token_file: listen.token_file.clone(),
        ..rollcall_aggregator::Config::new(topics()?)
    })
}

fn fetchers(
    bootstrap: &str,
    grpc: SocketAddr,
    listen: &ListenArgs,
) -> Result<Vec<rollcall_fetcher::Config>, Failure> {
    let fetcher = |topic| rollcall_fetcher::Config {
        demo: true,
        drain_timeout: DRAIN,
        token_file: listen.token_file.clone(),
        ..rollcall_fetcher::Config::new(topic, bootstrap, GROUP, format!("http://{grpc}"))
    };
    Ok(topics()?.into_iter().map(fetcher).collect())
}

/// Gathers and shows what comes, until the client fails or nobody reads any more.
async fn show(
    client: Client,
    grpc: SocketAddr,
    admin: SocketAddr,
    end: Option<Instant>,
    language: Language,
) -> Result<(), Failure> {
    let (sender, gathers) = watch::channel(None);
    let shown = async {
        let stage = Stage {
            client: &client,
            grpc,
            admin,
            end,
            language,
        };
        match output::is_terminal() {
            true => stage.redraw(gathers).await,
            false => stage.append(gathers).await,
        }
    };
    tokio::select! {
        shown = shown => shown,
        error = client::run(client.clone(), sender) => Err(error.into()),
    }
}

/// Where the demo is shown.
struct Stage<'a> {
    client: &'a Client,
    grpc: SocketAddr,
    admin: SocketAddr,
    end: Option<Instant>,
    language: Language,
}

type Gathers = watch::Receiver<Option<GatherSummary>>;

impl Stage<'_> {
    /// On a terminal: one screen, drawn again and again.
    async fn redraw(&self, gathers: Gathers) -> Result<(), Failure> {
        let mut redraw = Redraw::default();
        let mut ticks = tokio::time::interval(REFRESH);
        loop {
            ticks.tick().await;
            let status = self.client.status(Vec::new(), StatusView::Full).await?;
            let gather = gathers.borrow().clone();
            if redraw.draw(&self.picture(gather.as_ref(), &status))? == Reader::Gone {
                return Ok(());
            }
        }
    }

    /// Elsewhere: a line per gather, and a table now and then.
    async fn append(&self, mut gathers: Gathers) -> Result<(), Failure> {
        output::print(&screen::title(
            self.grpc,
            self.admin,
            &reader(self.client.server().reach(), self.language),
        ))?;
        let begun = Instant::now();
        let mut tables = 0;
        while gathers.changed().await.is_ok() {
            let Some(gather) = gathers.borrow_and_update().clone() else {
                continue;
            };
            let mut text = format!("DEMO {}\n", line::of_gather(&gather));
            let status = self.client.status(Vec::new(), StatusView::Full).await?;
            if begun.elapsed() > TABLE_EVERY * tables
                || (tables == 1 && all_judged(&status) && begun.elapsed() < TABLE_EVERY)
            {
                text.push_str(&self.picture(Some(&gather), &status));
                tables += 1;
            }
            if output::print(&text)? == Reader::Gone {
                return Ok(());
            }
        }
        Ok(())
    }

    fn picture(&self, gather: Option<&GatherSummary>, status: &GetStatusResponse) -> String {
        let left = self
            .end
            .map(|end| end.saturating_duration_since(Instant::now()));
        let picture = screen::Picture {
            grpc: self.grpc,
            admin: self.admin,
            gather,
            status,
            left,
        };
        screen::picture(
            &picture,
            &reader(self.client.server().reach(), self.language),
        )
    }
}

fn all_judged(status: &GetStatusResponse) -> bool {
    status
        .topics
        .iter()
        .all(|topic| severity_of(topic.verdict.as_ref()) != Severity::Unknown)
}
