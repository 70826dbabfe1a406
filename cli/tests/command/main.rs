//! The command as a user meets it: a process with arguments, an exit code, stdout and stderr.

#![expect(
    clippy::unwrap_used,
    reason = "a step that cannot be taken is a failed test"
)]

mod aggregator;
mod asking;
mod corpus;
mod demo;
mod gathering;
mod lanes;
mod process;
mod tracing;
mod two_lanes;
mod watching;
