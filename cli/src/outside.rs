//! A look at groups from outside: what an observer sees, judged in this process by the aggregator's own engine.
//! Joins nothing, commits nothing, creates nothing.

pub mod cluster;

use std::sync::Arc;
use std::time::Duration;

use rollcall_aggregator::core::advice::Asked;
use rollcall_aggregator::core::outside::{Outside, Settings};
use rollcall_fetcher::outside::{AppSettings, Options, Sighting, Watch};
use rollcall_proto::ids::Topic;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{
    AdviseResponse, GetStatusResponse, GetTopicResponse, Severity, TopicStatus, VerdictCode,
};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;
use crate::target::app::App;
use crate::target::{Groups, Target};
use crate::view::verdict::severity_of;
use cluster::Inventory;

/// Least time between two looks at what the evidence comes to.
pub const TICK: Duration = Duration::from_millis(200);
/// Groups that are looked at, at most.
const MAX_GROUPS: usize = 1_000;

/// An observer at work, and what it has seen so far.
#[derive(Debug)]
pub struct Look {
    target: Target,
    watch: Watch,
    known: Outside,
    clock: Clock,
    begun: Moment,
    /// The cluster's first answer: what it has, or why it lets nobody in.
    first: JoinHandle<Result<Inventory, String>>,
    inventory: Option<Inventory>,
    settled: bool,
    /// How long the last judging took: judging thousands of partitions must not keep up the listening.
    judging: Duration,
}

impl Look {
    /// Begins to look.
    pub fn start(target: Target) -> Result<Self, Failure> {
        let clock = Clock::start();
        let begun = clock.now();
        let settings = Settings {
            timeout: target.app.timeout,
            reading_forbidden: !target.read,
            words: target.words.clone(),
        };
        let watch = Watch::start(options(&target), clock)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        let asked = target.clone();
        Ok(Self {
            first: tokio::task::spawn_blocking(move || cluster::inventory(&asked)),
            inventory: None,
            target,
            watch,
            known: Outside::new(settings, begun, clock.wall(begun)),
            clock,
            begun,
            settled: false,
            judging: Duration::ZERO,
        })
    }

    /// What is looked at.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// How long it has been looked.
    pub fn watched(&self) -> Duration {
        self.clock.now().since(self.begun)
    }

    /// When it began.
    pub const fn begun(&self) -> Moment {
        self.begun
    }

    /// The clock of the sightings.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// What is known so far.
    pub const fn known(&self) -> &Outside {
        &self.known
    }

    /// Takes the next sighting in; returns it for whoever writes it down. Safe to drop while it waits.
    pub async fn next(&mut self) -> Option<Sighting> {
        let sighting = self.watch.next().await?;
        self.known.apply(
            &sighting.group,
            sighting.topic.as_ref(),
            &sighting.evidence,
            sighting.at,
        );
        Some(sighting)
    }

    /// Fails when the cluster lets nobody in, or has not a topic that was named.
    pub async fn check(&mut self, answers: &[GetStatusResponse]) -> Result<(), Failure> {
        if self.inventory.is_none() && self.first.is_finished() {
            let answered = (&mut self.first).await;
            let answered = answered.map_err(|error| Failure::Failed(error.to_string()))?;
            self.inventory = Some(answered.map_err(Failure::Failed)?);
        }
        let Some(Inventory {
            topics, missing, ..
        }) = &self.inventory
        else {
            return Ok(());
        };
        // No group speaks of it where it was to tell the groups.
        if let (true, Some(topic)) = (answers.is_empty(), missing.first()) {
            return Err(Failure::Usage(cluster::not_there(topic, topics)));
        }
        let all = answers.iter().flat_map(|answer| {
            let topics = answer.topics.iter();
            topics.map(move |topic| (answer, topic))
        });
        let mut missing = all.filter(|(answer, topic)| {
            let listed = topics.contains(&topic.topic);
            !listed && self.is_named(&topic.topic) && is_missing(answer, topic)
        });
        match missing.next() {
            Some((_, topic)) => Err(Failure::Usage(cluster::not_there(&topic.topic, topics))),
            None => Ok(()),
        }
    }

    fn is_named(&self, topic: &str) -> bool {
        self.target
            .topics
            .iter()
            .any(|named| named.as_str() == topic)
    }

    /// Takes in what comes for one tick.
    pub async fn tick(&mut self) {
        let left = self.target.watch.saturating_sub(self.watched());
        let end = Instant::now() + TICK.max(self.judging.min(left));
        loop {
            let next = tokio::select! {
                next = self.next() => next,
                () = sleep_until(end) => return,
            };
            // An observer that ended says no more; there is still the time to wait for.
            if next.is_none() {
                return sleep_until(end).await;
            }
        }
    }

    /// Whether every verdict of the last answers is confirmed, of every group that was asked for.
    pub fn is_settled(&self) -> bool {
        // A name that is misspelt is told by the cluster's own list.
        let checked = self.target.topics.is_empty() || self.inventory.is_some();
        checked && self.settled
    }

