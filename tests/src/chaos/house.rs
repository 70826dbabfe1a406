//! Everything that runs: the Kafka, the proxies, rollcall's processes, the clients, the producers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::ids::Topic;

use super::book::{Book, Tail};
use super::proxies::Proxies;
use super::shape::Shape;
use super::trouble::Still;
use super::writer::Writer;
use crate::checker::line::{Said, TopicRuns};
use crate::kafka::{Kafka, Version};
use crate::roll::{AGGREGATOR, FETCHER, Runner};
use crate::{eventually, ports, scratch};

/// The client's binary.
const CLIENT: &str = "chaos-client";

/// The group that rollcall reads for.
pub(super) const GROUP: &str = "chaos";

/// How long a client may hold what it got; whoever waits for a client that died with it waits for so long.
const LEASE: &str = "5s";

/// What the brokers are told: groups' offsets are on three of them, a broker that is silent for 6 s leads nothing any
/// more, and whoever led at first leads again soon.
const BROKERS: [(&str, &str); 7] = [
    ("offsets.topic.replication.factor", "3"),
    ("broker.session.timeout.ms", "6000"),
    ("broker.heartbeat.interval.ms", "500"),
    ("replica.lag.time.max.ms", "6000"),
    ("auto.leader.rebalance.enable", "true"),
    ("leader.imbalance.check.interval.seconds", "5"),
    ("leader.imbalance.per.broker.percentage", "0"),
];

/// A write is safe when two of three replicas have it.
const SAFE: [(&str, &str); 1] = [("min.insync.replicas", "2")];

/// One replica is enough, and any may lead, however far behind.
const UNSAFE: [(&str, &str); 2] = [
    ("min.insync.replicas", "1"),
    ("unclean.leader.election.enable", "true"),
];

/// The first broker that holds topics; node 1 is the controller, holds none of them, and lives.
pub(super) const FIRST_BROKER: i32 = 2;

/// Until all flows at first, and until all was read at the end.
const FLOWS: Duration = Duration::from_secs(120);

/// What runs.
pub(super) struct House {
    pub(super) shape: Shape,
    pub(super) kafka: Kafka,
    pub(super) proxies: Proxies,
    /// Where the aggregators of the lanes listen; with several lanes there is one place more.
    pub(super) addresses: Vec<SocketAddr>,
    /// Those that run or may run again, by lane.
    pub(super) aggregators: Vec<Runner>,
    /// Those of each topic.
    pub(super) fetchers: Vec<Vec<Runner>>,
    /// One more of a topic, while it is there.
    pub(super) guests: BTreeMap<usize, Runner>,
    pub(super) clients: Vec<Runner>,
    pub(super) writers: Vec<Writer>,
    pub(super) book: Book,
    bootstrap: String,
    /// Where processes reach the aggregator, by the name of the proxy.
    doors: BTreeMap<String, u16>,
    books: PathBuf,
    tails: Vec<Tail>,
    seen: Seen,
}

/// The number after the last one that came, of each partition.
pub(super) type Seen = BTreeMap<(Topic, i32), i64>;

/// What the producers do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Records a second, over all topics.
    pub(super) rate: u64,
    /// Bytes of a record's value.
    pub(super) bytes: usize,
}

impl House {
    /// Starts everything, and waits until records of every partition come.
    pub(super) async fn open(shape: &Shape, load: Load) -> Result<Self> {
        let nodes = usize::try_from(FIRST_BROKER)? - 1 + shape.brokers;
        let doors: Result<Vec<u16>> = (0..nodes).map(|_| ports::free()).collect();
        let doors = doors?;
        let kafka =
            Kafka::behind_proxies(Version::V4_3, i32::try_from(nodes)?, &doors, &BROKERS).await?;
        let proxies = Proxies::start().await?;
        for ((node, &port), upstream) in (1..).zip(&doors).zip(kafka.behind()) {
            proxies.add(&broker_door(node), port, upstream).await?;
        }
        let addresses: Vec<String> = doors
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect();
        let places = if shape.lanes > 1 { shape.lanes + 1 } else { 1 };
        let lanes = (0..places).map(|_| Ok((Ipv4Addr::LOCALHOST, ports::free()?).into()));
        let lanes: Result<Vec<SocketAddr>> = lanes.collect();
        let books = scratch::directory("books")?;
        let mut house = Self {
            shape: shape.clone(),
            kafka,
            proxies,
            addresses: lanes?,
            aggregators: Vec::new(),
            fetchers: Vec::new(),
            guests: BTreeMap::new(),
            clients: Vec::new(),
            writers: Vec::new(),
            book: Book::open(&books.join("house.ndjson"))?,
            bootstrap: addresses.join(","),
            doors: BTreeMap::new(),
            books,
            tails: Vec::new(),
            seen: BTreeMap::new(),
        };
        if let Err(error) = house.fill(load).await {
            house.tell_why(&error).await?;
            return Err(error);
        }
        Ok(house)
    }

