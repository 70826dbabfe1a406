//! Facts to text: pure functions, tested by what they print.
//!
//! Views write styles as ANSI escapes; the stream that they go to takes them out where there is no
//! terminal. Texts from the network become safe on the way into a [`table::Cell`] or a sentence.

pub mod changes;
pub mod doctor;
pub mod explain;
pub mod gather;
pub mod history;
pub mod lag;
pub mod lanes;
pub mod line;
pub mod prom;
pub mod quantity;
mod stamps;
pub mod status;
pub mod style;
pub mod table;
pub mod tune;
pub mod verdict;
pub mod verdicts;
pub mod wrap;

use crate::words::Speech;
use crate::words::clock::WallClock;

/// Columns that a screen may take (a name that is longer is shown whole all the same).
pub const WIDTH: usize = 100;

/// Who reads: the language, the clock on the wall, and what to type to ask again.
pub struct Reader {
    /// The language.
    pub speech: Speech,
    /// The clock.
    pub clock: WallClock,
    /// What has to follow a suggested command to reach the same aggregator: empty, or ` --server …`.
    pub reach: String,
}

#[cfg(test)]
pub mod fixtures;
