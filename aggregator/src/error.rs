//! Why an aggregator does not run.

use crate::config::ConfigFault;

/// Why an aggregator does not run, or ran no further.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings contradict each other or what is possible.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<ConfigFault>),
    /// The descriptors of the services cannot be served.
    #[error("reflection cannot be served")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The listener broke.
    #[error("gRPC cannot be served")]
    Serve(#[source] tonic::transport::Error),
    /// The loop ended although nobody asked it to.
    #[error("the loop that owns the state has ended")]
    Driver,
}
