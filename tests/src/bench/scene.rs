//! Where a script plays: a Kafka, a topic, a group, rollcall's processes, and the watchers beside them.

mod kept;
mod outside;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::v1::{TraceHeader, TraceLine, VerdictCode};
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep_until};

use super::baselines::{self, Opinion};
use super::cast::App;
use super::score::{is_quiet, is_right, is_well};
use super::situation::Situation;
use super::timeline::{Said, Timeline};
use super::watch::{Meter, Tape, Watcher, peeks, status};
use crate::client::{Client, Request};
use crate::kafka::{Kafka, unique};
use crate::producer::Producer;
use crate::roll::{Roll, Runner, Setup};
use crate::wait::eventually;

/// The Kafka of a family; whoever disturbs a broker has it for himself.
pub type Cluster = Arc<RwLock<Kafka>>;

/// Until all is well at first: processes start, a group forms, what there is is read.
const WELL_AT_FIRST: Duration = Duration::from_secs(60);

/// For so long it must have been said.
const QUIET: Duration = Duration::from_millis(700);

/// After this much more than the allowed time the right verdict is waited for no longer.
const LATE: Duration = Duration::from_secs(20);

/// An aggregator writes down what it judges once a second: a trace shall reach past the right verdict.
const JUDGED_AGAIN: Duration = Duration::from_millis(1_500);

/// Until all is well again.
const WELL_AGAIN: Duration = Duration::from_secs(90);

/// What a script has at hand.
pub struct Scene {
    /// What is played.
    pub situation: &'static Situation,
    /// The Kafka.
    pub kafka: Cluster,
    /// Its address for clients without security.
    pub bootstrap: String,
    /// The topic that is watched.
    pub topic: String,
    /// The group that reads it.
    pub group: String,
    /// A producer without transactions.
    pub producer: Producer,
    /// Rollcall's processes.
    pub roll: Option<Roll>,
    /// Partitions of the topic.
    pub partitions: i32,
    app: Option<App>,
    next_number: u64,
    /// What is seen from the cause on is looked at for this long at least, for the baselines' sake.
    hold: Duration,
    timeline: Arc<Timeline>,
    meter: Meter,
    opinions: Option<(Opinion, Opinion)>,
    /// What is heard by whoever looks from outside.
    tape: Option<Tape>,
    /// What had been heard when the right verdict was there.
    heard: Option<(TraceHeader, Vec<TraceLine>)>,
    watchers: Vec<Watcher>,
}

impl Scene {
    /// An empty one.
    pub async fn open(
        situation: &'static Situation,
        kafka: Cluster,
        hold: Duration,
        timeline: Arc<Timeline>,
    ) -> Result<Self> {
        let bootstrap = kafka.read().await.bootstrap().to_owned();
        Ok(Self {
            situation,
            producer: Producer::new(&bootstrap)?,
            kafka,
            bootstrap,
            topic: unique("verdicts"),
            group: unique("verdicts"),
            roll: None,
            partitions: 1,
            app: None,
            next_number: 0,
            hold,
            timeline,
            meter: Meter::default(),
            opinions: None,
            tape: None,
            heard: None,
            watchers: Vec::new(),
        })
    }

    /// What the baselines made of what was measured from the cause to its undoing.
    pub fn opinions(&self) -> (Opinion, Opinion) {
        self.opinions.unwrap_or_else(|| self.opinions_now())
    }

    fn opinions_now(&self) -> (Opinion, Opinion) {
        let points = self.meter.points();
        (baselines::lag_rule(&points), baselines::burrow(&points))
    }

    /// Creates the topic.
    pub async fn topic(&mut self, partitions: i32) -> Result<()> {
        self.topic_with(partitions, &[]).await
    }

    /// Creates the topic with these settings.
    pub async fn topic_with(&mut self, partitions: i32, config: &[(&str, &str)]) -> Result<()> {
        self.partitions = partitions;
        let kafka = self.kafka.read().await;
        kafka.create_topic(&self.topic, partitions, config).await
    }

