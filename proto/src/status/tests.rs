//! Statuses: what a service says arrives at the client, and stays within a header.

use super::*;

#[test]
fn every_violation_arrives() {
    let violations = vec![
        Violation::new("timeout", "0 s; 1 ms to 5 min are accepted"),
        Violation::new("topics[1]", "\"X\" is not on the roll"),
    ];
    let explained = explain(&Refusal::invalid(violations.clone()).into());
    assert_eq!(explained.code, Code::InvalidArgument);
    assert_eq!(explained.reason.as_deref(), Some(reason::INVALID_REQUEST));
    assert_eq!(explained.violations, violations);
    assert_eq!(
        explained.message,
        "timeout: 0 s; 1 ms to 5 min are accepted (and 1 more)"
    );
    assert_eq!(explained.retry_after, None);
}

#[test]
fn a_refusal_says_when_to_come_again() {
    let after = Duration::from_millis(250);
    for (refusal, code) in [
        (
            Refusal::exhausted(reason::TOO_MANY_GATHERS, "64 open", after),
            Code::ResourceExhausted,
        ),
        (
            Refusal::unavailable(reason::STOPPING, "stopping", after),
            Code::Unavailable,
        ),
    ] {
        let explained = explain(&refusal.into());
        assert_eq!((explained.code, explained.retry_after), (code, Some(after)));
    }
}

#[test]
fn facts_for_programs_arrive() {
    let refusal = Refusal::not_found(reason::TOPIC_NOT_ON_ROLL, "no such topic").with("topic", "X");
    let explained = explain(&refusal.into());
    assert_eq!(explained.code, Code::NotFound);
    assert_eq!(
        explained.metadata.get("topic").map(String::as_str),
        Some("X")
    );
}

#[test]
fn a_feed_fault_has_its_reason() {
    let explained = explain(&Refusal::feed_fault("batch of partition 3 leaves a hole").into());
    assert_eq!(explained.code, Code::InvalidArgument);
    assert_eq!(explained.reason.as_deref(), Some("FEED_FAULT"));
}

#[test]
fn a_thousand_violations_fit_into_a_header_and_are_counted() {
    let long = "é".repeat(400);
    let violations = vec![Violation::new(&long, &long); 1000];
    let status: Status = Refusal::invalid(violations).with("topic", &long).into();
    let header = status.details().len() * 4 / 3 + status.message().len() * 3;
    assert!(header < 8 << 10, "{header} bytes of headers");
    let explained = explain(&status);
    let told = explained.violations.len() - 1;
    let last = &explained.violations[told];
    assert_eq!(last.description, format!("{} more violations", 1000 - told));
    assert!(explained.violations[0].field.ends_with('…'));
}

#[test]
fn a_status_of_somebody_else_has_no_reason_of_ours() {
    let details = ErrorDetails::with_error_info("FEED_FAULT", "elsewhere.example", []);
    let status = Status::with_error_details(Code::Internal, "boom", details);
    assert_eq!(explain(&status).reason, None);
    let garbage = Status::with_details(Code::Internal, "boom", vec![0xff; 20].into());
    assert_eq!(explain(&garbage).message, "boom");
}
