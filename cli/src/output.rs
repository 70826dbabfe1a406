//! stdout is data, stderr everything else; a reader that leaves early is no failure.

mod redraw;

use std::io::{self, IsTerminal as _, Write as _};

use crate::exit::Exit;
use crate::failure::Failure;

pub use redraw::Redraw;

/// Whether anybody still reads stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody does.
    Listening,
    /// The pipe was closed.
    Gone,
}

/// Prints text that may carry styles; they are taken out where stdout is no terminal.
pub fn print(text: &str) -> Result<Reader, Failure> {
    let mut out = anstream::stdout().lock();
    still_there(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a document as JSON over several lines.
pub fn print_json(document: &serde_json::Value) -> Result<Reader, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    still_there(crate::json::write_pretty(&mut out, document).and_then(|()| out.flush()))
}

/// A broken pipe is a reader that has seen enough.
pub fn still_there(written: io::Result<()>) -> Result<Reader, Failure> {
    match written {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::Output(error)),
    }
}

/// Says something beside the answer.
pub fn say(text: &str) {
    let mut err = anstream::stderr().lock();
    // There is no other place to say that stderr is gone.
    let _ = writeln!(err, "{text}");
}

/// Says that something takes a while, to people only.
pub fn progress(text: &str) {
    if io::stderr().is_terminal() {
        say(text);
    }
}

/// Says why the command failed.
pub fn fail(text: &str, exit: Exit) -> Exit {
    say(&format!("rollcall: {text}"));
    exit
}

/// Whether stdout is a terminal, where a screen can be drawn again.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}
