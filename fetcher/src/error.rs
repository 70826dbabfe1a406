//! Why a fetcher ended or could not begin.

use rollcall_proto::service::config::Faults;

use crate::kafka::StartError;

/// Why a fetcher ended or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings are wrong; every fault at once.
    #[error("{0}")]
    Config(#[from] Faults),
    /// The Kafka client could not be made of these settings.
    #[error(transparent)]
    Kafka(#[from] StartError),
}
