//! Making a fault, and undoing it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::ids::Topic;
use tokio::time::sleep;

use super::house::{FIRST_BROKER, House, broker_door, client_door, feeds_door};
use super::kinds::Kind;
use super::plan::{Fault, Target};
use super::proxies::Toxic;
use crate::checker::line::Said;
use crate::eventually;
use crate::roll::Runner;

/// How late what is delayed comes.
const DELAY: Duration = Duration::from_millis(300);

/// Kilobytes a second of feeds that are throttled: less than they want.
const THROTTLE: u32 = 60;

/// Kilobytes a second of a client that is slow.
const SLOW: u32 = 10;

/// How much is left of a topic whose unread records are deleted: the newest ones of each partition.
const LEFT: i64 = 20;
/// How long leaders may take to settle: after a broker is there again the first ones lead again, and who asks another one is
/// refused.
const LEADERS_MOVE: Duration = Duration::from_secs(30);

impl House {
    /// Makes a fault.
    pub(super) async fn inflict(&mut self, fault: &Fault) -> Result<()> {
        match fault.kind {
            Kind::KillFetcher => self.fetcher_of(fault)?.kill(),
            Kind::FreezeFetcher => self.fetcher_of(fault)?.pause(),
            Kind::SilenceTopic => self.silence(place(fault)?),
            Kind::RollFetchers => self.roll(place(fault)?).await,
            Kind::JoinGroup => self.join(place(fault)?).await,
            Kind::KillAggregator => self.aggregator_of(fault)?.kill(),
            Kind::FreezeAggregator => self.aggregator_of(fault)?.pause(),
            Kind::RestartAggregator => end(self.aggregator_of(fault)?).await,
            Kind::ChangeLanes => self.change_lanes(self.shape.lanes + 1).await,
            Kind::KillClient => self.client_of(fault)?.kill(),
            Kind::FreezeClient => self.client_of(fault)?.pause(),
            Kind::KillBroker => self.kafka.kill_node(broker(fault)?),
            Kind::FreezeBroker => self.kafka.pause_node(broker(fault)?),
            Kind::RestartBroker => self.kafka.terminate_node(broker(fault)?).await,
            Kind::CutFeeds | Kind::CutClient | Kind::CutBroker => {
                self.proxies.cut(&self.doors_of(fault)).await
            }
            Kind::MoveLeaders => self.move_leaders(place(fault)?).await,
            Kind::Truncate => self.truncate(fault).await,
            Kind::Recreate => self.recreate(fault).await,
            Kind::Retention => self.delete_unread(fault).await,
            Kind::SlowClient
            | Kind::DelayFeeds
            | Kind::ThrottleFeeds
            | Kind::HalfOpenFeeds
            | Kind::HalfOpenClient
            | Kind::DelayBroker
            | Kind::HalfOpenBroker => self.spoil(fault).await,
        }
    }

    /// Undoes it.
    pub(super) async fn mend(&mut self, fault: &Fault) -> Result<()> {
        match fault.kind {
            Kind::KillFetcher => self.fetcher_of(fault)?.start().await,
            Kind::FreezeFetcher => self.fetcher_of(fault)?.resume(),
            Kind::SilenceTopic => self.wake(place(fault)?),
            Kind::JoinGroup => self.leave(place(fault)?).await,
            Kind::KillAggregator | Kind::RestartAggregator => {
                self.aggregator_of(fault)?.start().await
            }
            Kind::FreezeAggregator => self.aggregator_of(fault)?.resume(),
            Kind::ChangeLanes => self.change_lanes(self.shape.lanes).await,
            Kind::KillClient => self.client_of(fault)?.start().await,
            Kind::FreezeClient => self.client_of(fault)?.resume(),
            Kind::KillBroker | Kind::RestartBroker => self.kafka.start_node(broker(fault)?),
            Kind::FreezeBroker => self.kafka.resume_node(broker(fault)?),
            Kind::CutFeeds | Kind::CutClient | Kind::CutBroker => {
                self.proxies.open(&self.doors_of(fault)).await
            }
            Kind::SlowClient
            | Kind::DelayFeeds
            | Kind::ThrottleFeeds
            | Kind::HalfOpenFeeds
            | Kind::HalfOpenClient
            | Kind::DelayBroker
            | Kind::HalfOpenBroker => self.proxies.clean(&self.doors_of(fault)).await,
            // They are whole when they are made.
            Kind::RollFetchers
            | Kind::MoveLeaders
            | Kind::Truncate
            | Kind::Recreate
            | Kind::Retention => Ok(()),
        }
    }

