//! A fetcher without a group: what it takes, when it claims, waits and commits.

use rollcall_proto::limits::CONFIRMED;

use super::*;
use crate::core::facts::GroupOwners;
use crate::core::membership::Shard;

fn owners(members: &[(&str, &str)]) -> GroupOwners {
    let named = |&(id, name): &(&str, &str)| (id.to_owned(), name.to_owned());
    GroupOwners {
        members: members.iter().map(named).collect(),
        ..GroupOwners::default()
    }
}

impl Stage {
    fn fixed(shard: &str) -> Self {
        let shard: Shard = shard.parse().unwrap();
        Self::member(StartPolicy::Earliest, Membership::Fixed(shard))
    }

    /// A probe finds that many partitions.
    fn partitions(&mut self, count: i32) {
        let log = |partition| v1::ProbedPartition {
            partition,
            high_watermark: Some(100),
            ..v1::ProbedPartition::default()
        };
        let probed = v1::Probed {
            topic_exists: Some(true),
            topic_id: self.topic_id.to_owned(),
            partitions: (0..count).map(log).collect(),
            ..v1::Probed::default()
        };
        let round = ProbeRound {
            measured: self.now,
            probed,
            ..ProbeRound::default()
        };
        self.session.probed(round, self.now);
        self.settle_down();
    }

    fn described(&mut self, members: &[(&str, &str)]) {
        self.session.owners(owners(members), self.now);
        self.settle_down();
    }

    fn asked(&self) -> Vec<i32> {
        let asked = self.actions.iter().filter_map(|action| match action {
            Action::Resolve(partitions) => Some(partitions.iter().map(|p| p.0)),
            _ => None,
        });
        asked.flatten().collect()
    }

    /// Answers the newest beat.
    pub(super) fn answer_beat(&mut self) -> bool {
        let beats = self.said.iter().filter_map(|said| match said {
            Said::Beat(beat) => Some(beat.number),
            _ => None,
        });
        let newest = beats.max();
        self.said.retain(|said| !matches!(said, Said::Beat(_)));
        let Some(number) = newest else {
            return false;
        };
        self.hear(Answer::Beat(v1::Beat {
            number,
            every: None,
        }));
        true
    }

    fn refuse(&mut self, claim: &v1::Claim) {
        self.hear(Answer::Claimed(v1::Claimed {
            partition: claim.partition,
            generation: claim.generation,
            standby: true,
            ..v1::Claimed::default()
        }));
    }

    fn vacant(&mut self) {
        self.hear(Answer::Vacant(v1::Vacant {
            partitions: vec![0],
        }));
    }

    /// It has partition 0, resolved and read again; its claim is said.
    fn claiming() -> Self {
        let mut stage = Self::fixed("0/1");
        stage.open();
        stage.hear(Answer::Credit(v1::Credit {
            cumulative_bytes: 1 << 20,
        }));
        stage.described(&[]);
        stage.partitions(1);
        stage.resolve();
        stage.resolve();
        stage
    }

    /// It holds partition 0, and its start is committed.
    pub(super) fn holding() -> Self {
        let mut stage = Self::claiming();
        let claim = stage.claim();
        stage.grant(&claim, 1, 0);
        assert!(stage.answer_beat());
        assert_eq!(
            stage.commit(CommitOutcome::Taken),
            BTreeMap::from([(P, at(0))])
        );
        stage
    }

    fn gives_back(&self) -> bool {
        let release = |said: &Said| matches!(said, Said::Release(_));
        self.said.iter().any(release)
    }

    fn standby(&mut self) -> u32 {
        self.pulse().standby
    }
}

#[test]
fn it_takes_the_partitions_of_its_shard_and_new_ones_as_they_come() {
    let mut stage = Stage::fixed("1/2");
    stage.open();
    stage.described(&[]);
    assert!(
        stage.asked().is_empty(),
        "nothing is known of the topic yet"
    );
    stage.partitions(3);
    assert_eq!(stage.asked(), [1]);
    stage.resolve();
    stage.actions.clear();
    stage.partitions(6);
    assert_eq!(stage.asked(), [3, 5]);
}

