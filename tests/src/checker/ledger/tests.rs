//! What a ledger makes of short runs: one that keeps every invariant, and runs that break one.

use super::*;
use crate::checker::line::{EmptySlot, Run};

const SECOND: u64 = 1_000_000_000;

fn topic() -> Topic {
    Topic::new("t").unwrap()
}

fn runs(runs: &[(i64, i64, i64)]) -> Vec<TopicRuns> {
    let run = |&(first, next, number): &(i64, i64, i64)| Run::from((0, first, next, number));
    vec![TopicRuns {
        topic: topic(),
        runs: runs.iter().map(run).collect(),
    }]
}

fn written(at: &[(i64, i64, i64)]) -> Said {
    Said::Written { topics: runs(at) }
}

fn log(at: &[(i64, i64, i64)]) -> Said {
    Said::Log { topics: runs(at) }
}

/// A whole gather whose lease lasts for 10 s.
fn came(client: &str, at: &[(i64, i64, i64)]) -> Said {
    Said::Gather(Gather {
        client: client.to_owned(),
        held_ns: Some(10 * SECOND),
        topics: runs(at),
        ..Gather::default()
    })
}

fn committed(offset: i64) -> Said {
    Said::Committed {
        topic: topic(),
        offsets: vec![Some(offset)],
    }
}

fn begun(kind: &str, ends_leases: bool, remakes_logs: bool) -> Said {
    let fault = FaultSeen {
        kind: kind.to_owned(),
        topic: Some(topic()),
        ends_leases,
        remakes_logs,
    };
    Said::Begun {
        wave: 1,
        faults: vec![fault],
    }
}

/// Judges what was said, a second after each other.
fn judged(said: Vec<Said>) -> Account {
    played(said).close(true)
}

fn played(said: Vec<Said>) -> Ledger {
    let mut ledger = Ledger::default();
    for (second, said) in (1..).zip(said) {
        let mut said = said;
        if let Said::Gather(gather) = &mut said {
            gather.asked_ns = second * SECOND - SECOND / 2;
        }
        ledger.apply(&Line {
            at_ns: second * SECOND,
            said,
        });
    }
    ledger
}

#[track_caller]
fn check(said: Vec<Said>, broken: &[&str]) -> Account {
    let account = judged(said);
    let found: Vec<&str> = account.broken.iter().map(|one| one.invariant).collect();
    assert_eq!(found, broken, "{:?}", account.broken);
    account
}

#[test]
fn a_run_without_faults_breaks_nothing() {
    let account = check(
        vec![
            written(&[(0, 10, 0)]),
            came("a", &[(0, 4, 0)]),
            committed(4),
            came("b", &[(4, 10, 4)]),
            committed(10),
            log(&[(0, 10, 0)]),
        ],
        &[],
    );
    assert_eq!((account.written, account.delivered), (10, 10));
    assert_eq!((account.lost, account.repeated), (0, 0));
}

#[test]
fn a_record_in_the_log_that_never_came_is_lost() {
    let said = vec![
        written(&[(0, 10, 0)]),
        came("a", &[(0, 9, 0)]),
        log(&[(0, 10, 0)]),
    ];
    assert_eq!(check(said, &["I2"]).lost, 1);
    // Kafka has it, though its producer never heard so.
    let said = vec![
        written(&[(0, 9, 0)]),
        came("a", &[(0, 9, 0)]),
        log(&[(0, 10, 0)]),
    ];
    assert_eq!(check(said, &["I2"]).lost, 1);
}

#[test]
fn what_nobody_had_read_when_it_ended_early_is_not_lost_yet() {
    let said = vec![
        written(&[(0, 10, 0)]),
        came("a", &[(0, 4, 0)]),
        came("a", &[(5, 8, 5)]),
        log(&[(0, 10, 0)]),
    ];
    let account = played(said).close(false);
    assert_eq!((account.unread, account.lost), (2, 1));
}

#[test]
fn an_acknowledged_record_that_the_log_lost_without_a_fault_is_lost() {
    let said = vec![
        written(&[(0, 10, 0)]),
        came("a", &[(0, 9, 0)]),
        log(&[(0, 9, 0)]),
    ];
    assert_eq!(check(said, &["I2"]).lost, 1);
}

#[test]
fn a_first_delivery_after_a_later_one_is_out_of_order() {
    let said = vec![
        came("a", &[(0, 4, 0)]),
        came("a", &[(6, 10, 6)]),
        came("a", &[(4, 6, 4)]),
        log(&[(0, 10, 0)]),
    ];
    assert_eq!(check(said, &["I3"]).out_of_order, 2);
}

#[test]
fn a_repetition_is_explained_by_a_fault_or_breaks_i3() {
    let again = || {
        vec![
            came("a", &[(0, 4, 0)]),
            came("a", &[(0, 4, 0)]),
            log(&[(0, 4, 0)]),
        ]
    };
    let account = judged(again());
    assert_eq!(account.repeated, 4);
    assert!(account.breaches.contains_key("I3"), "{:?}", account.broken);

    let mut explained = again();
    explained.insert(1, begun("kill client", true, false));
    let account = check(explained, &[]);
    assert_eq!(account.repeated_by["kill client"], 4);
}

