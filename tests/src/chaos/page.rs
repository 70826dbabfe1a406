//! `docs/RELIABILITY.md`: what people wrote, and between two marks what came of a run.

use anyhow::Result;

use super::report::text;
use super::run::Outcome;
use super::shape::{Membership, Shape};
use crate::speed::page::{has_marks, write_into};

const PAGE: &str = "docs/RELIABILITY.md";

/// Writes the outcome into the page, in place of the last one.
pub fn write(outcome: &Outcome) -> Result<()> {
    write_into(PAGE, &command(&outcome.options.shape), &text(outcome))
}

/// Whether there is a place for what comes of such a run: it is better known before.
pub fn page_has_marks_for(shape: &Shape) -> Result<()> {
    has_marks(PAGE, &command(shape))
}

/// What a page says of how it was measured.
fn command(shape: &Shape) -> String {
    let membership = match shape.membership {
        Membership::Group => None,
        fixed @ Membership::Fixed => Some(format!("--membership {}", fixed.name())),
    };
    let lanes = (shape.lanes > 1).then(|| format!("--lanes {}", shape.lanes));
    let args: Vec<String> = membership.into_iter().chain(lanes).collect();
    match args.is_empty() {
        true => "make chaos".to_owned(),
        false => format!("make chaos ARGS=\"{}\"", args.join(" ")),
    }
}
