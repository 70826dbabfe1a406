//! The file of a recording: begun once, complete whatever ends it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use rollcall_proto::time::length;
use rollcall_proto::v1::{RecordResponse, TraceHeader, TraceLine, trace_line};

use crate::args::record::RecordArgs;
use crate::failure::Failure;
use crate::output::{Reader, still_there};
use crate::trace::write::Writer;
use crate::view::quantity;
use crate::words::Speech;
use crate::words::arguments::Arguments;

/// A recording that is being written.
pub(super) struct Recording {
    name: String,
    writer: Writer<Counted>,
    topics: std::collections::BTreeSet<String>,
    at: Duration,
    ended: bool,
}

/// What was written.
pub(super) struct Done {
    name: String,
    lines: u64,
    bytes: u64,
    topics: usize,
    length: Duration,
}

/// Where it goes, with what went there.
struct Counted {
    out: Box<dyn Write + Send>,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether the file may be written: nothing is asked for before.
pub(super) fn may_be_written(args: &RecordArgs) -> Result<(), Failure> {
    let taken = !args.force && args.file.as_os_str() != "-" && args.file.exists();
    match taken {
        true => Err(Failure::Usage(format!(
            "{} is there already; --force overwrites it",
            args.file.display()
        ))),
        false => Ok(()),
    }
}

impl Recording {
    /// Begins the file with the header.
    pub(super) fn begin(args: &RecordArgs, header: &TraceHeader) -> Result<Self, Failure> {
        let out = Counted {
            out: open(args)?,
            bytes: 0,
        };
        let packed = args.file.extension().is_some_and(|ending| ending == "gz");
        Ok(Self {
            name: args.file.display().to_string(),
            writer: Writer::begin(out, packed, header)?,
            topics: std::collections::BTreeSet::new(),
            at: Duration::ZERO,
            ended: false,
        })
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether its last line came.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Writes the lines of a message.
    pub(super) fn take(&mut self, message: RecordResponse) -> Result<Reader, Failure> {
        let written = message.lines.iter().try_for_each(|line| self.line(line));
        still_there(written.and_then(|()| self.writer.flush()))
    }

    /// Writes one line. The end is written by [`Recording::end`].
    pub(super) fn line(&mut self, line: &TraceLine) -> io::Result<()> {
        self.at = self
            .at
            .max(line.at.as_ref().and_then(length).unwrap_or_default());
        if let Some(trace_line::Line::End(end)) = &line.line {
            self.writer.missed(end.missed);
            self.ended = true;
            return Ok(());
        }
        if !line.topic.is_empty() && !self.topics.contains(&line.topic) {
            self.topics.insert(line.topic.clone());
        }
        self.writer.line(line)
    }

    /// Hands on what was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Ends the file, so that it is complete.
    pub(super) fn end(self) -> Result<Done, Failure> {
        let lines = self.writer.lines() + 1;
        let at = prost_types::Duration::try_from(self.at).ok();
        // A pipe whose reader left early has no end, and nobody who misses it.
        let bytes = match self.writer.end(at) {
            Ok(out) => out.bytes,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Err(error) => return Err(Failure::Output(error)),
        };
        Ok(Done {
            name: self.name,
            lines,
            bytes,
            topics: self.topics.len(),
            length: self.at,
        })
    }
}

impl Done {
    /// What was written, in words.
    pub(super) fn told(&self, speech: &Speech) -> String {
        let arguments = Arguments::default()
            .text("file", crate::sanitize::safe(&self.name))
            .text("length", quantity::duration(self.length))
            .count("topics", self.topics as u64)
            .count("lines", self.lines)
            .count("kilobytes", self.bytes.div_ceil(1_000));
        speech.say("recorded", &arguments)
    }
}

fn open(args: &RecordArgs) -> Result<Box<dyn Write + Send>, Failure> {
    if args.file.as_os_str() == "-" {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    }
    let file = create(&args.file, args.force);
    let file = file.map_err(|error| {
        Failure::Failed(format!(
            "cannot write {}: {error}; does its directory exist, and may you write there?",
            args.file.display()
        ))
    })?;
    Ok(Box::new(BufWriter::new(file)))
}

fn create(path: &Path, force: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    options.write(true).open(path)
}