#[test]
fn a_range_that_one_holds_is_not_given_to_another() {
    let both = || {
        vec![
            came("a", &[(0, 4, 0)]),
            came("b", &[(2, 4, 2)]),
            log(&[(0, 4, 0)]),
        ]
    };
    let mut said = both();
    said.insert(0, begun("freeze client", false, false));
    check(said, &["I4"]);
    // Whoever ends leases ends them: it may be had again at once.
    let mut said = both();
    said.insert(1, begun("kill aggregator", true, false));
    check(said, &[]);
}

#[test]
fn a_commit_may_not_pass_what_was_acked_nor_fall() {
    let read = || vec![written(&[(0, 10, 0)]), came("a", &[(0, 4, 0)])];
    let rest = || [came("a", &[(4, 10, 4)]), log(&[(0, 10, 0)])];
    let with = |commits: &[i64]| {
        let commits = commits.iter().map(|&offset| committed(offset));
        read().into_iter().chain(commits).chain(rest()).collect()
    };
    check(with(&[4]), &[]);
    check(with(&[5]), &["I1"]);
    check(with(&[3, 2]), &["I1"]);
}

#[test]
fn what_retention_took_must_be_named() {
    let removed = || {
        vec![
            written(&[(0, 10, 0)]),
            came("a", &[(0, 4, 0)]),
            Said::Removed {
                topic: topic(),
                before: vec![8],
            },
            came("a", &[(8, 10, 8)]),
            log(&[(8, 10, 8)]),
        ]
    };
    let named = |first_offset| Said::Named {
        topic: topic(),
        partition: 0,
        first_offset,
        next_offset: 8,
    };
    assert_eq!(check(removed(), &["I6"]).gone.unnamed, 4);
    let mut said = removed();
    said.extend([named(4), committed(10)]);
    assert_eq!(check(said, &[]).gone.named, 4);
    let mut said = removed();
    said.push(named(6));
    let account = check(said, &["I6"]);
    assert_eq!((account.gone.named, account.gone.unnamed), (2, 2));
}

#[test]
fn a_log_that_was_made_anew_begins_again_and_must_come_whole() {
    let with = |second: (i64, i64, i64)| {
        vec![
            written(&[(0, 10, 0)]),
            came("a", &[(0, 6, 0)]),
            begun("recreate", true, true),
            committed(6),
            Said::Recreated {
                topic: topic(),
                first_numbers: vec![10],
            },
            written(&[(0, 5, 10)]),
            came("a", &[second]),
            Said::Over { wave: 1 },
            committed(second.1),
            log(&[(0, 5, 10)]),
        ]
    };
    assert_eq!(check(with((0, 5, 10)), &[]).gone.recreated, 4);
    assert_eq!(check(with((0, 3, 10)), &["I2"]).lost, 2);
}

#[test]
fn a_log_that_lost_its_end_must_come_from_there_on() {
    let with = |second: (i64, i64, i64)| {
        vec![
            written(&[(0, 10, 0)]),
            came("a", &[(0, 8, 0)]),
            begun("truncate", true, true),
            Said::Truncated { topic: topic() },
            written(&[(6, 12, 10)]),
            came("a", &[second]),
            log(&[(0, 6, 0), (6, 12, 10)]),
        ]
    };
    assert_eq!(check(with((6, 12, 10)), &[]).gone.truncated, 2);
    // Offsets 6 and 7 had been read before they were others: whoever goes on at 8 misses two.
    assert_eq!(check(with((8, 12, 12)), &["I2"]).lost, 2);
}

#[test]
fn a_slot_without_records_says_why_and_a_silent_fetcher_is_never_caught_up() {
    let slot = |verdict: &str| {
        Said::Gather(Gather {
            empty: vec![EmptySlot {
                topic: topic(),
                verdict: verdict.to_owned(),
            }],
            ..Gather::default()
        })
    };
    let silent = || Said::Silenced { topic: topic() };
    let idle = || committed(0);
    let caught_up = "VERDICT_CODE_CAUGHT_UP";
    check(vec![slot(caught_up)], &[]);
    check(vec![slot("VERDICT_CODE_UNSPECIFIED")], &["I5"]);
    let long = |said| vec![silent(), idle(), idle(), idle(), idle(), idle(), said];
    check(long(slot(caught_up)), &["I5"]);
    check(long(slot("VERDICT_CODE_FETCHER_UNREACHABLE")), &[]);
}

#[test]
fn an_outage_is_counted_from_its_wave_on_and_by_who_is_touched() {
    let calm = Topic::new("calm").unwrap();
    let of_calm = |number| {
        Said::Gather(Gather {
            held_ns: Some(SECOND),
            topics: vec![TopicRuns {
                topic: calm.clone(),
                runs: vec![Run::one(0, number, number)],
            }],
            ..Gather::default()
        })
    };
    let said = vec![
        came("a", &[(0, 1, 0)]),
        of_calm(0),
        begun("kill fetcher", false, false),
        of_calm(1),
        Said::Mended { wave: 1 },
        of_calm(2),
        came("a", &[(1, 2, 1)]),
        Said::Over { wave: 1 },
        came("a", &[(2, 3, 2)]),
    ];
    let account = judged(said);
    let seconds = Duration::from_secs;
    let wave = &account.waves[0];
    assert_eq!(wave.outages(), (seconds(4), Some(seconds(2))));
    assert_eq!(wave.recovery(), Some(seconds(2)));
}
