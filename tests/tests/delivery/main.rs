//! Delivery, end to end: a real Kafka, real processes, and everything that can go wrong between them.
//!
//! What is seen from outside is written into a history, which the checker judges by the invariants that
//! ARCHITECTURE.md numbers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod classic;
mod clients;
mod feeds;
mod fixed;
mod invariants;
mod kills;
mod leases;
mod logs;
mod moves;
mod outages;
mod pauses;
mod records;
mod shares;
mod storm;
