//! The results, in `docs/SCALING.md`.

use anyhow::Result;

use super::measure::Measured;
use super::report::text;
use crate::speed::page::write_into;

/// Writes the measurement into the page, in place of the last one.
pub fn write(measured: &Measured) -> Result<()> {
    write_into("docs/SCALING.md", "make bench-scale", &text(measured))
}
