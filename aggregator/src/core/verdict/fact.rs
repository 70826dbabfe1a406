//! Facts as they travel: stable names, units, partition, source and age.

use std::time::Duration;

use rollcall_proto::ids::Offset;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, Source, fact};

use super::case::Case;
use crate::core::evidence::wire::{self, Measured, wire_duration};

/// A fact's value; it brings its unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An offset.
    Offset(Offset),
    /// A number of records.
    Records(u64),
    /// A number of offsets, which may hold fewer records.
    Offsets(u64),
    /// A size.
    Bytes(u64),
    /// A number of something else, with its unit.
    Count(u64, &'static str),
    /// A code of Kafka or of its client.
    Code(i32),
    /// A share or a probability.
    Share(f64),
    /// Records a second.
    Rate(f64),
    /// A length of time.
    Length(Duration),
    /// A point in time.
    Time(Moment),
    /// A name or a text.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

impl Case<'_> {
    /// A fact about the partition.
    pub fn fact(&self, name: &str, value: Value, source: Source, at: Moment) -> v1::Fact {
        let partition = self.partition.map(|partition| partition.0);
        v1::Fact {
            partition,
            ..self.topic_fact(name, value, source, at)
        }
    }

    /// A fact about the topic.
    pub fn topic_fact(&self, name: &str, value: Value, source: Source, at: Moment) -> v1::Fact {
        v1::Fact {
            name: name.to_owned(),
            unit: value.unit().to_owned(),
            value: Some(self.wire_value(value)),
            partition: None,
            source: source.into(),
            age: Some(wire_duration(self.since(at))),
        }
    }

    /// A fact from the aggregator's own books, as of now.
    pub fn own(&self, name: &str, value: Value) -> v1::Fact {
        self.fact(name, value, Source::Aggregator, self.now)
    }

    /// An offset that was measured.
    pub fn offset(&self, name: &str, measured: Measured<Offset>) -> v1::Fact {
        self.fact(
            name,
            Value::Offset(measured.value),
            measured.source,
            measured.at,
        )
    }

    fn wire_value(&self, value: Value) -> fact::Value {
        let number = |count: u64| fact::Value::Number(i64::try_from(count).unwrap_or(i64::MAX));
        match value {
            Value::Offset(offset) => fact::Value::Number(offset.get()),
            Value::Records(n) | Value::Offsets(n) | Value::Bytes(n) | Value::Count(n, _) => {
                number(n)
            }
            Value::Code(code) => fact::Value::Number(code.into()),
            Value::Share(ratio) | Value::Rate(ratio) => fact::Value::Ratio(ratio),
            Value::Length(length) => fact::Value::Duration(wire_duration(length)),
            Value::Time(moment) => fact::Value::Time(self.evidence.wall().time(moment).into()),
            Value::Text(text) => fact::Value::Text(wire::text(&text)),
            Value::Flag(flag) => fact::Value::Flag(flag),
        }
    }

    /// What is known of the partition's offsets and records, whatever the verdict is.
    pub fn partition_facts(&self) -> Vec<v1::Fact> {
        let ends = self.seen.and_then(|seen| seen.ends);
        let stable = ends.and_then(|ends| {
            Some(Measured::new(
                ends.stable?,
                ends.at,
                Source::ProbeLastStable,
            ))
        });
        let high = ends.map(|ends| Measured::new(ends.high, ends.at, Source::ProbeHighWatermark));
        let part = self.seen.and_then(|seen| seen.pulse.as_ref());
        let handed =
            part.and_then(|part| Some(Measured::new(part.handed_over?, part.at, Source::Pulse)));
        let offsets = [
            ("log_start", self.seen.and_then(|seen| seen.log_start)),
            ("high_watermark", high),
            ("last_stable_offset", stable),
            ("position", self.position()),
            ("handed_over", handed),
            ("committed", self.committed()),
        ];
        let known = offsets
            .into_iter()
            .filter_map(|(name, offset)| Some(self.offset(name, offset?)));
        let readable = self
            .readable()
            .map(|n| self.own("readable", Value::Records(n)));
        let book = self.book.map(|book| {
            let unacked = self.own("unacked", Value::Records(book.unacked_records));
            [
                self.own("buffered", Value::Records(book.buffered_records)),
                unacked,
            ]
        });
        known
            .chain(readable)
            .chain(book.into_iter().flatten())
            .collect()
    }
}

impl Value {
    const fn unit(&self) -> &'static str {
        match self {
            Self::Offset(_) => "offset",
            Self::Records(_) => "records",
            Self::Offsets(_) => "offsets",
            Self::Bytes(_) => "bytes",
            Self::Count(_, unit) => unit,
            Self::Share(_) => "1",
            Self::Rate(_) => "records/s",
            Self::Code(_) => "code",
            Self::Length(_) | Self::Time(_) | Self::Text(_) | Self::Flag(_) => "",
        }
    }
}

/// Advice with its numbers.
pub fn advice(code: AdviceCode, numbers: Vec<v1::Fact>) -> v1::Advice {
    v1::Advice {
        code: code.into(),
        numbers,
    }
}
