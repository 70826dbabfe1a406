use rollcall_proto::v1::{
    GetStatusResponse, MissingRight, Observation, PartitionStatus, Severity, Source,
    TimestampWorth, Verdict, VerdictCode, fact::Value,
};
use unicode_width::UnicodeWidthStr as _;

use super::{brief, groups_left_out, overview, table, totals, wide};
use crate::exit::Exit;
use crate::view::fixtures::{fact, millis, outside_six_zeros, plain, reader, topic, verdict};
use crate::view::{Reader, WIDTH};
use crate::words::Speech;
use crate::words::language::Language;

fn outside() -> Reader {
    Reader {
        speech: Speech::new(Language::English).from_outside(),
        reach: " -b kafka:9092 -g stack-charge-tcp-command-xfy --app timeout_ms=1000".to_owned(),
        ..reader()
    }
}

#[test]
fn six_zeros_read_as_five_causes_with_a_paragraph_each() {
    let screen = plain(&table(&outside_six_zeros(), Some(Exit::Found), &outside()));
    let expected = "\
stack-charge-tcp-command-xfy: Stable, 6 members, 6 topics, 12 partitions; watched 12 s
       TOPIC                        VERDICT                       LAG  READABLE  LAST RECORD
FAULT  SCHEDULE-CAR-PRICE           STUCK_WITH_LAG                500       500     13 s ago
warn   SCHEDULE-DEVICE-HOST-DCDC    OPEN_TRANSACTION               13         0    0.6 s ago
warn   MODULE-OUTPUT-PV_PREDICTION  PRODUCER_OVERDUE                0         0     14 s ago
note   SCHEDULE-CAR-ORDER           PRODUCER_SLOWER_THAN_TIMEOUT    0         0    3.1 s ago
note   SCHEDULE-DEVICE-STORAGE      TOPIC_EMPTY                     0         0        never
ok     SCHEDULE-STATION-PARAM       FLOWING                         1         1    0.1 s ago
";
    assert!(screen.starts_with(expected), "\n{screen}");
    let paragraphs = "\
SCHEDULE-CAR-PRICE: 500 records wait, the oldest for 13 s; the commit has not moved for 12 s.
  Owner app-SCHEDULE-CAR-PRICE at 10.8.4.17, still a member. From outside, paused, blocked and
  failing look alike.";
    assert!(screen.contains(paragraphs), "\n{screen}");
    let foot = "\
5 of 6 silent: 1 fault in this group, 2 for the producers' owners, 2 normal.                (exit 1)
Joined no group, committed nothing, read 209 KiB. Next:
           rollcall explain SCHEDULE-CAR-PRICE -b kafka:9092 -g stack-charge-tcp-command-xfy \\
             --app timeout_ms=1000
";
    assert!(screen.ends_with(foot), "\n{screen}");
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for exit in [None, Some(Exit::Found)] {
        let screen = plain(&table(&outside_six_zeros(), exit, &outside()));
        for line in screen.lines() {
            assert!(line.width() <= WIDTH, "{} columns: {line}", line.width());
        }
    }
    assert!(!brief(&outside_six_zeros(), None, &outside()).contains("Owner"));
}

#[test]
fn an_unconfirmed_row_ends_in_an_ellipsis_and_is_said_below() {
    let suspected = Verdict {
        confirmed: false,
        ..verdict(VerdictCode::StuckWithLag, Severity::Note)
    };
    let answer = GetStatusResponse {
        topics: vec![topic("A", suspected, [0, 7, 0], None)],
        ..outside_six_zeros()
    };
    let screen = plain(&table(&answer, None, &outside()));
    assert!(screen.contains("STUCK_WITH_LAG…"), "{screen}");
    assert!(screen.contains("Not confirmed yet."), "{screen}");
    assert!(
        screen.contains("1 of 1 silent: 1 normal, 1 not confirmed yet (…)."),
        "{screen}"
    );
}

