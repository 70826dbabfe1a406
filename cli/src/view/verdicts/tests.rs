use rollcall_proto::v1::VerdictCode;
use unicode_width::UnicodeWidthStr as _;

use super::{entry, list, page};
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

#[test]
fn the_pages_in_the_docs_are_what_the_command_prints() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    for (language, name) in [
        (Language::English, "VERDICTS.md"),
        (Language::Chinese, "VERDICTS.zh.md"),
    ] {
        let page = page(catalog::codes(), &Speech::new(language));
        // `make verdicts-doc` writes them by this very test, so that nothing else has to be built.
        if std::env::var_os("TEST_ROLLCALL_WRITE_DOCS").is_some() {
            std::fs::write(format!("{docs}/{name}"), &page).unwrap();
        }
        let committed = std::fs::read_to_string(format!("{docs}/{name}")).unwrap_or_default();
        let differs = page
            .lines()
            .zip(committed.lines())
            .find(|(now, then)| now != then);
        assert!(
            page == committed,
            "docs/{name} is not what `make verdicts-doc` writes: {differs:?}"
        );
    }
}

#[test]
fn every_verdict_can_be_reproduced_or_says_why_not() {
    let speech = Speech::new(Language::English);
    let without = catalog::codes().filter(|code| {
        catalog::recipe(*code).is_none() && speech.catalog(*code, "reproduce").is_none()
    });
    let without: Vec<_> = without.collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn a_recipe_is_short_fits_the_screen_and_shows_the_verdict() {
    for code in catalog::codes() {
        let Some(recipe) = catalog::recipe(code) else {
            continue;
        };
        assert!(recipe.ends_with('\n'), "{code:?}");
        assert!(recipe.lines().count() <= 15, "{code:?}");
        assert!(
            recipe.lines().all(|line| line.width() <= WIDTH),
            "{code:?}: {recipe}"
        );
        assert!(recipe.contains("rollcall "), "{code:?}: {recipe}");
    }
}
