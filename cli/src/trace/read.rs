//! Reading a trace, one line after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use rollcall_proto::v1::{TraceHeader, TraceLine};

use super::fault::{Fault, Why};
use super::{LINE_BYTES, LINE_OBJECTS, LINES, TRACE_BYTES};
use crate::json;

/// What a compressed file begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The lines of a trace behind its header.
pub struct Lines<R> {
    name: String,
    input: R,
    line: u64,
    bytes: u64,
    /// What was left behind in the middle of a line, when the trace was cut there.
    cut: bool,
    text: Vec<u8>,
}

/// Opens a trace; `-` is standard input. Whether it is compressed is seen by its first bytes.
pub fn open(path: &Path) -> Result<(TraceHeader, Lines<Box<dyn BufRead>>), Fault> {
    let name = path.display().to_string();
    let raw: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(|error| Fault {
            name: name.clone(),
            line: None,
            why: Why::Io(error),
        })?),
    };
    begin(name, raw)
}

/// Begins to read a trace from anything.
pub fn begin(
    name: String,
    raw: impl Read + 'static,
) -> Result<(TraceHeader, Lines<Box<dyn BufRead>>), Fault> {
    let mut raw = BufReader::new(raw);
    let packed = raw.fill_buf().map(|start| start.starts_with(&GZIP));
    let input: Box<dyn BufRead> = match packed {
        Ok(true) => Box::new(BufReader::new(MultiGzDecoder::new(raw))),
        // What went wrong is said by the first line.
        Ok(false) | Err(_) => Box::new(raw),
    };
    let mut lines = Lines {
        name,
        input,
        line: 0,
        bytes: 0,
        cut: false,
        text: Vec::new(),
    };
    let header = lines.header()?;
    Ok((header, lines))
}

impl<R: BufRead> Lines<R> {
    /// The next line; `None` at the end, also where the trace was cut.
    pub fn next_line(&mut self) -> Result<Option<TraceLine>, Fault> {
        match self.read()? {
            false => Ok(None),
            true => match json::read("TraceLine", &self.text) {
                Ok(line) => Ok(Some(line)),
                Err(_) if self.cut => Ok(None),
                Err(error) => Err(self.fault(Why::Json(short(&error)))),
            },
        }
    }

    /// The number of the line that was read last, from 1.
    pub const fn number(&self) -> u64 {
        self.line
    }

    /// Whether the trace ended in the middle of a line.
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// What is wrong with the line that was read last.
    pub fn fault(&self, why: impl Into<Why>) -> Fault {
        Fault {
            name: self.name.clone(),
            line: Some(self.line),
            why: why.into(),
        }
    }

    fn header(&mut self) -> Result<TraceHeader, Fault> {
        if !self.read()? {
            let why = if self.cut { Why::Cut } else { Why::Empty };
            return Err(Fault {
                line: self.cut.then_some(1),
                ..self.fault(why)
            });
        }
        let ours = self.text.trim_ascii_start().starts_with(b"{");
        match json::read("TraceHeader", &self.text) {
            Ok(header) => Ok(header),
            Err(_) if self.cut && ours => Err(self.fault(Why::Cut)),
            Err(error) => Err(self.fault(Why::Json(short(&error)))),
        }
    }

    /// Reads a line into `text`; false at the end.
    fn read(&mut self) -> Result<bool, Fault> {
        self.line += 1;
        if self.line > LINES {
            return Err(self.fault(Why::ManyLines));
        }
        self.text.clear();
        let most = LINE_BYTES as u64 + 1;
        let read = (&mut self.input)
            .take(most)
            .read_until(b'\n', &mut self.text);
        match read {
            Ok(_) => {}
            // A compressed file that was cut.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.cut = true;
                return Ok(false);
            }
            Err(error) => return Err(self.fault(error)),
        }
        self.bytes += self.text.len() as u64;
        match self.too_much() {
            Some(why) => Err(self.fault(why)),
            None if self.text.is_empty() => Ok(false),
            None => {
                self.cut = self.text.last() != Some(&b'\n');
                Ok(true)
            }
        }
    }

    fn too_much(&self) -> Option<Why> {
        let objects = || self.text.iter().filter(|&&byte| byte == b'{').count();
        match () {
            () if self.text.len() > LINE_BYTES => Some(Why::LongLine),
            () if self.bytes > TRACE_BYTES => Some(Why::ManyBytes),
            () if objects() > LINE_OBJECTS => Some(Why::ManyObjects),
            () => None,
        }
    }
}

/// What a parser says, without the line that it believes to be in: it sees one line only. Hostile texts are in it.
fn short(error: &serde_json::Error) -> String {
    /// Bytes of it that are shown.
    const SHOWN: usize = 200;
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let end = text.floor_char_boundary(SHOWN);
    crate::sanitize::safe(&text[..end]).into_owned()
}
