//! Process plumbing that the services share: settings, logs, signals, ports, who may call, health and metrics over HTTP.
//!
//! Nothing here knows what a service does. A `main` reads: settings ([`config`]), logs ([`telemetry`]),
//! ports ([`serve::bind`]), run until [`shutdown`], and a bounded end ([`serve::finish`]).

pub mod admin;
pub mod config;
pub mod metrics;
pub mod serve;
pub mod shutdown;
pub mod spans;
pub mod telemetry;
pub mod token;
