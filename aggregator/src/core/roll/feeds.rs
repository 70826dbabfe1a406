//! Feeds: who is admitted, and what their messages do.

use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::limits::KEPT;
use rollcall_proto::time::Moment;
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::evidence::Event as Evidence;
use rollcall_proto::v1::{self, feed_response};

use super::{Feed, Roll, Timer};
use crate::core::books::FeedKey;
use crate::core::budget::Ledger;
use crate::core::count::Count;
use crate::core::event::{Action, FeedEnd, Notice};
use crate::core::evidence::MAX_FEEDS;
use crate::core::fault::FeedFault;
use crate::core::inbound::FeedMessage;
use crate::core::roster::TopicKey;

impl Roll {
    pub(super) fn feed_message(&mut self, feed: FeedKey, message: FeedMessage, now: Moment) {
        if let Err(fault) = self.try_feed_message(feed, message, now) {
            self.fault(feed, fault, now);
        }
    }

    /// The fetcher broke the protocol: its feed ends here.
    pub(super) fn fault(&mut self, feed: FeedKey, fault: FeedFault, now: Moment) {
        self.counters.add(fault.count(), 1);
        self.actions
            .push(Action::CloseFeed(feed, FeedEnd::Fault(fault.clone())));
        self.close_feed(feed, Some(fault), now);
    }

    fn try_feed_message(
        &mut self,
        feed: FeedKey,
        message: FeedMessage,
        now: Moment,
    ) -> Result<(), FeedFault> {
        let known = self.feeds.get_mut(&feed).map(|feed| {
            feed.heard = now;
            feed.topic
        });
        let topic = match (known, message) {
            (None, FeedMessage::Open(open)) => return self.open(feed, &open, now),
            (Some(_), FeedMessage::Open(_)) => return Err(FeedFault::OpenedTwice),
            (None, _) => return Err(FeedFault::NotOpened),
            (Some(_), FeedMessage::Claim(ask)) if !self.settings.lane.has(ask.partition) => {
                return Err(FeedFault::NotInThisLane {
                    partition: ask.partition,
                    lane: self.settings.lane,
                });
            }
            (Some(topic), FeedMessage::Batch(batch)) => {
                return self.batch(feed, topic, *batch, now);
            }
            (Some(topic), message) => {
                self.tidings(feed, topic, message, now);
                topic
            }
        };
        self.answer_where_fresh(topic, now);
        Ok(())
    }

    /// Everything that cannot be wrong by itself.
    fn tidings(&mut self, feed: FeedKey, topic: TopicKey, message: FeedMessage, now: Moment) {
        match message {
            FeedMessage::Claim(ask) => self.claim(feed, topic, &ask, now),
            FeedMessage::Release { partition, epoch } => {
                self.release(feed, topic, partition, epoch, now)
            }
            FeedMessage::Pulse(pulse) => {
                self.hear(topic, feed, Evidence::Pulse(*pulse), now);
                self.foresee(topic, now);
            }
            FeedMessage::Probed(probed) => {
                if let Some(feed) = self.feeds.get_mut(&feed) {
                    feed.probe_asked = None;
                }
                self.hear(topic, feed, Evidence::Probed(*probed), now);
            }
            FeedMessage::Committed(committed) => self.committed(feed, topic, committed, now),
            FeedMessage::History(history) => {
                self.hear(topic, feed, Evidence::History(*history), now)
            }
            FeedMessage::Beat(number) => self.answer_beat(feed, number),
            // Handled by the caller: these two can break the protocol.
            FeedMessage::Open(_) | FeedMessage::Batch(_) => {}
        }
    }

