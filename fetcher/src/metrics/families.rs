//! The families of a fetcher's page, and where their values come from. Documented in docs/METRICS.md; a test compares.

use std::collections::BTreeMap;

use rollcall_proto::service::metrics::{Family, Sheet};
use rollcall_proto::time;
use rollcall_proto::v1::{GroupState, PartitionPulse};

use crate::feed::{Cause, Measured};

const TOPIC: &[&str] = &["topic"];
const PARTITION: &[&str] = &["topic", "partition"];

/// A fact about the fetcher; `None` where it is unknown.
type OfFetcher = (Family, fn(&Measured) -> Option<f64>);
/// A fact about a partition that the group gave it; `None` where it is unknown.
type OfPartition = (Family, fn(&PartitionPulse) -> Option<f64>);

const FEED_FAILURES: Family = Family::counter(
    "rollcall_fetcher_feed_failures",
    &["topic", "cause"],
    "Feeds that ended or did not begin, by cause; unauthenticated: the token was refused.",
);
const ERRORS: Family = Family::gauge(
    "rollcall_fetcher_kafka_errors",
    &["topic", "kind"],
    "Errors of the Kafka client that last, by kind.",
);
const LEFT_OUT: Family = Family::gauge(
    "rollcall_metrics_partitions_left_out",
    &[],
    "Partitions without series here, because of metrics_partitions.",
);

const FETCHER: [OfFetcher; 23] = [
    (
        Family::gauge(
            "rollcall_fetcher_feed_open",
            TOPIC,
            "1 while the aggregators of all lanes have welcomed the fetcher, else 0.",
        ),
        |all| Some(f64::from(u8::from(all.session.welcomed))),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_lanes",
            TOPIC,
            "Lanes that the aggregators agree on; 0 while none has said so, or they disagree.",
        ),
        |all| Some(f64::from(all.session.lanes)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_lanes_fed",
            TOPIC,
            "Lanes whose aggregator has welcomed the fetcher.",
        ),
        |all| Some(f64::from(all.session.lanes_fed)),
    ),
    (
        Family::counter(
            "rollcall_fetcher_sent_batches",
            TOPIC,
            "Batches that were sent.",
        ),
        |all| Some(all.session.tally.batches as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_sent_records",
            TOPIC,
            "Records that were sent; what was not settled is sent again after a feed's end.",
        ),
        |all| Some(all.session.tally.records as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_sent_bytes",
            TOPIC,
            "Bytes of the batches that were sent.",
        ),
        |all| Some(all.session.tally.bytes as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_credit_bytes",
            TOPIC,
            "Bytes that may still be sent.",
        ),
        |all| Some(all.session.credit_bytes as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_waiting_bytes",
            TOPIC,
            "Bytes of batches that wait to be sent.",
        ),
        |all| Some(all.session.waiting_bytes as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_starved_seconds",
            TOPIC,
            "How long a lane has had no credit, of several the longest; 0 while all have some.",
        ),
        |all| Some(seconds(all.session.pulse.starved.as_ref()).unwrap_or(0.0)),
    ),
    (
        Family::counter(
            "rollcall_fetcher_pauses",
            TOPIC,
            "How often polling stopped or partitions were paused for want of credit.",
        ),
        |all| Some(all.session.pulse.pauses as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_commits",
            TOPIC,
            "Commits that Kafka took.",
        ),
        |all| Some(all.session.tally.commits as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_commit_failures",
            TOPIC,
            "Commits that Kafka did not take, those of a rebalance included.",
        ),
        |all| Some(all.session.tally.commit_failures as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_probes",
            TOPIC,
            "Probes of the log ends that measured something.",
        ),
        |all| Some(all.session.tally.probes as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_probe_failures",
            TOPIC,
            "Probes of the log ends that failed as a whole.",
        ),
        |all| Some(all.session.tally.probe_failures as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_probe_seconds",
            TOPIC,
            "How long the last probe took.",
        ),
        |all| Some(all.session.tally.probe_took?.as_secs_f64()),
    ),
    (
        Family::counter(
            "rollcall_fetcher_clients_lost",
            TOPIC,
            "Kafka clients that were lost and made anew.",
        ),
        |all| Some(all.session.tally.clients_lost as f64),
    ),
    (
        Family::counter(
            "rollcall_fetcher_rebalances",
            TOPIC,
            "Changes of the assignment.",
        ),
        |all| Some(group(all)?.rebalances as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_rebalancing_seconds",
            TOPIC,
            "How long a rebalance has been in motion; 0 when none is.",
        ),
        |all| Some(seconds(group(all)?.rebalancing.as_ref()).unwrap_or(0.0)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_assigned_partitions",
            TOPIC,
            "Partitions that this fetcher was given, or took.",
        ),
        |all| Some(f64::from(group(all)?.assigned)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_standby_partitions",
            TOPIC,
            "Partitions that another fetcher holds, and for which this one waits (membership fixed).",
        ),
        |all| Some(f64::from(all.session.pulse.standby)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_brokers_connected",
            TOPIC,
            "Brokers that the client is connected to.",
        ),
        |all| Some(f64::from(all.session.pulse.brokers_up)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_brokers_known",
            TOPIC,
            "Brokers that the client knows.",
        ),
        |all| Some(f64::from(all.session.pulse.brokers_known)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_statistics_age_seconds",
            TOPIC,
            "Age of the client's statistics, on which much of this rests.",
        ),
        |all| seconds(all.session.pulse.statistics_age.as_ref()),
    ),
];

