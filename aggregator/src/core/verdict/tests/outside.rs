//! Groups seen from outside: each rule with what looks like it, at and around its thresholds.

mod causes;
mod group;
mod log;
mod pairs;
mod range;
mod start;
mod time;
mod unread;

use std::time::{Duration, SystemTime};

use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode as Code, evidence::Event};

use super::decided::without_a_fact;
use super::scene::{BEGAN, FEED, secs, wire};
use crate::core::books::TopicBooks;
use crate::core::evidence::{OperatorWords, TopicEvidence};
use crate::core::verdict::{Ask, Judgement, judge};

/// One partition's log, the group's commit, and who owns it.
#[derive(Clone, Debug)]
struct Log {
    start: i64,
    high: i64,
    stable: Option<i64>,
    committed: Option<i64>,
    failure: Option<String>,
    failure_kind: v1::ErrorKind,
    leader: Option<i32>,
    leader_up: bool,
    owned: bool,
}

/// A topic of a group that is watched, second by second.
struct Watched {
    evidence: TopicEvidence,
    now: Moment,
    /// What was told of the application's timeout.
    timeout: Option<Duration>,
    logs: Vec<Log>,
    group: v1::GroupSeen,
    pulse: v1::Pulse,
    probe: v1::Probed,
}

impl Log {
    fn read_to_the_end() -> Self {
        Self {
            start: 0,
            high: 100,
            stable: None,
            committed: Some(100),
            failure: None,
            failure_kind: v1::ErrorKind::Unspecified,
            leader: Some(1),
            leader_up: true,
            owned: true,
        }
    }

    /// It is not measured from now on: the question runs out of time.
    fn times_out(&mut self) {
        self.failure = Some("no answer".into());
        self.failure_kind = v1::ErrorKind::TimedOut;
    }
}

impl Watched {
    /// A group with one member that owns partitions of 100 committed records each, watched for two seconds.
    fn caught_up(partitions: usize) -> Self {
        Self::opened(&v1::Open::default(), partitions, 2)
    }

    /// The same, not watched yet.
    fn fresh(partitions: usize) -> Self {
        Self::opened(&v1::Open::default(), partitions, 0)
    }

    fn opened(open: &v1::Open, partitions: usize, watched: u64) -> Self {
        let started = Moment::new(secs(3_600));
        let topic = Topic::new("CAR-ORDER").unwrap();
        let wall = SystemTime::UNIX_EPOCH + BEGAN;
        let mut watched_one = Self {
            evidence: TopicEvidence::new(topic, OperatorWords::default(), started, wall),
            now: started,
            timeout: Some(secs(1)),
            logs: vec![Log::read_to_the_end(); partitions],
            group: v1::GroupSeen {
                group: "group".into(),
                state: "Stable".into(),
                protocol: "classic".into(),
                members_total: 1,
                has_commits: Some(true),
                commit_gap: wire(5),
                age: wire(0),
                ..Default::default()
            },
            pulse: v1::Pulse {
                statistics_age: wire(0),
                brokers_up: 1,
                brokers_known: 1,
                ..Default::default()
            },
            probe: v1::Probed {
                age: wire(0),
                took: wire(0),
                topic_exists: Some(true),
                topic_id: "topic-id-1".into(),
                brokers: 1,
                ..Default::default()
            },
        };
        let open = v1::Open {
            fetcher_id: "rollcall-doctor".into(),
            topic: "CAR-ORDER".into(),
            group: "group".into(),
            bootstrap_servers: "kafka:9092".into(),
            observer: true,
            ..open.clone()
        };
        watched_one.hear(Event::Opened(open));
        watched_one.tick(watched);
        watched_one
    }

    fn hear(&mut self, event: Event) {
        self.evidence.hear(FEED, &event, self.now);
    }

