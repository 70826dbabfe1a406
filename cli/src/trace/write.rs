//! Writing a trace, one line after the other, to its end.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use rollcall_proto::v1::{TraceEnd, TraceHeader, TraceLine, trace_line};

use super::LINE_BYTES;
use crate::json;

/// A trace that is being written.
pub struct Writer<W: Write> {
    out: Out<W>,
    lines: u64,
    missed: u64,
    at: Option<prost_types::Duration>,
}

enum Out<W: Write> {
    Plain(W),
    Packed(GzEncoder<W>),
}

impl<W: Write> Writer<W> {
    /// Begins with the header.
    pub fn begin(out: W, packed: bool, header: &TraceHeader) -> io::Result<Self> {
        let out = match packed {
            true => Out::Packed(GzEncoder::new(out, Compression::default())),
            false => Out::Plain(out),
        };
        let mut writer = Self {
            out,
            lines: 0,
            missed: 0,
            at: None,
        };
        writer.put(&json::compact("TraceHeader", header)?)?;
        Ok(writer)
    }

    /// Writes a line. One that is too long to be read again is left out, and counted as missed.
    pub fn line(&mut self, line: &TraceLine) -> io::Result<()> {
        self.at = line.at.or(self.at);
        self.put(&json::compact("TraceLine", line)?)
    }

    /// Evidence that could not be written.
    pub fn missed(&mut self, count: u64) {
        self.missed += count;
    }

    /// Lines so far.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Hands on what was written.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Plain(out) => out.flush(),
            Out::Packed(out) => out.flush(),
        }
    }

    /// Ends the trace; `at` is the time since its beginning.
    pub fn end(mut self, at: Option<prost_types::Duration>) -> io::Result<W> {
        let end = TraceEnd {
            lines: self.lines,
            missed: self.missed,
        };
        let line = TraceLine {
            at: at.or(self.at),
            line: Some(trace_line::Line::End(end)),
            ..TraceLine::default()
        };
        self.put(&json::compact("TraceLine", &line)?)?;
        let mut out = match self.out {
            Out::Plain(out) => out,
            Out::Packed(out) => out.finish()?,
        };
        out.flush()?;
        Ok(out)
    }

    fn put(&mut self, document: &serde_json::Value) -> io::Result<()> {
        let mut text = Vec::new();
        json::write_line(&mut text, document)?;
        if text.len() > LINE_BYTES {
            self.missed += 1;
            return Ok(());
        }
        self.lines += 1;
        match &mut self.out {
            Out::Plain(out) => out.write_all(&text),
            Out::Packed(out) => out.write_all(&text),
        }
    }
}
