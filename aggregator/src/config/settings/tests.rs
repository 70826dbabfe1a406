//! What is written, and what it means.

use rollcall_proto::service::config::{Flag, load};

use super::*;

fn read(flags: &[(&str, &str)]) -> (Process, Vec<String>) {
    let flag = |&(key, value): &(&str, &str)| {
        Flag::new(key, value, &format!("--{}", key.replace('_', "-")))
    };
    let mut loaded = load(&SCHEMA, None, [], flags.iter().map(flag).collect());
    let process = from_values(&loaded.values, &mut loaded.faults);
    (
        process,
        loaded.faults.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn the_defaults_of_a_process_are_those_of_a_config() {
    let (process, faults) = read(&[("topic", "A")]);
    assert_eq!(faults, [""; 0]);
    let expected = Config::new(vec![Topic::new("A").unwrap()]);
    assert_eq!(format!("{:?}", process.config), format!("{expected:?}"));
    assert_eq!(process.listen.port(), 7655);
}

#[test]
fn every_fault_is_found_at_once() {
    let (_, faults) = read(&[
        ("topic", "A,B,A,what?"),
        ("budget", "300KiB"),
        ("batch_bytes", "256KiB"),
        ("mute", "A=stuck-with-log"),
        ("max_silence", "A=soon"),
        ("expect_empty", "C"),
        ("admin_listen", "127.0.0.1:7655"),
    ]);
    let says = |text: &str| {
        assert!(
            faults.iter().any(|fault| fault.contains(text)),
            "{text:?} is not in {faults:#?}"
        )
    };
    says("A is named twice");
    says("'?'");
    says("one batch for each of");
    says("\"stuck-with-log\" is no verdict; accepted: STUCK_WITH_LAG?");
    says("\"soon\" is no length of time");
    says("C is not on the roll");
    says("is the address of gRPC too");
}

#[test]
fn a_pulse_comes_every_second_at_the_least() {
    let (_, none) = read(&[("topic", "A"), ("pulse_interval", "1s")]);
    assert_eq!(none, [""; 0]);
    let (_, faults) = read(&[("topic", "A"), ("pulse_interval", "2s")]);
    assert!(
        matches!(&faults[..], [fault] if fault.contains("pulse_interval") || fault.contains("pulse-interval")),
        "{faults:?}"
    );
}

#[test]
fn the_operators_words_reach_the_core() {
    let (process, faults) = read(&[
        ("topic", "A"),
        ("topic", "B"),
        ("max_silence", "A=15m"),
        ("expect_empty", "B"),
        ("mute", "A=producer-overdue"),
    ]);
    assert_eq!(faults, [""; 0]);
    let words = |name: &str| &process.config.words[&Topic::new(name).unwrap()];
    assert_eq!(words("A").max_silence, Some(Duration::from_secs(900)));
    assert!(words("A").mute.contains(&VerdictCode::ProducerOverdue));
    assert!(words("B").expect_empty);
}

#[test]
fn a_lane_is_a_number_below_the_number_of_lanes() {
    let lane = |flags: &[(&str, &str)]| {
        let flags = [&[("topic", "A")][..], flags].concat();
        let (process, faults) = read(&flags);
        (process.config.lane, process.config.lanes, faults)
    };
    assert_eq!(lane(&[]), (0, 1, vec![]));
    assert_eq!(lane(&[("lanes", "3"), ("lane", "2")]), (2, 3, vec![]));
    let refused = |flags: &[(&str, &str)], says: &str| {
        let (_, _, faults) = lane(flags);
        let said = faults.iter().any(|fault| fault.contains(says));
        assert!(said && faults.len() == 1, "{says:?}: {faults:#?}");
    };
    refused(
        &[("lanes", "3"), ("lane", "3")],
        "flag --lane (lane): 3 is none of 3 lanes; 0 to 2 are accepted",
    );
    refused(&[("lane", "1")], "1 is none of 1 lanes");
    refused(&[("lanes", "0")], "from 1 to 64");
    refused(&[("lanes", "65")], "from 1 to 64");
    refused(&[("lane", "64")], "from 0 to 63, or hostname");
    refused(&[("lane", "first")], "neither a whole number nor hostname");
    refused(&[("lane", "-1")], "from 0 to 63, or hostname");
    let (_, faults) = read(&[
        ("topic", "A"),
        ("lanes", "2"),
        ("lane", "2"),
        ("budget", "100KiB"),
    ]);
    assert_eq!(faults.len(), 2, "both at once: {faults:#?}");
}

#[test]
fn the_lane_of_a_pod_is_the_number_in_its_name() {
    let check = |name: &str, lane| assert_eq!(ordinal(name), lane, "{name:?}");
    check("rollcall-aggregator-0", Some(0));
    check("rollcall-aggregator-12", Some(12));
    check("a-3-7", Some(7));
    check("rollcall-aggregator", None);
    check("rollcall-aggregator-7f9c", None);
    check("rollcall-aggregator-", None);
    check("12", None);
    check("a-+1", None);
    check("a-99999999999", None);
    check("", None);
}
