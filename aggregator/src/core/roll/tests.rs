//! The roll, played event by event: no clock, no network, every sequence as it is written.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one variant among many"
)]

mod chaos;
mod credit;
mod cut;
mod delivery;
mod displaced;
mod fetcher;
mod gathers;
mod lanes;
mod play;
mod readers;
mod record;
mod standby;
mod traced;
