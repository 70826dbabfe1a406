//! How often a group commits, as far as it was watched: the least time that one of its partitions usually takes from one
//! commit to the next. An application that commits every minute cannot look as if it committed every second.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rollcall_proto::ids::Offset;

use super::catalog::Commits;
use super::ends::Key;

/// Gaps of a partition that are remembered.
const GAPS: usize = 8;

/// When the commits of a group's partitions moved.
#[derive(Debug, Default)]
pub(super) struct Pace {
    partitions: BTreeMap<Key, Moves>,
}

#[derive(Debug)]
struct Moves {
    committed: Offset,
    /// When the commit was last seen to move.
    moved: Option<Instant>,
    gaps: VecDeque<Duration>,
}

impl Pace {
    /// Takes in all of the group's commits as they were at `now`. A partition that has none any more is forgotten.
    pub(super) fn heard(&mut self, commits: &Commits, now: Instant) {
        let of = |key: &Key| commits.get(&key.0)?.get(&key.1);
        self.partitions.retain(|key, _| of(key).is_some());
        for (topic, partitions) in commits {
            for (&partition, &committed) in partitions {
                let moves = self.partitions.entry((topic.clone(), partition));
                let fresh = || Moves {
                    committed,
                    moved: None,
                    gaps: VecDeque::new(),
                };
                moves.or_insert_with(fresh).heard(committed, now);
            }
        }
    }

    /// The least of the partitions' usual gaps; `None` until two moves of one of them were seen.
    pub(super) fn gap(&self) -> Option<Duration> {
        self.partitions.values().filter_map(Moves::usual).min()
    }
}

impl Moves {
    fn heard(&mut self, committed: Offset, now: Instant) {
        if committed == self.committed {
            return;
        }
        self.committed = committed;
        if let Some(before) = self.moved.replace(now) {
            self.gaps.truncate(GAPS - 1);
            self.gaps.push_front(now.saturating_duration_since(before));
        }
    }

    /// The lower median: a rebalance makes one commit more, and that says nothing of the others.
    fn usual(&self) -> Option<Duration> {
        let mut gaps: Vec<Duration> = self.gaps.iter().copied().collect();
        gaps.sort_unstable();
        gaps.get(gaps.len().saturating_sub(1) / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use rollcall_proto::ids::{Partition, Topic};

    use super::*;

    /// Watches partitions once a second; each commits at multiples of its own seconds.
    fn watched(every: &[u64], seconds: u64) -> Pace {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let topic = Topic::new("T").unwrap();
        for second in 1..=seconds {
            let numbered = every.iter().zip(0..);
            let committed = numbered.map(|(&every, partition)| {
                let committed = i64::try_from(second / every * 10).unwrap();
                (Partition(partition), Offset::known(committed).unwrap())
            });
            let commits = BTreeMap::from([(topic.clone(), committed.collect())]);
            pace.heard(&commits, begun + Duration::from_secs(second));
        }
        pace
    }

    #[test]
    fn a_gap_is_known_once_two_moves_were_seen() {
        assert_eq!(watched(&[60], 119).gap(), None);
        assert_eq!(watched(&[60], 120).gap(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn the_partition_that_is_committed_most_often_speaks_for_the_group() {
        assert_eq!(watched(&[300, 5], 60).gap(), Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_single_commit_out_of_turn_makes_no_pace() {
        let mut pace = watched(&[60], 300);
        let key = (Topic::new("T").unwrap(), Partition(0));
        let moves = pace.partitions.get_mut(&key).unwrap();
        moves.gaps.push_front(Duration::from_secs(1));
        assert_eq!(pace.gap(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn few_gaps_are_kept_and_only_of_partitions_that_are_committed() {
        let mut pace = watched(&[1], 100);
        assert!(
            pace.partitions
                .values()
                .all(|moves| moves.gaps.len() == GAPS)
        );
        pace.heard(&BTreeMap::new(), Instant::now());
        assert!(pace.partitions.is_empty());
    }
}
