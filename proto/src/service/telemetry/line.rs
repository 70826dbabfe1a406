//! One event, one line: what came from the network cannot forge another event or move the cursor.
//!
//! Topic names, client ids and Kafka's error texts stand in log lines. A line break among them would
//! look like an event of its own, a control character could repaint a terminal.

use std::io::{self, Write};

/// Escape, the beginning of a terminal's control sequence.
const ESC: u8 = 0x1b;
/// First byte of U+0080 to U+00BF in UTF-8; those below U+00A0 are control characters too.
const LATIN1: u8 = 0xc2;

/// Writes events to `out`, each handed over in one call and ended by a line break, and replaces every
/// other control character by its escape (`\n`, `\x1b`).
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

    fn is_harmless(&self, bytes: &[u8], at: usize) -> bool {
        match bytes[at] {
            ESC => self.ansi,
            0x7f => false,
            0x80..0xa0 => at == 0 || bytes[at - 1] != LATIN1,
            LATIN1 => !matches!(bytes.get(at + 1), Some(0x80..0xa0)),
            byte => byte >= b' ',
        }
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (text, end) = match event.strip_suffix(b"\n") {
            Some(text) => (text, &b"\n"[..]),
            None => (event, &b""[..]),
        };
        if (0..text.len()).all(|at| self.is_harmless(text, at)) {
            self.out.write_all(event)?;
            return Ok(event.len());
        }
        let mut line = Vec::with_capacity(event.len() + 16);
        for at in 0..text.len() {
            match text[at] {
                byte if self.is_harmless(text, at) => line.push(byte),
                byte => line.extend(byte.escape_ascii()),
            }
        }
        line.extend_from_slice(end);
        self.out.write_all(&line)?;
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
            "a\\x1b[2Jb\\x07c\\x7f\n"
        );
        assert_eq!(written("\u{9b}2J\n", false), "\\xc2\\x9b2J\n");
        assert_eq!(written("\u{9b}2J\n", true), "\\xc2\\x9b2J\n");
    }

    #[test]
    fn colours_pass_where_they_are_wanted() {
        assert_eq!(
            written("\x1b[32mINFO\x1b[0m a\n", true),
            "\x1b[32mINFO\x1b[0m a\n"
        );
    }
}
