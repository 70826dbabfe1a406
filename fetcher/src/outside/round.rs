//! One look at the cluster a second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{self, IsolationLevel, evidence::Event};
use tokio::sync::mpsc::Sender;

use super::backlog::Unread;
use super::catalog::{Catalog, Group};
use super::cluster::{ASK_WAIT, Cluster, settings};
use super::ends::{self, Key, Measured};
use super::pulse::{self, Heart};
use super::reading::{Desk, Library};
use super::settings::{Registry, Wanted};
use super::unread::Librarian;
use super::view::TopicView;
use super::{Options, Sighting, StartError, say};
use crate::core::pulse::duration;
use crate::kafka::history::Budget;
use crate::kafka::native::{self, PartitionMetadata, TopicsReader};
use crate::kafka::text::bounded;

/// Least time from the begin of one round to that of the next.
const PACE: Duration = Duration::from_secs(1);
/// How long topic ids serve.
const IDS_SERVE: Duration = Duration::from_secs(5);
/// How often a waiting round looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(100);

/// What the rounds work with.
struct Observatory {
    options: Options,
    clock: Clock,
    sender: Sender<Sighting>,
    not_looked_at: Arc<AtomicUsize>,
    chosen: Arc<AtomicBool>,
    heart: Arc<Heart>,
    library: Option<Library>,
    librarian: Option<Librarian>,
    registry: Registry,
    catalog: Catalog,
    topics: BTreeMap<Topic, TopicView>,
    metadata: TopicsReader<crate::kafka::observer::Listener>,
    cluster: Cluster,
    ids_read: Option<Instant>,
    /// Topics of groups that were spoken of.
    spoken_of: BTreeSet<(String, Option<Topic>)>,
}

/// Starts the threads of a watch. `not_looked_at` tells how many groups were to be looked at and are not, `chosen` whether
/// every group has said whether it is to be.
pub(super) fn start(
    options: Options,
    clock: Clock,
    sender: Sender<Sighting>,
    (not_looked_at, chosen): (Arc<AtomicUsize>, Arc<AtomicBool>),
) -> Result<(), StartError> {
    // Made here, so that settings that make no client are said at once.
    let cluster = Cluster::new(&options)?;
    let heart = Arc::new(Heart::default());
    let desk = Desk {
        config: settings(&options),
        clock,
        sender: sender.clone(),
        history: Arc::new(Budget::default()),
        unread: Arc::new(Budget::default()),
    };
    let registry = Registry::start(desk.clone(), Arc::clone(&heart))?;
    let library = options.may_read.then(|| Library::open(&desk)).transpose()?;
    let read_committed = options.app.isolation_level != Some(IsolationLevel::ReadUncommitted);
    let librarian = options
        .may_read
        .then(|| Librarian::start(desk, options.any_group().to_owned(), read_committed))
        .transpose()?;
    let (beating, beats_for) = (Arc::clone(&heart), sender.clone());
    let client = Arc::clone(&cluster.committed);
    std::thread::Builder::new()
        .name("pulse".to_owned())
        .spawn(move || pulse::run(&beating, &client, clock, &beats_for))?;
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            Observatory {
                metadata: TopicsReader::new(Arc::clone(&cluster.uncommitted.consumer)),
                options,
                clock,
                sender,
                not_looked_at,
                chosen,
                heart,
                library,
                librarian,
                registry,
                catalog: Catalog::default(),
                topics: BTreeMap::new(),
                cluster,
                ids_read: None,
                spoken_of: BTreeSet::new(),
            }
            .run();
        })?;
    Ok(())
}

impl Observatory {
    fn run(&mut self) {
        while !self.sender.is_closed() {
            let begun = Instant::now();
            self.round();
            while begun.elapsed() < PACE && !self.sender.is_closed() {
                std::thread::sleep(LOOK.min(PACE.saturating_sub(begun.elapsed())));
            }
        }
    }

