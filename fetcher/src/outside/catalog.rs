//! Which groups are watched, and which topics belong to each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rollcall_proto::ids::{Offset, Partition, Topic};

use super::cluster::{ASK_WAIT, Cluster};
use super::names::Names;
use super::pace::Pace;
use super::{Groups, Options};
use crate::kafka::native::{self, GroupCommits, GroupDescription};

/// Groups that are watched at most.
const MAX_GROUPS: usize = 1_000;
/// Topics of one group that are watched at most.
const MAX_TOPICS: usize = 1_000;
/// Questions that are on their way at the same time.
const LANES: usize = 8;
/// Time between two looks at which groups there are.
const LIST_EVERY: Duration = Duration::from_secs(10);

/// What a group has committed, by topic.
pub(super) type Commits = BTreeMap<Topic, BTreeMap<Partition, Offset>>;

/// One group as it was last seen.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// What its coordinator says of it; `None` before the first answer.
    pub(super) description: Option<Result<GroupDescription, KafkaError>>,
    /// What it has committed, by topic.
    pub(super) commits: Option<Result<Commits, KafkaError>>,
    /// The topics that are watched for it. A topic that was one stays one: it may have been deleted.
    pub(super) topics: BTreeSet<Topic>,
    /// How often it commits.
    pub(super) pace: Pace,
}

/// The groups.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) groups: BTreeMap<String, Group>,
    /// Why the list of groups could not be had.
    pub(super) failure: Option<KafkaError>,
    /// Groups of the cluster that were to be looked at and were not.
    pub(super) not_looked_at: usize,
    /// Whether every group was asked, and said, whether it is to be looked at.
    pub(super) chosen: bool,
    listed: Option<Instant>,
    /// Whether every broker told its groups for the last list.
    whole: bool,
    /// Groups that the last list counted and did not name.
    unlisted: usize,
    names: Names,
}

impl Catalog {
    /// Finds the groups: once where they are named, else again and again. Says which are gone.
    pub(super) fn find(&mut self, options: &Options, cluster: &Cluster) -> Vec<String> {
        match &options.groups {
            Groups::Named(names) => {
                self.add(names.iter().map(String::as_str));
                self.chosen = true;
                Vec::new()
            }
            Groups::Chosen(chosen) if self.is_due() => {
                let (names, gone) = self.list(cluster);
                self.add(names.iter().map(String::as_str).filter(|name| chosen(name)));
                self.chosen = self.whole && self.not_looked_at == 0;
                gone
            }
            Groups::OnTopics if self.is_due() => {
                let (names, gone) = self.list(cluster);
                let answered = self.add_those_on(&names, options, cluster);
                self.chosen = answered && self.whole && self.not_looked_at == 0;
                gone
            }
            Groups::Chosen(_) | Groups::OnTopics => Vec::new(),
        }
    }

    /// Whether the list has to be asked for: also while there are groups that were never looked at, and there is room.
    fn is_due(&self) -> bool {
        let rest = self.not_looked_at > 0 && self.groups.len() < MAX_GROUPS;
        rest || self.listed.is_none_or(|at| at.elapsed() >= LIST_EVERY)
    }

    /// The cluster's groups; lets those go that left it, and says which.
    fn list(&mut self, cluster: &Cluster) -> (Vec<String>, Vec<String>) {
        match native::group_names(cluster.uncommitted.consumer.client(), ASK_WAIT) {
            Ok(found) => {
                self.listed = Some(Instant::now());
                self.failure = None;
                // What no list holds any more is not looked at: beyond those names there are only numbers.
                self.unlisted = found.total.saturating_sub(found.names.len());
                self.whole = found.silent_brokers == 0;
                let gone = match self.whole && self.unlisted == 0 {
                    true => self.let_go(&found.names),
                    false => Vec::new(),
                };
                (found.names, gone)
            }
            Err(error) => {
                tracing::debug!(%error, "groups not listed");
                self.failure = Some(error);
                self.whole = false;
                (Vec::new(), Vec::new())
            }
        }
    }

    fn let_go(&mut self, listed: &[String]) -> Vec<String> {
        let is_there = |name: &str| {
            let found = listed.binary_search_by(|listed| listed.as_str().cmp(name));
            found.is_ok()
        };
        let watched = self.groups.keys().map(String::as_str);
        let gone = self.names.listed(is_there, watched);
        for name in &gone {
            self.groups.remove(name);
        }
        gone
    }

