//! What was found, as evidence about one topic of one group.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::v1::{self, ErrorKind, evidence::Event};

use super::catalog::Group;
use super::settings::Denied;
use super::view::TopicView;
use super::{CLIENT_ID, Options};
use crate::core::pulse::duration;
use crate::kafka::errors;
use crate::kafka::native::GroupDescription;
use crate::kafka::text::bounded;

/// Members of a group that are passed on.
const MAX_MEMBERS: usize = 10_000;

/// Evidence: one event of the one observer that there is for a topic of a group.
pub(super) fn evidence(event: Event) -> v1::Evidence {
    v1::Evidence {
        feed: 1,
        event: Some(event),
    }
}

/// That an observer begins.
pub(super) fn opened(options: &Options, group: &str, topic: Option<&Topic>) -> Event {
    let app = &options.app;
    let servers = options.client.get("bootstrap.servers").unwrap_or_default();
    Event::Opened(v1::Open {
        fetcher_id: CLIENT_ID.to_owned(),
        topic: topic.map(Topic::to_string).unwrap_or_default(),
        group: group.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        isolation_level: app.isolation_level.unwrap_or_default().into(),
        fetch_wait: app.fetch_wait.map(duration),
        fetch_min_bytes: app.fetch_min_bytes.unwrap_or_default(),
        commit_interval: app.commit_interval.map(duration),
        bootstrap_servers: bounded(servers),
        observer: true,
        ..Default::default()
    })
}

/// The group, as far as the topic is concerned. `put_off`: there were no bytes left to look at its unread records.
pub(super) fn group(
    name: &str,
    group: &Group,
    topic: Option<&Topic>,
    rights: Rights<'_>,
    put_off: bool,
) -> Event {
    let description = group.description.as_ref();
    let failure = description.and_then(|description| description.as_ref().err());
    let described = description.and_then(|description| description.as_ref().ok());
    let commits = group.commits.as_ref();
    let committed = commits.and_then(|commits| commits.as_ref().ok());
    let of_topic = committed
        .zip(topic)
        .and_then(|(committed, topic)| committed.get(topic));
    let commits_failure = commits.and_then(|commits| commits.as_ref().err());
    let mut seen =
        described.map_or_else(v1::GroupSeen::default, |found| described_as(found, topic));
    seen.group = name.to_owned();
    seen.committed_partitions = count(of_topic.map_or(0, BTreeMap::len));
    seen.failure = failure.map(|error| bounded(&error.to_string()));
    seen.failure_kind = kind(failure).into();
    seen.has_commits = committed.map(|committed| !committed.is_empty());
    seen.commits_failure = commits_failure.map(|error| bounded(&error.to_string()));
    seen.commits_failure_kind = kind(commits_failure).into();
    seen.backlog_budget_spent = put_off;
    seen.commit_gap = group.pace.gap().map(duration);
    seen.age = Some(duration(Duration::ZERO));
    seen.missing_rights = rights.missing(name, topic, failure.or(commits_failure));
    Event::Group(seen)
}

fn kind(failure: Option<&KafkaError>) -> ErrorKind {
    failure.map_or(ErrorKind::Unspecified, errors::answer_kind)
}

/// Rights on a topic that were refused.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rights<'a> {
    /// Why the topic's metadata could not be had.
    pub(super) describe: Option<&'a Code>,
    /// Whether its records may not be read.
    pub(super) read_denied: bool,
    /// Settings that may not be seen.
    pub(super) settings: Denied,
}

