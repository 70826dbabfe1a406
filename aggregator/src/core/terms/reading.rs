//! Reading a request: every violation at once.

use std::time::Duration;

use rollcall_proto::status::Violation;
use rollcall_proto::time;
use rollcall_proto::v1::{self, Close, Delivery, Encoding};

use super::{
    CLIENT_ID_BYTES, CloseWhen, Deliver, LEASE, LEASES, MAX_RECORDS, MAX_RECORDS_MOST,
    SETTLE_RANGES, TIMEOUTS, Terms, VIOLATIONS,
};
use crate::core::roster::{Roster, TopicKey};

/// Reads a request; every violation at once.
pub fn read(
    request: &v1::GatherRequest,
    roster: &Roster,
    default_timeout: Duration,
) -> Result<Terms, Vec<Violation>> {
    let mut reading = Reading {
        roster,
        violations: Vec::new(),
    };
    let topics = reading.topics("topics", &request.topics);
    let topics = if request.topics.is_empty() {
        roster.keys().collect()
    } else {
        topics
    };
    let required = reading.topics("required", &request.required);
    let terms = Terms {
        timeout: reading.duration(
            "timeout",
            request.timeout.as_ref(),
            default_timeout,
            TIMEOUTS,
        ),
        max_records: reading.max_records(request.max_records),
        max_bytes: reading.max_bytes(request.max_bytes),
        close: reading.close(request, &topics, required),
        delivery: reading.delivery(request.delivery),
        lease: reading.duration("lease", request.lease.as_ref(), LEASE, LEASES),
        plain: reading.plain(request.encoding),
        client: reading.client(&request.client_id),
        trace: None,
        topics,
    };
    reading.settle(request.settle.len());
    reading.finish(terms)
}

/// Reads the topics of a request that names some, or means all.
pub fn read_topics(names: &[String], roster: &Roster) -> Result<Vec<TopicKey>, Vec<Violation>> {
    let mut reading = Reading {
        roster,
        violations: Vec::new(),
    };
    let topics = reading.topics("topics", names);
    let topics = if names.is_empty() {
        roster.keys().collect()
    } else {
        topics
    };
    reading.finish(topics)
}

/// Reads the timeout of a request that judges without gathering.
pub fn read_timeout(
    timeout: Option<&prost_types::Duration>,
) -> Result<Option<Duration>, Violation> {
    timeout
        .map(|timeout| within("timeout", timeout, TIMEOUTS))
        .transpose()
}

/// Collects what is wrong while it reads.
struct Reading<'a> {
    roster: &'a Roster,
    violations: Vec<Violation>,
}

