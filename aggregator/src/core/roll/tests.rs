//! The roll, played event by event: no clock, no network, every sequence as it is written.

mod chaos;
mod credit;
mod delivery;
mod fetcher;
mod gathers;
mod play;
mod readers;