impl Rights<'_> {
    fn missing(
        self,
        group: &str,
        topic: Option<&Topic>,
        group_failure: Option<&KafkaError>,
    ) -> Vec<v1::MissingRight> {
        let right = |resource: &str, name: &str, operation: &str| v1::MissingRight {
            resource: resource.to_owned(),
            name: name.to_owned(),
            operation: operation.to_owned(),
        };
        let code = group_failure.and_then(KafkaError::rdkafka_error_code);
        let on_group = (code == Some(Code::GroupAuthorizationFailed))
            .then(|| right("group", group, "DESCRIBE"));
        let cluster = (code == Some(Code::ClusterAuthorizationFailed))
            .then(|| right("cluster", "kafka-cluster", "DESCRIBE"));
        let on_topic = topic.map(|topic| {
            let describe = (self.describe == Some(&Code::TopicAuthorizationFailed))
                .then(|| right("topic", topic.as_str(), "DESCRIBE"));
            let read = self
                .read_denied
                .then(|| right("topic", topic.as_str(), "READ"));
            let settings = self.settings.topic;
            let settings = settings.then(|| right("topic", topic.as_str(), "DESCRIBE_CONFIGS"));
            describe.into_iter().chain(read).chain(settings)
        });
        let of_brokers = self.settings.brokers;
        let of_brokers = of_brokers.then(|| right("cluster", "kafka-cluster", "DESCRIBE_CONFIGS"));
        on_group
            .into_iter()
            .chain(cluster)
            .chain(of_brokers)
            .chain(on_topic.into_iter().flatten())
            .collect()
    }
}

fn described_as(found: &GroupDescription, topic: Option<&Topic>) -> v1::GroupSeen {
    let members = found.members.iter().take(MAX_MEMBERS).map(|member| {
        let mine = member
            .assigned
            .iter()
            .filter(|(owned, _)| Some(owned) == topic);
        let partitions: Vec<i32> = mine.map(|(_, partition)| partition.0).collect();
        v1::GroupMember {
            member_id: member.member_id.clone(),
            client_id: member.client_id.clone(),
            // Java writes an address with a slash before it.
            host: member.host.trim_start_matches('/').to_owned(),
            other_partitions: count(member.assigned.len() - partitions.len()),
            partitions,
            instance_id: member.instance_id.clone(),
        }
    });
    v1::GroupSeen {
        state: found.state.as_str().to_owned(),
        protocol: found
            .protocol
            .map_or("", |protocol| protocol.as_str())
            .to_owned(),
        assignor: found.assignor.clone(),
        members: members.collect(),
        members_total: count(found.members_total),
        ..Default::default()
    }
}

/// The log as it was measured, and the group's commits as they were read after it.
pub(super) fn probed(view: &TopicView, group: &Group, topic: &Topic, age: Duration) -> Event {
    let committed = group
        .commits
        .as_ref()
        .and_then(|commits| commits.as_ref().ok());
    let committed = committed.and_then(|committed| committed.get(topic));
    let part = |entry: &crate::kafka::native::PartitionMetadata| {
        let commit = committed.and_then(|committed| committed.get(&entry.partition));
        part(view, entry.partition, entry.leader, commit.copied())
    };
    Event::Probed(v1::Probed {
        age: Some(duration(age)),
        took: Some(duration(view.took)),
        topic_exists: view.exists(),
        topic_id: view
            .id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        partitions: view.partitions.iter().map(part).collect(),
        failure: view.failure.as_ref().map(|(text, _)| text.clone()),
        failure_kind: view
            .failure
            .as_ref()
            .map_or(ErrorKind::Unspecified, |(_, kind)| *kind)
            .into(),
        brokers: view.brokers,
        ..Default::default()
    })
}

fn part(
    view: &TopicView,
    partition: Partition,
    leader: Option<i32>,
    committed: Option<Offset>,
) -> v1::ProbedPartition {
    let measured = view.measured.get(&partition);
    let raw = |offset: Option<Offset>| offset.map(Offset::get);
    let failed = measured.and_then(|measured| measured.failure.as_ref());
    v1::ProbedPartition {
        partition: partition.0,
        high_watermark: raw(measured.and_then(|measured| measured.high_watermark)),
        last_stable_offset: raw(measured.and_then(|measured| measured.last_stable_offset)),
        log_start: raw(view.log_start(partition)),
        next_offset: raw(committed),
        failure: match (measured, leader) {
            (Some(_), _) => failed.map(|(text, _)| text.clone()),
            (None, None) => Some("the partition has no leader".to_owned()),
            (None, Some(_)) => Some("not measured".to_owned()),
        },
        failure_kind: failed
            .map_or(ErrorKind::Unspecified, |(_, kind)| *kind)
            .into(),
        leader,
        leader_address: view.leader_address(partition),
        committed: raw(committed),
        commit_known: false,
    }
}

/// A count as it travels.
pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
