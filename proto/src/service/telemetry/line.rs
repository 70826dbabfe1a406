//! One event, one line: what came from the network cannot forge another event or move the cursor.
//!
//! Topic names, client ids and Kafka's error texts stand in log lines. A line break among them would
//! look like an event of its own, a control character could repaint a terminal.

use std::io::{self, Write};

/// Escape, the beginning of a terminal's control sequence.
const ESC: char = '\x1b';

/// Writes events to `out`, each handed over in one call and ended by a line break, and replaces every
/// other control character by an escape that is valid in a JSON text too (`\n`, `\u001b`).
#[derive(Debug)]
pub(super) struct Lines<W> {
    out: W,
    /// Whether control sequences are the formatter's own colours. It escapes those of the event itself.
    ansi: bool,
}

impl<W> Lines<W> {
    pub(super) const fn new(out: W, ansi: bool) -> Self {
        Self { out, ansi }
    }

    fn is_harmless(&self, c: char) -> bool {
        !c.is_control() || (self.ansi && c == ESC)
    }

    fn escaped(&self, text: &str) -> String {
        let mut line = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match c {
                c if self.is_harmless(c) => line.push(c),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                '\t' => line.push_str("\\t"),
                c => line.push_str(&format!("\\u{:04x}", u32::from(c))),
            }
        }
        line
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (text, end) = match text.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (&*text, ""),
        };
        if text.chars().all(|c| self.is_harmless(c)) {
            self.out.write_all(event)?;
        } else {
            let line = self.escaped(text) + end;
            self.out.write_all(line.as_bytes())?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &str, ansi: bool) -> String {
        let mut out = Vec::new();
        Lines::new(&mut out, ansi)
            .write_all(event.as_bytes())
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_ordinary_event_passes_unchanged() {
        assert_eq!(
            written("group 充电 é ready\n", false),
            "group 充电 é ready\n"
        );
    }

    #[test]
    fn a_line_break_forges_no_event() {
        let event = "topic=a\nERROR all is lost\r\n";
        assert_eq!(written(event, false), "topic=a\\nERROR all is lost\\r\n");
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(
            written("a\x1b[2Jb\x07c\x7f\n", false),
            "a\\u001b[2Jb\\u0007c\\u007f\n"
        );
        assert_eq!(written("\u{9b}2J\n", false), "\\u009b2J\n");
        assert_eq!(written("\u{9b}2J\n", true), "\\u009b2J\n");
    }

    #[test]
    fn colours_pass_where_they_are_wanted() {
        assert_eq!(
            written("\x1b[32mINFO\x1b[0m a\n", true),
            "\x1b[32mINFO\x1b[0m a\n"
        );
    }
}