#[test]
fn a_group_with_members_is_refused_by_their_names_until_they_are_gone() {
    let mut stage = Stage::fixed("0/1");
    stage.open();
    stage.partitions(2);
    assert!(
        stage.asked().is_empty(),
        "nobody has said yet that the group is free"
    );
    let told = stage
        .session
        .owners(owners(&[("m1", "app at 10.0.0.7")]), stage.now);
    assert!(told.unwrap().text.contains("app at 10.0.0.7"));
    stage.settle_down();
    assert!(stage.asked().is_empty());
    let errors = stage.pulse().errors;
    assert_eq!(errors[0].kind(), v1::ErrorKind::GroupProtocol);
    stage.actions.clear();
    stage.pass(2_000);
    assert!(stage.wants(&Action::Describe), "it goes on asking");
    let again = stage
        .session
        .owners(owners(&[("m1", "app at 10.0.0.7")]), stage.now);
    assert!(again.is_none(), "said once");
    stage.described(&[]);
    assert_eq!(stage.asked(), [0, 1]);
    assert!(stage.pulse().errors.is_empty());
}

#[test]
fn a_group_that_nobody_may_describe_is_left_to_kafka_and_one_that_does_not_answer_is_asked_again() {
    let mut stage = Stage::fixed("0/1");
    stage.open();
    stage.partitions(1);
    stage
        .session
        .undescribed(v1::ErrorKind::TimedOut, stage.now);
    stage.settle_down();
    assert!(stage.asked().is_empty());
    stage
        .session
        .undescribed(v1::ErrorKind::GroupAuthorization, stage.now);
    stage.settle_down();
    assert_eq!(stage.asked(), [0]);
}

#[test]
fn a_claim_proves_nothing_and_says_what_is_committed_as_it_was_read_again() {
    let mut stage = Stage::fixed("0/1");
    stage.open();
    stage.described(&[]);
    stage.partitions(1);
    stage.facts.committed = Some(at(10));
    stage.resolve();
    assert!(!stage.said.iter().any(|said| matches!(said, Said::Claim(_))));
    stage.facts.committed = Some(at(30));
    stage.resolve();
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent, claim.proven), (30, 30, false));
    assert!(!stage.wants_commit(), "and nothing is committed for it");
}

#[test]
fn the_start_is_committed_once_the_claim_is_granted_and_confirmed() {
    let mut stage = Stage::claiming();
    let claim = stage.claim();
    assert!(!stage.wants_commit());
    stage.grant(&claim, 1, 0);
    assert!(!stage.wants_commit(), "the beat is not answered yet");
    assert!(stage.answer_beat());
    assert!(stage.wants_commit());
}

#[test]
fn nothing_is_committed_by_a_confirmation_that_is_too_old() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    let last = u64::try_from(CONFIRMED.as_millis()).unwrap() - 1;
    stage.pass(last);
    stage.ack(0, 5);
    assert_eq!(
        stage.commit(CommitOutcome::Taken),
        BTreeMap::from([(P, at(5))])
    );
    stage.pass(1);
    stage.ack(5, 10);
    assert!(!stage.wants_commit(), "it asks first");
    assert!(stage.answer_beat());
    assert_eq!(
        stage.commit(CommitOutcome::Taken),
        BTreeMap::from([(P, at(10))])
    );
}

#[test]
fn a_fetcher_that_was_stopped_does_not_commit_what_it_hears_late() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    stage.ack(0, 5);
    stage.commit(CommitOutcome::Taken);
    // Stopped for a minute: the ack lay in a buffer, and so did the answer of a beat.
    stage.now = stage.now + Duration::from_secs(60);
    stage.ack(5, 10);
    assert!(!stage.wants_commit());
    let until = stage.session.commit_until(stage.now).unwrap();
    assert!(until < stage.now, "nor does a commit that was on its way");
    stage.session.disconnected(stage.now);
    stage.settle_down();
    stage.pass(5_000);
    assert!(!stage.wants_commit(), "without a feed nothing is confirmed");
}