    fn round(&mut self) {
        let gone = self.catalog.find(&self.options, &self.cluster);
        let not_looked_at = self.catalog.not_looked_at;
        self.not_looked_at.store(not_looked_at, Ordering::Relaxed);
        // Nobody listens any more: the next look at the sender ends it.
        let _ended = self.let_go(&gone);
        self.catalog.describe(&self.cluster);
        // Whose commits were never read may have topics that nobody knows of.
        self.catalog.read_commits(&self.cluster, true);
        let topics = self.catalog.choose_topics(&self.options);
        for topic in topics {
            self.topics.entry(topic).or_default();
        }
        let answered = self.read_metadata();
        let (at, took) = self.measure();
        self.read_ids(&took.1);
        // After the ends: a commit at or beyond an end that was measured before it proves that all was read.
        self.catalog.read_commits(&self.cluster, false);
        let led = took.1.values().any(Measured::answered);
        self.listen(answered || led);
        if !answered && !led && !self.catalog.answers() {
            // Where nobody answers, that a question ran out of time says nothing of whom it was put to.
            for view in self.topics.values_mut() {
                view.forget_why();
            }
        }
        for (topic, view) in &mut self.topics {
            let mine = |(key, measured): (&Key, &Measured)| {
                (key.0 == *topic).then(|| (key.1, measured.clone()))
            };
            let found = took.1.iter().filter_map(mine).collect();
            view.measured(found, took.0);
        }
        self.note_behind();
        self.look_at_unread();
        self.ask_settings();
        // Nobody listens any more: the next look at the sender ends it.
        let _ended = self.say(at);
        self.chosen.store(self.catalog.chosen, Ordering::Relaxed);
    }

    /// Forgets groups that are gone, and the topics that no other group has to do with.
    fn let_go(&mut self, gone: &[String]) -> Result<(), Ended> {
        if gone.is_empty() {
            return Ok(());
        }
        let left: BTreeSet<&Topic> = self.catalog.topics().collect();
        self.topics.retain(|topic, _| left.contains(topic));
        self.spoken_of.retain(|(group, _)| !gone.contains(group));
        self.heart.let_go(gone, &left);
        if let Some(library) = &self.library {
            library.let_go(gone, &left);
        }
        if let Some(librarian) = &self.librarian {
            librarian.let_go(gone);
        }
        for group in gone {
            self.send(group, None, Some(Event::Closed(v1::FeedClosed {})))?;
        }
        Ok(())
    }

    /// One request for all topics; true when a broker answered.
    fn read_metadata(&mut self) -> bool {
        if self.topics.is_empty() {
            // Nothing to ask for: whether anybody is there is seen by the groups' answers.
            return self.catalog.answers();
        }
        match self.metadata.read(self.topics.keys(), ASK_WAIT) {
            Ok(metadata) => {
                for (topic, view) in &mut self.topics {
                    if let Some(said) = metadata.topics.get(topic) {
                        view.learn(said.clone(), &metadata);
                    }
                }
                for (topic, view) in &self.topics {
                    self.heart.led(topic, view.led());
                }
                self.heart.answered();
                true
            }
            Err(error) => {
                // The leaders that are known may well answer.
                let failure = ends::failure(&error);
                for view in self.topics.values_mut() {
                    view.failure = Some(failure.clone());
                }
                false
            }
        }
    }

