//! Text from the network, made safe for a terminal: what could move, hide or reorder it becomes visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every character that is no plain text written as an escape: `\n`, `\u{1b}`.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe(character) {
            visible.extend(character.escape_default());
        } else {
            visible.push(character);
        }
    }
    Cow::Owned(visible)
}

/// Whether a character can do more to a terminal than show itself.
///
/// Control characters (C0, DEL and C1) drive the terminal; the bidirectional ones reorder what stands
/// around them (CVE-2021-42574); invisible ones, line separators and tags hide text from its reader.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Appends `character` to JSON text as `\uXXXX`, in UTF-16 as JSON wants it.
pub fn push_json_escape(json: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(json, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests;
