//! What a person waits for: the answer of `rollcall status`, the first table of `rollcall up`.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::load::empty;
use super::readers::Readers;
use crate::eventually;
use crate::kafka::unique;
use crate::process::Service;
use crate::rollcall::Rollcall;

/// How often `rollcall status` is asked.
const LOOKS: usize = 20;

/// `rollcall up` shows no table any more after this.
const UP: Duration = Duration::from_secs(60);

/// What a person waited.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    /// `rollcall status` from its start to its end, process and all: milliseconds of each, sorted.
    pub(super) status_ms: Vec<f64>,
    /// `rollcall up` from its start until its table names all topics, in seconds.
    pub(super) up_s: f64,
}

/// Measures both, on six topics that are quiet.
pub(super) async fn moments(readers: &Readers<'_>) -> Result<Moments> {
    let topics = empty(readers.kafka).await?;
    let mut status_ms = Vec::new();
    {
        let roll = readers.roll(&topics).start().await?;
        let rollcall = Rollcall::of(roll.address());
        for _ in 0..LOOKS {
            let asked = Instant::now();
            let answer = rollcall.run(&["status"]).await?;
            status_ms.push(asked.elapsed().as_secs_f64() * 1e3);
            ensure!(names_all(&answer.stdout, &topics), "{answer:?}");
        }
    }
    status_ms.sort_unstable_by(f64::total_cmp);
    Ok(Moments {
        status_ms,
        up_s: up(readers.kafka.bootstrap(), &topics).await?,
    })
}

async fn up(bootstrap: &str, topics: &[String]) -> Result<f64> {
    let group = unique("up");
    let mut args = vec!["up", "-b", bootstrap, "-g", &group, "-t"];
    args.extend(topics.iter().map(String::as_str));
    let started = Instant::now();
    let up = Service::start("rollcall", &args).await?;
    eventually("rollcall up shows the roll", UP, async || {
        let shown = up.stdout()?;
        ensure!(names_all(&shown, topics), "{shown}\n{}", up.stderr()?);
        Ok(())
    })
    .await?;
    Ok(started.elapsed().as_secs_f64())
}

fn names_all(text: &str, topics: &[String]) -> bool {
    topics.iter().all(|topic| text.contains(topic))
}
