//! The recipes, as `rollcall verdicts CODE` prints them.

use rollcall::catalog;
use rollcall::words::Speech;
use rollcall::words::language::Language;
use rollcall_proto::v1::VerdictCode;

use super::said::{Place, Said};

/// How a verdict is reproduced.
#[derive(Debug)]
pub struct Recipe {
    /// The verdict's name.
    pub verdict: &'static str,
    /// The lines for a shell; none where it cannot be brought about.
    pub lines: Option<&'static str>,
    /// What is to be known about them, or why there are none.
    pub note: String,
}

impl Recipe {
    /// The recipe of every verdict, in the catalogue's order.
    pub fn all() -> Vec<Self> {
        let speech = Speech::new(Language::English);
        let recipe = |code: VerdictCode| Self {
            verdict: code.name(),
            lines: catalog::recipe(code),
            note: speech.catalog(code, "reproduce").unwrap_or_default(),
        };
        catalog::codes().map(recipe).collect()
    }

    /// Whether this is what the recipe promises: the verdict, confirmed, and beside another where its note says so.
    pub(super) fn is_reproduced_by(&self, said: &Said) -> bool {
        said.verdict == self.verdict && said.is_confirmed && said.place == self.place()
    }

    fn place(&self) -> Place {
        match self.note.contains("in the row `also`") {
            true => Place::Also,
            false => Place::Verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(verdict: &str) -> Recipe {
        let mut all = Recipe::all().into_iter();
        all.find(|recipe| recipe.verdict == verdict).unwrap()
    }

    #[test]
    fn every_verdict_has_lines_or_a_reason_why_not() {
        let all = Recipe::all();
        assert_eq!(all.len(), catalog::codes().count());
        for recipe in all {
            assert!(
                recipe.lines.is_some() || !recipe.note.is_empty(),
                "{recipe:?}"
            );
        }
    }

    #[test]
    fn a_recipe_wants_its_verdict_confirmed_where_its_note_says_that_it_stands() {
        let said = |verdict: &'static str, place, is_confirmed| Said {
            verdict,
            place,
            is_confirmed,
        };
        let near = |place| said("RETENTION_NEAR", place, true);
        assert!(recipe("RETENTION_NEAR").is_reproduced_by(&near(Place::Also)));
        assert!(!recipe("RETENTION_NEAR").is_reproduced_by(&near(Place::Verdict)));
        let missing = |place, is_confirmed| said("TOPIC_MISSING", place, is_confirmed);
        let recipe = recipe("TOPIC_MISSING");
        assert!(recipe.is_reproduced_by(&missing(Place::Verdict, true)));
        assert!(!recipe.is_reproduced_by(&missing(Place::Verdict, false)));
        assert!(!recipe.is_reproduced_by(&missing(Place::Also, true)));
        assert!(!recipe.is_reproduced_by(&near(Place::Verdict)));
    }
}
