//! A look from outside, as `doctor` does it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rdkafka::ClientConfig;
use rollcall_aggregator::core::outside::{Outside, Settings};
use rollcall_fetcher::outside::{AppSettings, Groups, Options, Watch};
use rollcall_proto::ids::Topic;
use rollcall_proto::time::Clock;
use rollcall_proto::v1::GetStatusResponse;
use tokio::time::{MissedTickBehavior, interval};

use super::tape::Tape;
use super::{LOOK, Watcher};
use crate::bench::timeline::{Said, Timeline};

/// What the application's calls are said to wait for records.
pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// What is looked at.
pub(in crate::bench) struct Glance {
    pub(in crate::bench) group: String,
    pub(in crate::bench) topic: String,
    /// How often the application commits, if that was told.
    pub(in crate::bench) commit_interval: Option<Duration>,
}

/// Looks at a group all the time, writes down what is said, and keeps what was heard.
pub(in crate::bench) fn outside(
    client: ClientConfig,
    glance: Glance,
    timeline: Arc<Timeline>,
) -> Result<(Watcher, Tape)> {
    let (clock, topic) = (Clock::start(), Topic::new(&glance.topic)?);
    let options = Options {
        client,
        groups: Groups::Named(vec![glance.group.clone()]),
        topics: vec![topic.clone()],
        app: AppSettings {
            timeout: Some(TIMEOUT),
            commit_interval: glance.commit_interval,
            ..AppSettings::default()
        },
        may_read: true,
    };
    let settings = Settings {
        timeout: Some(TIMEOUT),
        ..Settings::default()
    };
    let now = clock.now();
    let mut known = Outside::new(settings, now, clock.wall(now));
    let tape = Tape::begin(&glance.group, clock, now);
    let mut watch = Watch::start(options, clock)?;
    let (group, written) = (glance.group, tape.clone());
    let watcher = Watcher(tokio::spawn(async move {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                seen = watch.next() => match seen {
                    Some(seen) => {
                        known.apply(&seen.group, seen.topic.as_ref(), &seen.evidence, seen.at);
                        written.heard(&seen);
                    }
                    None => return,
                },
                _ = ticks.tick() => {
                    let now = clock.now();
                    let status = known.status(&group, now);
                    match status.and_then(|status| said_from_outside(&status)) {
                        Some(said) => timeline.saw(said),
                        None => timeline.looked_in_vain(),
                    }
                    written.judged(&known, &topic, now);
                }
            }
        }
    }));
    Ok((watcher, tape))
}

/// What is said of the topic; of the group alone while no topic of it is known.
fn said_from_outside(status: &GetStatusResponse) -> Option<Said> {
    match status.topics.first() {
        Some(topic) => Said::of(topic),
        None => Said::read(status.observation.as_ref()?.verdict.as_ref()?, &[]),
    }
}