    fn add<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let mut without_room = 0;
        for name in names {
            if self.groups.contains_key(name) {
                continue;
            }
            if self.groups.len() < MAX_GROUPS {
                self.groups.insert(name.to_owned(), Group::default());
            } else {
                without_room += 1;
            }
        }
        self.not_looked_at = without_room + self.unlisted;
    }

    /// Adds the groups that have to do with one of the topics; whether all that were asked said so or not.
    fn add_those_on(&mut self, names: &[String], options: &Options, cluster: &Cluster) -> bool {
        let others: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| !self.groups.contains_key(*name))
            .collect();
        let room = MAX_GROUPS.saturating_sub(self.groups.len());
        let next = self.names.next(&others, room);
        let (described, commits) = (cluster.describe(&next), cluster.commits(&next));
        let answered = described.iter().all(Result::is_ok) && commits.iter().all(Result::is_ok);
        for ((name, described), commits) in next.into_iter().zip(described).zip(commits) {
            let mut group = Group::default();
            group.heard_description(described);
            group.heard_commits(commits);
            let theirs = group.own_topics();
            if options.topics.iter().any(|topic| theirs.contains(topic)) {
                self.groups.insert(name.to_owned(), group);
            } else {
                self.names.refuse(name, Instant::now());
            }
        }
        let mut others = others;
        others.retain(|name| !self.groups.contains_key(*name));
        self.not_looked_at = self.names.never_seen(&others) + self.unlisted;
        answered
    }

    /// Describes every group.
    pub(super) fn describe(&mut self, cluster: &Cluster) {
        let names: Vec<&str> = self.groups.keys().map(String::as_str).collect();
        let described = cluster.describe(&names);
        for (group, description) in self.groups.values_mut().zip(described) {
            group.heard_description(description);
        }
    }

    /// Reads every group's commits; with `missing` only of those that none were ever read of.
    pub(super) fn read_commits(&mut self, cluster: &Cluster, missing: bool) {
        let wanted = |group: &Group| !missing || group.commits.is_none();
        let names: Vec<&str> = self
            .groups
            .iter()
            .filter(|(_, group)| wanted(group))
            .map(|(name, _)| name.as_str())
            .collect();
        let commits = cluster.commits(&names);
        let groups = self.groups.values_mut().filter(|group| wanted(group));
        for (group, commits) in groups.zip(commits) {
            group.heard_commits(commits);
        }
    }

    /// Settles which topics belong to each group; says which there are.
    pub(super) fn choose_topics(&mut self, options: &Options) -> BTreeSet<Topic> {
        for group in self.groups.values_mut() {
            let topics = if options.topics.is_empty() {
                group.own_topics()
            } else {
                options.topics.iter().cloned().collect()
            };
            let room = MAX_TOPICS.saturating_sub(group.topics.len());
            let new = topics.difference(&group.topics).take(room);
            let new: Vec<_> = new.cloned().collect();
            group.topics.extend(new);
        }
        self.topics().cloned().collect()
    }

    /// Whether a coordinator answered, be it with a refusal.
    pub(super) fn answers(&self) -> bool {
        self.groups.values().any(|group| {
            let described = group.description.as_ref();
            described.is_some_and(|described| match described {
                Ok(_) => true,
                Err(error) => !is_silence(error),
            })
        })
    }

    /// The topics that are watched for any group.
    pub(super) fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.groups.values().flat_map(|group| &group.topics)
    }
}

impl Group {
    fn heard_description(&mut self, description: Result<GroupDescription, KafkaError>) {
        self.description = Some(description);
    }

    fn heard_commits(&mut self, commits: Result<GroupCommits, KafkaError>) {
        self.commits = Some(commits.map(|commits| {
            let mut by_topic: BTreeMap<Topic, BTreeMap<Partition, Offset>> = BTreeMap::new();
            for (topic, partition, offset) in commits.commits {
                by_topic.entry(topic).or_default().insert(partition, offset);
            }
            by_topic
        }));
        if let Some(Ok(commits)) = &self.commits {
            self.pace.heard(commits, Instant::now());
        }
    }

    /// What it has committed of a topic; `None` while that is not known.
    pub(super) fn commits_of(&self, topic: &Topic) -> Option<&BTreeMap<Partition, Offset>> {
        self.commits.as_ref()?.as_ref().ok()?.get(topic)
    }

    /// The topics that it has committed, and those that its members own.
    fn own_topics(&self) -> BTreeSet<Topic> {
        let members = self.description.iter().flatten().flat_map(|d| &d.members);
        let owned = members
            .flat_map(|member| &member.assigned)
            .map(|(topic, _)| topic);
        let committed = self.commits.iter().flatten().flat_map(BTreeMap::keys);
        owned.chain(committed).cloned().collect()
    }
}

/// Whether nobody answered at all.
fn is_silence(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::OperationTimedOut
                | Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::RequestTimedOut
        )
    )
}

/// Does `job` for each, several at a time, in threads that end before this returns.
pub(super) fn side_by_side<A: Sync, B: Send>(all: &[A], job: impl Fn(&A) -> B + Sync) -> Vec<B> {
    let length = all.len().div_ceil(LANES).max(1);
    let (first, rest) = all.split_at(length.min(all.len()));
    std::thread::scope(|scope| {
        let lanes: Vec<_> = rest
            .chunks(length)
            .map(|lane| {
                let job = &job;
                let work = move || lane.iter().map(job).collect::<Vec<_>>();
                // A machine without a thread to spare does it one after the other.
                (lane, std::thread::Builder::new().spawn_scoped(scope, work))
            })
            .collect();
        let mut done: Vec<B> = first.iter().map(&job).collect();
        for (lane, handle) in lanes {
            match handle.map(|handle| handle.join()) {
                Ok(Ok(part)) => done.extend(part),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(_) => done.extend(lane.iter().map(&job)),
            }
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_side_by_side_comes_in_order() {
        for count in [0, 1, 7, 8, 9, 100] {
            let all: Vec<u32> = (0..count).collect();
            let doubled = side_by_side(&all, |n| n * 2);
            assert_eq!(doubled, all.iter().map(|n| n * 2).collect::<Vec<_>>());
        }
    }
}
