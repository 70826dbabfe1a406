//! `docs/RELIABILITY.md`: what people wrote, and between two marks what came of a run.

use anyhow::Result;

use super::report::text;
use super::run::Outcome;
use crate::speed::page::write_into;

/// Writes the outcome into the page, in place of the last one.
pub fn write(outcome: &Outcome) -> Result<()> {
    write_into("docs/RELIABILITY.md", "make chaos", &text(outcome))
}
