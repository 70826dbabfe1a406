use std::time::Duration;

use rollcall_aggregator::core::verdict::table::View;
use rollcall_proto::v1::{Severity, VerdictCode};

use super::{becomes, find, nearest, severities};
use crate::view::fixtures::{flag, length, verdict};
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
        becomes(&open(Severity::Note), View::Inside),
        Some((Severity::Warn, Duration::from_secs(10)))
    );
    let mut warned = open(Severity::Warn);
    assert_eq!(
        becomes(&warned, View::Inside),
        None,
        "the brokers' limit is not known"
    );
    warned.facts.push(length("transaction_limit", 910_000));
    let limit = Duration::from_secs(910);
    assert_eq!(
        becomes(&warned, View::Inside),
        Some((Severity::Fault, limit))
    );
    assert_eq!(becomes(&open(Severity::Fault), View::Inside), None);
    assert_eq!(
        becomes(&verdict(VerdictCode::CaughtUp, Severity::Ok), View::Inside),
        None
    );
}

#[test]
fn severities_are_told_with_their_times() {
    let told = |code| severities(code, View::Inside, &Speech::new(Language::English)).unwrap();
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

#[test]
fn what_a_verdict_becomes_depends_on_the_view() {
    let missing = verdict(VerdictCode::StartOffsetUnknown, Severity::Warn);
    let minute = Duration::from_secs(60);
    let fault = Some((Severity::Fault, minute));
    assert_eq!(becomes(&missing, View::Inside), fault);
    assert_eq!(becomes(&missing, View::Outside), None);
    let mut stuck = verdict(VerdictCode::StuckWithLag, Severity::Note);
    assert_eq!(becomes(&stuck, View::Outside), None, "commits are known");
    stuck.facts.push(flag("commit_interval_known", false));
    let rare = Some((Severity::Fault, Duration::from_secs(120)));
    assert_eq!(becomes(&stuck, View::Outside), rare);
    let moving = verdict(VerdictCode::Rebalancing, Severity::Ok);
    assert_eq!(becomes(&moving, View::Inside), None);
    assert_eq!(becomes(&moving, View::Outside), fault);
}