#[test]
fn a_note_that_may_become_a_fault_is_not_normal_and_the_next_look_is_long_enough() {
    let unknown = fact(
        "commit_interval_known",
        None,
        Value::Flag(false),
        Source::Group,
        0,
    );
    let undecided = Verdict {
        facts: vec![unknown],
        ..verdict(VerdictCode::StuckWithLag, Severity::Note)
    };
    let answer = GetStatusResponse {
        topics: vec![topic("A", undecided, [0, 7, 0], None)],
        ..outside_six_zeros()
    };
    let screen = plain(&table(&answer, Some(Exit::Clear), &outside()));
    assert!(
        screen.contains("1 of 1 silent: 1 that may still become a fault."),
        "{screen}"
    );
    let next = "--for 130s\n";
    assert!(
        screen.contains("Next: rollcall doctor -b kafka:9092"),
        "{screen}"
    );
    assert!(screen.ends_with(next), "{screen}");
}

#[test]
fn wide_says_why_a_rhythm_is_not_that_of_the_timestamps() {
    let mut answer = outside_six_zeros();
    for topic in &mut answer.topics {
        if let Some(model) = &mut topic.arrivals {
            model.set_timestamps(TimestampWorth::Missing);
        }
    }
    let screen = plain(&wide(&answer, None, &outside()));
    let unbroken = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        unbroken.contains(
            "its records have no timestamp that can be used, so the rhythm is that of their coming"
        ),
        "{screen}"
    );
}

fn group(state: &str, change: impl FnOnce(&mut Observation)) -> String {
    let mut answer = GetStatusResponse {
        topics: Vec::new(),
        ..outside_six_zeros()
    };
    if let Some(seen) = &mut answer.observation {
        seen.state = state.to_owned();
        seen.members = Some(0);
        change(seen);
    }
    plain(&table(&answer, Some(Exit::Unjudged), &outside()))
}

#[test]
fn a_group_is_said_to_be_what_it_is() {
    let dead = group("Dead", |seen| seen.has_commits = Some(false));
    assert!(
        dead.starts_with("stack-charge-tcp-command-xfy: no such group (Dead), 0 members"),
        "{dead}"
    );
    let empty = group("Empty", |_| {});
    assert!(empty.contains("Empty (nobody is in it)"), "{empty}");
    let fresh = group("Stable", |seen| seen.has_commits = Some(false));
    assert!(fresh.contains("The group has committed nothing"), "{fresh}");
    let refused = group("", |seen| {
        seen.failure = Some("Group authorization failed\u{1b}[2J".to_owned());
        seen.missing_rights = vec![MissingRight {
            resource: "group".to_owned(),
            name: "shop".to_owned(),
            operation: "DESCRIBE".to_owned(),
        }];
    });
    assert!(
        refused.contains("could not be described: Group authorization failed\\u{1b}[2J"),
        "{refused}"
    );
    assert!(
        refused.contains("No right: DESCRIBE on group shop."),
        "{refused}"
    );
}

#[test]
fn what_there_were_no_bytes_to_read_is_named() {
    let names = |count: usize| (0..count).map(|number| format!("T{number}")).collect();
    let screen = group("Stable", |seen| seen.history_unread = names(7));
    let expected = "No record of the history was read of T0, T1, T2, T3, T4 and 2 more: the 32 MiB";
    assert!(screen.contains(expected), "{screen}");
    let screen = group("Stable", |seen| seen.backlog_unread = names(1));
    assert!(
        screen.contains("was not looked at in T0: the 32 MiB"),
        "{screen}"
    );
}

#[test]
fn groups_that_there_is_no_room_for_are_counted() {
    assert_eq!(groups_left_out(0, &outside()), "");
    let said = groups_left_out(234, &outside());
    assert!(said.starts_with("234 groups were not looked at"), "{said}");
}

