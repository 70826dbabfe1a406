//! When the newest records of a topic were written, read from the log at the start, so that the topic's rhythm is
//! known in the first second instead of after minutes of watching.
//!
//! The tail of every partition gives the gaps between arrivals, the log's time index the rates of earlier hours and
//! days. Nothing is joined: `assign` wants some `group.id`, but a group is only made by subscribing.

pub(crate) mod budget;
mod merge;
mod tail;

use std::time::{Duration, Instant, SystemTime};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, Offset as Position};
use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::v1;

use super::observer::{ObserverClient, Offsets, group_less};

use tail::Tail;

pub use budget::Budget;

/// Group of a client whose configuration names none. It is never joined and commits nothing.
const GROUP: &str = "rollcall-history";
/// How long a broker may hold an empty answer: each broker's end costs that long once.
const FETCH_WAIT_MILLIS: &str = "20";
/// Ages at which records are counted, in hours: closely around now a day and a week ago, so that what is usual at this
/// hour is known for the next hour, and more coarsely before that, for a silence that began earlier.
const HOURS: [u64; 12] = [22, 23, 24, 25, 26, 28, 30, 34, 38, 42, 46, 49];
/// Ages of minutes, for the present rate.
const MINUTES: [u64; 5] = [1, 5, 15, 60, 240];
/// Hours from yesterday to the same day of last week.
const LAST_WEEK: u64 = 6 * 24;

/// All ages, the youngest first.
fn ages() -> impl Iterator<Item = Duration> {
    let hours = HOURS.into_iter();
    let hours = hours.clone().chain(hours.map(|hour| hour + LAST_WEEK));
    let minutes = MINUTES.into_iter().chain(hours.map(|hour| hour * 60));
    minutes.map(|minutes| Duration::from_secs(minutes * 60))
}

/// Least share of a partition: below it a tail would hold too few records to say anything.
const LEAST_BYTES: u64 = 1 << 10;
/// Part of what is left that one topic may read: others are read beside it, and large records are read twice.
const SHARE: u64 = 4;

/// What the reading of one topic may cost, beside the [`Budget`] of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Records of each partition.
    pub partition_records: u32,
    /// Bytes of each partition: of large records fewer are read, the newest.
    pub partition_bytes: u64,
    /// Time for the tails, and again for the rates. When it does not suffice there are no arrivals.
    pub time: Duration,
}

impl Bounds {
    /// The same, with no more for each partition than its share of what is left; `None` when that is next to nothing.
    fn share_of(self, left: u64, partitions: usize) -> Option<Self> {
        let partitions = u64::try_from(partitions).unwrap_or(u64::MAX).max(1);
        let share = left / SHARE / partitions;
        (share >= LEAST_BYTES.min(self.partition_bytes)).then(|| Self {
            partition_bytes: self.partition_bytes.min(share),
            ..self
        })
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            partition_records: 100,
            partition_bytes: 64 << 10,
            time: Duration::from_secs(1),
        }
    }
}

/// Reads the arrivals of the newest records, and the rates of earlier times (not on the embedded broker, which has no
/// time index). Blocks; 60 to 150 ms where the brokers answer. `age` is left for the caller.
///
/// Arrivals are all or nothing: without one partition's records the gaps would look longer than they are, and a busy
/// topic slow. They begin where the shortest tail begins, for the same reason. When the budget does not suffice there
/// are none, and the history says so (`budget_spent`). An error when a partition could not even be asked for its ends.
///
/// `config` connects; its `group.id` is used when it has one (rights may be bound to it), and its `isolation.level`.
pub fn read(
    config: &ClientConfig,
    topic: &Topic,
    partitions: &[Partition],
    bounds: Bounds,
    budget: &Budget,
) -> Result<v1::History, KafkaError> {
    let deadline = Instant::now() + bounds.time;
    let left = budget.left(Instant::now());
    let share = bounds.share_of(left, partitions.len());
    let client = ObserverClient::new(&settings(config, share.unwrap_or(bounds), left))?;
    let metadata = client.metadata(topic, bounds.time)?;
    for partition in partitions {
        let mut known = metadata.partitions.iter();
        if !known.any(|entry| entry.partition == *partition && entry.leader.is_some()) {
            return Err(KafkaError::OffsetFetch(
                RDKafkaErrorCode::LeaderNotAvailable,
            ));
        }
    }
    let ends = ends(&client, topic, partitions, deadline)?;
    let tails = match share {
        Some(bounds) => {
            let cost = tail::Cost {
                bounds,
                budget,
                deadline,
            };
            let tails = ends
                .iter()
                .map(|ends| Tail::new(*ends, bounds.partition_records));
            tail::read(&client.consumer, topic, tails.collect(), cost)?
        }
        None => None,
    };
    let holds_records = ends.iter().any(|ends| ends.log_start < ends.end);
    let spent = share.is_none() || budget.left(Instant::now()) == 0;
    let budget_spent = tails.is_none() && holds_records && spent;
    let arrivals = tails.map_or_else(merge::Arrivals::default, |tails| {
        merge::arrivals(&tails, wall_millis())
    });
    tracing::debug!(
        %topic,
        arrivals = arrivals.millis.len(),
        dropped = arrivals.dropped,
        "history read"
    );
    let rates = if metadata.embedded {
        Vec::new()
    } else {
        rates(&client, topic, &ends, bounds.time)
    };
    let records = ends
        .iter()
        .map(|ends| ends.end.distance_from(ends.log_start));
    Ok(v1::History {
        timestamp_type: arrivals.timestamp_type.into(),
        arrivals: arrivals.millis.into_iter().map(timestamp).collect(),
        age: None,
        rates,
        timestamps_unusable: u32::try_from(arrivals.dropped).unwrap_or(u32::MAX),
        records: Some(records.fold(0, u64::saturating_add)),
        cut: arrivals.cut,
        read_bytes: arrivals.bytes,
        budget_spent,
    })
}

