//! `docs/BENCHMARKS.md`: what people wrote, and between two marks what was measured.

use std::fs;

use anyhow::{Context, Result};

use super::measure::Measured;
use super::report::text;
use crate::bench::machine;
use crate::scratch;

const BEGIN: &str = "<!-- measured by make bench, do not edit -->";
const END: &str = "<!-- end of what was measured -->";

/// Writes the measurement into the page, in place of the last one.
pub fn write(measured: &Measured) -> Result<()> {
    let path = scratch::workspace().join("docs/BENCHMARKS.md");
    let page = fs::read_to_string(&path).context("could not read docs/BENCHMARKS.md")?;
    let written = replaced(&page, &format!("{}\n\n{}", machine::told(), text(measured)));
    let written = written.with_context(|| format!("{} has no marks", path.display()))?;
    fs::write(&path, written).context("could not write docs/BENCHMARKS.md")
}

fn replaced(page: &str, measured: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{measured}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_measured_is_replaced() {
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let again = replaced(&page, "new").unwrap();
        assert_eq!(again, format!("above\n{BEGIN}\n\nnew\n{END}\nbelow\n"));
        assert_eq!(replaced(&again, "new"), Some(again.clone()));
        assert_eq!(replaced("no marks", "new"), None);
    }
}
