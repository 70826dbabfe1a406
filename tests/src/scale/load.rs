//! `make load`: an aggregator that is offered more than it may hold, and clients that it must not wait for. What it buffers is
//! held against the byte budget, what the process held in memory is told beside it, and so is what others noticed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rollcall_proto::packed;
use rollcall_proto::v1::{Delivery, StatusView};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::feeds::Load;
use super::fleet::{Fleet, names};
use super::look::Looker;
use super::plan::{AT_WORK, RECORDS};
use super::records;
use crate::acks;
use crate::checker::memory;
use crate::client::{Answer, Client, Request};
use crate::eventually;
use crate::speed::page::write_into;
use crate::speed::spread::quantile;

/// Gathers that are timed, before and beside what is tried.
const TIMED: usize = 100;
/// Clients at once.
const CROWD: usize = 500;
/// Clients that share a connection.
const SHARE: usize = 10;
/// How long an answer may wait to be read once its gather has closed (`grpc/gather`), and what a busy machine adds.
const CUT: Duration = Duration::from_secs(20);
/// How long the gathers of a crowd wait.
const PATIENT: Duration = Duration::from_secs(30);
/// A topic that nobody feeds.
const NOBODY: &str = "nobody";
/// Until the budget is full, or what was held came free.
const SOON: Duration = Duration::from_secs(60);

/// What one trial showed.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) what: &'static str,
    /// Budget and a batch for each partition, in bytes.
    pub(super) allowed: u64,
    /// The most that was buffered and leased, in bytes.
    pub(super) held: u64,
    /// The most that the process ever held in memory, in bytes.
    pub(super) resident: u64,
    /// Milliseconds of others' gathers, sorted: before, and meanwhile.
    pub(super) calm: Vec<f64>,
    pub(super) meanwhile: Vec<f64>,
}

/// Tries all of it, prints what was seen, and writes it into the page. Fails when something was not as it must be.
pub async fn load() -> Result<()> {
    let mut rows = Vec::new();
    rows.push(many_partitions().await.context("a thousand partitions")?);
    rows.push(large_records().await.context("records of 10 MB")?);
    rows.push(stalled_client().await.context("a stalled client")?);
    rows.push(crowd().await.context("500 gathers at once")?);
    rows.push(deaf_crowd().await.context("500 stalled clients")?);
    let text = told(&rows);
    println!("{text}");
    write_into("docs/SCALING.md", "make load", &text)
}

/// An aggregator under a load, and what is seen of it.
struct Trial {
    fleet: Fleet,
    client: Client,
    batch: u64,
    row: Row,
}

impl Trial {
    async fn begin(what: &'static str, topics: usize, load: Load, flags: &[&str]) -> Result<Self> {
        eprintln!("{what}");
        let mut fleet = Fleet::start(names(topics), flags).await?;
        let mut looker = Looker::to(&fleet.server())?;
        fleet.feed(&mut looker, load).await?;
        let batch = records::batch(1, 0, 0, load.records, load.bytes)?;
        let batch = batch.packed.as_ref().map_or(0, packed::batch_bytes);
        let partitions = topics as u64 * u64::from(load.partitions.unsigned_abs());
        let budget = looker.status(StatusView::Summary).await?.0.budget_bytes;
        Ok(Self {
            client: fleet.client("others")?,
            fleet,
            batch,
            row: Row {
                what,
                allowed: budget + partitions * batch,
                ..Row::default()
            },
        })
    }

    /// Looks at what is held; more than is allowed is a failure.
    async fn look(&mut self) -> Result<u64> {
        let held = self.client.status().await?.buffered_bytes;
        self.row.held = self.row.held.max(held);
        let within = memory::within(held, self.row.allowed, 0, self.batch);
        within.map_err(anyhow::Error::msg)?;
        Ok(held)
    }

    /// Gathers these topics and acks, so many times; milliseconds of each, sorted.
    async fn gathers(&mut self, topics: &[String], times: usize) -> Result<Vec<f64>> {
        let mut all = Vec::new();
        for _ in 0..times {
            let request = Request::of(topics.iter().map(String::as_str));
            let began = Instant::now();
            let gathered = self
                .client
                .gather(request.delivery(Delivery::Lease))
                .await?;
            all.push(began.elapsed().as_secs_f64() * 1e3);
            let summary = gathered.summary.context("an answer without a summary")?;
            ensure!(summary.record_count > 0, "a gather brought nothing");
            self.client.settle(acks::of(&summary)).await?;
        }
        all.sort_unstable_by(f64::total_cmp);
        Ok(all)
    }

    fn end(mut self) -> Result<Row> {
        self.fleet.check()?;
        self.row.resident = self.fleet.usage()?.most_bytes;
        Ok(self.row)
    }
}

/// Every one of a thousand partitions has its batch, far more than the topic's credit.
async fn many_partitions() -> Result<Row> {
    let load = Load {
        partitions: 1000,
        records: 60,
        bytes: 1000,
        greedy: true,
    };
    let mut trial =
        Trial::begin("1,000 partitions, a batch of 60 KB in each", 1, load, &[]).await?;
    let wanted = trial.batch * 1000;
    eventually("every partition has its batch", SOON, async || {
        let held = trial.look().await?;
        ensure!(held >= wanted, "{held} of {wanted} bytes are held");
        Ok(())
    })
    .await?;
    let topics = trial.fleet.topics().to_vec();
    for _ in 0..20 {
        trial.gathers(&topics, 1).await?;
        trial.look().await?;
    }
    trial.end()
}