const PARTITIONS: [OfPartition; 9] = [
    (
        Family::gauge(
            "rollcall_fetcher_partition_assigned",
            PARTITION,
            "1 while the partition is this fetcher's to read, else 0.",
        ),
        |partition| Some(f64::from(u8::from(partition.assigned))),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_position_offset",
            PARTITION,
            "Next offset to fetch.",
        ),
        |partition| partition.next_offset.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_handed_over_offset",
            PARTITION,
            "Offset after the last record that the Kafka client handed over.",
        ),
        |partition| partition.handed_over.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_sent_offset",
            PARTITION,
            "Offset after the last record that was sent to the aggregator.",
        ),
        |partition| partition.sent.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_settled_offset",
            PARTITION,
            "Offset below which everything is settled.",
        ),
        |partition| partition.floor.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_committed_offset",
            PARTITION,
            "Offset that the group has committed.",
        ),
        |partition| partition.committed.map(|offset| offset as f64),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_paused_seconds",
            PARTITION,
            "How long the partition has been paused for want of credit; 0 when it is not.",
        ),
        |partition| Some(seconds(partition.paused.as_ref()).unwrap_or(0.0)),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_last_fetch_age_seconds",
            PARTITION,
            "Age of the last answer to a fetch from the partition's leader.",
        ),
        |partition| seconds(partition.last_fetch_age.as_ref()),
    ),
    (
        Family::gauge(
            "rollcall_fetcher_partition_last_record_age_seconds",
            PARTITION,
            "Time since a record of the partition came to this fetcher.",
        ),
        |partition| seconds(partition.last_record_age.as_ref()),
    ),
];

/// The page, with at most so many partitions.
pub(super) fn sheet(topic: &str, measured: &Measured, most: usize) -> Sheet {
    let mut sheet = Sheet::new(all());
    for (family, value) in &FETCHER {
        sheet.put(family, &[topic], value(measured));
    }
    for cause in Cause::ALL {
        let count = measured.partings.get(cause) as f64;
        sheet.put(&FEED_FAILURES, &[topic, cause.name()], Some(count));
    }
    let pulse = &measured.session.pulse;
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    for error in &pulse.errors {
        let kind = error.kind().as_str_name();
        let kind = kind.strip_prefix("ERROR_KIND_").unwrap_or(kind);
        *kinds.entry(kind.to_lowercase()).or_default() += 1;
    }
    for (kind, errors) in &kinds {
        sheet.put(&ERRORS, &[topic, kind], Some(f64::from(*errors)));
    }
    let left_out = pulse.partitions.len().saturating_sub(most);
    sheet.put(&LEFT_OUT, &[], Some(left_out as f64));
    for partition in pulse.partitions.iter().take(most) {
        let number = partition.partition.to_string();
        for (family, value) in &PARTITIONS {
            sheet.put(family, &[topic, &number], value(partition));
        }
    }
    sheet
}

/// The families of the page, in their order.
fn all() -> impl Iterator<Item = Family> {
    let fetcher = FETCHER.iter().map(|(family, _)| *family);
    let partitions = PARTITIONS.iter().map(|(family, _)| *family);
    fetcher
        .chain([FEED_FAILURES, ERRORS, LEFT_OUT])
        .chain(partitions)
}

fn group(measured: &Measured) -> Option<&GroupState> {
    measured.session.pulse.group.as_ref()
}

fn seconds(length: Option<&prost_types::Duration>) -> Option<f64> {
    Some(time::length(length?)?.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rollcall_proto::v1::Pulse;

    use super::*;
    use crate::core::session::Measures;
    use crate::feed::Partings;

    fn measured(partitions: i32) -> Measured {
        let partition = |partition| PartitionPulse {
            partition,
            ..PartitionPulse::default()
        };
        Measured {
            session: Measures {
                pulse: Pulse {
                    partitions: (0..partitions).map(partition).collect(),
                    ..Pulse::default()
                },
                ..Measures::default()
            },
            partings: Partings::default(),
        }
    }

    #[test]
    fn partitions_beyond_the_limit_have_no_series() {
        let series = |partitions, most| sheet("t", &measured(partitions), most).len();
        let of_one = series(1, 10) - series(0, 10);
        assert_eq!(
            of_one, 2,
            "of one that nothing is known of: assigned and paused"
        );
        assert_eq!(series(50, 10) - series(0, 10), 10 * of_one);
    }

    #[test]
    fn every_family_has_a_name_of_its_own_and_a_sentence() {
        let sheet = sheet("t", &measured(1), 1);
        let names: BTreeSet<_> = sheet.families().map(|family| family.name).collect();
        assert_eq!(names.len(), sheet.families().count());
        for family in sheet.families() {
            assert!(family.name.starts_with("rollcall_"), "{}", family.name);
            assert!(family.help.ends_with('.'), "{}", family.help);
        }
    }
}
