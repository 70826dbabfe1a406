//! Test support: a real Apache Kafka, rollcall's own processes, and the tools that others would use beside it.
//!
//! Nothing needs to be installed by hand beyond what `scripts/setup.sh test` checks: jars, tools and Python packages
//! are fetched once into `target/` ([`provision`]). Whatever a test starts ends with the test binary, even when that is
//! killed ([`leash`]), and its logs stay when a test panics ([`scratch`]).
//!
//! Tests report failure by panicking (`unwrap`, `assert!`): the panic is what keeps the logs.

pub mod acks;
pub mod aiokafka;
pub mod bench;
mod blocking;
pub mod chaos;
pub mod checker;
pub mod client;
pub mod cluster;
pub mod collector;
pub mod command;
pub mod doctor;
pub mod evidence;
pub mod feed;
pub mod grpcurl;
pub mod hostile;
pub mod idle;
pub mod kafka;
pub mod leash;
pub mod member;
pub mod model;
pub mod ports;
pub mod process;
pub mod producer;
pub mod promtool;
pub mod provision;
pub mod reader;
pub mod record;
pub mod reproduce;
pub mod roll;
pub mod rollcall;
pub mod scale;
pub mod scratch;
pub mod speed;
pub mod stage;
pub mod wait;
pub mod zeros;

pub use kafka::{Kafka, Version};
pub use member::Member;
pub use process::Service;
pub use producer::Producer;
pub use record::Record;
pub use rollcall::Rollcall;
pub use wait::eventually;
