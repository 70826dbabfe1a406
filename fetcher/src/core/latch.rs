//! Errors that last: the client reports bursts, evidence needs levels.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;

use crate::core::pulse::duration;

/// Errors that are kept at most; a newer kind of error displaces the one that was seen longest ago.
const LATCHES: usize = 32;
/// Longest text that is kept, in bytes.
const TEXT_BYTES: usize = 512;
/// An error that nothing can contradict is forgotten when it has not come again for so long.
const FORGET: Duration = Duration::from_secs(60);

/// An error as the client reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it is about.
    pub kind: ErrorKind,
    /// librdkafka's code.
    pub code: i32,
    /// The client's text.
    pub text: String,
    /// The partition that it names.
    pub partition: Option<Partition>,
}

#[derive(Clone, Debug)]
struct Latched {
    text: String,
    first: Moment,
    last: Moment,
    count: u64,
}

/// The errors that nothing has contradicted yet.
#[derive(Clone, Debug, Default)]
pub struct Latches(BTreeMap<(i32, i32, Option<Partition>), Latched>);

impl Latches {
    /// Notes an error. Tells whether it is new, that is, worth a line in the log.
    pub fn report(&mut self, report: &Report, now: Moment) -> bool {
        let key = (report.kind as i32, report.code, report.partition);
        let text = printable(&report.text);
        if let Some(known) = self.0.get_mut(&key) {
            known.last = now;
            known.count += 1;
            known.text = text;
            return false;
        }
        if self.0.len() >= LATCHES {
            let oldest = self
                .0
                .iter()
                .min_by_key(|(_, l)| l.last)
                .map(|(key, _)| *key);
            oldest.and_then(|key| self.0.remove(&key));
        }
        self.0.insert(
            key,
            Latched {
                text,
                first: now,
                last: now,
                count: 1,
            },
        );
        true
    }

    /// Something was observed that cannot be while an error of this kind lasts.
    pub fn contradict(&mut self, kinds: &[ErrorKind]) {
        self.0
            .retain(|(kind, _, _), _| kinds.iter().all(|k| *k as i32 != *kind));
    }

    /// The same of one partition: an error of this kind that names it.
    pub fn contradict_of(&mut self, kind: ErrorKind, partition: Partition) {
        self.0
            .retain(|(k, _, p), _| *k != kind as i32 || *p != Some(partition));
    }

    /// Whether an error of the kind lasts.
    pub fn has(&self, kind: ErrorKind) -> bool {
        self.0.keys().any(|(k, _, _)| *k == kind as i32)
    }

    /// Forgets errors that nothing can contradict and that do not come any more.
    pub fn forget(&mut self, now: Moment) {
        let lasting = |kind: i32| kind != ErrorKind::Unspecified as i32;
        self.0
            .retain(|(kind, _, _), l| lasting(*kind) || now.since(l.last) < FORGET);
    }

    /// The errors as they travel.
    pub fn to_wire(&self, now: Moment) -> Vec<v1::LatchedError> {
        let wire = |(key, l): (&(i32, i32, Option<Partition>), &Latched)| v1::LatchedError {
            kind: key.0,
            code: key.1,
            text: l.text.clone(),
            first_age: Some(duration(now.since(l.first))),
            last_age: Some(duration(now.since(l.last))),
            count: l.count,
            partition: key.2.map(|p| p.0),
        };
        self.0.iter().map(wire).collect()
    }
}

/// A text from the network as it may be logged and shown: one line, bounded.
pub fn printable(text: &str) -> String {
    let mut safe: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut end = TEXT_BYTES.min(safe.len());
    while !safe.is_char_boundary(end) {
        end -= 1;
    }
    safe.truncate(end);
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kind: ErrorKind, code: i32) -> Report {
        Report {
            kind,
            code,
            text: "x\u{1b}[31m".to_owned(),
            partition: None,
        }
    }

    fn ms(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn a_burst_is_one_latched_error_with_its_count() {
        let mut latches = Latches::default();
        let new: Vec<_> = (0..40)
            .map(|i| latches.report(&report(ErrorKind::Transport, 5), ms(i)))
            .collect();
        assert_eq!(new.iter().filter(|n| **n).count(), 1);
        let wire = latches.to_wire(ms(100));
        assert_eq!((wire.len(), wire[0].count), (1, 40));
        assert_eq!(wire[0].text, "x [31m", "no terminal escapes pass");
    }

    #[test]
    fn an_error_lasts_until_it_is_contradicted() {
        let mut latches = Latches::default();
        latches.report(&report(ErrorKind::Commit, 5), ms(0));
        latches.report(&report(ErrorKind::Unspecified, 5), ms(0));
        latches.forget(ms(600_000));
        assert!(latches.has(ErrorKind::Commit) && !latches.has(ErrorKind::Unspecified));
        latches.contradict(&[ErrorKind::Commit]);
        assert!(!latches.has(ErrorKind::Commit));
    }

    #[test]
    fn the_number_of_errors_is_bounded() {
        let mut latches = Latches::default();
        for code in 0..100 {
            latches.report(
                &report(ErrorKind::Transport, code),
                ms(u64::try_from(code).unwrap()),
            );
        }
        let codes: Vec<_> = latches.to_wire(ms(100)).iter().map(|l| l.code).collect();
        assert_eq!(codes, (68..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(printable(&"é".repeat(400)).len(), 512);
        assert_eq!(printable(&format!("a{}", "é".repeat(400))).len(), 511);
    }
}