    /// Asked of a leader that has just answered: one that does not would take the time of a whole round.
    fn read_ids(&mut self, measured: &BTreeMap<Key, Measured>) {
        let fresh = self.ids_read.is_some_and(|at| at.elapsed() < IDS_SERVE);
        let unknown = |view: &TopicView| view.id.is_none() && view.exists() == Some(true);
        if fresh && !self.topics.values().any(unknown) {
            return;
        }
        let existing = |(topic, view): (&Topic, &TopicView)| {
            (view.exists() == Some(true)).then(|| topic.clone())
        };
        let topics: Vec<Topic> = self.topics.iter().filter_map(existing).collect();
        let mut led = self.topics.iter().flat_map(|(topic, view)| {
            let led =
                |entry: &PartitionMetadata| Some((entry.leader?, (topic.clone(), entry.partition)));
            view.partitions.iter().filter_map(led)
        });
        let has_answered = |key: &Key| measured.get(key).is_some_and(Measured::answered);
        let Some((leader, _)) = led.find(|(_, key)| has_answered(key)) else {
            return;
        };
        let client = self.cluster.uncommitted.consumer.client();
        match native::topic_ids(client, &topics, Some(leader), ASK_WAIT) {
            Ok(mut ids) => {
                self.ids_read = Some(Instant::now());
                for (topic, view) in &mut self.topics {
                    let id = ids.remove(topic);
                    if id.is_some() && id != view.id {
                        view.log_starts.clear();
                        view.id = id;
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "no topic ids"),
        }
    }

    /// Measures every partition that has a leader. Says when, and how long it took.
    fn measure(&mut self) -> (Moment, (Duration, BTreeMap<Key, Measured>)) {
        let begun = Instant::now();
        let mut by_leader: BTreeMap<i32, Vec<Key>> = BTreeMap::new();
        for (topic, view) in &self.topics {
            for entry in &view.partitions {
                if let Some(leader) = entry.leader {
                    let keys = by_leader.entry(leader).or_default();
                    keys.push((topic.clone(), entry.partition));
                }
            }
        }
        let topics = &self.topics;
        let wants_start = |(topic, partition): &Key| {
            topics
                .get(topic)
                .is_none_or(|view| view.wants_log_start(*partition))
        };
        let found = ends::measure(&self.cluster, &by_leader, &wants_start);
        (self.clock.now(), (begun.elapsed(), found))
    }

    /// Whether anything answered decides what the complaints of the clients mean.
    fn listen(&mut self, answered: bool) {
        let reports = self.cluster.reports();
        if !answered {
            for view in self.topics.values_mut() {
                if let Some(report) = reports.last() {
                    view.failure = Some((bounded(&report.text), report.kind));
                }
            }
            self.heart.silent(&reports, self.clock);
        }
    }

    /// Says what was found.
    fn say(&mut self, at: Moment) -> Result<(), Ended> {
        let names: Vec<String> = self.catalog.groups.keys().cloned().collect();
        for name in names {
            let topics: Vec<Topic> = match self.catalog.groups.get(&name) {
                Some(group) => group.topics.iter().cloned().collect(),
                None => Vec::new(),
            };
            if topics.is_empty() {
                self.open(&name, None)?;
                let event = self.group_event(&name, None);
                self.send(&name, None, event)?;
            }
            for topic in topics {
                self.open(&name, Some(&topic))?;
                let event = self.group_event(&name, Some(&topic));
                self.send(&name, Some(&topic), event)?;
                let event = self.probed_event(&name, &topic, at);
                self.send(&name, Some(&topic), event)?;
                self.tell_history(&name, &topic)?;
            }
        }
        Ok(())
    }

    fn group_event(&self, name: &str, topic: Option<&Topic>) -> Option<Event> {
        let group = self.catalog.groups.get(name)?;
        let view = topic.and_then(|topic| self.topics.get(topic));
        let rights = say::Rights {
            describe: view.and_then(|view| view.said.as_ref()?.as_ref().err()),
            read_denied: topic.is_some_and(|topic| self.is_denied(topic)),
            settings: topic
                .map(|topic| self.registry.denied(topic))
                .unwrap_or_default(),
        };
        let put_off = topic.is_some_and(|topic| self.is_put_off(topic));
        Some(say::group(name, group, topic, rights, put_off))
    }

    fn probed_event(&self, name: &str, topic: &Topic, at: Moment) -> Option<Event> {
        let group: &Group = self.catalog.groups.get(name)?;
        let view = self.topics.get(topic)?;
        Some(say::probed(view, group, topic, self.clock.now().since(at)))
    }

    fn open(&mut self, group: &str, topic: Option<&Topic>) -> Result<(), Ended> {
        let pair = (group.to_owned(), topic.cloned());
        if self.spoken_of.contains(&pair) {
            return Ok(());
        }
        let event = say::opened(&self.options, group, topic);
        self.send(group, topic, Some(event))?;
        if topic.is_some() && self.library.is_none() {
            // Without a record there is no timestamp: only how the log's end moves tells of arrivals.
            let unread = v1::History {
                timestamps_unusable: 1,
                cut: true,
                ..Default::default()
            };
            self.send(group, topic, Some(Event::History(unread)))?;
        }
        self.heart.beat_for(group, topic);
        self.spoken_of.insert(pair);
        Ok(())
    }

    fn is_denied(&self, topic: &Topic) -> bool {
        let librarian = self.librarian.as_ref();
        librarian.is_some_and(|librarian| librarian.is_denied(topic))
    }

    fn is_put_off(&self, topic: &Topic) -> bool {
        let librarian = self.librarian.as_ref();
        librarian.is_some_and(|librarian| librarian.is_put_off(topic))
    }

    /// Notes where records wait for a group: a log that is cut there takes them away.
    fn note_behind(&mut self) {
        for view in self.topics.values_mut() {
            view.behind.clear();
        }
        for group in self.catalog.groups.values() {
            for topic in &group.topics {
                let commits = group.commits_of(topic);
                if let (Some(view), Some(commits)) = (self.topics.get_mut(topic), commits) {
                    view.note_behind(commits);
                }
            }
        }
    }

    /// Has the settings asked for where they decide something: of topics whose records wait for a group, and of a
    /// broker where a transaction is open.
    fn ask_settings(&self) {
        let waits = |view: &TopicView| self.options.may_read && !view.behind.is_empty();
        let wanted = self.topics.iter().filter_map(|(topic, view)| {
            let broker = view.leader_with_hidden_records();
            (waits(view) || broker.is_some()).then(|| Wanted {
                topic: topic.clone(),
                broker,
            })
        });
        self.registry.want(wanted);
    }

    /// Has the unread records looked at, and one record of each topic whose history holds nothing, to learn whether
    /// it may be read.
    fn look_at_unread(&self) {
        let (Some(librarian), Some(library)) = (&self.librarian, &self.library) else {
            return;
        };
        let mut wanted = Vec::new();
        for (name, group) in &self.catalog.groups {
            for topic in &group.topics {
                wanted.extend(self.unread(name, group, topic));
            }
        }
        for (topic, view) in &self.topics {
            if library.is_blank(topic) && !librarian.has_tried(topic) {
                wanted.extend(view.last_record(topic));
            }
        }
        let lost = self.topics.iter().flat_map(|(topic, view)| {
            let unmeasured = view.unmeasured();
            unmeasured.map(move |partition| (topic.clone(), partition))
        });
        // All at once: while it chooses, the librarian may not be asked anything.
        librarian.look(wanted, &lost.collect());
    }

    /// What a group has not read of a topic, partition by partition, as far as it was measured.
    fn unread(&self, name: &str, group: &Group, topic: &Topic) -> Vec<Unread> {
        let (Some(view), Some(commits)) = (self.topics.get(topic), group.commits_of(topic)) else {
            return Vec::new();
        };
        let app = &self.options.app;
        let read_uncommitted = app.isolation_level == Some(IsolationLevel::ReadUncommitted);
        let unread = commits.iter().filter_map(|(&partition, &committed)| {
            let (end, high) = view.readable_from(partition, committed, read_uncommitted)?;
            Some(Unread {
                group: name.to_owned(),
                key: (topic.clone(), partition),
                committed,
                end,
                high,
            })
        });
        unread.collect()
    }

    fn tell_history(&mut self, group: &str, topic: &Topic) -> Result<(), Ended> {
        let (Some(library), Some(view)) = (&self.library, self.topics.get(topic)) else {
            return Ok(());
        };
        let Some(written) = view.written().filter(|_| !view.partitions.is_empty()) else {
            return Ok(());
        };
        let partitions: Vec<_> = view
            .partitions
            .iter()
            .map(|entry| entry.partition)
            .collect();
        match library.want(group, topic, &partitions, written) {
            Some((read, mut history)) => {
                history.age = Some(duration(self.clock.now().since(read)));
                self.send(group, Some(topic), Some(Event::History(history)))
            }
            None => Ok(()),
        }
    }

    fn send(&self, group: &str, topic: Option<&Topic>, event: Option<Event>) -> Result<(), Ended> {
        let Some(event) = event else {
            return Ok(());
        };
        let sighting = Sighting {
            at: self.clock.now(),
            group: group.to_owned(),
            topic: topic.cloned(),
            evidence: say::evidence(event),
        };
        self.sender.blocking_send(sighting).map_err(|_| Ended)
    }
}

/// Nobody listens any more.
struct Ended;
