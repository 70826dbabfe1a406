//! Paragraphs with a label at their left.

use unicode_linebreak::linebreaks;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::WIDTH;
use super::style::{self, paint};

/// Where the text of a labelled paragraph begins.
pub const INDENT: usize = 11;

/// A paragraph whose label stands in a column of its own: `rule       read_committed, and …`.
pub fn labelled(label: &str, text: &str) -> String {
    let pad = INDENT.saturating_sub(label.width());
    let head = paint(style::STRONG, &format!("{label}{:pad$}", ""));
    let lines = wrap(text, WIDTH - INDENT);
    let mut paragraph = String::new();
    for (number, line) in lines.iter().enumerate() {
        match number {
            0 => paragraph.push_str(&head),
            _ => paragraph.push_str(&" ".repeat(INDENT)),
        }
        paragraph.push_str(line);
        paragraph.push('\n');
    }
    paragraph
}

/// A command to be copied: indented, and where it is long, continued as a shell wants it.
pub fn command(text: &str) -> String {
    let continued = format!(" \\\n{:1$}", "", INDENT + 2);
    format!(
        "{:INDENT$}{}\n",
        "",
        wrap(text, WIDTH - INDENT - 4).join(&continued)
    )
}

/// A paragraph over the width of the screen; its later lines are indented a little.
pub fn paragraph(text: &str) -> String {
    format!("{}\n", wrap(text, WIDTH - 2).join("\n  "))
}

/// A text behind an opening: what fits on the opening's line, and the indented lines that follow.
pub fn hang(opening: &str, text: &str) -> (String, String) {
    let first = wrap(text, WIDTH.saturating_sub(opening.width())).swap_remove(0);
    let rest = text.get(first.len()..).unwrap_or_default();
    let lines = wrap(rest, WIDTH - INDENT);
    let indented = lines.iter().filter(|line| !line.is_empty());
    let rest = indented
        .map(|line| format!("{:INDENT$}{line}\n", ""))
        .collect();
    (first, rest)
}

/// Breaks a text into lines of at most `width` columns, at its spaces and between ideographs; a longer
/// word stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut gap = if line.is_empty() { "" } else { " " };
        for piece in pieces(word) {
            if !line.is_empty() && line.width() + gap.len() + piece.width() > width {
                lines.push(std::mem::take(&mut line));
                gap = "";
            }
            line.push_str(gap);
            line.push_str(piece);
            gap = "";
        }
    }
    lines.push(line);
    lines
}

/// A word in the pieces that a line may end behind. Unicode's rules (UAX #14) know that a full stop does not
/// begin a line; they also break names at hyphens and slashes, so only their breaks beside a wide character count.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let is_wide = |character: Option<char>| character.and_then(char::width) == Some(2);
    let breaks = linebreaks(word).map(|(at, _)| at).filter(move |&at| {
        let (before, after) = word.split_at(at);
        after.is_empty() || is_wide(before.chars().next_back()) || is_wide(after.chars().next())
    });
    breaks.scan(0, move |begun, at| {
        word.get(std::mem::replace(begun, at)..at)
    })
}

#[cfg(test)]
mod tests {
    use super::{command, hang, wrap};

    #[test]
    fn a_long_command_is_continued_as_a_shell_wants_it() {
        let long = format!("tool {}", "--option value ".repeat(8));
        let text = command(&long);
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().next().unwrap().ends_with(" \\"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
    }

    #[test]
    fn a_long_sentence_goes_on_below_its_opening() {
        let words = "word ".repeat(25);
        let (first, rest) = hang("FAULT  CODE  ", words.trim());
        assert_eq!(first.split(' ').count(), 17);
        assert_eq!(rest, format!("{:11}{}\n", "", ["word"; 8].join(" ")));
        assert_eq!(hang("ok  ", "short"), ("short".to_owned(), String::new()));
    }

    #[test]
    fn ideographs_break_anywhere_but_before_a_full_stop_and_names_stay_whole() {
        assert_eq!(wrap("一二三四五", 4), ["一二", "三四", "五"]);
        assert_eq!(wrap("一二三四。五", 8), ["一二三", "四。五"]);
        assert_eq!(
            wrap("先运行 kafka-topics.sh，再看 a/b/c-d", 18),
            ["先运行", "kafka-topics.sh，", "再看 a/b/c-d"]
        );
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_stand_alone() {
        assert_eq!(wrap("a few words here", 9), ["a few", "words", "here"]);
        assert_eq!(
            wrap("a kafka-transactions.sh b", 5),
            ["a", "kafka-transactions.sh", "b"]
        );
        assert_eq!(wrap("", 5), [""]);
    }
}
