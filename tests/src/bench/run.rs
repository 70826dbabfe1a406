//! Runs situations: each family on a Kafka of its own, the families beside each other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::{RwLock, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::baselines::Opinion;
use super::scene::{Cluster, Scene};
use super::score::{Outcome, judge};
use super::situation::{Family, Situation};
use super::timeline::Timeline;
use crate::kafka::{Kafka, Version};

/// No situation takes longer.
const LONGEST: Duration = Duration::from_secs(300);

/// Nodes of the Kafka whose brokers are disturbed.
const NODES: i32 = 3;

/// Members that a group of the topic-wide situations may have, so that it can be full.
pub const MEMBERS: usize = 3;

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Situations of one topic each that run beside each other.
    pub parallel: usize,
    /// How long the time after a cause is looked at, at least.
    pub hold: Duration,
    /// Whether what was heard is kept for the corpus, when the situation was told right.
    pub record: bool,
}

/// Runs these situations and sends what came out, one by one, as they end. Inside a `LocalSet`.
pub async fn run(
    situations: Vec<&'static Situation>,
    pace: Pace,
    outcomes: Sender<Outcome>,
) -> Result<()> {
    let mut families = JoinSet::new();
    for family in [Family::Topic, Family::Broker, Family::Secured] {
        let of_it = situations
            .iter()
            .filter(|situation| situation.family == family);
        let of_it: Vec<&'static Situation> = of_it.copied().collect();
        if !of_it.is_empty() {
            families.spawn_local(run_family(family, of_it, pace, outcomes.clone()));
        }
    }
    drop(outcomes);
    while let Some(ended) = families.join_next().await {
        ended??;
    }
    Ok(())
}

async fn run_family(
    family: Family,
    situations: Vec<&'static Situation>,
    pace: Pace,
    outcomes: Sender<Outcome>,
) -> Result<()> {
    let kafka = match family {
        Family::Topic => {
            let members = MEMBERS.to_string();
            let settings = [("group.consumer.max.size", members.as_str())];
            Kafka::start_with(Version::V4_3, &settings).await
        }
        Family::Broker => Kafka::cluster(Version::V4_3, NODES, &[]).await,
        Family::Secured => Kafka::secured().await,
    };
    let kafka: Cluster = Arc::new(RwLock::new(kafka.context("a Kafka did not start")?));
    let at_once = match family {
        Family::Topic => pace.parallel,
        Family::Broker => 1,
        Family::Secured => 2.min(pace.parallel),
    };
    let slots = Arc::new(Semaphore::new(at_once));
    let mut running = JoinSet::new();
    for situation in situations {
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let (kafka, outcomes) = (Arc::clone(&kafka), outcomes.clone());
        running.spawn_local(async move {
            let outcome = play(situation, Arc::clone(&kafka), pace).await;
            if family == Family::Broker {
                mend(&kafka).await?;
            }
            drop(slot);
            // Whoever counts them has gone: the run was interrupted.
            let _ = outcomes.send(outcome).await;
            anyhow::Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

/// Every broker runs again, whatever the script left behind.
async fn mend(kafka: &Cluster) -> Result<()> {
    let mut kafka = kafka.write().await;
    for node in 1..=NODES {
        if kafka.running().contains(&node) {
            kafka.resume_node(node)?;
        } else {
            kafka.start_node(node)?;
        }
    }
    kafka.until_it_serves().await
}

/// Plays one situation.
pub async fn play(situation: &'static Situation, kafka: Cluster, pace: Pace) -> Outcome {
    let timeline = Arc::new(Timeline::default());
    let begun = Instant::now();
    let played = timeout(
        LONGEST,
        script(situation, kafka, pace, Arc::clone(&timeline)),
    )
    .await;
    let silent = (Opinion::Silent, Opinion::Silent);
    let group = timeline.group();
    let (opinions, failed) = match played {
        Ok(Ok(opinions)) => (opinions, None),
        Ok(Err(error)) => (silent, Some(format!("{error:#}"))),
        Err(_) => (silent, Some(format!("it took longer than {LONGEST:?}"))),
    };
    judge(
        situation,
        &timeline,
        opinions,
        failed,
        begun.elapsed(),
        group,
    )
}

async fn script(
    situation: &'static Situation,
    kafka: Cluster,
    pace: Pace,
    timeline: Arc<Timeline>,
) -> Result<(Opinion, Opinion)> {
    let mut scene = Scene::open(situation, kafka, pace.hold, Arc::clone(&timeline)).await?;
    let played = (situation.script)(&mut scene).await;
    timeline.named(&scene.group);
    played?;
    if pace.record {
        scene.keep_trace()?;
    }
    Ok(scene.opinions())
}

/// A channel for outcomes; whoever reads is never far behind.
pub fn channel() -> (Sender<Outcome>, mpsc::Receiver<Outcome>) {
    mpsc::channel(64)
}
