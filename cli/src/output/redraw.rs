//! A screen that is drawn again in place. The scroll-back stays, and the last picture stays too.

use std::io::{self, Write as _};

use crossterm::terminal::{Clear, ClearType, DisableLineWrap, EnableLineWrap};
use crossterm::{cursor, queue};

use super::{Reader, still_there};
use crate::failure::Failure;

/// A place on the terminal. Dropping it shows the last picture whole and gives the cursor back.
#[derive(Debug, Default)]
pub struct Redraw {
    /// Lines of the last picture on the terminal.
    drawn: u16,
    begun: bool,
    /// The last picture, while it may be cut by the terminal's width and height.
    last: Option<String>,
}

impl Redraw {
    /// Draws a picture over the last one. What does not fit on the terminal is cut at its foot.
    pub fn draw(&mut self, picture: &str) -> Result<Reader, Failure> {
        let height = match crossterm::terminal::size() {
            // Some pseudo-terminals do not know their size and say 0.
            Ok((_, 0)) | Err(_) => u16::MAX,
            Ok((_, rows)) => rows.saturating_sub(1).max(1),
        };
        let lines: Vec<&str> = picture.lines().take(usize::from(height)).collect();
        self.last = Some(picture.to_owned());
        still_there(self.write(&lines))
    }

    /// Draws the last picture, the whole of it whatever its height and width, and gives the terminal back.
    pub fn end(&mut self, picture: &str) -> Result<Reader, Failure> {
        self.last = None;
        still_there(whole(&mut anstream::stdout().lock(), self.drawn, picture))
    }

    fn write(&mut self, lines: &[&str]) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        if !self.begun {
            self.begun = true;
            queue!(out, cursor::Hide, DisableLineWrap)?;
        }
        if self.drawn > 0 {
            queue!(out, cursor::MoveUp(self.drawn))?;
        }
        queue!(out, cursor::MoveToColumn(0))?;
        for line in lines {
            write!(out, "{line}")?;
            queue!(out, Clear(ClearType::UntilNewLine))?;
            writeln!(out)?;
        }
        queue!(out, Clear(ClearType::FromCursorDown))?;
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        out.flush()
    }
}

/// Writes a picture over one of so many lines; what is longer than the terminal is wide goes on below.
fn whole(out: &mut impl io::Write, drawn: u16, picture: &str) -> io::Result<()> {
    if drawn > 0 {
        queue!(out, cursor::MoveUp(drawn))?;
    }
    // Cleared before: behind a line that fills the terminal it would take the last character away.
    queue!(
        out,
        cursor::MoveToColumn(0),
        Clear(ClearType::FromCursorDown),
        EnableLineWrap
    )?;
    for line in picture.lines() {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

impl Drop for Redraw {
    fn drop(&mut self) {
        // The terminal may be gone with its reader.
        if let Some(last) = self.last.take() {
            let _ = self.end(&last);
        }
        if self.begun {
            let mut out = io::stdout().lock();
            let _ = queue!(out, EnableLineWrap, cursor::Show);
            let _ = out.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_picture_is_wrapped_and_nothing_of_it_is_cleared() {
        let mut out = Vec::new();
        whole(&mut out, 3, "one\ntwo\n").unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "\x1b[3A\x1b[1G\x1b[J\x1b[?7hone\ntwo\n");
    }
}
