//! The bench behind `make bench`: how fast rollcall reads, what that costs, and how soon a record is in a client's hands,
//! beside other readers of the same Kafka in the same run.
//!
//! Every reader is a program of its own: `src/bin/bench-raw.rs`, `src/bin/bench-client.rs`, `python/read.py`, kcat. They take
//! turns, round after round, after a round that is not counted; figures are ratios of medians, since machines differ and
//! a shared one is never the same twice.

mod beside;
mod delay;
pub(crate) mod figures;
mod kcat;
mod load;
mod measure;
mod moments;
pub(crate) mod page;
mod plan;
mod readers;
pub(crate) mod report;
mod room;
mod run;
pub(crate) mod spread;
pub mod tally;

pub use measure::{Measured, measure};
pub use page::write;
pub use plan::{Plan, Reader, Size};
pub use report::text;
