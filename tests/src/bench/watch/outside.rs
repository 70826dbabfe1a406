//! A look from outside, as `doctor` does it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rdkafka::ClientConfig;
use rollcall_aggregator::core::outside::{Outside, Settings};
use rollcall_fetcher::outside::{AppSettings, Groups, Options, Sighting, Watch};
use rollcall_proto::ids::Topic;
use rollcall_proto::time::{Clock, Moment};
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
    let known = Outside::new(settings, now, clock.wall(now));
    let tape = Tape::begin(&glance.group, clock, now);
    let watch = Watch::start(options, clock)?;
    let (group, written, heard) = (glance.group, tape.clone(), tape.clone());
    let looked = move |known: &Outside, now| {
        let status = known.status(&group, now);
        match status.and_then(|status| said_from_outside(&status)) {
            Some(said) => timeline.saw(said),
            None => timeline.looked_in_vain(),
        }
        written.judged(known, &topic, now);
    };
    let listening = listen(watch, known, clock, move |seen| heard.heard(seen), looked);
    Ok((Watcher(tokio::spawn(listening)), tape))
}

/// Takes what is seen to what is known, for as long as something is: with each thing that is seen `heard` is called, and
/// `looked` five times a second.
pub(in crate::bench) async fn listen(
    mut watch: Watch,
    mut known: Outside,
    clock: Clock,
    heard: impl Fn(&Sighting),
    looked: impl Fn(&Outside, Moment),
) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            seen = watch.next() => match seen {
                Some(seen) => {
                    known.apply(&seen.group, seen.topic.as_ref(), &seen.evidence, seen.at);
                    heard(&seen);
                }
                None => return,
            },
            _ = ticks.tick() => looked(&known, clock.now()),
        }
    }
}

/// What is said of the topic; of the group alone while no topic of it is known.
fn said_from_outside(status: &GetStatusResponse) -> Option<Said> {
    match status.topics.first() {
        Some(topic) => Said::of(topic),
        None => Said::read(status.observation.as_ref()?.verdict.as_ref()?, &[]),
    }
}
