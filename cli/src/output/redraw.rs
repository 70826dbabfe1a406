//! A screen that is drawn again in place. The scroll-back stays, and the last picture stays too.

use std::io::{self, Write as _};

use crossterm::terminal::{Clear, ClearType, DisableLineWrap, EnableLineWrap};
use crossterm::{cursor, queue};

use super::{Reader, still_there};
use crate::failure::Failure;

/// A place on the terminal. Dropping it gives the cursor back.
#[derive(Debug, Default)]
pub struct Redraw {
    /// Lines of the last picture.
    drawn: u16,
    begun: bool,
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
        still_there(self.write(&lines))
    }

    /// Draws the last picture, the whole of it whatever its height, and gives the terminal back.
    pub fn end(&mut self, picture: &str) -> Result<Reader, Failure> {
        let lines: Vec<&str> = picture.lines().collect();
        still_there(self.write(&lines))
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

impl Drop for Redraw {
    fn drop(&mut self) {
        if self.begun {
            let mut out = io::stdout().lock();
            // The terminal may be gone with its reader.
            let _ = queue!(out, EnableLineWrap, cursor::Show);
            let _ = out.flush();
        }
    }
}