    /// Seconds go by, each with a pulse and a round.
    fn tick(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now + secs(1);
            self.look();
        }
    }

    /// One round.
    fn look(&mut self) {
        let numbered = || self.logs.iter().zip(0..);
        let led = numbered().map(|(log, partition)| v1::PartitionPulse {
            partition,
            leader: log.leader,
            leader_up: log.leader_up,
            leader_address: "kafka-2:9092".into(),
            ..Default::default()
        });
        let pulse = v1::Pulse {
            partitions: led.collect(),
            ..self.pulse.clone()
        };
        let owned = numbered().filter(|(log, _)| log.owned);
        let member = v1::GroupMember {
            member_id: "app-1-uuid".into(),
            client_id: "app-1".into(),
            host: "/10.8.4.17".into(),
            partitions: owned.map(|(_, partition)| partition).collect(),
            ..Default::default()
        };
        let described = self.group.failure.is_none() && self.group.members_total > 0;
        let group = v1::GroupSeen {
            members: described.then_some(member).into_iter().collect(),
            ..self.group.clone()
        };
        let known = self.group.commits_failure.is_none();
        let parts = numbered().map(|(log, partition)| v1::ProbedPartition {
            partition,
            high_watermark: log.failure.is_none().then_some(log.high),
            last_stable_offset: log
                .failure
                .is_none()
                .then_some(log.stable.unwrap_or(log.high)),
            log_start: Some(log.start),
            next_offset: None,
            failure: log.failure.clone(),
            failure_kind: log.failure_kind.into(),
            leader: log.leader,
            leader_address: "kafka-2:9092".into(),
            committed: log.committed.filter(|_| known),
            commit_known: false,
        });
        let probed = v1::Probed {
            partitions: parts.collect(),
            ..self.probe.clone()
        };
        self.hear(Event::Pulse(pulse));
        self.hear(Event::Group(group));
        self.hear(Event::Probed(probed));
    }

    /// The unread records of a partition are looked at: so many that a read_committed consumer would get.
    fn read(&mut self, partition: i32, visible: u32) -> v1::BacklogSeen {
        let log = &self.logs[usize::try_from(partition).unwrap()];
        let (first, next) = (log.committed.unwrap(), log.stable.unwrap_or(log.high));
        let millis = self.evidence.wall().millis(self.now) - 13_000;
        v1::BacklogSeen {
            partition,
            first_offset: first,
            next_offset: next,
            visible_records: visible,
            record_offset: (visible > 0).then_some(first),
            record_timestamp_ms: (visible > 0).then_some(millis),
            bytes: 1_000,
            ..Default::default()
        }
    }

    fn judge(&self) -> Judgement {
        let ask = Ask::outside(self.timeout, self.now);
        judge(&self.evidence, &TopicBooks::default(), &ask, self.now)
    }

    /// The verdict, its severity, and whether it is confirmed.
    fn verdict(&self) -> (Code, Severity, bool) {
        let verdict = self.judge().verdict;
        (verdict.code(), verdict.severity(), verdict.confirmed)
    }

    fn code(&self) -> Code {
        self.verdict().0
    }

    fn also(&self) -> Vec<Code> {
        self.judge().also.iter().map(v1::Verdict::code).collect()
    }
}

/// The facts that only rollcall's own fetchers could have told are never asked of a group.
#[test]
fn nothing_that_only_the_inside_knows_is_ever_said_of_a_group() {
    let inside = [
        Code::FetcherUnreachable,
        Code::OwnerElsewhere,
        Code::OwnerSilent,
        Code::WaitingForAck,
        Code::NoClient,
        Code::PausedBackpressure,
        Code::CommitFailing,
        Code::ArrivedTooLate,
        Code::SkippedToEnd,
    ];
    let mut watched = Watched::caught_up(2);
    watched.logs[0].high = 200;
    watched.logs[1].committed = None;
    for _ in 0..60 {
        watched.tick(1);
        let judgement = watched.judge();
        let said = judgement.also.iter().map(v1::Verdict::code);
        let mut said = said.chain([judgement.verdict.code()]);
        assert!(said.all(|code| !inside.contains(&code)));
    }
    // The observer itself falls silent.
    watched.now = watched.now + secs(60);
    assert_eq!(watched.code(), Code::Undetermined);
}

#[test]
fn what_is_decided_about_a_group_is_decided_by_a_fact() {
    type Change = fn(&mut Watched);
    let changes: [(&str, Change); 9] = [
        ("well", |_| {}),
        ("no owner", |watched| watched.logs[0].owned = false),
        ("no commit", |watched| watched.logs[0].committed = None),
        ("an empty log", |watched| watched.logs[0].start = 100),
        ("unread records", |watched| watched.logs[0].high = 150),
        ("no leader", |watched| watched.logs[0].leader = None),
        ("no answer", |watched| watched.logs[0].times_out()),
        ("no such group", |watched| {
            watched.group.state = "Dead".into();
            watched.group.members_total = 0;
        }),
        ("no description", |watched| {
            watched.group.state.clear();
            watched.group.failure = Some("not authorized".into());
        }),
    ];
    for (what, change) in changes {
        let mut watched = Watched::fresh(2);
        change(&mut watched);
        for _ in 0..15 {
            let ask = Ask::outside(watched.timeout, watched.now);
            let bare = without_a_fact(&watched.evidence, &TopicBooks::default(), &ask);
            assert!(bare.is_empty(), "{what}: {bare:#?}");
            watched.tick(1);
        }
    }
}
