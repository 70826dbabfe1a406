//! What came of a recipe, and where it is kept, so that a run can go on where it was interrupted.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::kept;
use super::recipe::Recipe;

/// What came of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The lines that were followed.
    pub lines: String,
    /// Whether the verdict was said, confirmed, where the recipe says that it stands.
    pub is_seen: bool,
    /// How long the lines took.
    pub took: Duration,
    /// Whether they came to their end within the limit.
    pub has_ended: bool,
    /// All verdicts that were said, in order.
    pub said: Vec<String>,
    /// When they were at their end.
    pub time: String,
    /// What was checked out.
    pub commit: String,
}

impl Outcome {
    /// What came of a recipe the last time, if its lines are still the same.
    pub fn of(recipe: &Recipe) -> Option<Self> {
        let text = fs::read_to_string(kept(recipe.verdict, "json").ok()?).ok()?;
        let outcome: Self = serde_json::from_str(&text).ok()?;
        recipe
            .lines
            .is_some_and(|lines| lines == outcome.lines)
            .then_some(outcome)
    }

    /// Keeps it until the recipe is followed again.
    pub(super) fn keep(&self, verdict: &str) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(kept(verdict, "json")?, text).context("could not keep the outcome")
    }

    /// The verdict that was seen, or what was said instead.
    pub fn told(&self) -> String {
        if self.is_seen {
            return "seen".to_owned();
        }
        let mut said = self.said.clone();
        said.dedup();
        let instead = match said.is_empty() {
            true => "nothing".to_owned(),
            false => said.join(", "),
        };
        let cut = if self.has_ended { "" } else { " (cut off)" };
        format!("NOT SEEN, but {instead}{cut}")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An outcome in which this was said.
    pub(in crate::reproduce) fn outcome(is_seen: bool, said: &[&str]) -> Outcome {
        Outcome {
            lines: String::new(),
            is_seen,
            took: Duration::from_millis(7600),
            has_ended: true,
            said: said.iter().map(ToString::to_string).collect(),
            time: "2026-01-02 03:04 UTC".to_owned(),
            commit: "0123abc".to_owned(),
        }
    }

    #[test]
    fn what_was_said_instead_is_told_once_each_time_it_changes() {
        assert_eq!(outcome(true, &["CAUGHT_UP"]).told(), "seen");
        assert_eq!(outcome(false, &[]).told(), "NOT SEEN, but nothing");
        let said = ["UNDETERMINED", "UNDETERMINED", "CAUGHT_UP…"];
        let cut = Outcome {
            has_ended: false,
            ..outcome(false, &said)
        };
        assert_eq!(
            cut.told(),
            "NOT SEEN, but UNDETERMINED, CAUGHT_UP… (cut off)"
        );
    }
}
