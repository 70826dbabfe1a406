//! Names that users bring along, and profiles.

use super::*;

fn given(properties: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
    let property = |(name, value): &(&str, &str)| Property {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        origin: "here".to_owned(),
    };
    let mut faults = Faults::default();
    let own = translate(properties.iter().map(property).collect(), &mut faults);
    let own = own.into_iter().map(|p| (p.name, p.value)).collect();
    (own, faults.iter().map(ToString::to_string).collect())
}

#[test]
fn names_of_other_clients_become_librdkafkas() {
    for (name, own) in [
        ("fetch_max_wait_ms", "fetch.wait.max.ms"),
        ("fetch.max.wait.ms", "fetch.wait.max.ms"),
        ("fetch_wait_max_ms", "fetch.wait.max.ms"),
        ("fetch_min_bytes", "fetch.min.bytes"),
        ("max_partition_fetch_bytes", "max.partition.fetch.bytes"),
        ("fetch_max_bytes", "fetch.max.bytes"),
        ("isolation_level", "isolation.level"),
        ("auto_offset_reset", "auto.offset.reset"),
        ("sasl_plain_password", "sasl.password"),
        ("sasl_mechanism", "sasl.mechanism"),
        ("log_level", "log_level"),
        ("fetch.wait.max.ms", "fetch.wait.max.ms"),
    ] {
        let (properties, faults) = given(&[(name, "1")]);
        assert_eq!(properties, [(own.to_owned(), "1".to_owned())]);
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn two_names_with_two_values_contradict_each_other() {
    let (_, faults) = given(&[("fetch.wait.max.ms", "100"), ("fetch_max_wait_ms", "500")]);
    let expected = "here: fetch_max_wait_ms = \"500\" contradicts fetch.wait.max.ms = \"100\" (here): \
                    both mean fetch.wait.max.ms; accepted: one of them";
    assert_eq!(faults, [expected]);
    let (properties, faults) = given(&[("fetch.wait.max.ms", "5"), ("fetch_max_wait_ms", "5")]);
    assert_eq!((properties.len(), faults.len()), (1, 0));
    let (_, faults) = given(&[("sasl.password", "hunter2"), ("sasl_plain_password", "x")]);
    assert!(
        faults[0].contains("sasl_plain_password = ***"),
        "{faults:?}"
    );
}

#[test]
fn one_name_twice_is_the_last_one() {
    let (properties, faults) = given(&[("client.id", "a"), ("client.id", "b")]);
    assert_eq!(properties, [("client.id".to_owned(), "b".to_owned())]);
    assert!(faults.is_empty());
}

#[test]
fn what_belongs_to_the_gather_is_said_to() {
    let (properties, faults) = given(&[("max_poll_records", "200"), ("timeout_ms", "1000")]);
    assert!(properties.is_empty());
    assert!(
        faults[0].ends_with("accepted: the gather's max_records"),
        "{faults:?}"
    );
    assert!(
        faults[1].ends_with("accepted: the gather's timeout"),
        "{faults:?}"
    );
    assert_eq!(
        foreign_name("max_poll_records"),
        Some(Meaning::GatherMaxRecords)
    );
    assert_eq!(foreign_name("fetch.min.bytes"), None);
}

#[test]
fn profiles_have_the_names_that_the_schema_accepts() {
    let names: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
    assert_eq!(names, PROFILE_NAMES);
    let fast = Profile::named("realtime").unwrap();
    assert_eq!((fast.max_records, fast.fetch_min_bytes), (100, 1));
    assert_eq!(Profile::named("fast"), None);
}