impl Reading<'_> {
    fn wrong(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.violations.push(Violation::new(field, description));
    }

    fn finish<T>(mut self, read: T) -> Result<T, Vec<Violation>> {
        let untold = self.violations.len().saturating_sub(VIOLATIONS);
        self.violations.truncate(VIOLATIONS);
        if untold > 0 {
            self.wrong("", format!("{untold} more violations"));
        }
        if self.violations.is_empty() {
            Ok(read)
        } else {
            Err(self.violations)
        }
    }

    fn topics(&mut self, field: &str, names: &[String]) -> Vec<TopicKey> {
        let mut topics = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match self.roster.find(name) {
                None => {
                    let nearest = self.roster.nearest(name);
                    let nearest = nearest
                        .map_or_else(String::new, |topic| format!("; the nearest is {topic}"));
                    self.wrong(
                        format!("{field}[{at}]"),
                        format!("topic {name:?} is not on the roll{nearest}"),
                    );
                }
                Some(topic) if topics.contains(&topic) => {
                    self.wrong(
                        format!("{field}[{at}]"),
                        format!("topic {name} is named twice"),
                    );
                }
                Some(topic) => topics.push(topic),
            }
        }
        topics
    }

    fn duration(
        &mut self,
        field: &'static str,
        asked: Option<&prost_types::Duration>,
        absent: Duration,
        limits: (Duration, Duration),
    ) -> Duration {
        match asked.map(|asked| within(field, asked, limits)) {
            None => absent,
            Some(Ok(duration)) => duration,
            Some(Err(violation)) => {
                self.violations.push(violation);
                absent
            }
        }
    }

    fn max_records(&mut self, asked: Option<u32>) -> u32 {
        match asked.unwrap_or(MAX_RECORDS) {
            records @ 1..=MAX_RECORDS_MOST => records,
            records => {
                self.wrong(
                    "max_records",
                    format!("{records} records; 1 to {MAX_RECORDS_MOST} are accepted"),
                );
                MAX_RECORDS
            }
        }
    }

    fn max_bytes(&mut self, asked: Option<u64>) -> u64 {
        if asked == Some(0) {
            self.wrong(
                "max_bytes",
                "0 bytes; at least 1 is accepted, absent means no limit",
            );
        }
        asked.unwrap_or(u64::MAX)
    }

    fn close(
        &mut self,
        request: &v1::GatherRequest,
        topics: &[TopicKey],
        required: Vec<TopicKey>,
    ) -> CloseWhen {
        let close = match Close::try_from(request.close) {
            Ok(Close::Unspecified | Close::Each) => CloseWhen::Each,
            Ok(Close::Any) => CloseWhen::Any,
            Ok(Close::Full) => CloseWhen::Full,
            Ok(Close::Required) => return self.required(request, topics, required),
            Err(_) => {
                self.wrong(
                    "close",
                    format!("{} is no close mode of this aggregator", request.close),
                );
                CloseWhen::Each
            }
        };
        if !request.required.is_empty() {
            self.wrong(
                "required",
                "topics are required, but close is not CLOSE_REQUIRED",
            );
        }
        close
    }

    fn required(
        &mut self,
        request: &v1::GatherRequest,
        topics: &[TopicKey],
        required: Vec<TopicKey>,
    ) -> CloseWhen {
        if request.required.is_empty() {
            self.wrong("required", "CLOSE_REQUIRED needs at least one topic");
        }
        let topic = |key: TopicKey| self.roster.topics()[key.0].clone();
        let missing: Vec<_> = required
            .iter()
            .filter(|key| !topics.contains(key))
            .map(|&key| topic(key))
            .collect();
        for topic in missing {
            self.wrong(
                "required",
                format!("topic {topic} is required, but not asked for in topics"),
            );
        }
        CloseWhen::Required(required)
    }

    fn delivery(&mut self, asked: i32) -> Deliver {
        match Delivery::try_from(asked) {
            Ok(Delivery::Unspecified | Delivery::Lease) => Deliver::Lease,
            Ok(Delivery::Peek) => Deliver::Peek,
            Ok(Delivery::AutoAck) => Deliver::AutoAck,
            Err(_) => {
                self.wrong(
                    "delivery",
                    format!("{asked} is no delivery of this aggregator"),
                );
                Deliver::Peek
            }
        }
    }

    fn plain(&mut self, asked: i32) -> bool {
        match Encoding::try_from(asked) {
            Ok(Encoding::Unspecified | Encoding::Packed) => false,
            Ok(Encoding::Records) => true,
            Err(_) => {
                self.wrong(
                    "encoding",
                    format!("{asked} is no encoding of this aggregator"),
                );
                false
            }
        }
    }

    fn client(&mut self, client_id: &str) -> String {
        let bytes = client_id.len();
        if bytes > CLIENT_ID_BYTES {
            self.wrong(
                "client_id",
                format!("{bytes} bytes; at most {CLIENT_ID_BYTES} are accepted"),
            );
            return String::new();
        }
        client_id.to_owned()
    }

    fn settle(&mut self, ranges: usize) {
        self.violations.extend(too_many_ranges("settle", ranges));
    }
}

/// What is wrong with the number of ranges to settle, if anything.
pub fn too_many_ranges(field: &str, ranges: usize) -> Option<Violation> {
    let text = || format!("{ranges} ranges; at most {SETTLE_RANGES} are accepted in one call");
    (ranges > SETTLE_RANGES).then(|| Violation::new(field, text()))
}

fn within(
    field: &'static str,
    asked: &prost_types::Duration,
    (least, most): (Duration, Duration),
) -> Result<Duration, Violation> {
    let duration = time::length(asked);
    duration
        .filter(|&duration| least <= duration && duration <= most)
        .ok_or_else(|| {
            let asked = format!("{}.{:09} s", asked.seconds, asked.nanos.unsigned_abs());
            Violation::new(
                field,
                format!("{asked}; {least:?} to {most:?} are accepted"),
            )
        })
}