#[test]
fn a_commit_that_was_withheld_is_made_once_the_claims_are_confirmed() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    stage.ack(0, 10);
    stage.pass(1_000);
    stage.said.retain(|said| !matches!(said, Said::Beat(_)));
    stage.commit(CommitOutcome::Withheld);
    assert!(!stage.wants_commit());
    assert!(stage.answer_beat(), "it asks");
    assert_eq!(
        stage.commit(CommitOutcome::Taken),
        BTreeMap::from([(P, at(10))])
    );
}

#[test]
fn commits_are_said_again_now_and_then() {
    let mut stage = Stage::holding();
    for _ in 0..2 {
        stage.pass(9_999);
        assert!(!stage.wants_commit());
        stage.pass(1);
        assert!(stage.answer_beat());
        assert_eq!(
            stage.commit(CommitOutcome::Taken),
            BTreeMap::from([(P, at(0))])
        );
    }
}

#[test]
fn a_standby_reads_and_commits_nothing_and_is_not_in_the_pulse() {
    let mut stage = Stage::claiming();
    let claim = stage.claim();
    stage.refuse(&claim);
    assert_eq!(stage.standby(), 1);
    let pulse = stage.pulse();
    assert!(pulse.partitions.is_empty());
    assert_eq!(pulse.group.unwrap().assigned, 0);
    stage.pass(10_000);
    assert!(!stage.wants_commit());
    assert!(
        !stage
            .actions
            .iter()
            .any(|a| matches!(a, Action::Place { .. }))
    );
    stage
        .session
        .leave(stage.now + Duration::from_secs(5), stage.now);
    stage.settle_down();
    assert!(!stage.wants_commit());
    assert!(stage.session.left(), "and it has nothing to wait for");
}

#[test]
fn a_standby_that_is_told_begins_at_the_commit_of_the_last_holder() {
    let mut stage = Stage::claiming();
    let claim = stage.claim();
    stage.refuse(&claim);
    stage.facts.committed = Some(at(70));
    stage.vacant();
    // Another commit than the one that it started from: it begins anew.
    stage.resolve();
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (70, 70));
    stage.grant(&claim, 2, 80);
    let place = stage.take(|action| match action {
        Action::Place { at, first, .. } => Some((*at, *first)),
        _ => None,
    });
    assert_eq!(
        place,
        (at(80), at(80)),
        "what the aggregator knows as settled is not read"
    );
    assert_eq!(stage.standby(), 0);
}

#[test]
fn a_standby_claims_now_and_then_without_being_told() {
    let mut stage = Stage::claiming();
    let claim = stage.claim();
    stage.refuse(&claim);
    stage.actions.clear();
    stage.pass(29_999);
    assert!(stage.asked().is_empty());
    stage.pass(1);
    assert_eq!(stage.asked(), [0]);
}

#[test]
fn a_holder_whose_feed_broke_goes_on_with_what_it_knows() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    stage.batch(10, 20);
    stage.ack(0, 5);
    stage.commit(CommitOutcome::Taken);
    stage.ack(10, 20);
    stage.session.disconnected(stage.now);
    stage.settle_down();
    stage.facts.committed = Some(at(5));
    stage.open();
    stage.resolve();
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (5, 20));
    let settled = v1::OffsetRange {
        first_offset: 10,
        next_offset: 20,
    };
    assert_eq!(claim.settled, [settled]);
}

