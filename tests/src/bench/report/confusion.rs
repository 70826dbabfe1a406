//! What was said first, against what was right.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::score::Outcome;

/// How a situation's first word was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    /// It was the right verdict.
    Right,
    /// Its label excuses it, and the right verdict followed.
    Excused,
    /// It was wrong.
    Wrong,
}

/// The cells that are not empty, one line for each verdict that was right.
pub(super) fn write<'a>(outcomes: impl Iterator<Item = &'a Outcome>, text: &mut String) {
    text.push_str(
        "## Confusion\n\nThe matrix's cells that are not empty: of each verdict that was right, what was confirmed first, and how \
         often. In brackets is what a situation's label excuses, since the right verdict came next; **bold** is wrong.\n\n\
         | right | first said |\n|---|---|\n",
    );
    let mut rows: BTreeMap<&str, BTreeMap<(Taken, &str), usize>> = BTreeMap::new();
    for outcome in outcomes {
        let cell = rows.entry(&outcome.expected).or_default();
        *cell.entry(first(outcome)).or_default() += 1;
    }
    for (expected, cells) in rows {
        let cells: Vec<String> = cells.into_iter().map(cell).collect();
        let _ = writeln!(text, "| {expected} | {} |", cells.join(", "));
    }
    text.push('\n');
}

fn first(outcome: &Outcome) -> (Taken, &str) {
    let news = outcome.news.as_ref().map(|(code, _)| code.as_str());
    let counted = outcome.first.as_deref();
    match (outcome.right, news) {
        (false, _) => (Taken::Wrong, counted.or(news).unwrap_or("nothing new")),
        (true, Some(news)) if news != outcome.expected => (Taken::Excused, news),
        (true, _) => (Taken::Right, &outcome.expected),
    }
}

fn cell(((taken, said), count): ((Taken, &str), usize)) -> String {
    match taken {
        Taken::Right => format!("{said} {count}"),
        Taken::Excused => format!("({said} {count})"),
        Taken::Wrong => format!("**{said} {count}**"),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_proto::v1::Severity::{Fault, Ok as Good};
    use rollcall_proto::v1::VerdictCode::{CaughtUp, Flowing, NoMember, StuckWithLag};

    use super::super::super::score::tests::{Line, STUCK, judged};
    use super::super::super::situation::Situation;
    use super::*;

    #[test]
    fn cells_say_what_is_right_what_is_excused_and_what_is_wrong() {
        let well: Line<'_> = (-5.0, CaughtUp, Good, true, &[]);
        let flows: Line<'_> = (1.0, Flowing, Good, true, &[]);
        let other: Line<'_> = (2.0, NoMember, Fault, true, &[]);
        let right: Line<'_> = (10.0, StuckWithLag, Fault, true, &[]);
        let lenient = Situation {
            meanwhile: &[Flowing],
            ..STUCK
        };
        let outcomes = [
            judged(STUCK, &[well, right]),
            judged(lenient, &[well, right]),
            judged(lenient, &[well, flows, right]),
            judged(lenient, &[well, flows, other, right]),
            judged(STUCK, &[well]),
        ];
        let mut text = String::new();
        write(outcomes.iter(), &mut text);
        let row = "| STUCK_WITH_LAG | STUCK_WITH_LAG 2, (FLOWING 1), **NO_MEMBER 1**, **nothing new 1** |\n";
        assert!(text.contains(row), "{text}");
    }
}