    fn fetcher_of(&mut self, fault: &Fault) -> Result<&mut Runner> {
        let Target::Fetcher { topic, fetcher } = fault.target else {
            anyhow::bail!("{fault:?} is of no fetcher");
        };
        let fetchers = self.fetchers.get_mut(topic).context("no such topic")?;
        fetchers.get_mut(fetcher).context("no such fetcher")
    }

    fn client_of(&mut self, fault: &Fault) -> Result<&mut Runner> {
        let Target::Client(number) = fault.target else {
            anyhow::bail!("{fault:?} is of no client");
        };
        self.clients.get_mut(number).context("no such client")
    }

    fn aggregator_of(&mut self, fault: &Fault) -> Result<&mut Runner> {
        let Target::Aggregator(lane) = fault.target else {
            anyhow::bail!("{fault:?} is of no aggregator");
        };
        self.aggregators.get_mut(lane).context("no such aggregator")
    }

    /// The proxies through which what it touches is reached.
    fn doors_of(&self, fault: &Fault) -> Vec<String> {
        let lanes = 0..self.addresses.len();
        match fault.target {
            Target::Client(number) => lanes.map(|lane| client_door(number, lane)).collect(),
            Target::Broker(number) => vec![broker_door(node(number))],
            Target::Topic(topic) | Target::Fetcher { topic, .. } => {
                let topic = self.shape.topic(topic);
                lanes.map(|lane| feeds_door(&topic, lane)).collect()
            }
            // Nothing is done to all connections at once.
            Target::Aggregator(_) | Target::Lanes => Vec::new(),
        }
    }

    /// Another number of lanes, as an operator brings it about: the aggregators restart one after the other, then the
    /// fetchers.
    async fn change_lanes(&mut self, lanes: usize) -> Result<()> {
        for mut gone in self.aggregators.drain(lanes.min(self.aggregators.len())..) {
            end(&mut gone).await?;
        }
        for lane in 0..lanes {
            if let Some(running) = self.aggregators.get_mut(lane) {
                end(running).await?;
            }
            let mut next = self.aggregator(lane, lanes)?;
            next.start().await?;
            match self.aggregators.get_mut(lane) {
                Some(place) => *place = next,
                None => self.aggregators.push(next),
            }
        }
        for place in 0..self.shape.topics {
            for number in 0..self.shape.fetchers {
                let mut next = self.fetcher(place)?;
                let fetchers = self.fetchers.get_mut(place).context("no such topic")?;
                let fetcher = fetchers.get_mut(number).context("no such fetcher")?;
                end(fetcher).await?;
                next.start().await?;
                *fetcher = next;
            }
        }
        Ok(())
    }

    async fn spoil(&self, fault: &Fault) -> Result<()> {
        let toxics = [
            (Kind::SlowClient, Toxic::Throttle(SLOW)),
            (Kind::ThrottleFeeds, Toxic::Throttle(THROTTLE)),
            (Kind::DelayFeeds, Toxic::Delay(DELAY)),
            (Kind::DelayBroker, Toxic::Delay(DELAY)),
        ];
        let found = toxics.iter().find(|(kind, _)| *kind == fault.kind);
        let toxic = found.map_or(Toxic::HalfOpen, |(_, toxic)| *toxic);
        self.proxies.spoil(&self.doors_of(fault), toxic).await
    }

    fn silence(&mut self, place: usize) -> Result<()> {
        let fetchers = self.fetchers.get_mut(place).context("no such topic")?;
        fetchers.iter_mut().try_for_each(Runner::pause)?;
        let topic = self.shape.topic(place);
        self.book.say(Said::Silenced { topic })
    }

    fn wake(&mut self, place: usize) -> Result<()> {
        let topic = self.shape.topic(place);
        self.book.say(Said::Heard { topic })?;
        let fetchers = self.fetchers.get_mut(place).context("no such topic")?;
        fetchers.iter_mut().try_for_each(Runner::resume)
    }

    async fn roll(&mut self, place: usize) -> Result<()> {
        for fetcher in self.fetchers.get_mut(place).context("no such topic")? {
            end(fetcher).await?;
            fetcher.start().await?;
        }
        Ok(())
    }

    async fn join(&mut self, place: usize) -> Result<()> {
        let mut guest = self.fetcher(place)?;
        guest.start().await?;
        self.guests.insert(place, guest);
        Ok(())
    }

    async fn leave(&mut self, place: usize) -> Result<()> {
        let mut guest = self.guests.remove(&place).context("nobody joined")?;
        end(&mut guest).await
    }

