//! A client that writes down what it asks, gets and settles.

use anyhow::{Result, bail};
use rollcall_proto::v1::{SettleRange, SettleStatus};
use tonic::Status;

use super::journal::Journal;
use crate::checker::Event;
use crate::client::{Answer, Client, Gathered, Part, Request};

/// A client, and the journal that it writes.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The client: what is asked through it directly is not written down.
    pub client: Client,
    journal: Journal,
}

/// When a client is done with an answer.
enum Until {
    Summary,
    Batches(usize),
}

impl Witness {
    /// A client whose every answer is written down.
    pub fn new(client: Client, journal: Journal) -> Self {
        Self { client, journal }
    }

    /// Calls the roll and reads the answer to its end, or to where it breaks off.
    pub async fn gather(&self, request: Request) -> Result<Gathered> {
        self.gather_until(request, Until::Summary).await
    }

    /// Calls the roll, and leaves after so many batches, as a client that dies.
    pub async fn gather_in_part(&self, request: Request, batches: usize) -> Result<Gathered> {
        self.gather_until(request, Until::Batches(batches)).await
    }

    /// Settles ranges; a result for each.
    pub async fn settle(&self, ranges: Vec<SettleRange>) -> Result<Vec<SettleStatus>> {
        self.journal.settling(&ranges)?;
        self.client.settle(ranges).await
    }

    /// Acks all that came.
    pub async fn ack(&self, gathered: &Gathered) -> Result<Vec<SettleStatus>> {
        if gathered.batches.is_empty() {
            return Ok(Vec::new());
        }
        self.settle(gathered.acks()).await
    }

    /// Writes down what the aggregator holds.
    pub async fn see_memory(&self, partitions: u64, batch: u64) -> Result<u64> {
        let status = self.client.status().await?;
        self.journal.add(Event::Held {
            bytes: status.buffered_bytes,
            budget: status.budget_bytes,
            partitions,
            batch,
        });
        Ok(status.buffered_bytes)
    }

    async fn gather_until(&self, request: Request, until: Until) -> Result<Gathered> {
        let delivery = request.delivered_by();
        let gather = self.journal.asked(&request)?;
        let mut gathered = Gathered::default();
        let read = async {
            let mut answer = self.client.ask(request).await?;
            while !until.reached(&gathered) {
                let part = next(&mut answer).await?;
                if let Part::Batch(batch) = &part {
                    self.journal.handed_out(gather, batch, delivery)?;
                }
                gathered.add(part)?;
            }
            if gathered.summary.is_none() {
                // Before the answer is dropped, so that nobody gets the records before it is known.
                self.journal.add(Event::Left { gather });
            }
            anyhow::Ok(())
        };
        let read = read.await;
        match read.map_err(anyhow::Error::downcast::<Status>) {
            Ok(()) if gathered.summary.is_some() => self.journal.summed_up(gather, &gathered)?,
            Ok(()) => {}
            Err(broken) => {
                self.journal.add(Event::Left { gather });
                gathered.broken = Some(broken?);
            }
        }
        Ok(gathered)
    }
}

impl Until {
    fn reached(&self, gathered: &Gathered) -> bool {
        match self {
            Self::Summary => gathered.summary.is_some(),
            Self::Batches(batches) => {
                gathered.summary.is_some() || gathered.batches.len() >= *batches
            }
        }
    }
}

async fn next(answer: &mut Answer) -> Result<Part> {
    match answer.next().await? {
        Some(part) => Ok(part),
        None => bail!(Status::data_loss("the answer ended without a summary")),
    }
}
