//! Which unread records are looked at, when, and by whom: one thread, beside the rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rollcall_proto::ids::{Offset, Topic};
use rollcall_proto::v1::evidence::Event;

use super::backlog::{self, Found, Unread};
use super::ends::Key;
use super::pulse::lock;
use super::reading::Desk;
use super::{Sighting, say};
use crate::kafka::history::Budget;

/// Partitions that are looked at in one go.
const AT_ONCE: usize = 240;
/// Least time until the same partition is looked at again; doubled each time, since nothing new is expected.
const AGAIN: Duration = Duration::from_secs(5);
/// The same after a look in vain.
const RETRY: Duration = Duration::from_secs(2);
/// Longest of these times.
const AT_LAST: Duration = Duration::from_secs(60);
/// How often the thread that has nothing to do looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(200);

/// Asks for unread records to be looked at.
#[derive(Debug)]
pub(super) struct Librarian {
    jobs: SyncSender<Vec<Unread>>,
    ledger: Arc<Mutex<Ledger>>,
    budget: Arc<Budget>,
}

/// What was looked at.
#[derive(Debug, Default)]
struct Ledger {
    asked: BTreeMap<(String, Key), Asked>,
    /// Topics whose records may not be read.
    denied: BTreeSet<Topic>,
    /// Topics of which a record was read, or was tried to be.
    tried: BTreeSet<Topic>,
    /// Topics that were to be looked at when no bytes were left.
    put_off: BTreeSet<Topic>,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    committed: Offset,
    end: Offset,
    high: Offset,
    at: Instant,
    /// Least time until it is looked at again.
    wait: Duration,
    outcome: Outcome,
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Everything up to the end was looked at.
    Complete,
    /// Its beginning was, or why that cannot be had is known.
    Cut,
    /// Nothing was read, and nothing says why; or the partition was away since, and may have come back another.
    InVain,
}

impl Ledger {
    /// Whether a look would find something new. What was cut by its bytes is not looked at again before the commit
    /// moves: its beginning is what matters. What was looked at in vain is soon.
    fn wants(&self, unread: &Unread, now: Instant) -> bool {
        let Some(asked) = self.asked.get(&(unread.group.clone(), unread.key.clone())) else {
            return true;
        };
        let moved = asked.committed != unread.committed;
        let grown = (asked.end, asked.high) != (unread.end, unread.high);
        let due = now.saturating_duration_since(asked.at) >= asked.wait;
        let news = match asked.outcome {
            Outcome::Complete => grown,
            Outcome::Cut => false,
            Outcome::InVain => true,
        };
        due && (moved || news)
    }

    fn note(&mut self, unread: &Unread, now: Instant) {
        let key = (unread.group.clone(), unread.key.clone());
        let before = self.asked.get(&key);
        let same = before.filter(|before| before.committed == unread.committed);
        let wait = same.map_or(AGAIN, |before| (before.wait * 2).min(AT_LAST));
        let asked = Asked {
            committed: unread.committed,
            end: unread.end,
            high: unread.high,
            at: now,
            wait,
            outcome: Outcome::InVain,
        };
        self.asked.insert(key, asked);
    }

    /// Partitions that cannot be measured: what was read of them says nothing of what they hold once they are back.
    fn lost(&mut self, keys: &BTreeSet<Key>) {
        let asked = self.asked.iter_mut();
        for (_, asked) in asked.filter(|((_, key), _)| keys.contains(key)) {
            asked.in_vain();
        }
    }

    fn found(&mut self, unread: &Unread, found: &Found) {
        let topic = &unread.key.0;
        self.tried.insert(topic.clone());
        if found.is_denied() {
            self.denied.insert(topic.clone());
        } else if found.is_complete(unread) {
            self.denied.remove(topic);
        }
        let key = (unread.group.clone(), unread.key.clone());
        if let Some(asked) = self.asked.get_mut(&key) {
            match found {
                found if found.is_complete(unread) => asked.outcome = Outcome::Complete,
                found if found.is_nothing() => asked.in_vain(),
                _cut => asked.outcome = Outcome::Cut,
            }
        }
    }
}

impl Asked {
    fn in_vain(&mut self) {
        self.outcome = Outcome::InVain;
        self.wait = RETRY;
    }
}

impl Librarian {
    /// Starts the thread; it ends when nobody listens. `group` is a name to assign by.
    pub(super) fn start(desk: Desk, group: String, read_committed: bool) -> std::io::Result<Self> {
        let (jobs, wanted) = sync_channel::<Vec<Unread>>(1);
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let kept = Arc::clone(&ledger);
        let budget = Arc::clone(&desk.unread);
        std::thread::Builder::new()
            .name("backlog".to_owned())
            .spawn(move || work(&desk, &group, read_committed, &wanted, &kept))?;
        Ok(Self {
            jobs,
            ledger,
            budget,
        })
    }

    /// Has those looked at of which a look would find something new, as far as there is room; the others come later.
    /// `lost` are the partitions that cannot be measured now.
    pub(super) fn look(&self, unread: Vec<Unread>, lost: &BTreeSet<Key>) {
        let now = Instant::now();
        if !lost.is_empty() {
            lock(&self.ledger).lost(lost);
        }
        let mut job: Vec<Unread> = Vec::new();
        let mut taken = BTreeSet::new();
        {
            let mut ledger = lock(&self.ledger);
            for one in unread.into_iter().filter(|one| ledger.wants(one, now)) {
                // One group at a time for each partition.
                if job.len() < AT_ONCE && taken.insert(one.key.clone()) {
                    job.push(one);
                }
            }
            if self.budget.left(now) == 0 {
                ledger.put_off = job.drain(..).map(|one| one.key.0).collect();
            } else {
                ledger.put_off.clear();
            }
        }
        if job.is_empty() {
            return;
        }
        job.sort_by(|one, other| one.key.cmp(&other.key));
        let noted = job.clone();
        // Still at work: the next round asks again.
        if self.jobs.try_send(job).is_ok() {
            let mut ledger = lock(&self.ledger);
            noted.iter().for_each(|one| ledger.note(one, now));
        }
    }

