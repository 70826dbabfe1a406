use rollcall_proto::v1::VerdictCode;
use unicode_width::UnicodeWidthStr as _;

use super::{entry, list};
use crate::catalog;
use crate::view::WIDTH;
use crate::view::fixtures::plain;
use crate::words::Speech;
use crate::words::language::Language;

#[test]
fn the_list_has_a_line_for_every_verdict_that_fits_the_screen() {
    let speech = Speech::new(Language::English);
    let screen = plain(&list(catalog::codes(), &speech));
    assert_eq!(screen.lines().count(), catalog::codes().count() + 1);
    assert!(
        screen.contains("CAUGHT_UP                     everything was read\n"),
        "{screen}"
    );
    assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
}

#[test]
fn an_entry_says_meaning_rule_evidence_and_cure() {
    let screen = plain(&entry(
        VerdictCode::CaughtUp,
        &Speech::new(Language::English),
    ));
    for part in [
        "CAUGHT_UP\nmeaning    There is nothing",
        "\nrule       N ≥ E, N read",
        "\nseverity   ok\n",
        "\nknown by   The position",
        "\ndo         Nothing.\n",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}