    async fn fill(&mut self, load: Load) -> Result<()> {
        for place in 0..self.shape.topics {
            self.create(place).await?;
            let topic = self.shape.topic(place);
            self.doors_to_lanes(|lane| feeds_door(&topic, lane)).await?;
        }
        for lane in 0..self.shape.lanes {
            let mut aggregator = self.aggregator(lane, self.shape.lanes)?;
            aggregator.start().await?;
            self.aggregators.push(aggregator);
        }
        for place in 0..self.shape.topics {
            let mut fetchers = Vec::new();
            for _ in 0..self.shape.fetchers {
                let mut fetcher = self.fetcher(place)?;
                fetcher.start().await?;
                fetchers.push(fetcher);
            }
            self.fetchers.push(fetchers);
        }
        for number in 0..self.shape.clients {
            self.doors_to_lanes(|lane| client_door(number, lane))
                .await?;
            let mut client = self.client(number)?;
            client.start().await?;
            self.clients.push(client);
            self.tails.push(Tail::of(&self.client_book(number)));
        }
        let rate = load.rate / self.shape.topics as u64;
        for topic in self.shape.names() {
            let bootstrap = self.kafka.bootstrap();
            let partitions = self.shape.partitions;
            let writer = Writer::start(bootstrap, &topic, partitions, rate, load.bytes)?;
            self.writers.push(writer);
        }
        self.until_all_flow(FLOWS).await
    }

    /// Creates the topic in this place.
    pub(super) async fn create(&self, place: usize) -> Result<()> {
        let config: &[(&str, &str)] = match self.may_lose(place) {
            true => &UNSAFE,
            false => &SAFE,
        };
        let replicas = self.replicas(place, 0);
        let replicas: Vec<&[i32]> = replicas.iter().map(Vec::as_slice).collect();
        let topic = self.shape.topic(place);
        self.kafka
            .create_placed_topic(topic.as_str(), &replicas, config)
            .await
    }

    /// Where each partition lies, the leader first; a turn moves every leader to the next broker.
    pub(super) fn replicas(&self, place: usize, turn: usize) -> Vec<Vec<i32>> {
        let brokers: Vec<i32> = (FIRST_BROKER..).take(self.shape.brokers).collect();
        let of = |partition: i32| match self.may_lose(place) {
            true => brokers.iter().copied().take(2).collect(),
            false => {
                let mut replicas = brokers.clone();
                let by = usize::try_from(partition).unwrap_or(0) + turn;
                replicas.rotate_left(by % brokers.len().max(1));
                replicas
            }
        };
        (0..self.shape.partitions).map(of).collect()
    }

    fn may_lose(&self, place: usize) -> bool {
        place == self.shape.truncated_topic()
    }

    /// A fetcher of the topic in this place, not started yet.
    pub(super) fn fetcher(&self, place: usize) -> Result<Runner> {
        let topic = self.shape.topic(place);
        let lanes = 0..self.aggregators.len();
        let aggregators = self.servers(lanes.map(|lane| feeds_door(&topic, lane)))?;
        let args = [
            ("--topic", topic.to_string()),
            ("--bootstrap", self.bootstrap.clone()),
            ("--group", GROUP.to_owned()),
            ("--aggregator", aggregators),
            ("--admin-listen", "127.0.0.1:0".to_owned()),
            ("--membership", self.shape.membership.name().to_owned()),
        ];
        Ok(Runner::new(FETCHER, words(args), Vec::new()))
    }

    fn client(&self, number: usize) -> Result<Runner> {
        let book = self.client_book(number);
        let lanes = 0..self.addresses.len();
        let servers = self.servers(lanes.map(|lane| client_door(number, lane)))?;
        let mut args = words([
            ("--id", client_name(number)),
            ("--server", servers),
            ("--book", book.display().to_string()),
            ("--lease", LEASE.to_owned()),
        ]);
        for topic in self.shape.names() {
            args.extend(words([("--topic", topic.to_string())]));
        }
        Ok(Runner::new(CLIENT, args, Vec::new()).without_port())
    }