async fn large_records() -> Result<Row> {
    let load = Load {
        records: 1,
        bytes: 10_000_000,
        greedy: true,
        ..AT_WORK
    };
    let what = "4 topics of 4 partitions, records of 10 MB";
    let mut trial = Trial::begin(what, 4, load, &[]).await?;
    let topics = trial.fleet.topics().to_vec();
    for _ in 0..20 {
        trial.gathers(&topics, 1).await?;
        trial.look().await?;
    }
    trial.end()
}

/// Records of 1 MB, so that what a client does not read is more than its connection holds.
const MEGABYTE: Load = Load {
    records: 1,
    bytes: 1_000_000,
    greedy: true,
    ..AT_WORK
};

/// It takes a lease on a topic and reads nothing of it: it is cut off, and others get what it held.
async fn stalled_client() -> Result<Row> {
    let what = "a client that leases a topic of 1 MB records and does not read";
    let mut trial = Trial::begin(what, 4, MEGABYTE, &[]).await?;
    let topics = trial.fleet.topics().to_vec();
    let (its, others) = topics.split_first().context("no topic")?;
    trial.row.calm = trial.gathers(others, TIMED).await?;
    let began = Instant::now();
    let _unread = lease(&trial.fleet.client("stalled")?, its).await?;
    trial.row.meanwhile = trial.gathers(others, TIMED).await?;
    trial.look().await?;
    let its = std::slice::from_ref(its);
    while trial.gathers(its, 1).await.is_err() {
        let waits = began.elapsed();
        ensure!(waits < CUT, "what it held is still held after {waits:?}");
    }
    trial.end()
}

async fn lease(client: &Client, topic: &str) -> Result<Answer> {
    let request = Request::of([topic]).delivery(Delivery::Lease);
    client.ask(request).await
}

/// So many calls wait at once; one more is told to come again, and others go on.
async fn crowd() -> Result<Row> {
    let what = "500 gathers over 100 topics at once, and one too many";
    let limit = format!("max_gathers={}", CROWD + 1);
    let flags = ["--set", &limit, "--topic", NOBODY];
    let mut trial = Trial::begin(what, 100, AT_WORK, &flags).await?;
    let topics = trial.fleet.topics().to_vec();
    trial.row.calm = trial.gathers(&topics, TIMED).await?;
    let mut crowd = waiting(&trial).await?;
    trial.row.meanwhile = trial.gathers(&topics, TIMED).await?;
    let last = trial.fleet.client("last")?;
    let _last = last.ask(patient(&topics)).await?;
    refused(last.ask(patient(&topics)).await.map(drop))?;
    trial.look().await?;
    while let Some(ended) = crowd.join_next().await {
        ended??;
    }
    trial.end()
}

/// Gathers that look at all there is, some to a connection, and wait for what does not come until their time is up.
async fn waiting(trial: &Trial) -> Result<JoinSet<Result<()>>> {
    let (mut crowd, mut client) = (JoinSet::new(), trial.client.clone());
    let topics = trial.fleet.topics();
    for number in 0..CROWD {
        if number % SHARE == 0 {
            client = trial.fleet.client("crowd")?;
        }
        let answer = client.ask(patient(topics)).await?;
        let wanted = topics.len() + 1;
        crowd.spawn(async move {
            let summary = answer.rest().await?.summary.context("no summary")?;
            let slots = summary.slots.len();
            ensure!(slots == wanted, "{slots} slots");
            Ok(())
        });
    }
    Ok(crowd)
}

/// A look at these topics, and at one that nobody feeds, which it waits for.
fn patient(topics: &[String]) -> Request {
    Request::of(topics.iter().map(String::as_str).chain([NOBODY]))
        .required([NOBODY])
        .delivery(Delivery::Peek)
        .max_records(RECORDS)
        .timeout(PATIENT)
}

fn refused(asked: Result<()>) -> Result<()> {
    let refusal = asked.err().context("one gather too many was let in")?;
    let status = refusal.downcast::<Status>()?;
    ensure!(status.code() == Code::ResourceExhausted, "{status}");
    let retry = status.get_details_retry_info();
    ensure!(
        retry.is_some(),
        "it does not say when to come again: {status}"
    );
    Ok(())
}

/// So many clients look at everything and read nothing.
async fn deaf_crowd() -> Result<Row> {
    let what = "500 clients that look at 16 MB each and do not read";
    let mut trial = Trial::begin(what, 4, MEGABYTE, &[]).await?;
    let topics = trial.fleet.topics().to_vec();
    trial.row.calm = trial.gathers(&topics[..1], TIMED).await?;
    let mut deaf = Vec::new();
    for _ in 0..CROWD {
        let client = trial.fleet.client("deaf")?;
        let all = Request::of(topics[1..].iter().map(String::as_str));
        deaf.push(client.ask(all.delivery(Delivery::Peek)).await?);
    }
    trial.row.meanwhile = trial.gathers(&topics[..1], TIMED).await?;
    trial.look().await?;
    eventually("they are cut off", SOON, async || {
        let cut = trial.client.counter("gathers_cut_off").await?;
        ensure!(cut == CROWD as u64, "{cut} are");
        Ok(())
    })
    .await?;
    trial.end()
}

fn told(rows: &[Row]) -> String {
    let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
    let of = |sorted: &[f64], share| match quantile(sorted, share) {
        Some(ms) => format!("{ms:.1}"),
        None => "–".to_owned(),
    };
    let mut text = "| | may hold, MiB | held at most, MiB | resident at most, MiB | others' gathers before, p50 and p99 ms | meanwhile |\n\
                    |---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        let times = |sorted: &[f64]| format!("{} and {}", of(sorted, 0.5), of(sorted, 0.99));
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            row.what,
            mib(row.allowed),
            mib(row.held),
            mib(row.resident),
            times(&row.calm),
            times(&row.meanwhile),
        ));
    }
    text
}