    fn open(&mut self, feed: FeedKey, open: &v1::Open, now: Moment) -> Result<(), FeedFault> {
        let topic = self
            .roster
            .find(&open.topic)
            .ok_or_else(|| FeedFault::UnknownTopic {
                topic: open
                    .topic
                    .chars()
                    .take(rollcall_proto::limits::TOPIC_NAME_BYTES)
                    .collect(),
                nearest: self.roster.nearest(&open.topic).cloned(),
            })?;
        self.replace(topic, &open.fetcher_id, now);
        self.agree_on_lanes(feed, topic, open, now)?;
        self.admit(topic, &open.group)?;
        let (fetcher_id, group) = (open.fetcher_id.clone(), open.group.clone());
        self.feeds.insert(
            feed,
            Feed {
                topic,
                fetcher_id,
                group,
                fixed: open.membership() == v1::Membership::Fixed,
                heard: now,
                probe_asked: None,
            },
        );
        let state = self.topic_mut(topic);
        state.ledgers.insert(feed, Ledger::default());
        self.hear(topic, feed, Evidence::Opened(open.clone()), now);
        self.tell(feed, feed_response::Event::Welcome(self.welcome()));
        self.regrant(topic);
        let nothing_granted = self.topics[topic.0]
            .ledgers
            .get(&feed)
            .is_some_and(|ledger| ledger.granted == 0);
        if nothing_granted {
            // A feed that joins while the others hold the whole share begins with its reserves.
            self.tell(
                feed,
                feed_response::Event::Credit(v1::Credit {
                    cumulative_bytes: 0,
                }),
            );
        }
        if self.stopping {
            self.drain(feed);
        }
        let (topic, fetcher) = (self.topic_name(topic), open.fetcher_id.clone());
        self.note(Notice::FeedOpened {
            feed,
            topic,
            fetcher,
        });
        Ok(())
    }

    /// A fetcher that counts other lanes would send partitions to the wrong aggregator, or none to this one. What it said
    /// is evidence: it will be refused again and again, until somebody is told.
    fn agree_on_lanes(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        open: &v1::Open,
        now: Moment,
    ) -> Result<(), FeedFault> {
        let lane = self.settings.lane;
        if open.lanes == 0 || open.lanes == lane.of.get() {
            return Ok(());
        }
        self.hear(topic, feed, Evidence::Opened(open.clone()), now);
        self.hear(topic, feed, Evidence::Closed(v1::FeedClosed {}), now);
        Err(FeedFault::LanesDisagree {
            said: open.lanes,
            lane,
        })
    }

    /// A fetcher that opens a feed has given up its last one, whether that stream has ended here or not.
    fn replace(&mut self, topic: TopicKey, fetcher_id: &str, now: Moment) {
        let same = |feed: &Feed| feed.fetcher_id == fetcher_id;
        let old: Vec<_> = self
            .feeds_of(topic)
            .filter(|(_, feed)| same(feed))
            .map(|(key, _)| key)
            .collect();
        for feed in old {
            self.counters.add(Count::FeedsReplaced, 1);
            self.actions
                .push(Action::CloseFeed(feed, FeedEnd::Replaced));
            self.close_feed(feed, None, now);
        }
    }

    /// The open feeds of a topic: those that have a ledger there.
    fn feeds_of(&self, topic: TopicKey) -> impl Iterator<Item = (FeedKey, &Feed)> + Clone {
        let keys = self.topics[topic.0].ledgers.keys();
        keys.filter_map(|key| Some((*key, self.feeds.get(key)?)))
    }

    fn admit(&self, topic: TopicKey, group: &str) -> Result<(), FeedFault> {
        let mut others = self.feeds_of(topic).map(|(_, feed)| feed);
        if let Some(other) = others.clone().find(|other| other.group != group) {
            return Err(FeedFault::OtherGroup {
                topic: self.topic_name(topic),
                group: group.to_owned(),
                of: other.group.clone(),
            });
        }
        match others.nth(MAX_FEEDS - 1) {
            Some(_) => Err(FeedFault::TooManyFeeds {
                topic: self.topic_name(topic),
                limit: MAX_FEEDS,
            }),
            None => Ok(()),
        }
    }

    fn welcome(&self) -> v1::Welcome {
        v1::Welcome {
            incarnation: self.settings.incarnation.clone(),
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
            batch_bytes: self.settings.batch_bytes,
            max_record_bytes: self.settings.max_record_bytes,
            pulse_interval: prost_types::Duration::try_from(self.settings.pulse_interval).ok(),
        }
    }

    /// A feed has ended: its claims end with it.
    pub(super) fn close_feed(&mut self, feed: FeedKey, fault: Option<FeedFault>, now: Moment) {
        let Some(closed) = self.feeds.remove(&feed) else {
            return self.note(Notice::FeedEnded {
                feed,
                topic: None,
                fault,
            });
        };
        let topic = closed.topic;
        let state = self.topic_mut(topic);
        state.ledgers.remove(&feed);
        state.standbys.gone(feed);
        let mut records = 0;
        for (number, partition) in &mut state.partitions {
            if partition.claim().is_some_and(|claim| claim.feed == feed) {
                records += partition.end().records;
                if closed.fixed {
                    let until = closed.heard + KEPT;
                    state.standbys.keep(*number, &closed.fetcher_id, until);
                }
            }
        }
        self.hear(topic, feed, Evidence::Closed(v1::FeedClosed {}), now);
        self.counters.add(Count::RecordsDroppedByClaim, records);
        self.freed.insert(topic);
        let name = self.topic_name(topic);
        self.note(Notice::FeedEnded {
            feed,
            topic: Some(name),
            fault,
        });
        self.look_soon(topic, now);
    }

