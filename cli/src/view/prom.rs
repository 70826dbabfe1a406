//! The Prometheus text format, for node_exporter's textfile collector. Names and labels are kept: dashboards rest on
//! them.
//!
//! Source of the format: "Text-based format", version 0.0.4, of Prometheus' exposition formats.

use std::fmt::Write as _;

use rollcall_proto::v1::{GetStatusResponse, Observation, PartitionStatus, TopicStatus, Verdict};

use super::quantity::of_proto;
use super::verdict::{code_name, severity_of, severity_word};
use crate::sanitize::safe;

/// Characters of a label's value, at most: Kafka's own names have no more than 249.
const LABEL: usize = 255;
/// Partitions of one topic with series of their own, at most; the topic's sums are of all.
const PARTITIONS: usize = 1_000;

/// One family of series.
struct Family {
    name: &'static str,
    help: &'static str,
    series: Series,
}

/// How a family finds its series in the answer for one group.
enum Series {
    Group(fn(&Observation) -> Option<f64>),
    GroupVerdict,
    Topic(fn(&TopicStatus) -> Option<f64>),
    Partition(fn(&PartitionStatus) -> Option<f64>),
    Verdict,
}

/// Every family, in the order in which it is written.
const FAMILIES: [Family; 13] = [
    Family {
        name: "rollcall_group_members",
        help: "Members of the group.",
        series: Series::Group(|seen| seen.members.map(f64::from)),
    },
    Family {
        name: "rollcall_group_watched_seconds",
        help: "How long the group was watched for these verdicts.",
        series: Series::Group(|seen| Some(of_proto(seen.watched.as_ref())?.as_secs_f64())),
    },
    Family {
        name: "rollcall_group_missing_rights",
        help: "Rights that the observer would need and has not.",
        series: Series::Group(|seen| Some(seen.missing_rights.len() as f64)),
    },
    Family {
        name: "rollcall_group_verdict",
        help: "1 for the verdict on a group of which no topic is known, once it is confirmed; 0 before.",
        series: Series::GroupVerdict,
    },
    Family {
        name: "rollcall_topic_verdict",
        help: "1 for the verdict that holds, once it is confirmed; 0 before.",
        series: Series::Verdict,
    },
    Family {
        name: "rollcall_topic_lag_records",
        help: "Offsets that the group has not committed, over the partitions where that is known.",
        series: Series::Topic(|topic| super::doctor::lag(topic).map(|lag| lag as f64)),
    },
    Family {
        name: "rollcall_topic_readable_records",
        help: "Records that could be read and are not committed.",
        series: Series::Topic(|topic| super::doctor::readable(topic).map(|count| count as f64)),
    },
    Family {
        name: "rollcall_topic_last_record_age_seconds",
        help: "Age of the newest record, by its timestamp.",
        series: Series::Topic(|topic| Some(super::doctor::newest_age(topic)?.as_secs_f64())),
    },
    Family {
        name: "rollcall_topic_empty_call_ratio",
        help: "Share of the application's calls that find nothing, by the topic's own rhythm and the timeout that was told.",
        series: Series::Topic(|topic| topic.arrivals.as_ref()?.p_empty),
    },
    Family {
        name: "rollcall_partition_lag_records",
        help: "Offsets that the group has not committed.",
        series: Series::Partition(|partition| partition.lag.map(|lag| lag as f64)),
    },
    Family {
        name: "rollcall_partition_lag_seconds",
        help: "Age of the oldest record that the group has not committed; 0 when there is none.",
        series: Series::Partition(|partition| match partition.lag {
            Some(0) => Some(0.0),
            Some(_) | None => Some(of_proto(partition.oldest_unread_age.as_ref())?.as_secs_f64()),
        }),
    },
    Family {
        name: "rollcall_partition_committed_offset",
        help: "Offset that the group has committed.",
        series: Series::Partition(|partition| partition.committed.map(|offset| offset as f64)),
    },
    Family {
        name: "rollcall_partition_log_end_offset",
        help: "High watermark.",
        series: Series::Partition(|partition| partition.high_watermark.map(|offset| offset as f64)),
    },
];

/// The page; what is unknown has no series.
pub fn page(answers: &[GetStatusResponse]) -> String {
    let mut page = String::new();
    for family in &FAMILIES {
        let lines: String = answers.iter().map(|answer| lines(family, answer)).collect();
        if !lines.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(
                page,
                "# HELP {0} {1}\n# TYPE {0} gauge\n{lines}",
                family.name, family.help
            );
        }
    }
    page
}

fn lines(family: &Family, answer: &GetStatusResponse) -> String {
    let group = label("group", &answer.group);
    let topics = || {
        answer
            .topics
            .iter()
            .map(|topic| (topic, label("topic", &topic.topic)))
    };
    match family.series {
        Series::Group(value) => {
            let state = answer.observation.as_ref().map_or("", |seen| &seen.state);
            let value = answer.observation.as_ref().and_then(value);
            line(family.name, &[&group, &label("state", state)], value)
        }
        Series::GroupVerdict => {
            let seen = answer.observation.as_ref();
            let alone = seen.filter(|_| answer.topics.is_empty());
            let said = alone.and_then(|seen| seen.verdict.as_ref());
            said.map_or_else(String::new, |said| {
                verdict(family.name, &[&group], Some(said))
            })
        }
        Series::Topic(value) => topics()
            .map(|(topic, name)| line(family.name, &[&group, &name], value(topic)))
            .collect(),
        Series::Partition(value) => topics()
            .flat_map(|(topic, name)| {
                let partitions = topic.partitions.iter().take(PARTITIONS);
                partitions.map(move |partition| (partition, name.clone()))
            })
            .map(|(partition, name)| {
                let number = label("partition", &partition.partition.to_string());
                line(family.name, &[&group, &name, &number], value(partition))
            })
            .collect(),
        Series::Verdict => topics()
            .map(|(topic, name)| verdict(family.name, &[&group, &name], topic.verdict.as_ref()))
            .collect(),
    }
}

fn verdict(family: &str, of: &[&str], verdict: Option<&Verdict>) -> String {
    let code = label(
        "verdict",
        &code_name(verdict.map_or(0, |verdict| verdict.code)),
    );
    let severity = severity_word(severity_of(verdict)).to_lowercase();
    let confirmed = verdict.is_some_and(|verdict| verdict.confirmed);
    let severity = label("severity", &severity);
    let labels = [of, &[&code, &severity]].concat();
    line(family, &labels, Some(f64::from(u8::from(confirmed))))
}

fn line(name: &str, labels: &[&str], value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| {
        format!("{name}{{{}}} {value}\n", labels.join(","))
    })
}

/// A label, its value bounded, safe to print and escaped as the format wants it.
fn label(name: &str, value: &str) -> String {
    let bounded: String = value.chars().take(LABEL).collect();
    let safe = safe(&bounded);
    let mut escaped = String::with_capacity(safe.len() + 2);
    for character in safe.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            plain => escaped.push(plain),
        }
    }
    format!("{name}=\"{escaped}\"")
}

#[cfg(test)]
mod tests;
