//! A page of docs/: what people wrote, and between two marks what was measured.

use std::fs;

use anyhow::{Context, Result};

use super::measure::Measured;
use super::report::text;
use crate::bench::machine;
use crate::scratch;

const END: &str = "<!-- end of what was measured -->";

/// Writes the measurement into docs/BENCHMARKS.md, in place of the last one.
pub fn write(measured: &Measured) -> Result<()> {
    write_into("docs/BENCHMARKS.md", "make bench", &text(measured))
}

/// Writes what a command measured, and on what machine, into a page that has marks for it.
pub(crate) fn write_into(page: &str, command: &str, measured: &str) -> Result<()> {
    let path = scratch::workspace().join(page);
    let text = fs::read_to_string(&path).with_context(|| format!("could not read {page}"))?;
    let measured = format!("{}\n\n{measured}", machine::told());
    let written = replaced(&text, command, &measured);
    let written = written.with_context(|| format!("{page} has no marks for {command}"))?;
    fs::write(&path, written).with_context(|| format!("could not write {page}"))
}

/// Whether a page has a place for what a command measures.
pub(crate) fn has_marks(page: &str, command: &str) -> Result<()> {
    let text = fs::read_to_string(scratch::workspace().join(page));
    let text = text.with_context(|| format!("could not read {page}"))?;
    let found = replaced(&text, command, "").map(drop);
    found.with_context(|| format!("{page} has no marks for {command}"))
}

fn replaced(page: &str, command: &str, measured: &str) -> Option<String> {
    let begin = format!("<!-- measured by {command}, do not edit -->");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n\n{measured}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_measured_is_replaced() {
        let begin = "<!-- measured by make bench, do not edit -->";
        let page = format!("above\n{begin}\nold\n{END}\nbelow\n");
        let again = replaced(&page, "make bench", "new").unwrap();
        assert_eq!(again, format!("above\n{begin}\n\nnew\n{END}\nbelow\n"));
        assert_eq!(replaced(&again, "make bench", "new"), Some(again.clone()));
        assert_eq!(replaced(&again, "make other", "new"), None);
        assert_eq!(replaced("no marks", "make bench", "new"), None);
    }
}
