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
