//! The families of an aggregator's page, and where their values come from. Documented in docs/METRICS.md; a test
//! compares.

use rollcall_proto::service::metrics::{Family, Sheet};
use rollcall_proto::time;
use rollcall_proto::v1::{PartitionStatus, Severity};

use super::LeftOut;
use crate::core::count::Count;
use crate::core::roll::measure::{TopicMeasures, WholeMeasures};

const TOPIC: &[&str] = &["topic"];
const PARTITION: &[&str] = &["topic", "partition"];

/// A fact about the aggregator as a whole.
type OfWhole = (Family, fn(&WholeMeasures) -> f64);
/// A fact about a topic; `None` where it is unknown.
type OfTopic = (Family, fn(&TopicMeasures) -> Option<f64>);
/// A fact about a partition; `None` where it is unknown.
type OfPartition = (Family, fn(&PartitionStatus) -> Option<f64>);

const WHOLE: [OfWhole; 6] = [
    (
        Family::gauge("rollcall_aggregator_topics", &[], "Topics of the roll."),
        |whole| whole.topics as f64,
    ),
    (
        Family::gauge("rollcall_aggregator_feeds", &[], "Feeds that are open."),
        |whole| whole.feeds as f64,
    ),
    (
        Family::gauge(
            "rollcall_aggregator_gathers_open",
            &[],
            "Gathers that are open.",
        ),
        |whole| whole.gathers as f64,
    ),
    (
        Family::gauge(
            "rollcall_aggregator_leases",
            &[],
            "Leases that live, those of open gathers included.",
        ),
        |whole| whole.leases as f64,
    ),
    (
        Family::gauge(
            "rollcall_aggregator_held_bytes",
            &[],
            "Bytes that are buffered or leased.",
        ),
        |whole| whole.held_bytes as f64,
    ),
    (
        Family::gauge(
            "rollcall_aggregator_budget_bytes",
            &[],
            "Bytes that may be buffered or leased; a batch for each partition comes on top.",
        ),
        |whole| whole.budget_bytes as f64,
    ),
];

const LANE: Family = Family::gauge(
    "rollcall_aggregator_lane_info",
    &["lane", "lanes"],
    "Which lane this aggregator is, and of how many; always 1.",
);
const EVENTS: Family = Family::counter(
    "rollcall_aggregator_events",
    &["event"],
    "What was dropped, repeated, skipped or refused, by the names of `counters` in GetStatus.",
);
const TOPICS_LEFT_OUT: Family = Family::gauge(
    "rollcall_metrics_topics_left_out",
    &[],
    "Topics of the roll without series here, because of metrics_topics.",
);
const PARTITIONS_LEFT_OUT: Family = Family::gauge(
    "rollcall_metrics_partitions_left_out",
    &[],
    "Partitions without series here, because of metrics_partitions; their topics' sums have them.",
);
const VERDICT: Family = Family::gauge(
    "rollcall_topic_verdict",
    &["topic", "verdict", "severity"],
    "1 for the verdict that holds, once it is confirmed; 0 before. Judged once a second.",
);
const EMPTIES: Family = Family::counter(
    "rollcall_topic_empty_gathers",
    &["topic", "verdict"],
    "Gathers whose slot of the topic was empty, by the verdict that said why.",
);

const TOPICS: [OfTopic; 14] = [
    (
        Family::counter(
            "rollcall_topic_gathers",
            TOPIC,
            "Gathers that asked for the topic and were answered; peeks are not counted.",
        ),
        |topic| Some(topic.totals.gathers as f64),
    ),
    (
        Family::counter(
            "rollcall_topic_records",
            TOPIC,
            "Records that gathers got; peeks are not counted.",
        ),
        |topic| Some(topic.totals.records as f64),
    ),
    (
        Family::counter(
            "rollcall_topic_redelivered_records",
            TOPIC,
            "Records that were handed out again.",
        ),
        |topic| Some(topic.totals.redelivered as f64),
    ),
    (
        Family::counter(
            "rollcall_topic_refused_commits",
            TOPIC,
            "Commits of partitions that Kafka refused.",
        ),
        |topic| Some(topic.totals.commits_refused as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_backlog_records",
            TOPIC,
            "Records that wait to be gathered: readable in Kafka, or buffered here.",
        ),
        |topic| topic.sums.backlog.map(|records| records as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_unacked_records",
            TOPIC,
            "Records that are handed out and not settled.",
        ),
        |topic| Some(topic.sums.unacked as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_last_record_age_seconds",
            TOPIC,
            "Age of the newest record, by its timestamp.",
        ),
        |topic| Some(topic.last_record_age?.as_secs_f64()),
    ),
    (
        Family::gauge(
            "rollcall_topic_held_bytes",
            TOPIC,
            "Bytes that are buffered or leased.",
        ),
        |topic| Some(topic.held_bytes as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_credit_bytes",
            TOPIC,
            "Bytes that the topic's feeds may still send.",
        ),
        |topic| Some(topic.credit_bytes as f64),
    ),
    (
        Family::gauge("rollcall_topic_feeds", TOPIC, "Feeds that are open."),
        |topic| Some(topic.feeds as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_standby_feeds",
            TOPIC,
            "Feeds that wait for partitions which another one holds (membership fixed).",
        ),
        |topic| Some(topic.standbys as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_gathers_waiting",
            TOPIC,
            "Open gathers that want records of the topic; peeks are not counted.",
        ),
        |topic| Some(topic.takers as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_partitions",
            TOPIC,
            "Partitions that are known.",
        ),
        |topic| Some(topic.sums.partitions as f64),
    ),
    (
        Family::gauge(
            "rollcall_topic_partitions_claimed",
            TOPIC,
            "Partitions that a fetcher claims.",
        ),
        |topic| Some(topic.sums.claimed as f64),
    ),
];

