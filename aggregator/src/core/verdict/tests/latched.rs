//! Errors that the client says and that last: each has its row, and none has another's.

use rollcall_proto::v1::{ErrorKind, Severity, VerdictCode as Code};

use super::scene::Scene;
use super::{also, check};

#[test]
fn a_latched_error_is_named_by_its_row() {
    let rows = [
        (ErrorKind::Fatal, Code::ConsumerFatal),
        (ErrorKind::Authentication, Code::AuthenticationFailed),
        (ErrorKind::GroupProtocol, Code::GroupProtocolMismatch),
        (ErrorKind::TopicAuthorization, Code::AuthorizationDenied),
        (ErrorKind::GroupAuthorization, Code::AuthorizationDenied),
    ];
    for (kind, code) in rows {
        let mut scene = Scene::caught_up(1);
        scene.error(kind, 5);
        scene.tick(1);
        check(code.as_str_name(), &scene, (code, Severity::Fault, true));
    }
}

#[test]
fn an_error_of_an_unknown_kind_is_no_verdict() {
    let mut scene = Scene::caught_up(1);
    scene.error(ErrorKind::Unspecified, 60);
    scene.pulse.errors[0].kind = 4711;
    scene.tick(1);
    check("kind 4711", &scene, (Code::CaughtUp, Severity::Ok, true));
}

/// A fetcher whose client has said something of that kind for so long.
fn saying(kind: ErrorKind, first_age: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.error(kind, first_age);
    scene.tick(1);
    scene
}

#[test]
fn a_login_that_is_rejected_is_a_fault_after_two_seconds() {
    let young = saying(ErrorKind::Authentication, 1);
    check("1 s", &young, (Code::CaughtUp, Severity::Ok, true));
    assert_eq!(also(&young), [(Code::AuthenticationFailed, false)]);
    check(
        "2 s",
        &saying(ErrorKind::Authentication, 2),
        (Code::AuthenticationFailed, Severity::Fault, true),
    );
}

#[test]
fn an_error_of_another_kind_is_neither_fatal_nor_about_the_protocol() {
    let all_well = (Code::CaughtUp, Severity::Ok, true);
    for kind in [ErrorKind::Transport, ErrorKind::TimedOut] {
        check(kind.as_str_name(), &saying(kind, 60), all_well);
    }
    for kind in [ErrorKind::Fatal, ErrorKind::GroupProtocol] {
        let mut over = saying(kind, 60);
        over.pulse.errors.clear();
        over.tick(1);
        check("something has succeeded since", &over, all_well);
        let mut elsewhere = Scene::caught_up(1);
        elsewhere.error(kind, 60);
        elsewhere.pulse.errors[0].partition = Some(1);
        elsewhere.tick(1);
        check("it concerns another partition", &elsewhere, all_well);
        let mut silent = saying(kind, 60);
        silent.silence(3_001);
        check(
            "nobody says it any more",
            &silent,
            (Code::FetcherUnreachable, Severity::Fault, true),
        );
    }
}

#[test]
fn a_batch_that_cannot_be_decoded_is_a_fault_after_five_seconds_with_unread_records() {
    let mut scene = saying(ErrorKind::Undecodable, 60);
    check(
        "everything was read",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.logs[0].high = 101;
    scene.tick(5);
    check(
        "unread for 4 s",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    assert!(also(&scene).contains(&(Code::UndecodableBatch, false)));
    scene.tick(1);
    check(
        "unread for 5 s",
        &scene,
        (Code::UndecodableBatch, Severity::Fault, true),
    );
    let mut young = Scene::caught_up(1);
    young.logs[0].high = 101;
    young.tick(30);
    young.error(ErrorKind::Undecodable, 4);
    young.tick(1);
    assert!(also(&young).contains(&(Code::UndecodableBatch, false)));
}
