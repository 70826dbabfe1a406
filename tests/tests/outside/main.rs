//! Groups that other software runs, judged from outside: against a real Kafka, with members that know nothing of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod look;
mod member;
mod rights;
mod situations;
mod unchanged;
