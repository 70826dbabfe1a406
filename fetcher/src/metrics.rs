//! `/metrics`: what the fetcher knows of its topic, asked for when somebody scrapes.

mod families;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use rollcall_proto::service::metrics::{Metrics, routes};

use crate::Config;
use crate::feed::Asker;

/// The route of a fetcher's metrics.
pub(crate) fn router(config: &Config, asker: Asker) -> Router {
    let topic: Arc<str> = Arc::from(config.topic.as_str());
    let most = config.metrics_partitions;
    let told = Arc::new(AtomicBool::new(false));
    routes(Metrics::new(env!("CARGO_PKG_VERSION"), None), move || {
        let (asker, topic, told) = (asker.clone(), Arc::clone(&topic), Arc::clone(&told));
        async move {
            let measured = asker.measure().await?;
            let known = measured.session.pulse.partitions.len();
            tell(known.saturating_sub(most), &told);
            Some(families::sheet(&topic, &measured, most))
        }
    })
}

/// Says in the log when the limit begins to bite, and when it does no more.
fn tell(left_out: usize, told: &AtomicBool) {
    let bites = left_out > 0;
    if told.swap(bites, Ordering::Relaxed) == bites {
        return;
    }
    match bites {
        true => tracing::warn!(
            partitions = left_out,
            "metrics leave partitions out: metrics_partitions would have to be higher"
        ),
        false => tracing::info!("metrics leave nothing out any more"),
    }
}
