//! What was said, and when.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rollcall_proto::v1::{Severity, Slot, TopicStatus, Verdict, VerdictCode};
use tokio::time::Instant;

/// A verdict that was shown from this moment until the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// When it was first shown.
    pub at: Instant,
    /// What.
    pub code: VerdictCode,
    /// How much it matters.
    pub severity: Severity,
    /// Whether its confirmation time has passed.
    pub confirmed: bool,
    /// What was said beside it.
    pub also: Vec<VerdictCode>,
}

/// The moments that a script names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marks {
    /// All was well until here; from here on the script prepares the cause.
    pub disturbed: Option<Instant>,
    /// The cause.
    pub cause: Option<Instant>,
    /// The cause was undone.
    pub undone: Option<Instant>,
}

/// Everything that was said of one topic, and the script's marks.
#[derive(Debug, Default)]
pub struct Timeline {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    said: Vec<Said>,
    marks: Marks,
    looks: u64,
    failed_looks: u64,
    group: String,
}

impl Said {
    /// What a status says now.
    pub fn of(status: &TopicStatus) -> Option<Self> {
        Self::read(status.verdict.as_ref()?, &status.also)
    }

    /// What the slot of a gather says.
    pub fn of_slot(slot: &Slot) -> Option<Self> {
        Self::read(slot.verdict.as_ref()?, &slot.also)
    }

    pub(super) fn read(verdict: &Verdict, also: &[Verdict]) -> Option<Self> {
        Some(Self {
            at: Instant::now(),
            code: verdict.code(),
            severity: verdict.severity(),
            confirmed: verdict.confirmed,
            also: also.iter().map(Verdict::code).collect(),
        })
    }

    fn same(&self, other: &Self) -> bool {
        (self.code, self.severity, self.confirmed, &self.also)
            == (other.code, other.severity, other.confirmed, &other.also)
    }
}

impl Timeline {
    /// Writes down what is said now; only a change makes an entry.
    pub fn saw(&self, said: Said) {
        let mut inner = self.lock();
        inner.looks += 1;
        if inner.said.last().is_none_or(|last| !last.same(&said)) {
            inner.said.push(said);
        }
    }

    /// A look that brought no answer.
    pub fn looked_in_vain(&self) {
        self.lock().failed_looks += 1;
    }

    /// What has been said so far.
    pub fn said(&self) -> Vec<Said> {
        self.lock().said.clone()
    }

    /// What is said now.
    pub fn now(&self) -> Option<Said> {
        self.lock().said.last().cloned()
    }

    /// The marks so far.
    pub fn marks(&self) -> Marks {
        self.lock().marks
    }

    /// Changes the marks.
    pub fn mark(&self, change: impl FnOnce(&mut Marks)) {
        change(&mut self.lock().marks);
    }

    /// The group that it is about.
    pub fn group(&self) -> String {
        self.lock().group.clone()
    }

    /// Names the group that it is about.
    pub fn named(&self, group: &str) {
        group.clone_into(&mut self.lock().group);
    }

    /// How often was looked, and how often in vain.
    pub fn looks(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.looks, inner.failed_looks)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A watcher that panicked leaves whole entries behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
