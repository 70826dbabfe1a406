//! `rollcall doctor` beside real applications, Kafka's own tools, and what goes wrong on the way to a cluster.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod chosen;
mod look;
mod many;
mod others;
mod reach;
mod said;
mod tools;
mod untouched;
mod zeros;