    /// Creates the topic on these nodes.
    pub async fn placed(&mut self, replicas: &[&[i32]]) -> Result<()> {
        self.partitions = i32::try_from(replicas.len())?;
        let kafka = self.kafka.read().await;
        kafka.create_placed_topic(&self.topic, replicas, &[]).await
    }

    /// Produces to partition 0.
    pub async fn produce(&mut self, records: u64) -> Result<()> {
        self.produce_to(0, records).await
    }

    /// Produces to a partition.
    pub async fn produce_to(&mut self, partition: i32, records: u64) -> Result<()> {
        let numbers = self.next_number..self.next_number + records;
        self.next_number += records;
        let sent = self.producer.numbers(&self.topic, Some(partition), numbers);
        sent.await.map(drop)
    }

    /// Produces to every partition.
    pub async fn produce_to_each(&mut self, records: u64) -> Result<()> {
        for partition in 0..self.partitions {
            self.produce_to(partition, records).await?;
        }
        Ok(())
    }

    /// A producer of transactions.
    pub async fn writer(&self) -> Result<Producer> {
        Producer::transactional(&self.bootstrap, &unique("writer")).await
    }

    /// Begins a transaction with five records in a partition, and leaves it open.
    pub async fn hide(&self, writer: &Producer, partition: i32) -> Result<()> {
        writer.begin()?;
        let sent = writer.numbers(&self.topic, Some(partition), 0..5);
        sent.await.map(drop)
    }

    /// Another topic, with one partition, and its name.
    pub async fn another_topic(&self) -> Result<String> {
        let other = unique("other");
        let kafka = self.kafka.read().await;
        kafka.create_topic(&other, 1, &[]).await?;
        Ok(other)
    }

    /// Gives the topic more partitions, so many in all.
    pub async fn add_partitions(&self, total: i32) -> Result<()> {
        let kafka = self.kafka.read().await;
        kafka.add_partitions(&self.topic, total).await
    }

    /// Deletes the topic.
    pub async fn delete_topic(&self) -> Result<()> {
        let kafka = self.kafka.read().await;
        kafka.delete_topic(&self.topic).await
    }

    /// Deletes the records of partition 0 below this offset.
    pub async fn delete_records(&self, before: i64) -> Result<()> {
        let kafka = self.kafka.read().await;
        kafka.delete_records(&self.topic, 0, before).await
    }

    /// Commits this offset of partition 0 for the group, which has no members.
    pub async fn commit(&self, offset: i64) -> Result<()> {
        let kafka = self.kafka.read().await;
        let offsets = [(self.topic.as_str(), 0, offset)];
        kafka.alter_group_offsets(&self.group, &offsets).await
    }

    /// A topic with ten records in partition 0, and all that [`start`](Self::start) starts.
    pub async fn all_read(&mut self, partitions: i32, fetcher_flags: &[&str]) -> Result<()> {
        self.topic(partitions).await?;
        self.produce(10).await?;
        self.start(fetcher_flags).await
    }

    /// A set-up in which nobody feeds the topic.
    pub fn unfed(&self) -> Setup {
        Setup::new(&self.bootstrap, &self.group).unfed_topic(&self.topic)
    }

    /// What is started by [`start`](Self::start), for scripts that start something else.
    pub fn setup(&self) -> Setup {
        let partitions = usize::try_from(self.partitions).unwrap_or(0);
        Setup::new(&self.bootstrap, &self.group).topic(&self.topic, partitions)
    }

    /// Starts an aggregator, a fetcher with these flags, and an application that gathers and acks; waits until all is well.
    pub async fn start(&mut self, fetcher_flags: &[&str]) -> Result<()> {
        let setup = self.setup().fetcher_flags(fetcher_flags);
        self.start_as(setup).await
    }

