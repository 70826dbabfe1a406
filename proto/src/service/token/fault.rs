//! What is wrong with a token file.

use std::io;
use std::path::PathBuf;

use super::{LONGEST, SHORTEST};

/// A token file that is no good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token file {path:?}: {unfit}")]
pub struct TokenFault {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub unfit: Unfit,
}

/// Why a file gives no token. Says nothing of what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// It is a directory, a pipe, a device.
    #[error("it is no regular file")]
    NoFile,
    /// Everybody on the machine can read or change it.
    #[error(
        "others may use it (its mode is {mode:04o}); `chmod o=` ends that, in a Secret's volume defaultMode 0440"
    )]
    Open {
        /// Its permissions.
        mode: u32,
    },
    /// Nothing stands in it.
    #[error("it is empty")]
    Empty,
    /// Its token is too short.
    #[error("its token has {length} characters; {SHORTEST} to {LONGEST} are accepted")]
    Short {
        /// Characters.
        length: usize,
    },
    /// Its token is too long.
    #[error("its token has more than {LONGEST} characters; {SHORTEST} to {LONGEST} are accepted")]
    Long,
    /// Its token has a character that cannot stand in one.
    #[error(
        "character {number} of its token is none that a token may have: visible ASCII, no spaces, one line"
    )]
    Character {
        /// Which, from 1.
        number: usize,
    },
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        if kind == io::ErrorKind::NotFound {
            Self::Missing
        } else {
            Self::Unreadable(kind)
        }
    }
}
