//! One topic on an embedded broker, and the fetcher that reads it.

use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use rdkafka::ClientConfig;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rollcall_fetcher::{Config, GroupProtocol};
use rollcall_proto::ids::Topic;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::desk::{Desk, soon};

const WAIT: Duration = Duration::from_secs(5);

pub(crate) struct Stage {
    topic: Topic,
    bootstrap: String,
    cluster: Option<MockCluster<'static, DefaultProducerContext>>,
}

impl Stage {
    pub(crate) fn new(topic: &str, partitions: i32) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(topic, partitions, 1).unwrap();
        let bootstrap = cluster.bootstrap_servers();
        Self {
            topic: Topic::new(topic).unwrap(),
            bootstrap,
            cluster: Some(cluster),
        }
    }

    /// No broker listens.
    pub(crate) fn away(topic: &str) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let bootstrap = free.local_addr().unwrap().to_string();
        Self {
            topic: Topic::new(topic).unwrap(),
            bootstrap,
            cluster: None,
        }
    }

    pub(crate) fn config(&self, aggregator: &str) -> Config {
        let mut config = Config::new(self.topic.clone(), &*self.bootstrap, "g", aggregator);
        config.demo = self.cluster.is_some();
        config.group_protocol = Some(GroupProtocol::Consumer);
        config.drain_timeout = Duration::from_millis(200);
        config
    }

    pub(crate) fn fetcher(&self, desk: &Desk) -> Fetcher {
        Self::run(self.config(&desk.address))
    }

    /// Runs a fetcher with these settings.
    pub(crate) fn run(config: Config) -> Fetcher {
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            rollcall_fetcher::run(config, None, async { drop(stopped.await) })
                .await
                .unwrap();
        });
        Fetcher { stop, running }
    }

    /// The broker dies.
    pub(crate) fn kill(&mut self) {
        self.cluster = None;
    }

    /// Writes records of 900 KB.
    pub(crate) async fn produce_large(&self, partition: i32, count: u32) {
        let producer: FutureProducer = self.client().create().unwrap();
        let value = vec![b'x'; 900 << 10];
        for _ in 0..count {
            let record: FutureRecord<'_, (), [u8]> = FutureRecord::to(self.topic.as_str())
                .partition(partition)
                .payload(&value[..]);
            producer.send(record, WAIT).await.unwrap();
        }
    }

    /// Writes records whose values are their numbers.
    pub(crate) async fn produce(&self, partition: i32, numbers: Range<u32>) {
        let producer: FutureProducer = self.client().create().unwrap();
        for number in numbers {
            let value = number.to_string();
            let record: FutureRecord<'_, (), String> = FutureRecord::to(self.topic.as_str())
                .partition(partition)
                .payload(&value);
            producer.send(record, WAIT).await.unwrap();
        }
    }

    /// What the group has committed.
    pub(crate) async fn committed(&self, partition: i32) -> Option<i64> {
        let reader: BaseConsumer = self.client().set("group.id", "g").create().unwrap();
        let topic = self.topic.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut list = TopicPartitionList::new();
            list.add_partition(topic.as_str(), partition);
            let list = reader.committed_offsets(list, WAIT).unwrap();
            match list.elements()[0].offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            }
        });
        read.await.unwrap()
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }
}

pub(crate) struct Fetcher {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Fetcher {
    /// Says stop; the future ends with the fetcher.
    pub(crate) fn begin_stop(self) -> impl Future<Output = ()> {
        drop(self.stop);
        async { self.running.await.unwrap() }
    }

    pub(crate) async fn stop(self) {
        soon("the fetcher's end", self.begin_stop()).await;
    }
}
