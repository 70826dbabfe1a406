//! Why an aggregator does not run.

use rollcall_proto::service::token::NoGate;

use crate::config::ConfigFault;

/// Why an aggregator does not run, or ran no further.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings contradict each other or what is possible.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<ConfigFault>),
    /// Calls cannot be checked, and must be.
    #[error(transparent)]
    Gate(#[from] NoGate),
    /// The address of the listener is not known.
    #[error("the address that gRPC listens on is not known")]
    Address(#[source] std::io::Error),
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
