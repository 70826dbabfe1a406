//! The bench behind `make bench-scale`: what an aggregator costs by the number of topics on its roll.
//!
//! The aggregator is the real program. Its fetchers are simulated: one process that speaks the real protocol for all of them,
//! over a connection for each as real fetchers have, and says what real ones say as often as they do; records are made in memory.
//! No Kafka is there, so a thousand topics fit on a machine with two cores.

mod feeds;
mod figures;
mod fleet;
mod load;
mod look;
mod measure;
mod page;
mod plan;
mod plot;
mod records;
mod report;
mod soak;
mod words;

pub use feeds::{Load, feed_all};
pub use fleet::{Fleet, names};
pub use load::load;
pub use look::Looker;
pub use measure::{Measured, measure};
pub use page::write;
pub use plan::Plan;
pub use report::text;
pub use soak::soak;
