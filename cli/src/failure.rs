//! Why a command failed: what happened, and what to do next.

use std::io;

use crate::client::CallError;
use crate::exit::Exit;
use crate::trace::fault::Fault;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What was asked for is wrong in itself.
    #[error("{0}")]
    Usage(String),
    /// An aggregator could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A trace could not be read.
    #[error(transparent)]
    Trace(#[from] Fault),
    /// The group that was named is not there; a fault like any other, unless `--fail-on` forgives it.
    #[error("{told}")]
    NoGroup {
        /// What is said of it.
        told: String,
        /// The exit code.
        exit: Exit,
    },
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
    /// The answer could not be written.
    #[error("cannot write the answer: {0}; is the disk full?")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The exit code that it means.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Call(error) if error.is_usage() => Exit::Usage,
            Self::NoGroup { exit, .. } => *exit,
            Self::Call(_) | Self::Trace(_) | Self::Failed(_) | Self::Output(_) => Exit::Unjudged,
        }
    }
}
