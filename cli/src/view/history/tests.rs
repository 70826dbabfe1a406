use rollcall_proto::v1::{
    Close, GatherInfo, GatherSummary, InTurn, Severity, Slot, VerdictCode, VerdictSpan,
};
use unicode_width::UnicodeWidthStr as _;

use super::{Past, gather, roll, topic};
use crate::lanes::{Part, Place};
use crate::view::WIDTH;
use crate::view::fixtures::{millis, plain, reader, reader_of, records, time, verdict};
use crate::words::language::Language;

fn info(gather_id: u64, records: u32) -> GatherInfo {
    GatherInfo {
        gather_id,
        started_at: Some(time("12:04:30")),
        took: millis(1_002),
        timeout: millis(1_000),
        close: Close::Each.into(),
        record_count: records,
        empty_topics: 5,
        client_id: "app-7f9c".to_owned(),
        ..GatherInfo::default()
    }
}

fn span(code: VerdictCode, severity: Severity, since: &str, until: Option<&str>) -> VerdictSpan {
    VerdictSpan {
        topic: "MODULE-OUTPUT-PV_PREDICTION".to_owned(),
        code: code.into(),
        severity: severity.into(),
        confirmed: until.is_some(),
        partitions: 3,
        partitions_total: 12,
        since: Some(time(since)),
        until: until.map(time),
        lasted: millis(13_000),
        in_turn: None,
    }
}

fn alone<T>(all: Vec<T>) -> Vec<Part<T>> {
    all.into_iter().map(Part::alone).collect()
}

fn spans() -> Vec<Part<VerdictSpan>> {
    let transaction = VerdictCode::OpenTransaction;
    alone(vec![
        span(transaction, Severity::Warn, "12:04:31", None),
        span(
            VerdictCode::ProducerSlowerThanTimeout,
            Severity::Note,
            "12:04:11",
            Some("12:04:31"),
        ),
    ])
}

fn summary() -> GatherSummary {
    let slot = |topic: &str, code, severity| {
        let mut verdict = verdict(code, severity);
        verdict.facts.push(records("hidden", 13));
        Slot {
            topic: topic.to_owned(),
            verdict: Some(verdict),
            backlog: Some(7),
            ..Slot::default()
        }
    };
    GatherSummary {
        gather_id: 1284,
        started_at: Some(time("12:04:30")),
        took: millis(1_002),
        slots: vec![
            slot("A", VerdictCode::CaughtUp, Severity::Ok),
            slot("B", VerdictCode::OpenTransaction, Severity::Warn),
        ],
        ..GatherSummary::default()
    }
}

#[test]
fn the_roll_is_shown_newest_first_within_the_width_of_a_screen() {
    let (gathers, verdicts) = (alone(vec![info(1284, 5), info(1283, 0)]), spans());
    let past = Past {
        gathers: &gathers,
        verdicts: &verdicts,
    };
    let screen = plain(&roll(&past, &reader()));
    let expected = "\
GATHER  AT        CLOSED     TOOK  GOT  EMPTY  CLIENT
  1284  12:04:30  EACH 1 s  1.0 s    5      5  app-7f9c
  1283  12:04:30  EACH 1 s  1.0 s    0      5  app-7f9c

SINCE     UNTIL     LASTED        VERDICT                                TOPIC
12:04:31  now         13 s  warn  OPEN_TRANSACTION… 3/12                 MODULE-OUTPUT-PV_PREDICTION
12:04:11  12:04:31    13 s  note  PRODUCER_SLOWER_THAN_TIMEOUT 3/12      MODULE-OUTPUT-PV_PREDICTION
";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&screen), squeezed(expected), "{screen}");
    assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
}

#[test]
fn over_lanes_each_row_says_which_lane_it_is_of() {
    let lane = |lane| Place { lane, lanes: 2 };
    let gathers = [(1, 12), (0, 12)].map(|(number, id)| Part {
        place: lane(number),
        answer: info(id, 5),
    });
    let verdicts: Vec<_> = spans()
        .into_iter()
        .map(|part| Part {
            place: lane(1),
            ..part
        })
        .collect();
    let past = Past {
        gathers: &gathers,
        verdicts: &verdicts,
    };
    let screen = plain(&roll(&past, &reader()));
    let lasts = |part: &str| -> Vec<&str> {
        let rows = screen.lines().filter(|line| line.contains(part));
        rows.filter_map(|row| row.split_whitespace().last())
            .collect()
    };
    assert_eq!(lasts("app-7f9c"), ["L1", "L0"], "{screen}");
    assert_eq!(lasts("MODULE-OUTPUT"), ["L1", "L1"], "{screen}");
    assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
}

#[test]
fn verdicts_that_took_turns_are_two_lines_and_a_count_in_every_language() {
    let mut spans = spans();
    spans[1].answer.in_turn = Some(InTurn {
        code: VerdictCode::Flowing.into(),
        severity: Severity::Ok.into(),
        confirmed: true,
        changes: 1_240,
    });
    let past = Past {
        gathers: &[],
        verdicts: &spans,
    };
    for (language, in_turn) in Language::ALL.into_iter().zip(["in turn", "交替"]) {
        let screen = plain(&roll(&past, &reader_of(language)));
        let row = screen
            .lines()
            .find(|line| line.contains("FLOWING"))
            .unwrap();
        let words: Vec<&str> = row.split("  ").map(str::trim).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        assert_eq!(words, [in_turn, "1240×", "ok", "FLOWING"], "{screen}");
        let foot = screen.lines().last().unwrap();
        assert!(screen.contains("PRODUCER_SLOWER_THAN_TIMEOUT") && !foot.contains("FLOWING"));
        assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
    }
}

#[test]
fn a_topic_is_shown_gather_by_gather_and_verdict_by_verdict() {
    let screen = plain(&topic("B", &alone(vec![summary()]), &spans(), &reader()));
    assert!(
        screen.contains("1284  12:04:30  warn  OPEN_TRANSACTION    0        7"),
        "{screen}"
    );
    assert!(screen.contains("12:04:31  now"), "{screen}");
    assert!(!screen.contains("CAUGHT_UP"), "{screen}");
}

#[test]
fn a_gather_has_the_evidence_of_each_slot_that_is_not_ok() {
    let screen = plain(&gather(&summary(), None, &reader()));
    assert!(screen.contains("\nB\nwarn  OPEN_TRANSACTION  "), "{screen}");
    assert!(screen.contains("fact "), "{screen}");
    assert!(!screen.contains("\nA\n"), "{screen}");
    let ok = plain(&gather(&summary(), Some("A"), &reader()));
    assert!(ok.contains("\nA\nok  CAUGHT_UP  "), "{ok}");
}

#[test]
fn where_nothing_is_remembered_it_says_so_in_every_language() {
    let past = Past {
        gathers: &[],
        verdicts: &[],
    };
    for language in Language::ALL {
        let screen = roll(&past, &reader_of(language));
        assert!(screen.lines().count() == 3, "{screen}");
    }
}
