use std::borrow::Cow;

use proptest::prelude::*;

use super::{is_unsafe, safe};

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(safe(text), expected);
}

#[test]
fn what_moves_hides_or_reorders_becomes_visible() {
    check(
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        r"\u{1b}[2J\u{1b}]0;owned\u{7}",
    );
    check("line\r\nfeed\tand\u{0}nul", r"line\r\nfeed\tand\u{0}nul");
    check("\u{9b}31m", r"\u{9b}31m");
    check("user\u{202e}txt.exe", r"user\u{202e}txt.exe");
    check("zero\u{200b}width", r"zero\u{200b}width");
    check("tag\u{e0041}", r"tag\u{e0041}");
}

#[test]
fn plain_text_stays_as_it_is() {
    for text in ["", "SCHEDULE-CAR-ORDER", "充电站 é 😀", r"C:\new"] {
        assert!(matches!(safe(text), Cow::Borrowed(same) if same == text));
    }
}

proptest! {
    #[test]
    fn nothing_unsafe_is_left(text in any::<String>()) {
        prop_assert!(!safe(&text).contains(is_unsafe));
    }

    #[test]
    fn making_safe_twice_changes_nothing_more(text in any::<String>()) {
        let once = safe(&text).into_owned();
        prop_assert_eq!(safe(&once), once.as_str());
    }

    #[test]
    fn safe_text_is_untouched(text in "[a-zA-Z0-9._ \u{4e00}-\u{4fff}-]*") {
        prop_assert_eq!(safe(&text), text.as_str());
    }
}
