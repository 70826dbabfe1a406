//! `make chaos`: rollcall's processes on a real Kafka of three brokers, producers that number their records, clients that
//! ack, and a sequence of faults that a seed decides. What clients got and what was committed is written down by
//! whoever saw it, and judged when all is over ([`crate::checker::ledger`]).

mod book;
mod client;
mod house;
mod inflict;
mod kinds;
mod numbered;
mod page;
mod plan;
mod proxies;
mod report;
mod run;
mod shape;
mod trouble;
mod watch;
mod writer;

pub use client::Client;
pub use kinds::{About, KINDS, Kind, Reach};
pub use page::{page_has_marks_for, write};
pub use plan::{Fault, Target, Wave, waves};
pub use report::text;
pub use run::{Options, Outcome, run};
pub use shape::{Membership, Shape};
