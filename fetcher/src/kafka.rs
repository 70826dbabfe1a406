//! The edge to Kafka: everything that speaks to librdkafka.

pub mod history;
pub mod native;
pub mod observer;
pub mod probe;
pub mod protocol;
pub mod text;
