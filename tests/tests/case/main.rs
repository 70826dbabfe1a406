//! The case that rollcall starts from, row by row: what its operators believe, asked of a real Kafka and real processes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod abandoned;
mod advised;
mod caught_up;
mod cluster;
mod denied;
mod exits;
mod feeding;
mod fetching;
mod groups;
mod held;
mod lag;
mod limits;
mod look;
mod offsets;
mod overdue;
mod profiles;
mod rhythm;
mod six;
mod stuck;
mod taking;
mod topics;
