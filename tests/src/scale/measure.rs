//! All measurements: the sizes in turn, round after round, so that a machine that changes meanwhile changes all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::StatusView;
use tokio::time::{Instant, interval};

use super::fleet::{Fleet, names};
use super::look::Looker;
use super::plan::{AT_WORK, Plan, SILENT};

/// Of the default budget, each of a thousand topics has to be able to hold a batch.
const FLAGS: [&str; 2] = ["--set", "batch_bytes=64KiB"];

/// From one GetStatus to the next: evidence that was fresh for one is not for the next one.
const STATUS_PACE: Duration = Duration::from_millis(1100);
/// From one gather to the next: it takes all that came in a second.
const GATHER_PACE: Duration = Duration::from_secs(1);

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    pub(super) plan: Plan,
    /// By the number of topics.
    pub(super) rounds: BTreeMap<usize, Vec<Round>>,
}

/// One round of one size.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// Share of a core of the idle aggregator, 1 for all of it.
    pub(super) idle_core: f64,
    /// What the aggregator held in memory then, in bytes.
    pub(super) idle_resident: u64,
    /// Milliseconds of each GetStatus that asks for a summary, as `rollcall status` does, sorted.
    pub(super) status_ms: Vec<f64>,
    /// Milliseconds of each that asks for everything, sorted.
    pub(super) whole_status_ms: Vec<f64>,
    /// Share of a core at work.
    pub(super) work_core: f64,
    /// What it held in memory then, in bytes.
    pub(super) work_resident: u64,
    /// Milliseconds of each gather over all topics, sorted.
    pub(super) gather_ms: Vec<f64>,
    /// Records of each gather.
    pub(super) records: u32,
}

/// Measures all of it.
pub async fn measure(plan: &Plan) -> Result<Measured> {
    let mut rounds: BTreeMap<usize, Vec<Round>> = BTreeMap::new();
    for number in 1..=plan.rounds {
        for &topics in &plan.topics {
            let round = round(plan, topics).await?;
            eprintln!("round {number}: {topics} topics: {}", round.told());
            rounds.entry(topics).or_default().push(round);
        }
    }
    Ok(Measured {
        plan: plan.clone(),
        rounds,
    })
}

async fn round(plan: &Plan, topics: usize) -> Result<Round> {
    let mut fleet = Fleet::start(names(topics), &FLAGS).await?;
    let mut looker = Looker::to(&fleet.server())?;
    fleet.feed(&mut looker, SILENT).await?;
    go_by(plan.warm_up).await;
    let (idle_core, idle_resident) = used(&mut fleet, go_by(plan.idle)).await?;
    let status_ms = statuses(&mut looker, StatusView::Summary, plan.statuses).await?;
    let whole_status_ms = statuses(&mut looker, StatusView::Full, plan.statuses).await?;
    fleet.feed(&mut looker, AT_WORK).await?;
    // What the process touches for the first time is not what a gather costs.
    gathers(&mut looker, 2).await?;
    let mut gathered = Ok((Vec::new(), 0));
    let work = async { gathered = gathers(&mut looker, plan.gathers).await };
    let (work_core, work_resident) = used(&mut fleet, work).await?;
    let (gather_ms, records) = gathered?;
    Ok(Round {
        idle_core,
        idle_resident,
        status_ms,
        whole_status_ms,
        work_core,
        work_resident,
        gather_ms,
        records,
    })
}

/// What the aggregator uses of a core while something lasts, and the memory that it holds at its end.
async fn used(fleet: &mut Fleet, lasts: impl Future<Output = ()>) -> Result<(f64, u64)> {
    let (began, before) = (Instant::now(), fleet.usage()?);
    lasts.await;
    let (after, time) = (fleet.usage()?, began.elapsed());
    fleet.check()?;
    let core = (after.cpu - before.cpu).as_secs_f64() / time.as_secs_f64();
    Ok((core, after.resident_bytes))
}

/// Milliseconds of so many calls, sorted.
async fn statuses(looker: &mut Looker, view: StatusView, calls: usize) -> Result<Vec<f64>> {
    let mut pace = interval(STATUS_PACE);
    let mut all = Vec::new();
    for _ in 0..calls {
        pace.tick().await;
        let (_, took) = looker.status(view).await?;
        all.push(took.as_secs_f64() * 1e3);
    }
    all.sort_unstable_by(f64::total_cmp);
    Ok(all)
}

/// Milliseconds of so many gathers, sorted, and the records of each.
async fn gathers(looker: &mut Looker, calls: usize) -> Result<(Vec<f64>, u32)> {
    let mut pace = interval(GATHER_PACE);
    let (mut all, mut records) = (Vec::new(), 0);
    for _ in 0..calls {
        pace.tick().await;
        let (summary, took) = looker.gather().await?;
        looker.ack(&summary).await?;
        records = summary.record_count;
        all.push(took.as_secs_f64() * 1e3);
    }
    all.sort_unstable_by(f64::total_cmp);
    Ok((all, records))
}

/// Time is what is measured here, and no condition.
async fn go_by(time: Duration) {
    tokio::time::sleep(time).await;
}

impl Round {
    /// In one line, for whoever waits for the end.
    fn told(&self) -> String {
        let median = |sorted: &[f64]| sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
        format!(
            "idle {:.2} % and {:.0} MB, GetStatus {:.1} and {:.1} ms, work {:.1} % and {:.0} MB, gather {:.1} ms of {} records",
            self.idle_core * 100.0,
            self.idle_resident as f64 / 1e6,
            median(&self.status_ms),
            median(&self.whole_status_ms),
            self.work_core * 100.0,
            self.work_resident as f64 / 1e6,
            median(&self.gather_ms),
            self.records,
        )
    }
}
