use rollcall_proto::v1::{GatherSummary, GetStatusResponse, Severity, Slot, VerdictCode};

use super::{of_gather, of_status};
use crate::view::fixtures::{six_zeros, verdict};

#[test]
fn zero_counts_carry_their_verdict() {
    let slot = |topic: &str, count, code| Slot {
        topic: topic.to_owned(),
        record_count: count,
        verdict: Some(verdict(code, Severity::Ok)),
        ..Slot::default()
    };
    let slots = vec![
        slot("B", 10, VerdictCode::Flowing),
        slot("A", 0, VerdictCode::CaughtUp),
    ];
    let summary = GatherSummary {
        slots,
        ..GatherSummary::default()
    };
    assert_eq!(
        of_gather(&summary),
        "gather [B:10, A:0 CAUGHT_UP] total: 10 records"
    );
}

#[test]
fn the_line_of_a_status_keeps_its_order() {
    assert_eq!(
        of_status(&six_zeros()),
        "gather [MODULE-OUTPUT-PV_PREDICTION:0 PRODUCER_OVERDUE, SCHEDULE-CAR-ORDER:0 PRODUCER_SLOWER_THAN_TIMEOUT, \
         SCHEDULE-CAR-PRICE:0 WAITING_FOR_ACK, SCHEDULE-DEVICE-HOST-DCDC:0 OPEN_TRANSACTION, \
         SCHEDULE-DEVICE-STORAGE:0 TOPIC_EMPTY, SCHEDULE-STATION-PARAM:5] total: 5 records"
    );
}

#[test]
fn a_missing_verdict_is_unknown_and_the_demo_is_named() {
    let slots = vec![Slot {
        topic: "A".to_owned(),
        ..Slot::default()
    }];
    let summary = GatherSummary {
        slots,
        ..GatherSummary::default()
    };
    assert_eq!(of_gather(&summary), "gather [A:0 UNKNOWN] total: 0 records");
    let demo = GetStatusResponse {
        demo: true,
        ..GetStatusResponse::default()
    };
    assert_eq!(of_status(&demo), "DEMO gather [] total: 0 records");
}
