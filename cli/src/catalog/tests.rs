use std::time::Duration;

use rollcall_proto::v1::{Severity, VerdictCode};

use super::{becomes, find, nearest, severities};
use crate::view::fixtures::{length, verdict};
use crate::words::Speech;
use crate::words::language::Language;

#[test]
fn a_verdict_is_found_whatever_its_case() {
    assert!(find("caught-up").is_ok());
    assert!(find(" WAITING_FOR_ACK ").is_ok());
}

#[test]
fn an_unknown_verdict_is_answered_with_the_nearest() {
    assert_eq!(find("CAUGHTUP"), Err(Some("CAUGHT_UP")));
    assert_eq!(find("STUCK_WITH_LOG"), Err(Some("STUCK_WITH_LAG")));
    assert_eq!(find("xyzzy"), Err(None));
}

#[test]
fn a_verdict_that_goes_on_becomes_what_the_table_says() {
    let open = |severity| verdict(VerdictCode::OpenTransaction, severity);
    assert_eq!(
        becomes(&open(Severity::Note)),
        Some((Severity::Warn, Duration::from_secs(10)))
    );
    let mut warned = open(Severity::Warn);
    assert_eq!(becomes(&warned), None, "the brokers' limit is not known");
    warned.facts.push(length("transaction_limit", 910_000));
    let limit = Duration::from_secs(910);
    assert_eq!(becomes(&warned), Some((Severity::Fault, limit)));
    assert_eq!(becomes(&open(Severity::Fault)), None);
    assert_eq!(becomes(&verdict(VerdictCode::CaughtUp, Severity::Ok)), None);
}

#[test]
fn severities_are_told_with_their_times() {
    let told = |code| severities(code, &Speech::new(Language::English)).unwrap();
    assert_eq!(told(VerdictCode::CaughtUp), "ok");
    assert_eq!(
        told(VerdictCode::StartOffsetUnknown),
        "warn after 5.0 s, fault after 60 s"
    );
}

#[test]
fn the_nearest_name_is_found_whatever_the_case() {
    assert_eq!(
        nearest("orders", ["PRICES", "ORDERS"].into_iter()),
        Some("ORDERS")
    );
    assert_eq!(
        nearest("Odrers", ["prices", "ORDERS"].into_iter()),
        Some("ORDERS")
    );
}
