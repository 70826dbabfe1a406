//! Simulated fetchers: each opens a feed, claims its partitions, and says what a real one says, as often as it does.

use std::future::pending;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use rollcall_fetcher::core::credit::Credit;
use rollcall_proto::packed;
use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::v1::feed_request::Event as Up;
use rollcall_proto::v1::feed_response::Event as Down;
use rollcall_proto::v1::feed_service_client::FeedServiceClient;
use rollcall_proto::v1::{
    Claimed, Committed, CommittedPartition, FeedRequest, FeedResponse, Settled,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::records;
use super::words::{self, Standing};

/// From one pulse to the next.
const PULSE: Duration = Duration::from_secs(1);
/// Every so many pulses the log's end was measured in the background, and is told with it.
const PROBE_EVERY: u64 = 8;
/// From the first settled range until Kafka has answered the commit, which covers what was settled meanwhile.
const COMMITS: Duration = Duration::from_millis(2);
/// Where each partition stands at first.
const BEGIN: i64 = 1000;
/// Messages on their way up.
const OUTBOX: usize = 64;

/// What lies in each topic.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Partitions.
    #[arg(long)]
    pub partitions: i32,
    /// Records of a batch; 0 for topics that are silent.
    #[arg(long)]
    pub records: u32,
    /// Bytes of a record's value.
    #[arg(long)]
    pub bytes: usize,
    /// Batches are sent as far as the credit goes; else a partition has one whenever all before it is settled.
    #[arg(long)]
    pub greedy: bool,
}

/// Feeds these topics until the first feed ends, with an error: none of them ends by itself.
pub async fn feed_all(server: &str, topics: &[String], load: Load) -> Result<()> {
    let mut feeds = JoinSet::new();
    let began = Instant::now();
    for (number, topic) in topics.iter().enumerate() {
        // Fetchers that were started one by one pulse one by one.
        let phase = PULSE * u32::try_from(number)? / u32::try_from(topics.len())?;
        let (server, topic) = (server.to_owned(), topic.clone());
        feeds.spawn(async move {
            sleep_until(began + phase).await;
            let feed = Feed::open(&server, &topic, load).await?;
            feed.run()
                .await
                .with_context(|| format!("the feed of {topic}"))
        });
    }
    match feeds.join_next().await {
        Some(ended) => ended?,
        None => bail!("no topic to feed"),
    }
}

/// One feed.
struct Feed {
    topic: String,
    up: mpsc::Sender<FeedRequest>,
    down: Streaming<FeedResponse>,
    parts: Vec<Part>,
    load: Load,
    credit: Credit,
    opened: Instant,
    pulses: u64,
    /// When Kafka will have answered the commit that is under way.
    commit: Option<Instant>,
}

/// One partition of it.
#[derive(Clone, Copy)]
struct Part {
    at: Standing,
    epoch: u64,
    committed: i64,
}

impl Feed {
    async fn open(server: &str, topic: &str, load: Load) -> Result<Self> {
        let channel = client_endpoint(server)?.connect().await?;
        let (up, outbox) = mpsc::channel(OUTBOX);
        let mut client = FeedServiceClient::new(channel);
        let down = client.feed(ReceiverStream::new(outbox)).await?.into_inner();
        let part = |partition| Part {
            at: Standing {
                partition,
                next: BEGIN,
                floor: BEGIN,
            },
            epoch: 0,
            committed: BEGIN,
        };
        Ok(Self {
            topic: topic.to_owned(),
            up,
            down,
            parts: (0..load.partitions).map(part).collect(),
            load,
            credit: Credit::default(),
            opened: Instant::now(),
            pulses: 0,
            commit: None,
        })
    }

    async fn run(mut self) -> Result<()> {
        self.say(Up::Open(words::open(&self.topic))).await?;
        let mut pulses = every(PULSE);
        loop {
            let commit = self.commit;
            tokio::select! {
                message = self.down.message() => {
                    let message = message?.context("it was closed")?;
                    self.hear(message).await?;
                }
                _ = pulses.tick() => self.pulse().await?,
                () = until(commit) => self.committed().await?,
            }
        }
    }

