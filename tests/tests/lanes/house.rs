//! One topic, the aggregators of its lanes, and what happened to them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::v1::Close;
use rollcall_tests::checker::{self, Event};
use rollcall_tests::client::{Client, Gathered, Request};
use rollcall_tests::kafka::unique;
use rollcall_tests::process::{Service, UP, listening};
use rollcall_tests::roll::{AGGREGATOR, FETCHER, Runner};
use rollcall_tests::stage::{Journal, Witness};
use rollcall_tests::{Kafka, Producer, eventually, ports};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A rebalance, a redial, a session of a member that died.
pub(crate) const SOON: Duration = Duration::from_secs(40);
/// Until everything is read and committed.
const TO_THE_END: Duration = Duration::from_secs(90);
/// The timeout of the gathers that read to the end.
const GATHER: Duration = Duration::from_millis(300);

/// One lane's aggregator.
pub(crate) struct Lane {
    pub(crate) address: SocketAddr,
    pub(crate) runner: Runner,
}

/// The topic, its lanes and the history.
pub(crate) struct House {
    kafka: &'static Kafka,
    pub(crate) topic: String,
    pub(crate) group: String,
    partitions: i32,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) journal: Journal,
    pub(crate) producer: Producer,
    next: u64,
}

impl House {
    /// A topic, and the aggregators of so many lanes; nobody feeds them yet.
    pub(crate) async fn open(prefix: &str, partitions: i32, lanes: usize) -> Self {
        let kafka = Kafka::shared().await;
        let topic = unique(prefix);
        kafka.create_topic(&topic, partitions, &[]).await.unwrap();
        let mut house = Self {
            kafka,
            group: unique("group"),
            partitions,
            lanes: Vec::new(),
            journal: Journal::of([topic.as_str()]).unwrap(),
            producer: Producer::new(kafka.bootstrap()).unwrap(),
            topic,
            next: 0,
        };
        for lane in 0..lanes {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free().unwrap()));
            house.start_lane(lane, lanes, address).await;
        }
        house
    }

    /// Starts the aggregator of a lane: one more, or (after its end) again.
    pub(crate) async fn start_lane(&mut self, lane: usize, lanes: usize, address: SocketAddr) {
        let args = [
            format!("--listen={address}"),
            "--admin-listen=127.0.0.1:0".to_owned(),
            format!("--topic={}", self.topic),
            format!("--lane={lane}"),
            format!("--lanes={lanes}"),
        ];
        let mut runner = Runner::new(AGGREGATOR, args.to_vec(), Vec::new());
        runner.start().await.unwrap();
        let started = Lane { address, runner };
        match self.lanes.get_mut(lane) {
            Some(known) => *known = started,
            None => self.lanes.push(started),
        }
        let client = self.client(lane);
        eventually("the aggregator answers", UP, async || {
            client.status().await.map(drop)
        })
        .await
        .unwrap();
    }

    pub(crate) fn bootstrap(&self) -> &str {
        self.kafka.bootstrap()
    }

    /// A fetcher that is told these aggregators.
    pub(crate) async fn fetcher(&self, aggregators: &[SocketAddr], flags: &[&str]) -> Service {
        let urls: Vec<_> = aggregators
            .iter()
            .map(|at| format!("http://{at}"))
            .collect();
        let urls = urls.join(",");
        let told = [
            "--topic",
            &self.topic,
            "--bootstrap",
            self.bootstrap(),
            "--group",
            &self.group,
            "--aggregator",
            &urls,
            "--admin-listen",
            "127.0.0.1:0",
        ];
        let args = [&told[..], flags].concat();
        Service::start(FETCHER, &args).await.unwrap()
    }

    /// Where the lanes' aggregators are.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.lanes.iter().map(|lane| lane.address).collect()
    }

    pub(crate) fn client(&self, lane: usize) -> Client {
        let address = self.lanes[lane].address;
        Client::to(address, &format!("client-{lane}")).unwrap()
    }

    pub(crate) fn witness(&self, lane: usize) -> Witness {
        Witness::new(self.client(lane), self.journal.clone())
    }

    /// Writes the next numbers to every partition.
    pub(crate) async fn produce(&mut self, count: u64) {
        let numbers = self.next..self.next + count;
        self.next += count;
        for partition in 0..self.partitions {
            let sent = self
                .producer
                .numbers(&self.topic, Some(partition), numbers.clone());
            let stored = sent.await.unwrap();
            self.journal.produced(&self.topic, &stored).unwrap();
        }
    }

    /// Gathers so many records from a lane, and acks them.
    pub(crate) async fn take(&self, lane: usize, records: u32) -> Gathered {
        let client = self.witness(lane);
        let request = Request::roll()
            .timeout(SOON)
            .max_records(records)
            .close(Close::Full);
        let gathered = client.gather(request).await.unwrap();
        assert_eq!(gathered.record_count(), records as usize, "lane {lane}");
        client.ack(&gathered).await.unwrap();
        gathered
    }

    /// Waits until so many partitions of the topic are claimed at a lane.
    pub(crate) async fn until_claimed(&self, lane: usize, partitions: usize) {
        let client = self.client(lane);
        eventually("partitions are claimed", SOON, async || {
            let status = client.topic(&self.topic).await?;
            let claimed = status.partitions.iter().filter(|p| p.epoch > 0).count();
            ensure!(
                claimed == partitions,
                "{claimed} of {partitions}: {status:?}"
            );
            Ok(())
        })
        .await
        .unwrap();
    }

    /// Kills a lane's aggregator.
    pub(crate) fn kill(&mut self, lane: usize) {
        self.journal.add(Event::AggregatorKilled);
        self.lanes[lane].runner.kill().unwrap();
    }

    /// Starts a lane's aggregator anew where it was, as one of so many.
    pub(crate) async fn restart(&mut self, lane: usize, lanes: usize) {
        self.journal.add(Event::AggregatorKilled);
        let ended = self.lanes[lane].runner.terminate().await.unwrap();
        assert!(ended.success(), "{ended}");
        let address = self.lanes[lane].address;
        self.start_lane(lane, lanes, address).await;
    }

    /// Ends the last lane's aggregator.
    pub(crate) async fn close_last(&mut self) {
        self.journal.add(Event::AggregatorKilled);
        let mut last = self.lanes.pop().unwrap();
        last.runner.terminate().await.unwrap();
    }

    /// Gathers and acks at every lane until the group has committed every partition to its end, and judges what happened.
    pub(crate) async fn read_to_the_end_and_check(&self) {
        let readers: Vec<_> = (0..self.lanes.len())
            .map(|lane| self.witness(lane))
            .collect();
        let all = eventually("every lane is read to its end", TO_THE_END, async || {
            let mut came = 0;
            for reader in &readers {
                let request = Request::roll().timeout(GATHER).max_records(5_000);
                let gathered = reader.gather(request.close(Close::Each)).await?;
                gathered.summary()?;
                reader.ack(&gathered).await?;
                came += gathered.record_count();
            }
            ensure!(came == 0, "{came} records came");
            self.all_committed().await
        });
        all.await.unwrap();
        let broken = checker::broken(&self.journal.history());
        let told: Vec<_> = broken.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }

    /// Whether the group has committed every partition to its end.
    pub(crate) async fn all_committed(&self) -> Result<()> {
        for partition in 0..self.partitions {
            let committed = self.kafka.committed(&self.group, &self.topic, partition);
            let committed = committed.await?;
            let (_, end) = self.kafka.watermarks(&self.topic, partition).await?;
            self.journal
                .committed(&self.topic, partition, committed, end)?;
            ensure!(
                committed == Some(end),
                "{partition}: {committed:?} of {end}"
            );
        }
        Ok(())
    }
}

/// What a fetcher's `/readyz` says.
pub(crate) async fn readiness(fetcher: &mut Service) -> Result<String> {
    let admin = fetcher.line("its port", UP, listening("")).await?;
    let mut stream = TcpStream::connect(admin).await?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).context("no status")?;
    Ok(format!("{status} {body}"))
}
