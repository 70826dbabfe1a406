//! The healthy soak: odd topics in which nothing is wrong, through rolling restarts; nothing may be said to be wrong, by
//! the aggregator or from outside.

mod alarms;
mod doctor;

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::{TopicStatus, VerdictCode};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::cast::{App, Task, rhythm};
use super::watch::LOOK;
use crate::client::Request;
use crate::kafka::{Kafka, Version, unique};
use crate::member::Member;
use crate::producer::{COMPACTED, End, Producer};
use crate::record::Record;
use crate::roll::{Roll, Setup};

pub use alarms::Alarms;
use alarms::alarms_of;
pub use doctor::Diagnosis;
use doctor::Doctor;

/// A topic whose only fetcher is restarted has none meanwhile, and for as long as the new one needs to join its group.
const FETCHER_AWAY: Duration = Duration::from_secs(8);

/// How often an application of somebody else commits that commits rarely.
const RARELY: Duration = Duration::from_secs(30);

/// Nodes of the soak's own Kafka.
const NODES: i32 = 3;

/// The topics, and what is odd about each.
const TOPICS: [(&str, &str); 9] = [
    (
        "steady",
        "ten records a second, in four partitions with two fetchers",
    ),
    ("bursty", "two hundred records every ten seconds"),
    ("rare", "one record every twenty seconds"),
    ("compacted", "three keys rewritten all the time"),
    ("transactional", "five records committed every second"),
    ("aborted", "every second transaction is aborted"),
    (
        "retention",
        "records are deleted two seconds after they were written",
    ),
    ("written-once", "one record long ago"),
    ("never-written", "none"),
];

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Soak {
    /// How long it lasted.
    pub seconds: f64,
    /// How often was looked.
    pub looks: u64,
    /// Restarts of brokers and of fetchers.
    pub restarts: (u32, u32),
    /// Confirmed warnings and faults that were said in a topic's row or beside it.
    pub false_alarms: Alarms,
    /// The same, while they were true: a topic whose only fetcher was away.
    pub true_alarms: Alarms,
    /// What was said from outside.
    pub diagnoses: Vec<Diagnosis>,
    /// Why it failed; none when it did not.
    pub failed: Option<String>,
}

impl Soak {
    /// All that was said wrongly.
    pub fn false_alarms(&self) -> usize {
        let outside = self.diagnoses.iter().map(|one| one.false_alarms.count());
        self.false_alarms.count() + outside.sum::<usize>()
    }

    /// What came of it, for people.
    pub fn text(&self) -> String {
        let (brokers, fetchers) = self.restarts;
        let mut text = format!(
            "{:.0} s, {} looks at nine topics, through {brokers} restarts of brokers (in order, replicas on three nodes) and \
             {fetchers} of fetchers. A confirmed warning or fault is false, in the row or beside it, except FETCHER_UNREACHABLE \
             of a topic whose only fetcher was told to end less than {} s before, while no fetcher claims anything of it.\n\n",
            self.seconds,
            self.looks,
            FETCHER_AWAY.as_secs(),
        );
        for (topic, odd) in TOPICS {
            let _ = writeln!(text, "- *{topic}*: {odd}");
        }
        let _ = writeln!(
            text,
            "\nFalse: {}. True: {}.\n\nThe doctor's engine looked at the same time, from outside:\n",
            self.false_alarms.text(),
            self.true_alarms.text()
        );
        for one in &self.diagnoses {
            let Diagnosis {
                of, looks, topics, ..
            } = one;
            let alarms = one.false_alarms.text();
            let _ = writeln!(
                text,
                "- {of}: {looks} looks at {topics} topics; false: {alarms}"
            );
        }
        if let Some(failed) = &self.failed {
            let _ = writeln!(text, "\nIt failed: {failed}");
        }
        text
    }
}

/// A topic's name without what makes it unique.
fn short(topic: &str) -> &str {
    topic.rsplit_once('-').map_or(topic, |(name, _)| name)
}

/// Runs it for so long, on a Kafka of its own.
pub async fn soak(length: Duration) -> Soak {
    let mut soak = Soak::default();
    if let Err(error) = run(length, &mut soak).await {
        soak.failed = Some(format!("{error:#}"));
    }
    soak
}

