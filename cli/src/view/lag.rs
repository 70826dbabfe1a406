//! Offsets and lag, in the layout of `kafka-consumer-groups --describe`, so that scripts survive.

use std::net::IpAddr;

use rollcall_proto::v1::{PartitionStatus, TopicStatus};

use super::table::{Align, Cell, Table};

/// Columns of Kafka's tool, in its order.
const COLUMNS: [&str; 9] = [
    "GROUP",
    "TOPIC",
    "PARTITION",
    "CURRENT-OFFSET",
    "LOG-END-OFFSET",
    "LAG",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
];

/// What rollcall knows besides.
const MORE: [&str; 5] = [
    "LOG-START-OFFSET",
    "LAST-STABLE-OFFSET",
    "READABLE",
    "POSITION",
    "UNACKED",
];

/// Least widths of the columns (source: `ConsumerGroupCommand.printOffsetFormat` of Kafka 4).
const MINIMUMS: [usize; 8] = [15, 15, 10, 15, 15, 15, 15, 15];

/// The table; `wide` adds what Kafka's tool does not have, behind its columns.
pub fn table(group: &str, topics: &[TopicStatus], wide: bool) -> String {
    let names = COLUMNS.iter().chain(if wide { &MORE[..] } else { &[] });
    let mut table = Table::new(names.map(|name| (*name, Align::Left)))
        .with_minimums(&MINIMUMS)
        .tight();
    let mut topics: Vec<&TopicStatus> = topics.iter().collect();
    topics.sort_by_key(|topic| topic.topic.as_str());
    for topic in topics {
        for partition in &topic.partitions {
            table.push(row(group, &topic.topic, partition, wide));
        }
    }
    table.render()
}

fn row(group: &str, topic: &str, partition: &PartitionStatus, wide: bool) -> Vec<Cell> {
    let mut fields = vec![
        known(group),
        topic.to_owned(),
        partition.partition.to_string(),
        number(partition.committed),
        number(partition.high_watermark),
        number(partition.lag),
        known(&partition.member_id),
        host(&partition.host),
        known(&partition.client_id),
    ];
    if wide {
        fields.extend([
            number(partition.log_start),
            number(partition.last_stable_offset),
            number(partition.readable),
            number(partition.position),
            partition.unacked.to_string(),
        ]);
    }
    fields.into_iter().map(Cell::new).collect()
}

fn known(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.to_owned()
    }
}

fn number(number: Option<impl ToString>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// A host as Kafka's tool prints it: an address has a slash before it (Java's `InetAddress`).
fn host(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(address) => format!("/{address}"),
        Err(_) => known(host),
    }
}

#[cfg(test)]
mod tests;