    /// The aggregator of a lane, not started yet.
    pub(super) fn aggregator(&self, lane: usize, lanes: usize) -> Result<Runner> {
        let address = self.addresses.get(lane).context("no such lane")?;
        let mut args = words([
            ("--listen", address.to_string()),
            ("--admin-listen", "127.0.0.1:0".to_owned()),
        ]);
        if self.shape.lanes > 1 {
            args.extend(words([
                ("--lane", lane.to_string()),
                ("--lanes", lanes.to_string()),
            ]));
        }
        for topic in self.shape.names() {
            args.extend(words([("--topic", topic.to_string())]));
        }
        Ok(Runner::new(AGGREGATOR, args, Vec::new()))
    }

    /// Makes a proxy to each lane.
    async fn doors_to_lanes(&mut self, name: impl Fn(usize) -> String) -> Result<()> {
        for (lane, &address) in self.addresses.iter().enumerate() {
            let port = ports::free()?;
            self.proxies.add(&name(lane), port, address).await?;
            self.doors.insert(name(lane), port);
        }
        Ok(())
    }

    /// Where these proxies are, with commas between.
    fn servers(&self, doors: impl Iterator<Item = String>) -> Result<String> {
        let urls = doors.map(|door| {
            let port = self.doors.get(&door).context("no door")?;
            Ok(format!("http://127.0.0.1:{port}"))
        });
        Ok(urls.collect::<Result<Vec<_>>>()?.join(","))
    }

    fn client_book(&self, number: usize) -> PathBuf {
        self.books.join(format!("{}.ndjson", client_name(number)))
    }

    /// All files that this run is written into.
    pub(super) fn books(&self) -> Vec<PathBuf> {
        let clients = (0..self.shape.clients).map(|number| self.client_book(number));
        std::iter::once(self.books.join("house.ndjson"))
            .chain(clients)
            .collect()
    }

    /// What came so far.
    pub(super) fn seen(&mut self) -> &Seen {
        for line in self.tails.iter_mut().flatten() {
            let Said::Gather(gather) = line.said else {
                continue;
            };
            for topic in gather.topics {
                note(&mut self.seen, &topic);
            }
        }
        &self.seen
    }

    /// Lets every broker run again, whatever was done to it.
    pub(super) async fn revive_brokers(&mut self) -> Result<()> {
        let brokers = (FIRST_BROKER..).take(self.shape.brokers);
        for node in brokers {
            match self.kafka.running().contains(&node) {
                // One that is not frozen does not mind.
                true => self.kafka.resume_node(node)?,
                false => self.kafka.start_node(node)?,
            }
        }
        self.kafka.until_it_serves().await
    }

    /// Waits until every partition has brought records that are newer than all that came until now.
    pub(super) async fn until_all_flow(&mut self, within: Duration) -> Result<()> {
        let before = self.seen().clone();
        let places: Vec<(Topic, i32)> = self.places();
        eventually("every partition brings new records", within, async || {
            for writer in &self.writers {
                writer.check()?;
            }
            let now = self.seen();
            let next = |seen: &Seen, place: &(Topic, i32)| seen.get(place).copied().unwrap_or(0);
            let still = places
                .iter()
                .filter(|place| next(now, place) <= next(&before, place));
            let still: Vec<_> = still.cloned().collect();
            ensure!(still.is_empty(), Still(still));
            Ok(())
        })
        .await
    }

    /// All partitions of all topics.
    pub(super) fn places(&self) -> Vec<(Topic, i32)> {
        let names = self.shape.names().into_iter();
        let partitions = self.shape.partitions;
        names
            .flat_map(|topic| (0..partitions).map(move |partition| (topic.clone(), partition)))
            .collect()
    }

    /// Writes down what Kafka acknowledged.
    pub(super) fn write_down(&self) -> Result<()> {
        let topics: Vec<TopicRuns> = self.writers.iter().filter_map(Writer::take).collect();
        match topics.is_empty() {
            true => Ok(()),
            false => self.book.say(Said::Written { topics }),
        }
    }
}

fn note(seen: &mut Seen, topic: &TopicRuns) {
    for run in &topic.runs {
        let place = (topic.topic.clone(), run.partition);
        let next = seen.entry(place).or_default();
        *next = run.next_number().max(*next);
    }
}

/// The proxy between the fetchers and a broker.
pub(super) fn broker_door(node: i32) -> String {
    format!("broker-{node}")
}

/// The proxy between a topic's fetchers and a lane's aggregator.
pub(super) fn feeds_door(topic: &Topic, lane: usize) -> String {
    format!("feeds-{topic}-{lane}")
}

/// The proxy between a client and a lane's aggregator.
pub(super) fn client_door(number: usize, lane: usize) -> String {
    format!("{}-{lane}", client_name(number))
}

fn client_name(number: usize) -> String {
    format!("client-{number}")
}

fn words<const N: usize>(settings: [(&str, String); N]) -> Vec<String> {
    let words = settings.into_iter();
    words
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
}
