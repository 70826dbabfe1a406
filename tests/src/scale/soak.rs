//! `make soak`: an aggregator at work for a quarter of an hour, with clients that leave and clients that do not read, and what it holds in
//! memory meanwhile.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_proto::v1::{GatherResponse, StatusView};
use tokio::time::{Instant, interval};
use tonic::Streaming;

use super::fleet::{Fleet, names};
use super::look::Looker;
use super::plan::{AT_WORK, RECORDS};
use crate::speed::page::write_into;

/// Topics of the soak.
const TOPICS: usize = 100;
/// Until what is kept of each is full: the six chapters of its past, of a minute each at least. Until then memory grows, as it should.
const FILLS: Duration = Duration::from_secs(7 * 60);
/// From one gather to the next.
const PACE: Duration = Duration::from_secs(1);
/// Every so many gathers somebody calls and leaves in the middle of the answer, and somebody calls and does not read.
const ODD: u32 = 5;
/// Answers that are not read at a time; the oldest is dropped then.
const UNREAD: usize = 8;
/// What memory may grow by between the second third and the last one: noise of the allocator.
const GROWTH: f64 = 1.05;

/// Fills what is kept, soaks for so long, prints what it held, and writes it into the page. Fails when it grew.
pub async fn soak(lasts: Duration) -> Result<()> {
    let mut fleet = Fleet::start(names(TOPICS), &[]).await?;
    let mut looker = Looker::to(&fleet.server())?;
    fleet.feed(&mut looker, AT_WORK).await?;
    eprintln!("{} s until what is kept is full", FILLS.as_secs());
    work(&mut fleet, &mut looker, FILLS).await?;
    let samples = work(&mut fleet, &mut looker, lasts).await?;
    let text = told(&samples, lasts);
    println!("{text}");
    ensure!(grown(&samples) <= GROWTH, "the aggregator's memory grew");
    write_into("docs/SCALING.md", "make soak", &text)
}

/// Resident MB, one for each gather.
async fn work(fleet: &mut Fleet, looker: &mut Looker, lasts: Duration) -> Result<Vec<f64>> {
    let mut unread: Vec<Streaming<GatherResponse>> = Vec::new();
    let (began, mut pace, mut samples) = (Instant::now(), interval(PACE), Vec::new());
    for number in 0_u32.. {
        if began.elapsed() >= lasts {
            break;
        }
        pace.tick().await;
        if number % ODD == 0 {
            drop(looker.begin().await?);
            unread.push(looker.begin().await?);
            looker.status(StatusView::Full).await?;
        }
        if unread.len() > UNREAD {
            unread.remove(0);
        }
        let (summary, _) = looker.gather().await?;
        looker.ack(&summary).await?;
        samples.push(fleet.usage()?.resident_bytes as f64 / 1e6);
        fleet.check()?;
    }
    Ok(samples)
}

/// The median of the last third against that of the second one.
fn grown(samples: &[f64]) -> f64 {
    let third = samples.len() / 3;
    let median = |part: &[f64]| {
        let mut sorted = part.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    };
    median(&samples[2 * third..]) / median(&samples[third..2 * third])
}

fn told(samples: &[f64], lasts: Duration) -> String {
    let most = samples.iter().copied().fold(0.0, f64::max);
    let mut text = format!(
        "{} s, after {} s in which what is kept became full: {TOPICS} topics of four partitions, a gather over all of them a second ({} records in \
         all); every {ODD} s a client that leaves in the middle of its answer, one that does not read it, and a GetStatus. Resident MB of the \
         aggregator, every tenth part of the time: ",
        lasts.as_secs(),
        FILLS.as_secs(),
        samples.len() * TOPICS * 4 * RECORDS as usize,
    );
    let step = (samples.len() / 10).max(1);
    for sample in samples.iter().step_by(step) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{sample:.0} ");
    }
    let grown = grown(samples);
    let word = if grown <= GROWTH {
        "no growth"
    } else {
        "**growth**"
    };
    let _ = writeln!(
        text,
        "(at most {most:.0}). The last third holds {grown:.3} times what the second one held: {word}."
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_from_the_second_third_to_the_last_and_not_that_of_the_start() {
        let steady: Vec<f64> = (0..30)
            .map(|at| if at < 10 { f64::from(at) } else { 50.0 })
            .collect();
        assert!(grown(&steady) <= GROWTH);
        let grows: Vec<f64> = (0..30).map(|at| 50.0 + f64::from(at)).collect();
        assert!(grown(&grows) > GROWTH);
        assert!(told(&grows, PACE).contains("**growth**"));
    }
}
