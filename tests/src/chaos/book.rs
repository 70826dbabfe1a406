//! The files that a run is written into, a line for whatever is seen; each process has its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

use crate::checker::line::{Line, Said};

/// A file that is written into; all clones write into the same.
#[derive(Clone, Debug)]
pub(super) struct Book(Arc<Mutex<File>>);

/// The machine's monotonic clock, the same for all processes, in nanoseconds.
pub(super) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

impl Book {
    /// Goes on with a file, or begins it. A line that whoever was killed left unfinished is ended.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("could not open {}", path.display()))?;
        writeln!(file).context("could not write a line")?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    /// Writes down what is seen now. It is in the file when this returns, even if the process is killed then.
    pub(super) fn say(&self, said: Said) -> Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line {
            at_ns: now_ns(),
            said,
        };
        let text = serde_json::to_string(&line).context("a line that is no JSON")? + "\n";
        file.write_all(text.as_bytes())
            .context("could not write a line")
    }
}

/// Reads a file while it grows.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// The beginning of a line that has not ended yet.
    begun: String,
}

impl Tail {
    /// From the file's beginning on, once it is there.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            begun: String::new(),
        }
    }

    /// The next line that is whole, if there is one by now.
    pub(super) fn next_line(&mut self) -> Option<Line> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok().map(BufReader::new);
        }
        let file = self.file.as_mut()?;
        loop {
            let read = file.read_line(&mut self.begun).ok()?;
            if read == 0 || !self.begun.ends_with('\n') {
                return None;
            }
            let line = serde_json::from_str(&self.begun);
            self.begun.clear();
            // An empty line begins a process; one that was cut off by a SIGKILL was never acted on.
            if let Ok(line) = line {
                return Some(line);
            }
        }
    }
}

impl Iterator for Tail {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        self.next_line()
    }
}

/// All lines of some files, in the order of their time.
pub(super) struct Merged(Vec<Peekable<Tail>>);

impl Merged {
    /// Of files that do not grow any more, each in the order of its time.
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        Self(paths.iter().map(|path| Tail::of(path).peekable()).collect())
    }
}

impl Iterator for Merged {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let firsts = self.0.iter_mut().enumerate();
        let firsts = firsts.filter_map(|(at, tail)| Some((tail.peek()?.at_ns, at)));
        let (_, first) = firsts.min()?;
        self.0.get_mut(first)?.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch;

    #[test]
    fn files_are_read_as_one_and_a_line_that_was_cut_off_is_left_out() {
        let directory = scratch::directory("books").unwrap();
        let paths = [directory.join("a"), directory.join("b")];
        let books = paths.each_ref().map(|path| Book::open(path).unwrap());
        for wave in 0..6 {
            books[wave % 2].say(Said::Mended { wave }).unwrap();
        }
        let mut file = File::options().append(true).open(&paths[0]).unwrap();
        file.write_all(br#"{"at_ns":1,"sai"#).unwrap();
        let again = Book::open(&paths[0]).unwrap();
        again.say(Said::Mended { wave: 6 }).unwrap();
        let told: Vec<Said> = Merged::of(&paths).map(|line| line.said).collect();
        let expected: Vec<Said> = (0..7).map(|wave| Said::Mended { wave }).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_line_is_read_when_it_is_whole() {
        let path = scratch::directory("books").unwrap().join("grows");
        let mut tail = Tail::of(&path);
        assert_eq!(tail.next_line(), None);
        let mut file = File::create(&path).unwrap();
        file.write_all(br#"{"at_ns":1,"said":"ov"#).unwrap();
        assert_eq!(tail.next_line(), None);
        file.write_all(b"er\",\"wave\":3}\n").unwrap();
        assert_eq!(tail.next_line().unwrap().said, Said::Over { wave: 3 });
        assert_eq!(tail.next_line(), None);
    }
}