    async fn hear(&mut self, message: FeedResponse) -> Result<()> {
        match message.event.context("an empty message")? {
            Down::Welcome(_) => self.begin().await,
            Down::Claimed(claimed) => self.claimed(&claimed).await,
            Down::Settled(settled) => self.settled(&settled).await,
            Down::Probe(probe) => self.probed(probe.probe_id).await,
            Down::Credit(credit) => {
                self.credit.allow(credit.cumulative_bytes);
                self.fill_all().await
            }
            // Said to fixed fetchers only.
            Down::Vacant(_) | Down::Beat(_) => Ok(()),
            Down::Drain(_) => bail!("the aggregator stops"),
        }
    }

    async fn begin(&mut self) -> Result<()> {
        self.say(Up::History(words::history())).await?;
        for part in self.parts.clone() {
            self.say(Up::Claim(words::claim(part.at))).await?;
        }
        self.probed(0).await?;
        self.pulse().await
    }

    async fn claimed(&mut self, claimed: &Claimed) -> Result<()> {
        if let Some(why) = &claimed.refused {
            bail!("a claim was refused: {why}");
        }
        let part = self.part(claimed.partition)?;
        part.epoch = claimed.epoch;
        self.fill(claimed.partition).await
    }

    async fn settled(&mut self, settled: &Settled) -> Result<()> {
        let part = self.part(settled.partition)?;
        for range in &settled.ranges {
            if range.first_offset <= part.at.floor {
                part.at.floor = part.at.floor.max(range.next_offset);
            }
        }
        self.commit.get_or_insert(Instant::now() + COMMITS);
        self.fill(settled.partition).await
    }

    /// Sends batches in turn, while the credit lasts.
    async fn fill_all(&mut self) -> Result<()> {
        while self.load.greedy && !self.credit.exhausted() {
            let claimed = self.parts.iter().filter(|part| part.epoch > 0);
            let turns: Vec<i32> = claimed.map(|part| part.at.partition).collect();
            if turns.is_empty() || self.load.records == 0 {
                return Ok(());
            }
            for partition in turns {
                self.fill(partition).await?;
            }
        }
        Ok(())
    }

    /// Sends the next records of a partition, if it has nothing unsettled, or the credit allows more. A batch of a partition
    /// that has nothing unsettled needs none.
    async fn fill(&mut self, partition: i32) -> Result<()> {
        let Load {
            records,
            bytes,
            greedy,
            ..
        } = self.load;
        let more = greedy && !self.credit.exhausted();
        let part = self.part(partition)?;
        if records == 0 || (part.at.floor < part.at.next && !more) {
            return Ok(());
        }
        let batch = records::batch(part.epoch, partition, part.at.next, records, bytes)?;
        part.at.next += i64::from(records);
        self.credit
            .spend(batch.packed.as_ref().map_or(0, packed::batch_bytes));
        self.say(Up::Batch(batch)).await
    }

    /// Kafka has answered.
    async fn committed(&mut self) -> Result<()> {
        self.commit = None;
        let moved = self
            .parts
            .iter_mut()
            .filter(|part| part.committed < part.at.floor);
        let partitions = moved.map(|part| {
            part.committed = part.at.floor;
            CommittedPartition {
                partition: part.at.partition,
                offset: part.committed,
                failure: None,
            }
        });
        let partitions = partitions.collect();
        self.say(Up::Committed(Committed { partitions })).await
    }

    async fn pulse(&mut self) -> Result<()> {
        self.pulses += 1;
        if self.pulses.is_multiple_of(PROBE_EVERY) {
            self.probed(0).await?;
        }
        let pulse = words::pulse(&self.standings(), self.opened.elapsed());
        self.say(Up::Pulse(pulse)).await
    }

    async fn probed(&mut self, probe_id: u64) -> Result<()> {
        self.say(Up::Probed(words::probed(&self.standings(), probe_id)))
            .await
    }

    fn standings(&self) -> Vec<Standing> {
        self.parts.iter().map(|part| part.at).collect()
    }

    fn part(&mut self, partition: i32) -> Result<&mut Part> {
        let found = self
            .parts
            .iter_mut()
            .find(|part| part.at.partition == partition);
        found.with_context(|| format!("partition {partition} was not claimed"))
    }

    async fn say(&mut self, event: Up) -> Result<()> {
        let said = self.up.send(FeedRequest { event: Some(event) }).await;
        said.ok().context("it takes no more words")
    }
}

/// Ticks that begin one period from now, and are never made up for.
fn every(period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits until then; for ever without a time.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
