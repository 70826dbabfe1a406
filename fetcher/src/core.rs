//! Plain state and decisions of a fetcher: no runtime, no Kafka client, no network, no clock of its own.

pub mod assignment;
pub mod backoff;
pub mod beats;
pub mod brokers;
pub mod credit;
pub mod cutter;
pub mod facts;
pub mod headway;
pub mod lanes;
pub mod latch;
pub mod membership;
pub mod pulse;
pub mod sent;
pub mod session;
pub mod throttle;
