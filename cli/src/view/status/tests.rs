use rollcall_proto::v1::{Counter, GetStatusResponse, Severity, TopicStatus, Verdict, VerdictCode};
use unicode_width::UnicodeWidthStr as _;

use super::{table, wide};
use crate::exit::Exit;
use crate::view::fixtures::{length, plain, reader, reader_of, records, six_zeros, topic, verdict};
use crate::view::{Reader, WIDTH};
use crate::words::language::Language;

#[track_caller]
fn check(status: &GetStatusResponse, exit: Option<Exit>, expected: &str) {
    let screen = plain(&table(status, exit, &reader()));
    assert_eq!(screen, expected, "\n{screen}");
}

#[test]
fn six_zeros_read_as_five_causes_the_worst_first() {
    check(
        &six_zeros(),
        Some(Exit::Clear),
        "\
gather 1284, 0.4 s ago, EACH 1 s: 5 records to app-7f9c; group stack-charge-tcp-command-xfy
      TOPIC                        VERDICT                       GOT  BACKLOG  UNACKED  LAST RECORD
warn  SCHEDULE-CAR-PRICE           WAITING_FOR_ACK                 0      300      200     13 s ago
warn  SCHEDULE-DEVICE-HOST-DCDC    OPEN_TRANSACTION                0        0        0    0.6 s ago
warn  MODULE-OUTPUT-PV_PREDICTION  PRODUCER_OVERDUE                0        0        0     14 s ago
note  SCHEDULE-CAR-ORDER           PRODUCER_SLOWER_THAN_TIMEOUT    0        0        0    3.1 s ago
note  SCHEDULE-DEVICE-STORAGE      TOPIC_EMPTY                     0        0        0        never
ok    SCHEDULE-STATION-PARAM       FLOWING                         5        0        5    0.1 s ago
0 faults, 3 warnings, 2 notes, 1 ok. Next: rollcall explain SCHEDULE-CAR-PRICE              (exit 0)
",
    );
}

#[test]
fn no_line_is_wider_than_the_screen() {
    let screen = plain(&table(&six_zeros(), Some(Exit::Clear), &reader()));
    for line in screen.lines() {
        assert!(line.width() <= WIDTH, "{} columns: {line}", line.width());
    }
}

#[test]
fn a_long_tally_leaves_the_next_command_to_a_line_of_its_own() {
    let kinds = [
        (VerdictCode::StuckWithLag, Severity::Fault),
        (VerdictCode::WaitingForAck, Severity::Warn),
        (VerdictCode::TopicEmpty, Severity::Note),
        (VerdictCode::Undetermined, Severity::Unknown),
        (VerdictCode::CaughtUp, Severity::Ok),
    ];
    let topics = kinds.into_iter().map(|(code, severity)| {
        let unsure = Verdict {
            confirmed: false,
            ..verdict(code, severity)
        };
        topic("ORDERS", unsure, [0, 0, 0], None)
    });
    let status = GetStatusResponse {
        topics: topics.collect(),
        ..GetStatusResponse::default()
    };
    let screen = plain(&table(&status, Some(Exit::Clear), &reader()));
    let foot: Vec<&str> = screen.lines().rev().take(2).collect();
    assert!(
        foot[0].starts_with("Next: rollcall explain") && foot[0].ends_with("(exit 0)"),
        "{screen}"
    );
    assert!(foot[1].ends_with("(…)."), "{screen}");
    assert!(foot.iter().all(|line| line.width() <= WIDTH), "{screen}");
}

#[test]
fn an_unconfirmed_row_ends_in_an_ellipsis_and_comes_behind_the_confirmed() {
    let suspected = Verdict {
        confirmed: false,
        ..verdict(VerdictCode::StuckWithLag, Severity::Fault)
    };
    let sure = verdict(VerdictCode::TopicMissing, Severity::Fault);
    let topics = vec![
        topic("A", suspected, [0, 7, 0], None),
        topic("B", sure, [0, 0, 0], None),
    ];
    check(
        &GetStatusResponse {
            topics,
            ..GetStatusResponse::default()
        },
        None,
        "\
no gather yet; group not known yet
       TOPIC  VERDICT                       GOT  BACKLOG  UNACKED  LAST RECORD
FAULT  B      TOPIC_MISSING                   0        0        0        never
FAULT  A      STUCK_WITH_LAG…                 0        7        0        never
2 faults, 0 warnings, 0 notes, 0 ok, 1 not confirmed yet (…). Next: rollcall explain B
",
    );
}

