//! `make chaos` in small: the most telling faults, on fewer topics, with debug binaries.
//!
//! `TEST_CHAOS_SEED` chooses another sequence.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use rollcall_tests::chaos::{Kind, Options, Shape, run, text};

/// What dies and comes back within seconds.
const TELLING: [Kind; 8] = [
    Kind::KillFetcher,
    Kind::FreezeFetcher,
    Kind::KillAggregator,
    Kind::KillClient,
    Kind::FreezeClient,
    Kind::CutFeeds,
    Kind::HalfOpenClient,
    Kind::KillBroker,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_short_run_of_random_faults_loses_nothing_and_keeps_the_order() {
    let seed = std::env::var("TEST_CHAOS_SEED").ok();
    let options = Options {
        shape: Shape::SHORT,
        seed: seed.map_or(1, |seed| seed.parse().unwrap()),
        faults: 10,
        length: Duration::from_secs(60),
        rate: 1_200,
        bytes: 100,
        kinds: TELLING.to_vec(),
    };
    let outcome = run(&options).await.unwrap();
    println!("{}", text(&outcome));
    assert!(
        outcome.is_clean(),
        "{:?} {:#?}, what was seen is in {}",
        outcome.trouble,
        outcome.account.broken,
        outcome.books.display()
    );
    let account = &outcome.account;
    assert!(account.delivered > 5_000, "{} records", account.delivered);
    assert_eq!(account.delivered, account.written);
    assert!(!outcome.made.is_empty());
}
