//! `/metrics`: what the roll knows, asked for slice by slice when somebody scrapes.
//!
//! The loop answers each slice between two events, so a scrape of a thousand topics holds nobody up for long. Labels
//! are topics and partitions of the roll, as many as the settings allow; what is beyond is counted and said.

mod families;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use rollcall_proto::service::metrics::{Calls, Metrics, Sheet, routes};

use crate::config::Config;
use crate::core::roll::measure::{TopicMeasures, WholeMeasures};
use crate::driver::{Handle, Query};

/// Topics that the loop measures at once.
const TOPICS_AT_ONCE: usize = 50;

/// How much a page may have.
#[derive(Clone, Copy, Debug)]
struct Limits {
    topics: usize,
    partitions: usize,
}

/// What did not fit on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LeftOut {
    topics: usize,
    /// Partitions of topics that are on the page.
    partitions: usize,
}

/// The route of an aggregator's metrics.
pub(crate) fn router(config: &Config, handle: Handle, calls: &Calls) -> Router {
    let limits = Limits {
        topics: config.metrics_topics,
        partitions: config.metrics_partitions,
    };
    let told = Arc::new(AtomicBool::new(false));
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"), Some(calls));
    routes(metrics, move || {
        let (handle, told) = (handle.clone(), Arc::clone(&told));
        async move { measure(&handle, limits, &told).await }
    })
}

/// The page; `None` when the loop has ended.
async fn measure(handle: &Handle, limits: Limits, told: &AtomicBool) -> Option<Sheet> {
    let whole = handle.ask(Query::Measure).await.ok()?;
    let mut topics: Vec<TopicMeasures> = Vec::new();
    let mut partitions = limits.partitions;
    let last = limits.topics.min(whole.topics);
    while topics.len() < last {
        let slice = topics.len()..last.min(topics.len() + TOPICS_AT_ONCE);
        let query = |reply| Query::MeasureTopics(slice, partitions, reply);
        let measured = handle.ask(query).await.ok()?;
        if measured.is_empty() {
            break;
        }
        let shown: usize = measured.iter().map(|topic| topic.partitions.len()).sum();
        partitions = partitions.saturating_sub(shown);
        topics.extend(measured);
    }
    let left_out = left_out(&whole, &topics);
    tell(left_out, told);
    Some(families::sheet(&whole, &topics, left_out))
}

fn left_out(whole: &WholeMeasures, topics: &[TopicMeasures]) -> LeftOut {
    let hidden = |topic: &TopicMeasures| topic.sums.partitions - topic.partitions.len();
    LeftOut {
        topics: whole.topics.saturating_sub(topics.len()),
        partitions: topics.iter().map(hidden).sum(),
    }
}

/// Says in the log when the limits begin to bite, and when they do no more.
fn tell(left_out: LeftOut, told: &AtomicBool) {
    let bites = left_out != LeftOut::default();
    if told.swap(bites, Ordering::Relaxed) == bites {
        return;
    }
    let LeftOut { topics, partitions } = left_out;
    match bites {
        true => tracing::warn!(
            topics,
            partitions,
            "metrics leave something out: metrics_topics or metrics_partitions would have to be higher"
        ),
        false => tracing::info!("metrics leave nothing out any more"),
    }
}