    fn committed(&mut self, feed: FeedKey, topic: TopicKey, committed: v1::Committed, now: Moment) {
        let state = self.topic_mut(topic);
        let refused = committed
            .partitions
            .iter()
            .filter(|answer| answer.failure.is_some());
        state.statistics.commits_refused(refused.count() as u64);
        let mut beyond = 0;
        for answer in committed
            .partitions
            .iter()
            .filter(|answer| answer.failure.is_none())
        {
            let offset = Offset::known(answer.offset);
            let partition = state.partitions.get_mut(&Partition(answer.partition));
            let partition = partition
                .filter(|partition| partition.claim().is_some_and(|claim| claim.feed == feed));
            if let (Some(offset), Some(partition)) = (offset, partition) {
                beyond += u64::from(partition.committed(offset));
            }
        }
        self.counters.add(Count::CommitsBeyondAcked, beyond);
        self.hear(topic, feed, Evidence::Committed(committed), now);
    }

    pub(super) fn regrant(&mut self, topic: TopicKey) {
        let state = self.topic_mut(topic);
        for (feed, cumulative_bytes) in state.share.regrant(&mut state.ledgers) {
            self.tell(
                feed,
                feed_response::Event::Credit(v1::Credit { cumulative_bytes }),
            );
        }
    }

    /// Asks the topic's feeds to measure the log's end if what is known of it will be too old `at` that
    /// moment, unless one was asked a moment ago. `trace` is where whoever wants it stands.
    pub(super) fn ask_probe(
        &mut self,
        topic: TopicKey,
        at: Moment,
        trace: Option<TraceContext>,
        now: Moment,
    ) {
        if self.topics[topic.0].evidence.probe_wanted(at) {
            self.tell_probe(topic, trace, now);
        }
    }

    /// A silence that becomes too long is said only by an end that was measured after that. Nobody may gather, and the
    /// next measurement in the background be seconds away: one is due just then.
    fn foresee(&mut self, topic: TopicKey, now: Moment) {
        let left = self.silence_left(topic, now);
        if let Some(left) = left.filter(|left| *left <= super::FORESEEN) {
            let due = now + left + super::OVERDUE_BY;
            self.timers.set(Timer::Overdue(topic), due);
        }
    }

    /// Measures the log's end of a topic that has become too silent, unless a record came meanwhile.
    pub(super) fn overdue(&mut self, topic: TopicKey, now: Moment) {
        if self.silence_left(topic, now).is_none() {
            self.tell_probe(topic, None, now);
        }
    }

    /// Time until the topic's silence is too long; `None` when it is, or when nothing says how long it may be.
    fn silence_left(&self, topic: TopicKey, now: Moment) -> Option<Duration> {
        let evidence = &self.topics[topic.0].evidence;
        let allowed = evidence.allowed_silence(self.timeout(None), now)?;
        allowed.checked_sub(evidence.silence(now))
    }

    /// Asks the topic's feeds to measure the log's end, unless one was asked a moment ago.
    fn tell_probe(&mut self, topic: TopicKey, trace: Option<TraceContext>, now: Moment) {
        let patient = |asked: Option<Moment>| {
            asked.is_none_or(|asked| now.since(asked) >= super::PROBE_PATIENCE)
        };
        for &key in self.topics[topic.0].ledgers.keys() {
            let feed = self.feeds.get_mut(&key);
            let Some(feed) = feed.filter(|feed| patient(feed.probe_asked)) else {
                continue;
            };
            feed.probe_asked = Some(now);
            self.probes += 1;
            let probe = v1::Probe {
                probe_id: self.probes,
                traceparent: trace::told(trace),
            };
            self.actions
                .push(Action::Tell(key, feed_response::Event::Probe(probe)));
        }
    }

    pub(super) fn drain(&mut self, feed: FeedKey) {
        let deadline = prost_types::Duration::try_from(self.settings.drain).ok();
        self.tell(feed, feed_response::Event::Drain(v1::Drain { deadline }));
    }
}