async fn run(length: Duration, soak: &mut Soak) -> Result<()> {
    let replicated = [
        ("offsets.topic.replication.factor", "3"),
        ("transaction.state.log.replication.factor", "3"),
        ("transaction.state.log.min.isr", "1"),
    ];
    let mut kafka = Kafka::cluster(Version::V4_3, NODES, &replicated).await?;
    let topics: Vec<String> = TOPICS.iter().map(|(topic, _)| unique(topic)).collect();
    create(&kafka, &topics).await?;
    let group = unique("soak");
    let mut roll = services(&kafka, &group, &topics).await?;
    let _writing = writers(&kafka, &topics).await?;
    let request = Request::roll()
        .timeout(Duration::from_millis(500))
        .max_records(10_000);
    let _app = App::told(roll.client("application")?, request, Duration::ZERO, |_| {});
    let strangers = strangers(&kafka, &topics)?;
    // Everything has joined, and the first records of each rhythm have come.
    sleep(Duration::from_secs(10)).await;
    let doctors = doctors(&kafka, &group, &strangers)?;
    let begun = Instant::now();
    let mut looking = Looking {
        client: roll.client("watcher")?,
        topics,
        begun,
        away: None,
    };
    let step = length / 12;
    for at in 0..12_u32 {
        disturb(at, &mut kafka, &mut roll, &mut looking, soak).await?;
        let until = begun + step * (at + 1);
        while Instant::now() < until {
            looking.look(soak).await?;
            sleep(LOOK).await;
        }
    }
    soak.seconds = begun.elapsed().as_secs_f64();
    soak.diagnoses = doctors.iter().map(Doctor::diagnosis).collect();
    Ok(())
}

/// Applications of somebody else that read two of the topics, and commit rarely.
fn strangers(kafka: &Kafka, topics: &[String]) -> Result<[(String, Member); 2]> {
    let interval = RARELY.as_millis().to_string();
    let settings = [
        ("enable.auto.commit", "true"),
        ("auto.commit.interval.ms", interval.as_str()),
    ];
    let join = |name: &str| {
        let (group, read) = (unique(name), [topics[0].as_str(), topics[1].as_str()]);
        let member = Member::join(kafka.bootstrap(), &group, &read, &settings)?;
        // It commits by itself, and not what it has read at once.
        member.keep_quiet();
        anyhow::Ok((group, member))
    };
    Ok([join("stranger")?, join("stranger")?])
}

/// Who looks from outside: at the roll's own group, and at the strangers'.
fn doctors(kafka: &Kafka, own: &str, strangers: &[(String, Member); 2]) -> Result<[Doctor; 3]> {
    let start = |of, group, interval| Doctor::start(kafka.bootstrap(), of, group, interval);
    let [(told, _), (untold, _)] = strangers;
    Ok([
        start("the roll's own group", own, None)?,
        start(
            "a group that commits every 30 s, which was told",
            told,
            Some(RARELY),
        )?,
        start(
            "a group that commits every 30 s, which was not told",
            untold,
            None,
        )?,
    ])
}

/// What is restarted in each twelfth of the soak; brokers in the second half.
async fn disturb(
    at: u32,
    kafka: &mut Kafka,
    roll: &mut Roll,
    looking: &mut Looking,
    soak: &mut Soak,
) -> Result<()> {
    let node = match at {
        7 => Some(2),
        9 => Some(3),
        10 => Some(1),
        _ => None,
    };
    if let Some(node) = node {
        looking.during(kafka.terminate_node(node), soak).await?;
        kafka.start_node(node)?;
        looking.during(kafka.until_it_serves(), soak).await?;
        soak.restarts.0 += 1;
    } else if (1..6).contains(&at) {
        // The first topic has two fetchers; the others one each.
        let place = usize::try_from(at - 1)?;
        let only = place > 0;
        looking.away = only.then(|| (looking.topics[place].clone(), Instant::now()));
        let fetcher = roll.fetcher(place)?;
        looking
            .during(async { fetcher.terminate().await.map(drop) }, soak)
            .await?;
        looking.during(fetcher.start(), soak).await?;
        soak.restarts.1 += 1;
    }
    Ok(())
}

/// Looks at what is said all the time.
struct Looking {
    client: crate::client::Client,
    topics: Vec<String>,
    begun: Instant,
    /// The topic whose only fetcher was told to end, and when.
    away: Option<(String, Instant)>,
}

