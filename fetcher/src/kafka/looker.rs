//! The thread that looks at what a probe cannot tell: single records by their offset, and settings of the cluster.
//! Both are rare, so each look makes a client of its own and drops it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rdkafka::admin::ResourceSpecifier;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, Message, Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{Offset, Topic};
use rollcall_proto::time::{Clock, Moment};
use tokio::sync::mpsc::Sender;

use crate::core::facts::{Look, Looked, SettingsFacts};
use crate::kafka::configs::ConfigReader;
use crate::kafka::event::KafkaEvent;
use crate::kafka::observer::{Observer, group_less};
use crate::kafka::text::bounded;

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most bytes that the look at one record may bring, unless that record alone is larger.
const RECORD_BYTES: &str = "65536";
/// Without some group librdkafka assigns nothing; nothing is joined.
const GROUP: &str = "rollcall-look";
/// Time between two questions for the settings.
const SETTINGS_SERVE: Duration = Duration::from_secs(300);
/// The same after one that failed, and before the first.
const SETTINGS_AGAIN: Duration = Duration::from_secs(30);

/// What the looking thread works with.
pub(crate) struct Looker {
    pub(crate) config: ClientConfig,
    pub(crate) observer: Arc<Observer>,
    pub(crate) topic: Topic,
    pub(crate) clock: Clock,
    pub(crate) events: Sender<KafkaEvent>,
}

impl Looker {
    /// Looks whenever it is asked to; ends when nobody can ask any more.
    pub(crate) fn run(&self, requests: &Receiver<Look>) {
        let mut due = self.clock.now();
        loop {
            let event = match requests.recv_timeout(due.since(self.clock.now())) {
                Ok(look) => KafkaEvent::Looked(self.look(look)),
                Err(RecvTimeoutError::Timeout) => {
                    let settings = self.settings();
                    due = self.next(&settings);
                    KafkaEvent::Settings(settings)
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if self.events.blocking_send(event).is_err() {
                return;
            }
        }
    }

    fn next(&self, settings: &SettingsFacts) -> Moment {
        let wait = match settings.failure {
            None => SETTINGS_SERVE,
            Some(_) => SETTINGS_AGAIN,
        };
        self.clock.now() + wait
    }

    fn look(&self, look: Look) -> Looked {
        let record = self.read(look).unwrap_or_else(|error| {
            tracing::debug!(partition = %look.partition, offset = %look.offset, %error, "record not read");
            None
        });
        Looked {
            look,
            record,
            measured: self.clock.now(),
        }
    }

    /// The first record at or after the offset, whatever transaction it belongs to: its offset and its timestamp.
    fn read(&self, look: Look) -> Result<Option<(Offset, Option<i64>)>, KafkaError> {
        let deadline = Instant::now() + PATIENCE;
        let mut config = group_less(&self.config);
        config
            .set("group.id", self.config.get("group.id").unwrap_or(GROUP))
            .set("isolation.level", "read_uncommitted")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("fetch.min.bytes", "1")
            .set("max.partition.fetch.bytes", RECORD_BYTES)
            .set("queued.min.messages", "1");
        let consumer: BaseConsumer = config.create()?;
        let mut list = TopicPartitionList::new();
        list.add_partition(self.topic.as_str(), look.partition.0)
            .set_offset(Position::Offset(look.offset.get()))?;
        consumer.assign(&list)?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match consumer.poll(left) {
                Some(Ok(record)) => {
                    let at = Offset::known(record.offset());
                    return Ok(at.map(|at| (at, record.timestamp().to_millis())));
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => return Ok(None),
                Some(Err(error)) => {
                    let passing = error.rdkafka_error_code()
                        == Some(RDKafkaErrorCode::BrokerTransportFailure);
                    if !passing || left.is_zero() {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn settings(&self) -> SettingsFacts {
        let asked = self.ask_settings();
        let measured = self.clock.now();
        match asked {
            Ok(settings) => SettingsFacts {
                measured,
                ..settings
            },
            Err(error) => SettingsFacts {
                measured,
                failure: Some(bounded(&error.to_string())),
                ..SettingsFacts::default()
            },
        }
    }

    /// Settings of the topic, and of one broker for all: transaction.max.timeout.ms is the same on each, or nobody
    /// could rely on it.
    fn ask_settings(&self) -> Result<SettingsFacts, KafkaError> {
        let metadata = self.observer.metadata(&self.topic, PATIENCE)?;
        if metadata.embedded || !metadata.exists {
            return Ok(SettingsFacts::default());
        }
        let broker = metadata.brokers.keys().next().copied();
        let topic = ResourceSpecifier::Topic(self.topic.as_str());
        let wanted = [Some(topic), broker.map(ResourceSpecifier::Broker)];
        let reader = ConfigReader::new(&group_less(&self.config))?;
        let mut settings = SettingsFacts::default();
        for resource in wanted.into_iter().flatten() {
            if let Err(error) = reader.read(resource, &mut settings) {
                settings.fail(&bounded(&error.to_string()));
            }
        }
        Ok(settings)
    }
}
