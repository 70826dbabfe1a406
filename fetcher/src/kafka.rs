//! The edge to Kafka: librdkafka's clients, each with a thread of its own, and their callbacks as events.

pub(crate) mod assign;
mod commit;
pub(crate) mod configs;
mod consumer;
mod context;
mod edge;
pub(crate) mod errors;
mod event;
mod historian;
pub mod history;
mod log;
mod looker;
mod mailbox;
mod meaning;
pub mod native;
pub mod observer;
mod offsets;
mod owners;
mod poller;
pub mod probe;
mod prober;
mod progress;
pub mod protocol;
pub(crate) mod stats;
pub mod text;
mod worker;

pub(crate) use consumer::{CLASSIC_KEYS, CLASSIC_SESSION_MS};
pub use edge::{Edge, StartError, Wiring};
pub use event::KafkaEvent;
pub use protocol::GroupProtocol;
