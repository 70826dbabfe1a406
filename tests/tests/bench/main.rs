//! The short forms of the benches: one labelled situation of each kind on a real Kafka, and the readers of `make bench`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is tests")]

mod corpus;
mod readers;

use std::time::Duration;

use rollcall_tests::bench::run::{Pace, channel, run};
use rollcall_tests::bench::score::Outcome;
use rollcall_tests::bench::{Situation, situations};
use tokio::task::LocalSet;

/// One of each: a fetcher that is gone, a topic that is gone, one that is empty, one that is read, a record that is too
/// large, a client that holds everything, an open transaction, an application of somebody else that is paused.
const SHORT: [&str; 8] = [
    "fetcher-killed",
    "topic-deleted",
    "never-written",
    "all-is-read",
    "record-above-the-limit",
    "client-holds-all",
    "transaction-left-open",
    "outside-application-paused",
];

async fn play(situations: Vec<&'static Situation>) -> Vec<Outcome> {
    let (sender, mut outcomes) = channel();
    let pace = Pace {
        parallel: 4,
        hold: Duration::ZERO,
        record: false,
    };
    let running = tokio::task::spawn_local(run(situations, pace, sender));
    let mut all = Vec::new();
    while let Some(outcome) = outcomes.recv().await {
        all.push(outcome);
    }
    running.await.unwrap().unwrap();
    all
}

/// How quickly is measured by the whole bench, on a machine of its own; here it is only what is said.
#[tokio::test]
async fn each_situation_is_called_what_it_is() {
    let chosen: Vec<_> = situations::all()
        .filter(|situation| SHORT.contains(&situation.name))
        .collect();
    assert_eq!(chosen.len(), SHORT.len());
    let outcomes = LocalSet::new().run_until(play(chosen)).await;
    for outcome in &outcomes {
        println!("{outcome:?}");
    }
    for outcome in &outcomes {
        assert!(
            outcome.failed.is_none() && outcome.took.is_some(),
            "{outcome:?}"
        );
        assert!(
            outcome.right && outcome.false_alarms.is_empty(),
            "{outcome:?}"
        );
        assert!(outcome.said_unhealthy || !outcome.unhealthy, "{outcome:?}");
    }
    assert_eq!(outcomes.len(), SHORT.len());
}