#[test]
fn what_is_unknown_is_said_and_is_no_zero() {
    let newer = Verdict {
        code: 777,
        severity: 99,
        confirmed: true,
        ..Verdict::default()
    };
    let topics = vec![
        TopicStatus {
            backlog: None,
            ..topic("A", newer, [0, 0, 0], None)
        },
        TopicStatus {
            topic: "B".to_owned(),
            ..TopicStatus::default()
        },
    ];
    check(
        &GetStatusResponse {
            topics,
            ..GetStatusResponse::default()
        },
        Some(Exit::Unjudged),
        "\
no gather yet; group not known yet
         TOPIC  VERDICT      GOT  BACKLOG  UNACKED  LAST RECORD
unknown  B      UNKNOWN        0        -        0        never
unknown  A      VERDICT_777    0        -        0        never
0 faults, 0 warnings, 0 notes, 2 unknown, 0 ok. Next: rollcall explain B                    (exit 2)
",
    );
}

#[test]
fn an_empty_roll_is_said_and_not_shown_as_health() {
    let screen = plain(&table(
        &GetStatusResponse::default(),
        Some(Exit::Unjudged),
        &reader(),
    ));
    assert!(screen.contains("the roll is empty"), "{screen}");
}

#[test]
fn the_demo_is_named_and_the_next_command_reaches_the_same_aggregator() {
    let status = GetStatusResponse {
        demo: true,
        ..six_zeros()
    };
    let reader = Reader {
        reach: " --server http://h:1".to_owned(),
        ..reader()
    };
    let screen = plain(&table(&status, None, &reader));
    assert!(screen.starts_with("DEMO "), "{screen}");
    assert!(
        screen.contains("Next: rollcall explain SCHEDULE-CAR-PRICE --server http://h:1\n"),
        "{screen}"
    );
}

#[test]
fn names_from_the_network_cannot_drive_the_terminal() {
    let mut status = six_zeros();
    status.group = "g\u{1b}[2J".to_owned();
    status.topics[0].topic = "A\u{202e}B\r".to_owned();
    let screen = plain(&table(&status, None, &reader()));
    assert!(
        screen.contains(r"group g\u{1b}[2J") && screen.contains(r"A\u{202e}B\r"),
        "{screen}"
    );
}

#[test]
fn the_wide_screen_says_what_to_do_and_what_was_counted() {
    let mut waiting = verdict(VerdictCode::WaitingForAck, Severity::Warn);
    waiting.facts = vec![records("unacked", 200), length("leased_for", 13_000)];
    let status = GetStatusResponse {
        topics: vec![topic("A", waiting, [0, 300, 200], Some(13_000))],
        counters: vec![
            Counter {
                name: "records_redelivered".to_owned(),
                count: 12,
            },
            Counter {
                name: "old_epoch".to_owned(),
                count: 0,
            },
        ],
        buffered_bytes: 3 << 20,
        budget_bytes: 64 << 20,
        ..GetStatusResponse::default()
    };
    let screen = plain(&wide(&status, None, &reader()));
    assert!(
        screen.contains("A: what is there is out on a lease that nobody has settled."),
        "{screen}"
    );
    assert!(
        screen.contains("buffered 3 MiB of 64 MiB; since the start: records_redelivered 12\n"),
        "{screen}"
    );
}

#[test]
fn columns_of_wide_characters_stand_below_each_other() {
    let chinese = reader_of(Language::Chinese);
    let screen = plain(&table(&six_zeros(), Some(Exit::Clear), &chinese));
    assert_eq!(
        screen,
        "\
第 1284 次收取，0.4 s 前，EACH 1 s：5 条消息，交给 app-7f9c；消费组 stack-charge-tcp-command-xfy
      主题                         结论                          取到  积压  未确认  最近消息
warn  SCHEDULE-CAR-PRICE           WAITING_FOR_ACK                  0   300     200   13 s 前
warn  SCHEDULE-DEVICE-HOST-DCDC    OPEN_TRANSACTION                 0     0       0  0.6 s 前
warn  MODULE-OUTPUT-PV_PREDICTION  PRODUCER_OVERDUE                 0     0       0   14 s 前
note  SCHEDULE-CAR-ORDER           PRODUCER_SLOWER_THAN_TIMEOUT     0     0       0  3.1 s 前
note  SCHEDULE-DEVICE-STORAGE      TOPIC_EMPTY                      0     0       0      从未
ok    SCHEDULE-STATION-PARAM       FLOWING                          5     0       5  0.1 s 前
0 个故障、3 个警告、2 个提示、1 个正常。下一步：rollcall explain SCHEDULE-CAR-PRICE     （退出码 0）
",
        "\n{screen}"
    );
    assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
}
