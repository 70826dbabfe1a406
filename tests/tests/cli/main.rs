//! The command line and grpcurl, as users type them, against running services and a real Kafka.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod demo;
mod desk;
mod escapes;
mod gather;
mod grpcurl;
mod screens;
mod servers;
mod settings;
mod spans;
mod taking;
mod up;
mod watch;
