//! Exit codes: what a script learns without reading the screen.

use std::process::ExitCode;

use clap::ValueEnum;
use rollcall_proto::v1::{Severity, Verdict};

use crate::view::verdict::severity;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above `--fail-on`.
    Clear,
    /// Something is at or above `--fail-on`.
    Found,
    /// It could not be judged: no answer, no rights, every topic unknown, a lane missing or in doubt.
    Unjudged,
    /// The command line was wrong (sysexits' `EX_USAGE`).
    Usage,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn number(self) -> u8 {
        match self {
            Self::Clear => 0,
            Self::Found => 1,
            Self::Unjudged => 2,
            Self::Usage => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// From which severity on the exit code is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Something is broken.
    #[default]
    Fault,
    /// Someone should look.
    Warn,
    /// A setting could serve better.
    Note,
    /// Never: 0 whenever it could be judged.
    Never,
}

impl FailOn {
    /// The exit code of one fault.
    pub const fn of_fault(self) -> Exit {
        match self {
            Self::Never => Exit::Clear,
            Self::Fault | Self::Warn | Self::Note => Exit::Found,
        }
    }

    fn covers(self, severity: Severity) -> bool {
        match self {
            Self::Never => false,
            Self::Fault => severity == Severity::Fault,
            Self::Warn => matches!(severity, Severity::Fault | Severity::Warn),
            Self::Note => matches!(severity, Severity::Fault | Severity::Warn | Severity::Note),
        }
    }
}

/// The exit code of a roll. A verdict that is not confirmed yet never makes it 1: a script must not be
/// woken by what the next second may take back.
pub fn judge<'a>(verdicts: impl IntoIterator<Item = Option<&'a Verdict>>, fail_on: FailOn) -> Exit {
    let (mut judged, mut found) = (false, false);
    for verdict in verdicts.into_iter().flatten() {
        let severity = severity(verdict);
        judged |= severity != Severity::Unknown;
        found |= verdict.confirmed && fail_on.covers(severity);
    }
    match (found, judged) {
        (true, _) => Exit::Found,
        (false, true) => Exit::Clear,
        (false, false) => Exit::Unjudged,
    }
}

#[cfg(test)]
mod tests;
