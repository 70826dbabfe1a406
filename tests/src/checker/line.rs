//! What is written down of a long run: one JSON object a line, by every process that takes part, into files of their own.
//!
//! Numbers count the records of a partition from its writer's first one on, whatever becomes of the log: after a topic was
//! recreated or a log truncated offsets begin again, numbers do not.

use rollcall_proto::ids::Topic;
use serde::{Deserialize, Serialize};

/// Something that was seen, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Nanoseconds of the machine's monotonic clock, the same for all its processes.
    pub at_ns: u64,
    /// What was seen.
    #[serde(flatten)]
    pub said: Said,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// A gather of a client ended; from now on the client acks it, if it is whole.
    Gather(Gather),
    /// Kafka acknowledged records.
    Written {
        /// Where they lie.
        topics: Vec<TopicRuns>,
    },
    /// What the logs hold when all is over.
    Log {
        /// Where it lies.
        topics: Vec<TopicRuns>,
    },
    /// What the group had committed.
    Committed {
        /// Topic.
        topic: Topic,
        /// The offset of each partition that has one, from partition 0 on.
        offsets: Vec<Option<i64>>,
    },
    /// What the aggregator held.
    Held {
        /// Bytes buffered or leased.
        bytes: u64,
        /// Bytes that may be, but for one batch of each partition.
        budget: u64,
        /// Partitions of the roll.
        partitions: u64,
        /// Bytes of one batch.
        batch: u64,
    },
    /// Rollcall named a range as lost.
    Named {
        /// Topic.
        topic: Topic,
        /// Partition.
        partition: i32,
        /// First offset.
        first_offset: i64,
        /// Offset after the range.
        next_offset: i64,
    },
    /// Records are about to be deleted, as retention would.
    Removed {
        /// Topic.
        topic: Topic,
        /// Of each partition, from 0 on: the offset below which all is deleted.
        before: Vec<i64>,
    },
    /// A topic was deleted and created again.
    Recreated {
        /// Topic.
        topic: Topic,
        /// Of each partition, from 0 on: the first number that the new log may hold.
        first_numbers: Vec<i64>,
    },
    /// Logs of a topic may have lost their ends.
    Truncated {
        /// Topic.
        topic: Topic,
    },
    /// No fetcher of a topic runs any more.
    Silenced {
        /// Topic.
        topic: Topic,
    },
    /// A fetcher of it is about to run again.
    Heard {
        /// Topic.
        topic: Topic,
    },
    /// Faults are about to be made.
    Begun {
        /// Their wave.
        wave: usize,
        /// The faults.
        faults: Vec<FaultSeen>,
    },
    /// All of a wave's faults are undone.
    Mended {
        /// The wave.
        wave: usize,
    },
    /// Every partition has brought new records since then.
    Over {
        /// The wave.
        wave: usize,
    },
}

/// A fault, as far as it explains what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSeen {
    /// Its kind.
    pub kind: String,
    /// The only topic that it touches; none when it may touch all.
    pub topic: Option<Topic>,
    /// Whether it may end leases, so that what they held goes to others at once.
    pub ends_leases: bool,
    /// Whether it makes another log of a topic's, so that what is committed may fall, or be the old one's for a while.
    pub remakes_logs: bool,
}

/// A gather, as its client saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// Who asked.
    pub client: String,
    /// When, by the same clock as the line's.
    pub asked_ns: u64,
    /// How long what came may be held, counted from the asking; none when the answer broke off before its summary.
    pub held_ns: Option<u64>,
    /// Records that came.
    pub topics: Vec<TopicRuns>,
    /// Slots without records.
    pub empty: Vec<EmptySlot>,
    /// What was wrong with the answer by itself: a damaged record, a slot that is missing.
    pub wrong: Option<String>,
}

/// A slot without records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptySlot {
    /// Topic.
    pub topic: Topic,
    /// Its verdict.
    pub verdict: String,
}

/// Records of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicRuns {
    /// Topic.
    pub topic: Topic,
    /// Records, in the order in which they came.
    pub runs: Vec<Run>,
}

/// Consecutive offsets of a partition that hold consecutive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i32, i64, i64, i64)", into = "(i32, i64, i64, i64)")]
pub struct Run {
    /// Partition.
    pub partition: i32,
    /// First offset.
    pub first_offset: i64,
    /// Offset after the run.
    pub next_offset: i64,
    /// Number of the first record.
    pub first_number: i64,
}

impl Run {
    /// One record.
    pub fn one(partition: i32, offset: i64, number: i64) -> Self {
        Self {
            partition,
            first_offset: offset,
            next_offset: offset + 1,
            first_number: number,
        }
    }

    /// Number after the run.
    pub fn next_number(&self) -> i64 {
        self.first_number + (self.next_offset - self.first_offset)
    }

    /// Adds a run to the last one of its partition that it follows, or as one of its own.
    pub fn append(runs: &mut Vec<Self>, more: Self) {
        let same = |run: &&mut Self| run.partition == more.partition;
        match runs.iter_mut().rev().find(same) {
            Some(last)
                if last.next_offset == more.first_offset
                    && last.next_number() == more.first_number =>
            {
                last.next_offset = more.next_offset;
            }
            Some(_) | None => runs.push(more),
        }
    }
}

impl From<(i32, i64, i64, i64)> for Run {
    fn from((partition, first_offset, next_offset, first_number): (i32, i64, i64, i64)) -> Self {
        Self {
            partition,
            first_offset,
            next_offset,
            first_number,
        }
    }
}

impl From<Run> for (i32, i64, i64, i64) {
    fn from(run: Run) -> Self {
        (
            run.partition,
            run.first_offset,
            run.next_offset,
            run.first_number,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_follow_each_other_are_one_run() {
        let mut runs = Vec::new();
        for (partition, offset, number) in [(0, 5, 9), (1, 0, 0), (0, 6, 10), (0, 7, 12)] {
            Run::append(&mut runs, Run::one(partition, offset, number));
        }
        let expected = [(0, 5, 7, 9), (1, 0, 1, 0), (0, 7, 8, 12)].map(Run::from);
        assert_eq!(runs, expected);
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let line = Line {
            at_ns: 7,
            said: Said::Gather(Gather {
                client: "a".to_owned(),
                topics: vec![TopicRuns {
                    topic: Topic::new("t").unwrap(),
                    runs: vec![Run::one(1, 2, 3)],
                }],
                ..Gather::default()
            }),
        };
        let text = serde_json::to_string(&line).unwrap();
        assert!(text.contains(r#""said":"gather""#), "{text}");
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
    }
}
