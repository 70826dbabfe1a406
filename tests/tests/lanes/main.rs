//! Several aggregators, one for each lane: a real Kafka, real processes, and a number of lanes that changes.
//!
//! What is seen from outside is written into one history of all lanes, which the checker judges.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod house;
mod load;
mod resize;
mod shares;
