//! Gathers many topics in one call and tells, with evidence, why any of them came back empty.
//!
//! Fetchers feed it, clients call the roll and settle what they got, screens ask for the state. All state
//! belongs to one loop (`driver`), and everything that is decided is decided in [`core`], which knows
//! neither network nor clock. [`run`] is the whole service.

pub mod config;
pub mod core;
mod driver;
pub mod error;
mod grpc;
mod metrics;
mod run;

pub use config::{Config, ConfigFault};
pub use error::Error;
pub use run::run;