    /// How many groups were asked for; `None` while that is not known.
    pub fn asked_for(&self) -> Option<usize> {
        let listed = || self.inventory.as_ref()?.groups.as_ref();
        let count = match &self.target.groups {
            Groups::Named(names) => names.len(),
            Groups::Matching(regex) => {
                let matching = listed()?.iter().filter(|name| regex.is_match(name));
                matching.count()
            }
            Groups::All if self.target.topics.is_empty() => listed()?.len(),
            Groups::All => return None,
        };
        Some(count.min(MAX_GROUPS))
    }

    /// Groups that were to be looked at and are not, or not yet.
    pub fn not_looked_at(&self) -> usize {
        self.watch.groups_not_looked_at()
    }

    /// Whether all groups were asked for, or all on a topic, and no other will be found than those of which something came
    /// until now.
    pub fn nobody_is_left(&self) -> bool {
        let all = matches!(self.target.groups, Groups::All);
        all && self.watch.has_chosen() && self.groups_shown().is_some()
    }

    /// How many groups the cluster shows, where they were to be chosen among; `None` while that is not known.
    pub fn groups_shown(&self) -> Option<usize> {
        Some(self.inventory.as_ref()?.groups.as_ref()?.len())
    }

    /// The verdicts on every group, by name.
    pub fn answers(&mut self) -> Vec<GetStatusResponse> {
        let now = self.clock.now();
        let groups: Vec<String> = self.known.groups().map(str::to_owned).collect();
        let statuses = groups
            .iter()
            .filter_map(|group| self.known.status(group, now));
        let mut answers: Vec<GetStatusResponse> = statuses.collect();
        let not_looked_at = self.not_looked_at();
        for seen in answers
            .iter_mut()
            .filter_map(|answer| answer.observation.as_mut())
        {
            seen.groups_not_looked_at = u32::try_from(not_looked_at).unwrap_or(u32::MAX);
        }
        let settled = |answer: &GetStatusResponse| {
            let seen = answer.observation.as_ref();
            seen.is_some_and(|seen| seen.settled)
        };
        let complete = match self.asked_for() {
            Some(count) => answers.len() >= count,
            None => not_looked_at == 0,
        };
        self.settled = complete && !answers.is_empty() && answers.iter().all(settled);
        self.judging = self.clock.now().since(now);
        answers
    }

    /// Timeouts in numbers, for the group's topics that are looked at.
    pub fn advise(&self, group: &str, asked: Asked) -> Option<AdviseResponse> {
        let max_records = match asked.max_records {
            0 => self.target.app.max_poll_records.unwrap_or(0),
            said => said,
        };
        let asked = Asked {
            max_records,
            ..asked
        };
        let named = &self.target.topics;
        self.known.advise(group, named, asked, self.clock.now())
    }

    /// One topic of the group, and if asked why it has not that verdict.
    pub fn topic(
        &self,
        group: &str,
        topic: &Topic,
        asked: Option<VerdictCode>,
    ) -> Option<GetTopicResponse> {
        self.known.topic(group, topic, asked, self.clock.now())
    }
}

/// Whether the cluster does not have the topic, and the group never had to do with it: a name that is misspelt, and
/// not one that this client may not see.
fn is_missing(answer: &GetStatusResponse, topic: &TopicStatus) -> bool {
    let verdict = topic.verdict.as_ref();
    let missing = verdict.is_some_and(|verdict| {
        let code = verdict.code();
        verdict.confirmed && matches!(code, VerdictCode::TopicMissing | VerdictCode::NoGroup)
    });
    let seen = answer.observation.as_ref();
    let mut rights = seen.iter().flat_map(|seen| &seen.missing_rights);
    let hidden = rights.any(|right| right.resource == "topic" && right.name == topic.topic);
    missing && !hidden && topic.partitions.is_empty()
}

/// Whether every topic of the answers has a verdict, be it confirmed or not.
pub fn all_judged(answers: &[GetStatusResponse]) -> bool {
    let judged = |answer: &GetStatusResponse| {
        let mut topics = answer.topics.iter();
        topics.all(|topic| severity_of(topic.verdict.as_ref()) != Severity::Unknown)
    };
    !answers.is_empty()
        && answers
            .iter()
            .all(|answer| !answer.topics.is_empty() && judged(answer))
}

fn options(target: &Target) -> Options {
    Options {
        client: target.client(),
        groups: groups(target),
        topics: target.topics.clone(),
        app: app(&target.app),
        may_read: target.read,
    }
}

fn groups(target: &Target) -> rollcall_fetcher::outside::Groups {
    use rollcall_fetcher::outside::Groups as Watched;
    match &target.groups {
        Groups::Named(names) => Watched::Named(names.clone()),
        Groups::Matching(regex) => {
            let regex = regex.clone();
            Watched::Chosen(Arc::new(move |name| regex.is_match(name)))
        }
        Groups::All if target.topics.is_empty() => Watched::Chosen(Arc::new(|_| true)),
        Groups::All => Watched::OnTopics,
    }
}

fn app(app: &App) -> AppSettings {
    AppSettings {
        timeout: app.timeout,
        isolation_level: app.isolation,
        fetch_wait: app.fetch_wait,
        fetch_min_bytes: app.fetch_min_bytes,
        commit_interval: app.commit_interval(),
        max_records: app.max_poll_records,
    }
}