    /// Groups are gone.
    pub(super) fn let_go(&self, gone: &[String]) {
        let mut ledger = lock(&self.ledger);
        ledger.asked.retain(|(group, _), _| !gone.contains(group));
    }

    /// Whether the records of a topic may not be read.
    pub(super) fn is_denied(&self, topic: &Topic) -> bool {
        lock(&self.ledger).denied.contains(topic)
    }

    /// Whether unread records of a topic were not looked at, since the bytes for them were used up.
    pub(super) fn is_put_off(&self, topic: &Topic) -> bool {
        lock(&self.ledger).put_off.contains(topic)
    }

    /// Whether a record of the topic was read, or was tried to be.
    pub(super) fn has_tried(&self, topic: &Topic) -> bool {
        lock(&self.ledger).tried.contains(topic)
    }
}

fn work(
    desk: &Desk,
    group: &str,
    read_committed: bool,
    wanted: &Receiver<Vec<Unread>>,
    ledger: &Mutex<Ledger>,
) {
    while !desk.sender.is_closed() {
        let Ok(job) = wanted.recv_timeout(LOOK) else {
            continue;
        };
        for of_topic in job.chunk_by(|one, other| one.key.0 == other.key.0) {
            let found = backlog::read(&desk.config, group, read_committed, of_topic, &desk.unread);
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    tracing::debug!(%error, "unread records not read");
                    continue;
                }
            };
            for (unread, found) in of_topic.iter().zip(&found) {
                lock(ledger).found(unread, found);
                if say_found(desk, unread, found).is_err() {
                    return;
                }
            }
        }
    }
}

fn say_found(desk: &Desk, unread: &Unread, found: &Found) -> Result<(), ()> {
    if unread.group.is_empty() {
        // Only tried, whether it may be read.
        return Ok(());
    }
    let sighting = Sighting {
        at: desk.clock.now(),
        group: unread.group.clone(),
        topic: Some(unread.key.0.clone()),
        evidence: say::evidence(Event::Backlog(found.seen(unread))),
    };
    desk.sender.blocking_send(sighting).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use rollcall_proto::ids::Partition;

    use super::*;

    fn unread(committed: i64, high: i64) -> Unread {
        let offset = |offset| Offset::known(offset).unwrap();
        Unread {
            group: "g".to_owned(),
            key: (Topic::new("T").unwrap(), Partition(0)),
            committed: offset(committed),
            end: offset(high),
            high: offset(high),
        }
    }

    #[test]
    fn a_partition_is_looked_at_again_when_there_is_something_new_and_not_at_once() {
        let (mut ledger, begun) = (Ledger::default(), Instant::now());
        let first = unread(5, 9);
        assert!(ledger.wants(&first, begun));
        ledger.note(&first, begun);
        ledger.found(&first, &Found::complete(&first));
        let (soon, later) = (begun + AGAIN / 2, begun + AGAIN);
        assert!(!ledger.wants(&unread(5, 12), soon), "too soon");
        assert!(!ledger.wants(&first, later), "nothing new");
        assert!(ledger.wants(&unread(5, 12), later), "it grew");
        assert!(ledger.wants(&unread(7, 9), later), "the commit moved");
    }

    #[test]
    fn what_stands_still_is_looked_at_ever_more_rarely() {
        let (mut ledger, mut now) = (Ledger::default(), Instant::now());
        let mut looks = 0;
        for second in 0..600 {
            let one = unread(5, 9 + second);
            if ledger.wants(&one, now) {
                looks += 1;
                ledger.note(&one, now);
                ledger.found(&one, &Found::complete(&one));
            }
            now += Duration::from_secs(1);
        }
        assert!((10..=14).contains(&looks), "{looks}");
    }

    #[test]
    fn what_was_read_before_the_leader_was_away_is_looked_at_again() {
        let (mut ledger, begun) = (Ledger::default(), Instant::now());
        let one = unread(5, 9);
        ledger.note(&one, begun);
        ledger.found(&one, &Found::complete(&one));
        assert!(!ledger.wants(&one, begun + AT_LAST));
        ledger.lost(&BTreeSet::from([one.key.clone()]));
        assert!(!ledger.wants(&one, begun + RETRY / 2));
        assert!(ledger.wants(&one, begun + RETRY));
    }

    #[test]
    fn a_look_in_vain_is_soon_repeated() {
        let (mut ledger, begun) = (Ledger::default(), Instant::now());
        let one = unread(5, 9);
        ledger.note(&one, begun);
        ledger.found(&one, &Found::default());
        assert!(!ledger.wants(&one, begun + RETRY / 2));
        assert!(ledger.wants(&one, begun + RETRY));
    }

    #[test]
    fn what_was_cut_by_its_bytes_waits_for_the_commit_to_move() {
        let (mut ledger, begun) = (Ledger::default(), Instant::now());
        ledger.note(&unread(5, 500), begun);
        ledger.found(&unread(5, 500), &Found::cut(&unread(5, 500)));
        let later = begun + AT_LAST;
        assert!(!ledger.wants(&unread(5, 900), later));
        assert!(ledger.wants(&unread(6, 900), later));
    }
}
