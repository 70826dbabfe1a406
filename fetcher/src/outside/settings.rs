//! How long topics keep their records, and how long brokers let a transaction be open: asked by one thread beside the
//! rounds, rarely, and only of topics where it matters.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::admin::ResourceSpecifier;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rollcall_proto::ids::Topic;

use super::pulse::{Heart, lock};
use super::reading::Desk;
use crate::core::facts::SettingsFacts;
use crate::kafka::configs::ConfigReader;
use crate::kafka::text::bounded;

/// How long an answer serves.
const SERVES: Duration = Duration::from_secs(300);
/// The same of one that says why there is none.
const AGAIN: Duration = Duration::from_secs(60);
/// Topics that are asked about in one go.
const AT_ONCE: usize = 100;
/// Topics that are asked about at all.
const MAX_TOPICS: usize = 1_000;
/// How often the thread that has nothing to do looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(200);

/// A topic whose settings matter now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The topic.
    pub(super) topic: Topic,
    /// A broker to ask, where a transaction is open.
    pub(super) broker: Option<i32>,
}

/// Asks for settings.
#[derive(Debug)]
pub(super) struct Registry {
    jobs: SyncSender<Vec<Wanted>>,
    asked: Arc<Mutex<BTreeMap<Topic, Asked>>>,
}

/// What came of a question.
#[derive(Clone, Debug)]
struct Asked {
    at: Instant,
    /// Whether a broker was asked too.
    broker: bool,
    failed: bool,
    denied: Denied,
}

/// Settings that may not be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Denied {
    /// Those of the topic.
    pub(super) topic: bool,
    /// Those of the brokers.
    pub(super) brokers: bool,
}

impl Asked {
    fn is_due(&self, wanted: &Wanted, now: Instant) -> bool {
        let serves = if self.failed { AGAIN } else { SERVES };
        let more = wanted.broker.is_some() && !self.broker;
        more || now.saturating_duration_since(self.at) >= serves
    }
}

impl Registry {
    /// Starts the thread; it ends when nobody listens.
    pub(super) fn start(desk: Desk, heart: Arc<Heart>) -> std::io::Result<Self> {
        let (jobs, wanted) = sync_channel(1);
        let asked = Arc::new(Mutex::new(BTreeMap::new()));
        let kept = Arc::clone(&asked);
        std::thread::Builder::new()
            .name("settings".to_owned())
            .spawn(move || work(&desk, &heart, &wanted, &kept))?;
        Ok(Self { jobs, asked })
    }

    /// Has those asked about that are not known, as far as there is room; the others come later.
    pub(super) fn want(&self, wanted: impl Iterator<Item = Wanted>) {
        let now = Instant::now();
        let job: Vec<Wanted> = {
            let asked = lock(&self.asked);
            let due = wanted.filter(|one| is_due(&asked, one, now));
            due.take(AT_ONCE).collect()
        };
        if !job.is_empty() {
            // Still at work: the next round asks again.
            let _full = self.jobs.try_send(job);
        }
    }

    /// Which settings that concern a topic may not be seen, as far as they were asked for.
    pub(super) fn denied(&self, topic: &Topic) -> Denied {
        let asked = lock(&self.asked);
        asked
            .get(topic)
            .map(|asked| asked.denied)
            .unwrap_or_default()
    }
}

fn is_due(asked: &BTreeMap<Topic, Asked>, wanted: &Wanted, now: Instant) -> bool {
    match asked.get(&wanted.topic) {
        Some(before) => before.is_due(wanted, now),
        None => asked.len() < MAX_TOPICS,
    }
}

fn work(
    desk: &Desk,
    heart: &Heart,
    jobs: &Receiver<Vec<Wanted>>,
    asked: &Mutex<BTreeMap<Topic, Asked>>,
) {
    while !desk.sender.is_closed() {
        let Ok(job) = jobs.recv_timeout(LOOK) else {
            continue;
        };
        let reader = match ConfigReader::new(&desk.config) {
            Ok(reader) => reader,
            Err(error) => {
                tracing::debug!(%error, "settings not asked for");
                continue;
            }
        };
        for wanted in job {
            // It may have waited while it was answered.
            let due = is_due(&lock(asked), &wanted, Instant::now());
            if due && !desk.sender.is_closed() {
                let (settings, came) = ask(&reader, &wanted, desk);
                heart.settings(&wanted.topic, settings);
                lock(asked).insert(wanted.topic, came);
            }
        }
    }
}

fn ask(reader: &ConfigReader, wanted: &Wanted, desk: &Desk) -> (SettingsFacts, Asked) {
    let mut settings = SettingsFacts::default();
    let topic = ResourceSpecifier::Topic(wanted.topic.as_str());
    let of_topic = reader.read(topic, &mut settings);
    let broker = wanted.broker.map(ResourceSpecifier::Broker);
    let of_broker = broker.map_or(Ok(()), |broker| reader.read(broker, &mut settings));
    let failures = [&of_topic, &of_broker].map(|answer| answer.as_ref().err());
    for error in failures.into_iter().flatten() {
        settings.fail(&bounded(&error.to_string()));
    }
    settings.measured = desk.clock.now();
    let asked = Asked {
        at: Instant::now(),
        broker: wanted.broker.is_some(),
        failed: settings.failure.is_some(),
        denied: Denied {
            topic: failures[0].is_some_and(is_denied),
            brokers: failures[1].is_some_and(is_denied),
        },
    };
    (settings, asked)
}

fn is_denied(error: &KafkaError) -> bool {
    use Code::{ClusterAuthorizationFailed, TopicAuthorizationFailed};
    // rdkafka's `rdkafka_error_code` knows none of this kind.
    matches!(
        error,
        KafkaError::AdminOp(TopicAuthorizationFailed | ClusterAuthorizationFailed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(broker: Option<i32>) -> Wanted {
        Wanted {
            topic: Topic::new("T").unwrap(),
            broker,
        }
    }

    fn asked(failed: bool, broker: bool, at: Instant) -> BTreeMap<Topic, Asked> {
        let asked = Asked {
            at,
            broker,
            failed,
            denied: Denied::default(),
        };
        BTreeMap::from([(wanted(None).topic, asked)])
    }

    #[test]
    fn settings_are_asked_for_once_in_five_minutes() {
        let begun = Instant::now();
        assert!(is_due(&BTreeMap::new(), &wanted(None), begun));
        let known = asked(false, false, begun);
        let soon = begun + SERVES - Duration::from_millis(1);
        assert!(!is_due(&known, &wanted(None), soon));
        assert!(is_due(&known, &wanted(None), begun + SERVES));
    }

    #[test]
    fn a_refusal_is_tried_again_after_a_minute() {
        let begun = Instant::now();
        let refused = asked(true, false, begun);
        assert!(!is_due(&refused, &wanted(None), begun + AGAIN / 2));
        assert!(is_due(&refused, &wanted(None), begun + AGAIN));
    }

    #[test]
    fn a_transaction_that_opens_later_has_a_broker_asked_at_once() {
        let begun = Instant::now();
        assert!(is_due(&asked(false, false, begun), &wanted(Some(1)), begun));
        assert!(!is_due(&asked(false, true, begun), &wanted(Some(1)), begun));
    }
}
