//! A client that acks, as a process of its own: it gathers the roll, looks at every record, writes down what came, and
//! then acks it. Whatever breaks, it asks again; what it could not ack it acks with the next gather.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rollcall_proto::ids::Topic;
use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::packed;
use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::time::length;
use rollcall_proto::v1::gather_service_client::GatherServiceClient;
use rollcall_proto::v1::{
    Close, Delivery, Encoding, GatherBatch, GatherRequest, GatherSummary, SettleRange,
    gather_batch, gather_response,
};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use super::book::{Book, now_ns};
use super::numbered;
use crate::acks;
use crate::checker::line::{EmptySlot, Gather, Run, Said, TopicRuns};

/// A gather takes what comes within this: few calls, and no outage that matters.
const GATHER: Duration = Duration::from_millis(100);

/// Records of a topic in one gather; enough for what waits after an outage, and little to come again.
const MOST_RECORDS: u32 = 500;

/// An answer that brings nothing for longer has died without a word.
const SILENCE: Duration = Duration::from_secs(3);

/// Until it asks again after a failure.
const AGAIN: Duration = Duration::from_millis(50);

/// What a client is told.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// The aggregators, one for each lane, `http://HOST:PORT`. Some may not be there.
    pub servers: Vec<String>,
    /// The topics that it gathers.
    pub topics: Vec<Topic>,
    /// The file that it writes down what came into.
    pub book: PathBuf,
    /// How long it may hold what it got.
    pub lease: Duration,
}

/// What an answer was.
struct Answer {
    gather: Gather,
    runs: BTreeMap<Topic, Vec<Run>>,
    acks: Vec<SettleRange>,
}

impl Client {
    /// Gathers and acks until the process ends, from every lane for itself.
    pub async fn work(&self) -> Result<()> {
        let book = Book::open(&self.book)?;
        let mut lanes = JoinSet::new();
        for server in self.servers.clone() {
            let (client, book) = (self.clone(), book.clone());
            lanes.spawn(async move { client.lane(&server, &book).await });
        }
        while let Some(ended) = lanes.join_next().await {
            ended??;
        }
        Ok(())
    }

    async fn lane(&self, server: &str, book: &Book) -> Result<()> {
        let mut acks = Vec::new();
        loop {
            let channel = client_endpoint(server)?.connect_lazy();
            let mut calls =
                GatherServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
            loop {
                let (answer, ended) = self.gather(&mut calls, acks.clone()).await;
                if ended.is_ok() {
                    acks = answer.acks;
                }
                book.say(Said::Gather(answer.gather))?;
                if let Err(error) = ended {
                    eprintln!("asks again: {error:#}");
                    break;
                }
            }
            sleep(AGAIN).await;
        }
    }

    /// One gather, settling earlier ones with it; what came, and how it ended.
    async fn gather(
        &self,
        calls: &mut GatherServiceClient<Channel>,
        settle: Vec<SettleRange>,
    ) -> (Answer, Result<()>) {
        let mut answer = Answer::of(&self.id);
        let read = self.read(calls, settle, &mut answer).await;
        answer.gather.topics = std::mem::take(&mut answer.runs)
            .into_iter()
            .map(|(topic, runs)| TopicRuns { topic, runs })
            .collect();
        (answer, read)
    }

    async fn read(
        &self,
        calls: &mut GatherServiceClient<Channel>,
        settle: Vec<SettleRange>,
        answer: &mut Answer,
    ) -> Result<()> {
        let asked = timeout(SILENCE, calls.gather(self.request(settle))).await;
        let mut stream = asked.context("no answer")??.into_inner();
        loop {
            let part = timeout(SILENCE, stream.message()).await;
            let part = part.context("the answer is silent")??;
            match part.and_then(|part| part.event) {
                Some(gather_response::Event::Batch(batch)) => answer.batch(&batch)?,
                Some(gather_response::Event::Summary(summary)) => {
                    answer.summary(&summary, &self.topics);
                    return Ok(());
                }
                None => bail!("an answer without a summary"),
            }
        }
    }

    fn request(&self, settle: Vec<SettleRange>) -> GatherRequest {
        let wire = |time: Duration| prost_types::Duration::try_from(time).ok();
        GatherRequest {
            topics: self.topics.iter().map(|topic| topic.to_string()).collect(),
            timeout: wire(GATHER),
            max_records: Some(MOST_RECORDS),
            close: Close::Full.into(),
            delivery: Delivery::Lease.into(),
            lease: wire(self.lease),
            encoding: Encoding::Packed.into(),
            settle,
            client_id: self.id.clone(),
            ..GatherRequest::default()
        }
    }
}

impl Answer {
    fn of(client: &str) -> Self {
        let gather = Gather {
            client: client.to_owned(),
            asked_ns: now_ns(),
            ..Gather::default()
        };
        Self {
            gather,
            runs: BTreeMap::new(),
            acks: Vec::new(),
        }
    }

    fn batch(&mut self, batch: &GatherBatch) -> Result<()> {
        let Some(gather_batch::Records::Packed(packed)) = &batch.records else {
            bail!("a batch that is not packed");
        };
        let topic = Topic::new(&batch.topic)?;
        let partition = packed.partition;
        for record in packed::records(packed)? {
            let value = record.value.unwrap_or_default();
            match numbered::number(&topic, partition, value) {
                Ok(number) => {
                    let runs = self.runs.entry(topic.clone()).or_default();
                    Run::append(runs, Run::one(partition, record.offset.get(), number));
                }
                Err(wrong) => self.wrong(format!("{topic}-{partition}: {wrong}")),
            }
        }
        Ok(())
    }

    fn summary(&mut self, summary: &GatherSummary, topics: &[Topic]) {
        let time = |raw: &Option<_>| raw.as_ref().and_then(length).unwrap_or_default();
        let held = time(&summary.took) + time(&summary.lease);
        self.gather.held_ns = u64::try_from(held.as_nanos()).ok();
        let slots = summary.slots.iter().map(|slot| slot.topic.as_str());
        if !slots.eq(topics.iter().map(Topic::as_str)) {
            self.wrong(format!(
                "asked for {topics:?}, a slot is missing or too many"
            ));
        }
        for slot in &summary.slots {
            let Ok(topic) = Topic::new(&slot.topic) else {
                continue;
            };
            let came = self.runs.get(&topic).map_or(0, |runs| records(runs));
            if i64::from(slot.record_count) != came {
                let said = slot.record_count;
                self.wrong(format!(
                    "the slot of {topic} says {said} records, {came} came"
                ));
            }
            if came == 0 {
                let verdict = slot.verdict.clone().unwrap_or_default().code();
                let verdict = verdict.as_str_name().to_owned();
                self.gather.empty.push(EmptySlot { topic, verdict });
            }
        }
        self.acks = acks::of(summary);
    }

    /// The first thing that is wrong is told.
    fn wrong(&mut self, what: String) {
        self.gather.wrong.get_or_insert(what);
    }
}

fn records(runs: &[Run]) -> i64 {
    runs.iter()
        .map(|run| run.next_offset - run.first_offset)
        .sum()
}
