//! The service over gRPC, with fetchers that the tests play themselves.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and looks for one variant among many"
)]

mod feed;
mod house;

mod answers;
mod faults;
mod lanes;
mod large;
mod recording;
mod refusals;
