//! Consumes one Kafka topic and feeds an aggregator.

pub mod kafka;
