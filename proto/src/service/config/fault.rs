//! What is wrong with the settings: all of it, each with its place and the accepted form.

use std::fmt;

/// Exit code for usage errors (`EX_USAGE` of sysexits.h).
pub const EXIT_USAGE: u8 = 64;
/// Most characters of a value that a fault repeats.
const SHOWN_CHARS: usize = 80;
/// How alike two names must be for one to be a slip of the other: from 0 to 1.
const ALIKE: f64 = 0.6;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    place: String,
    problem: String,
    accepted: String,
}

impl Fault {
    /// A fault at a place (`FILE:LINE`, `env NAME`, `flag --name`), and the accepted form. Values from
    /// outside belong into `problem` quoted (`{:?}`), secret ones not at all.
    pub fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        accepted: impl Into<String>,
    ) -> Self {
        Self {
            place: plain(place.into()),
            problem: plain(problem.into()),
            accepted: plain(accepted.into()),
        }
    }
}

/// On one line, with nothing in it that could drive a terminal: names of files, variables and settings come from outside
/// too.
fn plain(text: String) -> String {
    let shows_itself = |c: char| matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1;
    if text.chars().all(shows_itself) {
        return text;
    }
    let mut visible = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if shows_itself(c) {
            visible.push(c);
        } else {
            visible.extend(c.escape_debug());
        }
    }
    visible
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)?;
        if !self.accepted.is_empty() {
            write!(f, "; accepted: {}", self.accepted)?;
        }
        Ok(())
    }
}

/// Everything that is wrong, one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// A text from outside in quotes, on one line, and not too long.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// The known name that `name` was likely meant to be.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: String = name.chars().take(SHOWN_CHARS).collect();
    let alike = |known: &'a str| {
        let likeness = strsim::normalized_damerau_levenshtein(&name, known);
        (likeness >= ALIKE).then_some((likeness, known))
    };
    known
        .filter_map(alike)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