    /// The same with a set-up of the script's own.
    pub async fn start_as(&mut self, setup: Setup) -> Result<()> {
        self.roll = Some(setup.start().await?);
        self.watch().await?;
        self.work()?;
        self.until_well_at_first().await
    }

    /// The same without watchers and application: what the slots of gathers say is to be watched.
    pub async fn start_unwatched(&mut self, setup: Setup) -> Result<()> {
        self.roll = Some(setup.start().await?);
        self.measure()
    }

    /// Starts an application with this request, and writes down what its slots say.
    pub fn watch_slots(&mut self, request: Request) -> Result<()> {
        let (client, topic) = (self.client("application")?, self.topic.clone());
        let timeline = Arc::clone(&self.timeline);
        self.app = Some(App::told(
            client,
            request,
            Duration::ZERO,
            move |gathered| {
                if let Ok(slot) = gathered.slot(&topic)
                    && let Some(said) = Said::of_slot(slot)
                {
                    timeline.saw(said);
                }
            },
        ));
        Ok(())
    }

    /// From now on what is written down is what the slots of looking gathers say, and not the status: that says of a
    /// topic whose last gather just got data that it flows.
    pub fn watch_peeks(&mut self) -> Result<()> {
        self.watchers.clear();
        self.measure()?;
        let (client, topic) = (self.client("looker")?, self.topic.clone());
        let told = peeks(client, topic, Arc::clone(&self.timeline));
        self.watchers.push(told);
        Ok(())
    }

    /// Starts an aggregator alone, and the watchers; the fetcher is the script's.
    pub async fn start_aggregator(&mut self, setup: Setup) -> Result<()> {
        self.roll = Some(setup.start_aggregator().await?);
        self.watch().await
    }

    /// Starts an aggregator, the watchers and the fetchers, and waits until they read; nobody gathers.
    pub async fn start_without_work(&mut self) -> Result<()> {
        let setup = self.setup();
        self.start_aggregator(setup).await?;
        self.roll()?.start_fetchers().await?;
        self.roll()?.until_claimed().await
    }

    /// Starts one more fetcher.
    pub async fn add_fetcher(&mut self) -> Result<()> {
        let topic = self.topic.clone();
        self.roll()?.add_fetcher(&topic).await.map(drop)
    }

    /// Begins to watch.
    async fn watch(&mut self) -> Result<()> {
        let client = self.client("watcher")?;
        let told = status(client, self.topic.clone(), Arc::clone(&self.timeline));
        self.watchers.push(told);
        self.measure()
    }

    /// Begins to measure offsets.
    pub fn measure(&mut self) -> Result<()> {
        let (topic, group) = (&self.topic, &self.group);
        let measured = self
            .meter
            .watch(&self.bootstrap, group, topic, self.partitions)?;
        self.watchers.push(measured);
        Ok(())
    }

    /// A client of the aggregator.
    pub fn client(&self, id: &str) -> Result<Client> {
        self.roll.as_ref().context("nothing runs")?.client(id)
    }

    /// The first fetcher.
    pub fn fetcher(&mut self) -> Result<&mut Runner> {
        self.roll.as_mut().context("nothing runs")?.fetcher(0)
    }

    /// The running services.
    pub fn roll(&mut self) -> Result<&mut Roll> {
        self.roll.as_mut().context("nothing runs")
    }

    /// Starts the application that gathers and acks all the time.
    pub fn work(&mut self) -> Result<()> {
        let app = App::start(self.client("application")?, &self.topic);
        self.app = Some(app);
        Ok(())
    }

    /// Starts an application with a request of the script's own.
    pub fn work_with(&mut self, request: Request) -> Result<()> {
        self.work_slowly(request, Duration::ZERO)
    }

    /// The same, with a pause after each round.
    pub fn work_slowly(&mut self, request: Request, pause: Duration) -> Result<()> {
        self.app = Some(App::told(
            self.client("application")?,
            request,
            pause,
            |_| {},
        ));
        Ok(())
    }

