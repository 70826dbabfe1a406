//! The embedded broker: librdkafka's MockCluster, with the demo's topics.

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::script::SCRIPTS;

/// A broker that lives as long as this value, on ports of 127.0.0.1 that it chooses.
pub struct Broker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Broker {
    /// Starts it (about a millisecond) and creates the topics.
    pub fn start() -> Result<Self, KafkaError> {
        let cluster = MockCluster::new(1)?;
        for script in SCRIPTS {
            cluster.create_topic(script.topic, script.partitions, 1)?;
        }
        Ok(Self { cluster })
    }

    /// bootstrap.servers of its clients.
    pub fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}
