//! Transactions: their records become visible, or use up offsets for nothing.

use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::error::KafkaResult;
use rdkafka::producer::{FutureProducer, Producer as _};

use super::Producer;
use crate::blocking::blocking;
use crate::record::{Record, Stored};

/// One step of a transaction.
const TRANSACTION: Duration = Duration::from_secs(30);

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its records become visible to read_committed consumers.
    Commit,
    /// Its records never become visible to them; the offsets are used up all the same.
    Abort,
}

impl Producer {
    /// A producer of transactions, which fences earlier ones with the same id.
    pub async fn transactional(bootstrap: &str, transactional_id: &str) -> Result<Self> {
        let producer = Self::with(bootstrap, &[("transactional.id", transactional_id)])?;
        producer
            .step("init transactions", |inner| {
                inner.init_transactions(TRANSACTION)
            })
            .await?;
        Ok(producer)
    }

    /// Begins a transaction: what is sent from now on belongs to it.
    pub fn begin(&self) -> Result<()> {
        self.inner
            .begin_transaction()
            .context("could not begin a transaction")
    }

    /// Ends the transaction.
    pub async fn end(&self, end: End) -> Result<()> {
        match end {
            End::Commit => {
                self.step("commit", |inner| inner.commit_transaction(TRANSACTION))
                    .await
            }
            End::Abort => {
                self.step("abort", |inner| inner.abort_transaction(TRANSACTION))
                    .await
            }
        }
    }

    /// Produces records in a transaction of their own.
    pub async fn transaction(
        &self,
        topic: &str,
        records: Vec<Record>,
        end: End,
    ) -> Result<Vec<Stored>> {
        self.begin()?;
        let stored = self.send_all(topic, records).await?;
        self.end(end).await?;
        Ok(stored)
    }

    async fn step(
        &self,
        what: &str,
        step: impl FnOnce(&FutureProducer) -> KafkaResult<()> + Send + 'static,
    ) -> Result<()> {
        let inner = self.inner.clone();
        let done = blocking(what, TRANSACTION * 2, move || step(&inner)).await?;
        done.with_context(|| format!("could not {what}"))
    }
}
