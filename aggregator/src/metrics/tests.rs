//! Pages of large rolls, and of an aggregator that stops.

use std::collections::BTreeMap;
use std::time::SystemTime;

use rollcall_proto::ids::Topic;
use rollcall_proto::time::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::core::lane::Lane;
use crate::core::roll::Roll;
use crate::core::roster::Roster;
use crate::core::settings::Settings;
use crate::driver::Driver;

/// Series of a topic that nobody feeds, its verdict aside: those that are known of nothing.
const OF_UNFED: usize = 11;

/// A loop with so many topics that nobody feeds, and the end of it.
fn running(topics: usize) -> (Handle, CancellationToken, JoinHandle<()>) {
    let names = (0..topics).map(|number| Topic::new(&format!("T{number:04}")).unwrap());
    let clock = Clock::start();
    let (settings, words) = (Settings::default(), BTreeMap::new());
    let roster = Arc::new(Roster::new(names));
    let roll = Roll::new(settings, roster, &words, clock.now(), SystemTime::now());
    let (driver, handle) = Driver::new(roll, clock, 1);
    let stop = CancellationToken::new();
    let task = tokio::spawn(driver.run(stop.clone().cancelled_owned()));
    (handle, stop, task)
}

async fn page(handle: &Handle, topics: usize, told: &AtomicBool) -> Sheet {
    let limits = Limits {
        topics,
        partitions: 10,
    };
    measure(handle, limits, told).await.unwrap()
}

#[tokio::test]
async fn a_page_of_a_thousand_topics_is_whole_and_one_with_a_limit_is_small() {
    let (handle, _stop, _task) = running(1000);
    let told = AtomicBool::new(false);
    let whole = page(&handle, 1000, &told).await;
    assert!(whole.len() >= 1000 * OF_UNFED, "{}", whole.len());
    assert!(!told.load(Ordering::Relaxed), "nothing is left out");
    let limited = page(&handle, 7, &told).await;
    assert!(limited.len() < 200, "{}", limited.len());
    assert!(
        told.load(Ordering::Relaxed),
        "the limit bites, and that is said"
    );
}

#[tokio::test]
async fn an_aggregator_that_has_stopped_says_nothing_more() {
    let (handle, stop, task) = running(3);
    stop.cancel();
    task.await.unwrap();
    let limits = Limits {
        topics: 3,
        partitions: 3,
    };
    assert!(
        measure(&handle, limits, &AtomicBool::new(false))
            .await
            .is_none()
    );
}

#[test]
fn every_family_has_a_name_of_its_own_and_a_sentence() {
    let whole = WholeMeasures {
        lane: Lane::new(1, 2),
        topics: 0,
        held_bytes: 0,
        budget_bytes: 0,
        feeds: 0,
        gathers: 0,
        leases: 0,
        counters: crate::core::count::Counters::default(),
    };
    let sheet = families::sheet(&whole, &[], LeftOut::default());
    let names: Vec<_> = sheet.families().map(|family| family.name).collect();
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    for family in sheet.families() {
        assert!(family.name.starts_with("rollcall_"), "{}", family.name);
        assert!(
            family.help.ends_with('.'),
            "{}: {}",
            family.name,
            family.help
        );
    }
}