    /// To and fro: every partition is led by the next broker, then by the first one again.
    async fn move_leaders(&mut self, place: usize) -> Result<()> {
        let topic = self.shape.topic(place);
        for turn in [1, 0] {
            let replicas = self.replicas(place, turn);
            self.kafka.reassign(topic.as_str(), &replicas).await?;
        }
        Ok(())
    }

    /// Of two replicas one is frozen until the other is alone, gets records that only it has, and is killed; the first
    /// one wakes up and leads, without them.
    async fn truncate(&mut self, fault: &Fault) -> Result<()> {
        let topic = self.shape.topic(place(fault)?);
        let (leader, behind) = (FIRST_BROKER, FIRST_BROKER + 1);
        let both = [leader, behind];
        self.kafka.until_in_sync(topic.as_str(), &both).await?;
        self.until_led(&topic, leader).await?;
        self.kafka.pause_node(behind)?;
        self.kafka.until_in_sync(topic.as_str(), &[leader]).await?;
        sleep(fault.lasts).await;
        self.kafka.kill_node(leader)?;
        self.kafka.resume_node(behind)?;
        self.until_led(&topic, behind).await?;
        self.book.say(Said::Truncated {
            topic: topic.clone(),
        })?;
        self.kafka.start_node(leader)?;
        self.kafka.until_it_serves().await
    }

    async fn until_led(&self, topic: &Topic, node: i32) -> Result<()> {
        for partition in 0..self.shape.partitions {
            self.kafka
                .until_led_by(topic.as_str(), partition, node)
                .await?;
        }
        Ok(())
    }

    async fn recreate(&mut self, fault: &Fault) -> Result<()> {
        let place = place(fault)?;
        let writer = self.writers.get(place).context("no such topic")?;
        let first_numbers = writer.pause().await?;
        self.write_down()?;
        let topic = self.shape.topic(place);
        self.kafka.delete_topic(topic.as_str()).await?;
        sleep(fault.lasts).await;
        self.create(place).await?;
        self.book.say(Said::Recreated {
            topic,
            first_numbers,
        })?;
        let writer = self.writers.get(place).context("no such topic")?;
        writer.resume_anew();
        Ok(())
    }

    /// While its fetchers are dead, records are written and most of them deleted.
    async fn delete_unread(&mut self, fault: &Fault) -> Result<()> {
        let place = place(fault)?;
        let topic = self.shape.topic(place);
        let fetchers = self.fetchers.get_mut(place).context("no such topic")?;
        fetchers.iter_mut().try_for_each(Runner::kill)?;
        sleep(fault.lasts).await;
        let mut before = Vec::new();
        for partition in 0..self.shape.partitions {
            let what = format!("the bounds of {topic}-{partition} are told");
            let kafka = &self.kafka;
            let (start, end) = eventually(&what, LEADERS_MOVE, async || {
                kafka.watermarks(topic.as_str(), partition).await
            })
            .await?;
            before.push((end - LEFT).max(start));
        }
        self.book.say(Said::Removed {
            topic: topic.clone(),
            before: before.clone(),
        })?;
        for (partition, before) in (0..).zip(before) {
            let what = format!("records of {topic}-{partition} are deleted");
            let kafka = &self.kafka;
            eventually(&what, LEADERS_MOVE, async || {
                kafka
                    .delete_records(topic.as_str(), partition, before)
                    .await
            })
            .await?;
        }
        for fetcher in self.fetchers.get_mut(place).context("no such topic")? {
            fetcher.start().await?;
        }
        Ok(())
    }
}

/// Ends a process in order.
async fn end(runner: &mut Runner) -> Result<()> {
    let status = runner.terminate().await?;
    ensure!(
        status.success(),
        "a process that was asked to end ended with {status}"
    );
    Ok(())
}

fn place(fault: &Fault) -> Result<usize> {
    match fault.target {
        Target::Topic(place) => Ok(place),
        Target::Fetcher { .. }
        | Target::Aggregator(_)
        | Target::Lanes
        | Target::Client(_)
        | Target::Broker(_) => {
            anyhow::bail!("{fault:?} is of no topic")
        }
    }
}

fn broker(fault: &Fault) -> Result<i32> {
    match fault.target {
        Target::Broker(number) => Ok(node(number)),
        Target::Fetcher { .. }
        | Target::Aggregator(_)
        | Target::Lanes
        | Target::Client(_)
        | Target::Topic(_) => {
            anyhow::bail!("{fault:?} is of no broker")
        }
    }
}

/// Kafka's number of a broker.
fn node(number: usize) -> i32 {
    FIRST_BROKER + i32::try_from(number).unwrap_or(0)
}
