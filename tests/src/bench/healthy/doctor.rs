//! The doctor beside the soak: it looks at a group from outside, and nothing may be wrong there either.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use rdkafka::ClientConfig;
use rollcall_aggregator::core::outside::{Outside, Settings};
use rollcall_fetcher::outside::{AppSettings, Groups, Options, Watch};
use rollcall_proto::time::Clock;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::super::cast::Task;
use super::super::watch::listen;
use super::alarms::{Alarms, alarms_of};
use super::short;

/// What it said of a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Whose group it is.
    pub of: String,
    /// How often was looked.
    pub looks: u64,
    /// The most topics that were judged at once.
    pub topics: usize,
    /// Confirmed warnings and faults: nothing is wrong.
    pub false_alarms: Alarms,
}

/// One that looks until it is dropped.
pub(super) struct Doctor {
    diagnosis: Arc<Mutex<Diagnosis>>,
    _looking: Task,
}

impl Doctor {
    /// Begins to look at all topics of a group; the application's commit interval is told, if there is one.
    pub(super) fn start(
        bootstrap: &str,
        of: &str,
        group: &str,
        commit_interval: Option<Duration>,
    ) -> Result<Self> {
        let clock = Clock::start();
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", bootstrap);
        let options = Options {
            client,
            groups: Groups::Named(vec![group.to_owned()]),
            topics: Vec::new(),
            app: AppSettings {
                commit_interval,
                ..AppSettings::default()
            },
            may_read: true,
        };
        let (now, begun) = (clock.now(), Instant::now());
        let known = Outside::new(Settings::default(), now, clock.wall(now));
        let watch = Watch::start(options, clock)?;
        let diagnosis = Arc::new(Mutex::new(Diagnosis {
            of: of.to_owned(),
            ..Diagnosis::default()
        }));
        let (group, told) = (group.to_owned(), Arc::clone(&diagnosis));
        let looked = move |known: &Outside, now| {
            if let Some(status) = known.status(&group, now) {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                told.add(begun.elapsed().as_secs_f64(), &status.topics);
            }
        };
        let looking = Task::run(listen(watch, known, clock, |_| (), looked));
        Ok(Self {
            diagnosis,
            _looking: looking,
        })
    }

    /// What it has said.
    pub(super) fn diagnosis(&self) -> Diagnosis {
        let told = self.diagnosis.lock();
        told.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Diagnosis {
    fn add(&mut self, at: f64, topics: &[rollcall_proto::v1::TopicStatus]) {
        self.looks += 1;
        self.topics = self.topics.max(topics.len());
        for topic in topics {
            for alarm in alarms_of(topic) {
                self.false_alarms.add(at, short(&topic.topic), alarm);
            }
        }
    }
}
