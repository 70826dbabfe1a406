//! Settings of topics and brokers, as the cluster has them.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::ResourceSpecifier;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;

use super::native;
use crate::core::facts::SettingsFacts;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks, on a thread of its own.
pub(crate) struct ConfigReader(BaseConsumer);

impl ConfigReader {
    /// A client of these settings, which must name no group.
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, KafkaError> {
        config.create().map(Self)
    }

    /// Adds the settings of one topic or broker.
    pub(crate) fn read(
        &self,
        resource: ResourceSpecifier<'_>,
        settings: &mut SettingsFacts,
    ) -> Result<(), KafkaError> {
        let values = native::configs(self.0.client(), resource, PATIENCE)?;
        let values = values.iter();
        settings.read(&values.map(|(name, value)| (&**name, &**value)).collect());
        Ok(())
    }
}