#[test]
fn what_is_settled_and_not_committed_is_said_as_settled() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    stage.pass(1_000);
    stage.ack(0, 10);
    assert!(!stage.wants_commit(), "the claims are not confirmed");
    stage.session.disconnected(stage.now);
    stage.settle_down();
    stage.facts.committed = Some(at(0));
    stage.open();
    stage.resolve();
    let claim = stage.claim();
    let settled = v1::OffsetRange {
        first_offset: 0,
        next_offset: 10,
    };
    assert_eq!((claim.committed, claim.sent), (0, 10));
    assert_eq!(claim.settled, [settled]);
}

#[test]
fn a_holder_that_is_displaced_stops_at_once_and_waits() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    let generation = stage.session.holdings[&P].claim;
    stage.hear(Answer::Claimed(v1::Claimed {
        generation,
        standby: true,
        ..v1::Claimed::default()
    }));
    assert!(stage.wants(&Action::Withdraw(P)));
    let before = stage.sent().len();
    stage.batch(10, 20);
    assert_eq!(stage.sent().len(), before, "what was polled is not sent");
    assert_eq!(stage.standby(), 1);
}

#[test]
fn nothing_is_given_back_while_a_commit_of_it_is_on_its_way() {
    for answered in [true, false] {
        let mut stage = Stage::holding();
        stage.batch(0, 10);
        stage.ack(0, 10);
        assert!(stage.wants_commit());
        let deadline = stage.now + Duration::from_secs(1);
        stage.session.leave(deadline, stage.now);
        if answered {
            stage.commit(CommitOutcome::Taken);
        }
        stage.pass(10_000);
        assert!(stage.session.left());
        assert_eq!(stage.gives_back(), answered);
    }
}

#[test]
fn a_client_that_is_lost_with_a_commit_on_its_way_gives_nothing_back() {
    for answered in [true, false] {
        let mut stage = Stage::holding();
        stage.batch(0, 10);
        stage.ack(0, 10);
        if answered {
            stage.commit(CommitOutcome::Taken);
        }
        stage.session.client_lost(stage.now);
        stage.settle_down();
        assert_eq!(stage.gives_back(), answered);
    }
}

#[test]
fn beats_are_said_as_often_as_the_aggregator_wants() {
    let mut stage = Stage::holding();
    let count = |stage: &Stage| {
        let beats = stage
            .said
            .iter()
            .filter(|said| matches!(said, Said::Beat(_)));
        beats.count()
    };
    let every = prost_types::Duration {
        seconds: 0,
        nanos: 250_000_000,
    };
    stage.hear(Answer::Beat(v1::Beat {
        number: 0,
        every: Some(every),
    }));
    assert_eq!(count(&stage), 1, "the first at once");
    for _ in 0..4 {
        stage.pass(250);
    }
    assert_eq!(count(&stage), 5);
    stage.hear(Answer::Beat(v1::Beat::default()));
    stage.pass(1_000);
    assert_eq!(count(&stage), 5);
}

#[test]
fn a_commit_that_the_group_refuses_is_an_error_and_its_members_are_asked_for() {
    let mut stage = Stage::holding();
    stage.batch(0, 10);
    stage.ack(0, 10);
    stage.actions.retain(|action| *action != Action::Describe);
    stage.commit(CommitOutcome::Fenced("unknown member".to_owned()));
    stage.pass(0);
    assert!(stage.wants(&Action::Describe));
    assert_eq!(stage.pulse().errors[0].kind(), v1::ErrorKind::Commit);
}

#[test]
fn it_is_in_no_round_of_the_group_whatever_the_client_says() {
    let mut stage = Stage::holding();
    let facts = ClientFacts {
        measured: stage.now,
        group_state: "up".to_owned(),
        join_state: "init".to_owned(),
        ..ClientFacts::default()
    };
    stage.session.client(facts, stage.now);
    stage.pass(60_000);
    let group = stage.pulse().group.unwrap();
    assert_eq!(
        (group.state.as_str(), group.join_state.as_str()),
        ("up", "")
    );
    assert_eq!((group.rebalancing, group.rebalances), (None, 0));
}