impl Looking {
    /// Looks while something else is done.
    async fn during(&self, work: impl Future<Output = Result<()>>, soak: &mut Soak) -> Result<()> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = sleep(LOOK) => self.look(soak).await?,
            }
        }
    }

    async fn look(&self, soak: &mut Soak) -> Result<()> {
        let status = self.client.status().await?;
        soak.looks += 1;
        for topic in &status.topics {
            self.judge(topic, soak);
        }
        Ok(())
    }

    fn judge(&self, status: &TopicStatus, soak: &mut Soak) {
        let at = self.begun.elapsed().as_secs_f64();
        let away = self
            .away
            .as_ref()
            .is_some_and(|(away, since)| *away == status.topic && since.elapsed() < FETCHER_AWAY);
        let unfed = !status
            .fetchers
            .iter()
            .any(|one| one.connected && one.claims > 0);
        for alarm in alarms_of(status) {
            let is_true = away && unfed && alarm.code() == VerdictCode::FetcherUnreachable;
            let alarms = match is_true {
                true => &mut soak.true_alarms,
                false => &mut soak.false_alarms,
            };
            alarms.add(at, short(&status.topic), alarm);
        }
    }
}

async fn create(kafka: &Kafka, topics: &[String]) -> Result<()> {
    let replicas: [&[i32]; 3] = [&[1, 2, 3], &[2, 3, 1], &[3, 1, 2]];
    let short = [("retention.ms", "2000"), ("segment.ms", "1000")];
    for (at, topic) in topics.iter().enumerate() {
        let config: &[(&str, &str)] = match TOPICS[at].0 {
            "compacted" => COMPACTED,
            "retention" => &short,
            _ => &[],
        };
        let partitions = if at == 0 { 4 } else { 1 };
        let placed: Vec<&[i32]> = (0..partitions)
            .map(|partition| replicas[(at + partition) % 3])
            .collect();
        kafka.create_placed_topic(topic, &placed, config).await?;
    }
    Ok(())
}

async fn services(kafka: &Kafka, group: &str, topics: &[String]) -> Result<Roll> {
    let mut setup = Setup::new(kafka.bootstrap(), group);
    for (at, topic) in topics.iter().enumerate() {
        setup = setup.topic(topic, if at == 0 { 4 } else { 1 });
    }
    let mut roll = setup.start().await?;
    roll.add_fetcher(&topics[0]).await?;
    Ok(roll)
}

/// Who writes to the topics, until the value is dropped.
async fn writers(kafka: &Kafka, topics: &[String]) -> Result<Vec<Task>> {
    let producer = Producer::new(kafka.bootstrap())?;
    let seconds = Duration::from_secs;
    producer.numbers(&topics[7], Some(0), 0..1).await?;
    let mut tasks = vec![
        rhythm(producer.clone(), &topics[1], seconds(10), 200),
        rhythm(producer.clone(), &topics[2], seconds(20), 1),
        rhythm(producer.clone(), &topics[6], Duration::from_millis(300), 3),
    ];
    tasks.push(everywhere(producer.clone(), topics[0].clone()));
    tasks.push(rewriting(producer, topics[3].clone()));
    tasks.push(transactions(kafka, topics[4].clone(), &[End::Commit]).await?);
    tasks.push(transactions(kafka, topics[5].clone(), &[End::Commit, End::Abort]).await?);
    Ok(tasks)
}

fn everywhere(producer: Producer, topic: String) -> Task {
    Task::run(async move {
        for number in 0_u64.. {
            let partition = i32::try_from(number % 4).unwrap_or(0);
            // A broker that is away makes a gap.
            let _ = producer
                .numbers(&topic, Some(partition), number..number + 1)
                .await;
            sleep(Duration::from_millis(100)).await;
        }
    })
}

fn rewriting(producer: Producer, topic: String) -> Task {
    Task::run(async move {
        for round in 0_u64.. {
            let _ = producer
                .rewrite(&topic, 0, 3, round * 9..round * 9 + 9)
                .await;
            sleep(Duration::from_millis(500)).await;
        }
    })
}

async fn transactions(kafka: &Kafka, topic: String, ends: &'static [End]) -> Result<Task> {
    let writer = Producer::transactional(kafka.bootstrap(), &unique("soak")).await?;
    Ok(Task::run(async move {
        for end in ends.iter().cycle() {
            let records = (0..5).map(|number| Record::numbered(number).to_partition(0));
            if writer
                .transaction(&topic, records.collect(), *end)
                .await
                .is_err()
            {
                // A transaction that a restart broke is aborted, as an application would.
                let _ = writer.end(End::Abort).await;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }))
}