    /// Ends the application, after its round.
    pub async fn rest(&mut self) {
        if let Some(app) = self.app.take() {
            app.end().await;
        }
    }

    /// From here on what is said may be anything: the script prepares the cause.
    pub fn disturb(&self) {
        self.timeline.mark(|marks| {
            marks.disturbed.get_or_insert_with(Instant::now);
        });
    }

    /// Now the cause is made, or was just made.
    pub fn cause(&self) {
        self.meter.forget();
        self.timeline.mark(|marks| {
            let now = Instant::now();
            marks.disturbed.get_or_insert(now);
            marks.cause = Some(now);
        });
    }

    /// Waits for the right verdict, and until the baselines have had their time.
    pub async fn until_right(&mut self) -> Result<()> {
        let cause = self
            .timeline
            .marks()
            .cause
            .context("a script without a cause")?;
        let within =
            (cause + self.situation.allowed() + LATE).saturating_duration_since(Instant::now());
        let situation = self.situation;
        let waited = eventually("the right verdict", within, async || {
            let now = self.timeline.now().context("nothing was said")?;
            ensure!(is_right(situation, &now), "{now:?}");
            let beside = situation.also.iter().all(|code| now.also.contains(code));
            ensure!(beside, "not beside it: {now:?}");
            Ok(())
        });
        // Whether it came is in the timeline; the script goes on either way.
        let _ = waited.await;
        sleep_until((cause + self.hold).max(Instant::now() + JUDGED_AGAIN)).await;
        self.opinions = Some(self.opinions_now());
        self.heard = self.trace().await.ok();
        Ok(())
    }

    /// Now the cause is undone.
    pub fn undo(&self) {
        self.timeline
            .mark(|marks| marks.undone = Some(Instant::now()));
    }

    /// Waits until all is said to be well again.
    pub async fn until_well(&self) -> Result<()> {
        let well = eventually("all is well again", WELL_AGAIN, async || {
            let now = self.timeline.now().context("nothing was said")?;
            ensure!(is_well(&now), "{now:?}");
            Ok(())
        });
        // Whether it came is in the timeline.
        let _ = well.await;
        Ok(())
    }

    /// Waits until this is said, before the cause.
    pub async fn until_said(&self, code: VerdictCode) -> Result<()> {
        eventually("a verdict of the set-up", WELL_AT_FIRST, async || {
            let now = self.timeline.now().context("nothing was said")?;
            ensure!(now.code == code && now.confirmed, "{now:?}");
            Ok(())
        })
        .await
    }

    /// Waits until this is said as the verdict or beside it, before the cause.
    pub async fn until_beside(&self, code: VerdictCode) -> Result<()> {
        eventually("a verdict beside another", WELL_AT_FIRST, async || {
            let now = self.timeline.now().context("nothing was said")?;
            ensure!(now.code == code || now.also.contains(&code), "{now:?}");
            Ok(())
        })
        .await
    }

    /// Waits until all is said to be well for a while, and nothing is in motion.
    pub async fn until_well_at_first(&self) -> Result<()> {
        eventually("all is well at first", WELL_AT_FIRST, async || {
            let now = self.timeline.now().context("nothing was said")?;
            ensure!(is_quiet(&now) && now.at.elapsed() > QUIET, "{now:?}");
            Ok(())
        })
        .await
    }

    /// Waits until the group has committed partition 0 up to here.
    pub async fn until_committed(&self, offset: i64) -> Result<()> {
        let kafka = self.kafka.read().await;
        eventually("the commit of the set-up", WELL_AT_FIRST, async || {
            let committed = kafka.committed(&self.group, &self.topic, 0).await?;
            ensure!(committed == Some(offset), "it is {committed:?}");
            Ok(())
        })
        .await
    }
}