#[test]
fn a_topic_with_a_thousand_partitions_is_folded_to_the_worst() {
    let mut answer = outside_six_zeros();
    answer.topics.truncate(1);
    answer.topics[0].partitions = (0..1000)
        .map(|number| PartitionStatus {
            partition: number,
            verdict: match number {
                700 => VerdictCode::StuckWithLag.into(),
                _ => VerdictCode::CaughtUp.into(),
            },
            lag: Some(if number == 700 { 9 } else { 0 }),
            high_watermark: Some(10),
            ..PartitionStatus::default()
        })
        .collect();
    answer.topics[0].verdict = Some(verdict(VerdictCode::StuckWithLag, Severity::Fault));
    let screen = plain(&wide(&answer, Some(Exit::Found), &outside()));
    assert!(screen.lines().count() < 40, "{screen}");
    let first = screen
        .lines()
        .find(|line| line.contains(" STUCK_WITH_LAG  ") && line.contains("700"));
    assert!(first.is_some(), "{screen}");
    assert!(
        screen.contains("and 988 more partitions: 988 CAUGHT_UP"),
        "{screen}"
    );
}

#[test]
fn very_many_topics_are_folded_too() {
    let mut answer = outside_six_zeros();
    answer.topics = (0..600)
        .map(|number| {
            let verdict = verdict(VerdictCode::TopicEmpty, Severity::Note);
            topic(&format!("T-{number}"), verdict, [0, 0, 0], None)
        })
        .collect();
    let screen = plain(&table(&answer, Some(Exit::Clear), &outside()));
    assert!(screen.lines().count() < 70, "{screen}");
    assert!(
        screen.contains("and 560 more topics: 560 TOPIC_EMPTY"),
        "{screen}"
    );
}

#[test]
fn several_groups_have_a_line_each_the_worst_first() {
    let mut quiet = outside_six_zeros();
    quiet.group = "quiet".to_owned();
    quiet
        .topics
        .retain(|topic| topic.topic == "SCHEDULE-STATION-PARAM");
    let answers = [quiet, outside_six_zeros()];
    let screen = plain(&overview(&answers, &outside()));
    let lines: Vec<&str> = screen.lines().collect();
    assert!(
        lines[1].starts_with("FAULT  stack-charge-tcp-command-xfy  STUCK_WITH_LAG"),
        "{screen}"
    );
    assert!(lines[2].starts_with("ok     quiet"), "{screen}");
    let partly = plain(&totals(&answers, Some(100), None, &outside()));
    let so_far = format!("{} of 100 groups so far: ", answers.len());
    assert!(partly.starts_with(&so_far), "{partly}");
    let totals = plain(&totals(&answers, None, Some(Exit::Found), &outside()));
    assert!(
        totals.starts_with("2 groups: 1 fault, 2 warnings, 2 notes, 2 ok."),
        "{totals}"
    );
    assert!(totals.contains("(exit 1)"), "{totals}");
}

#[test]
fn wide_shows_owners_lag_in_time_rhythm_and_what_stays_unseen() {
    let screen = plain(&wide(&outside_six_zeros(), Some(Exit::Found), &outside()));
    assert!(
        screen.contains("app-SCHEDULE-CAR-PRICE at 10.8.4.17"),
        "{screen}"
    );
    assert!(screen.contains("SCHEDULE-CAR-ORDER: one record per 5.0 s, longest gap 5.1 s (39 gaps; timestamps in the log)"), "{screen}");
    assert!(screen.contains("Not to be seen from outside"), "{screen}");
    let formatter = "--formatter org.apache.kafka.tools.consumer.OffsetsMessageFormatter";
    assert!(screen.contains("When the group committed"), "{screen}");
    assert!(screen.contains(formatter), "{screen}");
    let mut healthy = outside_six_zeros();
    healthy
        .topics
        .retain(|topic| topic.topic == "SCHEDULE-STATION-PARAM");
    let screen = plain(&wide(&healthy, None, &outside()));
    assert!(!screen.contains("When the group committed"), "{screen}");
    assert_eq!(
        millis(13_000),
        outside_six_zeros().topics[3].partitions[0].oldest_unread_age
    );
}
