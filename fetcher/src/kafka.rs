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

/// Keeps OpenSSL as it is until the process is gone; to be called before the first client is made.
///
/// Left to itself it is taken down by `exit`, and a client that is just connecting over TLS in a thread of its own then
/// crashes the process that has done its work.
pub fn keep_tls_until_exit() {
    openssl_sys::init();
}
