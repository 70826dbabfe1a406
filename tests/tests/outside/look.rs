//! A look from outside, as the command takes it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rdkafka::ClientConfig;
use rollcall_aggregator::core::outside::{Outside, Settings};
use rollcall_fetcher::outside::{AppSettings, Groups, Options, Watch};
use rollcall_proto::time::Clock;
use rollcall_proto::v1::{GetStatusResponse, Verdict, VerdictCode};
use tokio::time::timeout;

/// A look at groups.
pub(crate) struct Look {
    clock: Clock,
    watch: Watch,
    pub(crate) outside: Outside,
    began: Instant,
}

impl Look {
    pub(crate) fn at(bootstrap: &str, group: &str) -> Self {
        Self::with(options(bootstrap, &[group]))
    }

    pub(crate) fn with(options: Options) -> Self {
        let clock = Clock::start();
        let now = clock.now();
        let settings = Settings {
            timeout: options.app.timeout,
            reading_forbidden: !options.may_read,
            ..Settings::default()
        };
        let outside = Outside::new(settings, now, clock.wall(now));
        let watch = Watch::start(options, clock).unwrap();
        Self {
            clock,
            watch,
            outside,
            began: Instant::now(),
        }
    }

    /// Watches until every verdict is confirmed, or the time is over; says how long it took.
    pub(crate) async fn settle(&mut self, within: Duration) -> Duration {
        let wanted = |outside: &Outside, now| outside.is_settled(now).then_some(());
        // What is not settled is judged as it is.
        let _late = self.until(within, wanted).await;
        self.began.elapsed()
    }

    /// Watches until the topic has this verdict, confirmed.
    pub(crate) async fn until_verdict(
        &mut self,
        group: &str,
        topic: &str,
        code: VerdictCode,
        within: Duration,
    ) -> Result<Verdict> {
        let mut last = None;
        let found = self
            .until(within, |outside, now| {
                let status = outside.status(group, now)?;
                let verdict = verdict_of(&status, topic)?.clone();
                last = Some(verdict.clone());
                (verdict.code() == code && verdict.confirmed).then_some(verdict)
            })
            .await;
        match found {
            Some(found) => Ok(found),
            None => bail!("not {code:?} within {within:?} but {last:#?}"),
        }
    }

    /// Watches until this is said beside the topic's verdict.
    pub(crate) async fn until_also(
        &mut self,
        group: &str,
        topic: &str,
        code: VerdictCode,
        within: Duration,
    ) -> Option<Verdict> {
        let wanted = |outside: &Outside, now| {
            let status = outside.status(group, now)?;
            let topic = status
                .topics
                .into_iter()
                .find(|found| found.topic == topic)?;
            topic.also.into_iter().find(|also| also.code() == code)
        };
        self.until(within, wanted).await
    }

    /// Watches until these are the groups that are known, in alphabetical order.
    pub(crate) async fn until_groups(&mut self, groups: &[&str], within: Duration) -> bool {
        let wanted = |outside: &Outside, _| outside.groups().eq(groups.iter().copied());
        self.until(within, |outside, now| wanted(outside, now).then_some(()))
            .await
            .is_some()
    }

    /// Watches until this is found in what is known of the group.
    pub(crate) async fn until_found<T>(
        &mut self,
        group: &str,
        within: Duration,
        mut wanted: impl FnMut(&GetStatusResponse) -> Option<T>,
    ) -> Option<T> {
        self.until(within, |outside, now| wanted(&outside.status(group, now)?))
            .await
    }

    async fn until<T>(
        &mut self,
        within: Duration,
        mut wanted: impl FnMut(&Outside, rollcall_proto::time::Moment) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.checked_duration_since(Instant::now())?;
            let pause = Duration::from_millis(50);
            if let Ok(seen) = timeout(left.min(pause), self.watch.next()).await {
                let seen = seen.unwrap();
                self.take(&seen);
                while let Some(seen) = self.watch.try_next() {
                    self.take(&seen);
                }
            }
            if let Some(found) = wanted(&self.outside, self.clock.now()) {
                return Some(found);
            }
        }
    }

    fn take(&mut self, seen: &rollcall_fetcher::outside::Sighting) {
        self.outside
            .apply(&seen.group, seen.topic.as_ref(), &seen.evidence, seen.at);
    }

    /// The code of the topic's verdict now; `None` before the group is known.
    pub(crate) fn code(&self, group: &str, topic: &str) -> Option<VerdictCode> {
        let status = self.outside.status(group, self.clock.now())?;
        verdict_of(&status, topic).map(Verdict::code)
    }

    pub(crate) fn status(&self, group: &str) -> GetStatusResponse {
        self.outside.status(group, self.clock.now()).unwrap()
    }
}

pub(crate) fn options(bootstrap: &str, groups: &[&str]) -> Options {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", bootstrap);
    Options {
        client,
        groups: Groups::Named(groups.iter().map(|&group| group.to_owned()).collect()),
        topics: Vec::new(),
        app: AppSettings {
            timeout: Some(Duration::from_secs(1)),
            ..AppSettings::default()
        },
        may_read: true,
    }
}

pub(crate) fn verdict_of<'a>(status: &'a GetStatusResponse, topic: &str) -> Option<&'a Verdict> {
    let found = status.topics.iter().find(|found| found.topic == topic);
    found?.verdict.as_ref()
}