/// Where a partition's records begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    partition: Partition,
    log_start: Offset,
    /// S for a read_committed client, else H.
    end: Offset,
}

fn settings(base: &ClientConfig, bounds: Bounds, left: u64) -> ClientConfig {
    let mut config = group_less(base);
    config
        .set("group.id", base.get("group.id").unwrap_or(GROUP))
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "error")
        .set("fetch.wait.max.ms", FETCH_WAIT_MILLIS)
        .set("fetch.min.bytes", "1")
        .set("fetch.queue.backoff.ms", "10")
        .set(
            "max.partition.fetch.bytes",
            bounds.partition_bytes.to_string(),
        )
        .set(
            "queued.min.messages",
            bounds.partition_records.max(1).to_string(),
        )
        .set(
            "queued.max.messages.kbytes",
            (left >> 10).max(1).to_string(),
        );
    config
}

fn ends(
    client: &ObserverClient,
    topic: &Topic,
    partitions: &[Partition],
    deadline: Instant,
) -> Result<Vec<Ends>, KafkaError> {
    let measure = |position| -> Result<Offsets, KafkaError> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        client.offsets(topic, partitions, position, remaining)
    };
    let log_starts = measure(Position::Beginning)?;
    let both = log_starts.into_iter().zip(measure(Position::End)?);
    both.map(|((partition, log_start), (_, end))| {
        Ok(Ends {
            partition,
            log_start: log_start?,
            end: end?,
        })
    })
    .collect()
}

/// Records younger than each age. An age that some partition did not answer is left out, and so are all ages beyond the
/// first at which the log holds nothing older.
fn rates(
    client: &ObserverClient,
    topic: &Topic,
    ends: &[Ends],
    time: Duration,
) -> Vec<v1::RateSample> {
    let deadline = Instant::now() + time;
    let partitions: Vec<_> = ends.iter().map(|ends| ends.partition).collect();
    let younger = |age: Duration| -> Option<u64> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let age_millis = i64::try_from(age.as_millis()).ok()?;
        let since = Position::Offset(wall_millis().saturating_sub(age_millis).max(0));
        let found = client
            .positions(topic, &partitions, since, remaining)
            .ok()?;
        ends.iter().try_fold(0_u64, |sum, ends| {
            let first = found.get(&ends.partition)?.as_ref().ok()?;
            let records = first.map_or(0, |first| ends.end.distance_from(first));
            Some(sum.saturating_add(records))
        })
    };
    let all = ends
        .iter()
        .map(|ends| ends.end.distance_from(ends.log_start));
    let all = all.fold(0, u64::saturating_add);
    let mut rates: Vec<v1::RateSample> = Vec::new();
    for age in ages() {
        if rates.last().is_some_and(|last| last.records >= all) {
            break;
        }
        rates.extend(younger(age).map(|records| v1::RateSample {
            records,
            younger_than: prost_types::Duration::try_from(age).ok(),
        }));
    }
    rates
}

fn wall_millis() -> i64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since_epoch.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

fn timestamp(millis: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: millis.div_euclid(1000),
        nanos: i32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
