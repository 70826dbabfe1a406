//! What came of the recipes, as a table: for the terminal, and as `docs/REPRODUCED.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Outcome;
use super::recipe::Recipe;
use crate::kafka::Version;

const HEAD: &str = "\
# Every recipe, followed

Written by `make reproduce`. For every verdict of [VERDICTS.md](VERDICTS.md) it starts a fresh playground, as `make playground`
does, runs the lines under *reproduce* as they stand in a shell with job control, with the PATH that the playground prints, and
looks which verdicts `rollcall` names in what they print. *Seen* is one that is named and confirmed, as the verdict of its topic;
in the row `also` where the recipe says that it stands there. The time is that of the lines alone.

";

/// A recipe, and what came of it; nothing where it has no lines.
pub type Row<'a> = (&'a Recipe, Option<&'a Outcome>);

/// Whether every verdict that has lines was seen.
pub fn is_complete(rows: &[Row<'_>]) -> bool {
    rows.iter().all(|(recipe, outcome)| {
        recipe.lines.is_none() || outcome.is_some_and(|outcome| outcome.is_seen)
    })
}

/// A line of the table for a terminal.
pub fn line((recipe, outcome): &Row<'_>) -> String {
    let seconds = outcome.map_or("-".to_owned(), seconds);
    format!(
        "{:<28} {seconds:>4}  {}",
        recipe.verdict,
        told(recipe, *outcome)
    )
}

/// The page.
pub fn page(rows: &[Row<'_>]) -> String {
    let outcomes: Vec<&Outcome> = rows.iter().filter_map(|(_, outcome)| *outcome).collect();
    let seen = outcomes.iter().filter(|outcome| outcome.is_seen).count();
    let times: BTreeSet<&str> = outcomes
        .iter()
        .map(|outcome| outcome.time.as_str())
        .collect();
    let commits: BTreeSet<&str> = outcomes
        .iter()
        .map(|outcome| outcome.commit.as_str())
        .collect();
    let mut page = format!(
        "{HEAD}{seen} of {} seen, between {} and {}, at commit {}, with Kafka {}.\n\n",
        outcomes.len(),
        times.first().unwrap_or(&"-"),
        times.last().unwrap_or(&"-"),
        commits.into_iter().collect::<Vec<_>>().join(" and "),
        Version::V4_3,
    );
    page.push_str("| verdict | seconds | |\n|---|---:|---|\n");
    for (recipe, outcome) in rows {
        let name = recipe.verdict;
        let _ = writeln!(
            page,
            "| [{name}](VERDICTS.md#{}) | {} | {} |",
            name.to_lowercase(),
            outcome.map(seconds).unwrap_or_default(),
            told(recipe, *outcome),
        );
    }
    page
}

fn told(recipe: &Recipe, outcome: Option<&Outcome>) -> String {
    match (outcome, recipe.lines) {
        (Some(outcome), _) => outcome.told(),
        (None, Some(_)) => "not followed".to_owned(),
        (None, None) => format!("no lines: {}", recipe.note),
    }
}

fn seconds(outcome: &Outcome) -> String {
    format!("{:.0}", outcome.took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    fn recipe(verdict: &'static str, lines: Option<&'static str>) -> Recipe {
        Recipe {
            verdict,
            lines,
            note: "Not in this version.".to_owned(),
        }
    }

    #[test]
    fn the_page_says_what_was_seen_what_not_and_what_has_no_lines() {
        let lines = Some("rollcall explain ORDERS\n");
        let recipes = [
            recipe("CAUGHT_UP", lines),
            recipe("FLOWING", lines),
            recipe("LANES_DISAGREE", None),
        ];
        let (good, bad) = (
            outcome(true, &["CAUGHT_UP"]),
            outcome(false, &["UNDETERMINED"]),
        );
        let [caught_up, flowing, lanes] = &recipes;
        let rows = [
            (caught_up, Some(&good)),
            (flowing, Some(&bad)),
            (lanes, None),
        ];
        let page = page(&rows);
        for part in [
            "1 of 2 seen, between 2026-01-02 03:04 UTC and 2026-01-02 03:04 UTC, at commit 0123abc, with Kafka 4.3",
            "\n| [CAUGHT_UP](VERDICTS.md#caught_up) | 8 | seen |\n",
            " | 8 | NOT SEEN, but UNDETERMINED |\n",
            " |  | no lines: Not in this version. |\n",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!is_complete(&rows));
        assert!(is_complete(&[rows[0], rows[2]]));
        assert!(!is_complete(&[(flowing, None)]));
        assert_eq!(line(&rows[0]), "CAUGHT_UP                       8  seen");
        assert_eq!(
            line(&(flowing, None)),
            "FLOWING                         -  not followed"
        );
    }
}