const PARTITIONS: [OfPartition; 11] = [
    (
        Family::gauge(
            "rollcall_partition_readable_records",
            PARTITION,
            "Records in Kafka that can be read and are not.",
        ),
        |partition| partition.readable.map(|records| records as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_lag_records",
            PARTITION,
            "Offsets that the group has not committed.",
        ),
        |partition| partition.lag.map(|records| records as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_buffered_records",
            PARTITION,
            "Records that are buffered here and not handed out.",
        ),
        |partition| Some(partition.buffered as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_unacked_records",
            PARTITION,
            "Records that are handed out and not settled.",
        ),
        |partition| Some(partition.unacked as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_leased_seconds",
            PARTITION,
            "How long a lease has held the partition; 0 when none does.",
        ),
        |partition| Some(seconds(partition.leased_for.as_ref()).unwrap_or(0.0)),
    ),
    (
        Family::gauge(
            "rollcall_partition_claimed",
            PARTITION,
            "1 when a fetcher claims the partition, else 0.",
        ),
        |partition| Some(f64::from(u8::from(partition.epoch > 0))),
    ),
    (
        Family::gauge(
            "rollcall_partition_probe_age_seconds",
            PARTITION,
            "Time since the log end was probed.",
        ),
        |partition| seconds(partition.probe_age.as_ref()),
    ),
    (
        Family::gauge(
            "rollcall_partition_log_start_offset",
            PARTITION,
            "Log start.",
        ),
        |partition| partition.log_start.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_log_end_offset",
            PARTITION,
            "High watermark.",
        ),
        |partition| partition.high_watermark.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_position_offset",
            PARTITION,
            "Next offset to fetch.",
        ),
        |partition| partition.position.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_partition_committed_offset",
            PARTITION,
            "Offset that the group has committed.",
        ),
        |partition| partition.committed.map(|offset| offset as f64),
    ),
];

/// The page.
pub(super) fn sheet(whole: &WholeMeasures, topics: &[TopicMeasures], left_out: LeftOut) -> Sheet {
    let mut sheet = Sheet::new(all());
    for (family, value) in &WHOLE {
        sheet.put(family, &[], Some(value(whole)));
    }
    let (lane, lanes) = (whole.lane.number.to_string(), whole.lane.of.to_string());
    sheet.put(&LANE, &[&lane, &lanes], Some(1.0));
    for count in Count::ALL {
        sheet.put(
            &EVENTS,
            &[count.name()],
            Some(whole.counters.get(count) as f64),
        );
    }
    sheet.put(&TOPICS_LEFT_OUT, &[], Some(left_out.topics as f64));
    sheet.put(&PARTITIONS_LEFT_OUT, &[], Some(left_out.partitions as f64));
    topics.iter().for_each(|topic| put_topic(&mut sheet, topic));
    sheet
}

/// The families of the page, in their order.
fn all() -> impl Iterator<Item = Family> {
    let whole = WHOLE.iter().map(|(family, _)| *family);
    let topics = TOPICS.iter().map(|(family, _)| *family);
    let partitions = PARTITIONS.iter().map(|(family, _)| *family);
    whole
        .chain([
            LANE,
            EVENTS,
            TOPICS_LEFT_OUT,
            PARTITIONS_LEFT_OUT,
            VERDICT,
            EMPTIES,
        ])
        .chain(topics)
        .chain(partitions)
}

fn put_topic(sheet: &mut Sheet, topic: &TopicMeasures) {
    let name = topic.topic.as_str();
    if let Some(said) = topic.said {
        let confirmed = Some(f64::from(u8::from(said.confirmed)));
        let labels = [name, said.code.name(), severity(said.severity)];
        sheet.put(&VERDICT, &labels, confirmed);
    }
    for (verdict, count) in &topic.totals.empties {
        sheet.put(&EMPTIES, &[name, verdict.name()], Some(*count as f64));
    }
    for (family, value) in &TOPICS {
        sheet.put(family, &[name], value(topic));
    }
    for partition in &topic.partitions {
        let number = partition.partition.to_string();
        for (family, value) in &PARTITIONS {
            sheet.put(family, &[name, &number], value(partition));
        }
    }
}

/// The word of a severity; the same as in `rollcall doctor -o prom`.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warn => "warn",
        Severity::Fault => "fault",
        Severity::Unknown | Severity::Unspecified => "unknown",
    }
}

fn seconds(length: Option<&prost_types::Duration>) -> Option<f64> {
    Some(time::length(length?)?.as_secs_f64())
}
