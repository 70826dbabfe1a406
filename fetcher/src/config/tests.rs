use super::*;
use rollcall_proto::service::config::{Flag, load};

fn given(flags: &[(&str, &str)], properties: &[&str]) -> Result<Config, Faults> {
    let flags = flags
        .iter()
        .map(|(key, value)| Flag::new(key, *value, &format!("--{key}")));
    let properties = properties.iter().map(|p| Flag::property(p, "-X").unwrap());
    let mut loaded = load(&SCHEMA, None, [], flags.chain(properties).collect());
    let config = from_values(&loaded.values, &mut loaded.faults);
    loaded.finish().map(|_| config.unwrap())
}

const ENOUGH: [(&str, &str); 3] = [("topic", "t"), ("bootstrap", "b:9092"), ("group", "g")];

#[test]
fn all_faults_come_at_once_each_with_its_place() {
    let flags = [
        ("topic", "a b"),
        ("bootstrap", ""),
        ("aggregator", "ftp://x"),
        ("drain_timeout", "no"),
    ];
    let properties = ["enable.auto.commit=true", "no.such.thing=1"];
    let faults = given(&flags, &properties).unwrap_err().to_string();
    for part in [
        "--topic",
        "--bootstrap",
        "group: not set",
        "--aggregator",
        "--drain_timeout",
        "enable.auto.commit",
        "no.such.thing",
    ] {
        assert!(faults.contains(part), "{part} is missing in {faults}");
    }
    assert_eq!(faults.lines().count(), 7, "each once: {faults}");
}

#[test]
fn a_setting_that_is_missing_is_told_once_and_hides_nothing_else() {
    let faults = given(&[], &["enable.auto.commit=true"])
        .unwrap_err()
        .to_string();
    for setting in ["topic", "bootstrap", "group"] {
        let not_set = format!("{setting}: not set");
        assert!(faults.contains(&not_set), "{faults}");
    }
    assert!(faults.contains("enable.auto.commit"), "{faults}");
    assert_eq!(faults.lines().count(), 4, "{faults}");
}

#[test]
fn what_rollcall_owns_is_refused_with_what_to_use_instead() {
    for (property, instead) in [
        ("enable.auto.commit=true", "acks decide"),
        ("group.id=x", "group"),
        ("statistics.interval.ms=5", "1000"),
        ("group.instance.id=x", "dynamic"),
    ] {
        let faults = given(&ENOUGH, &[property]).unwrap_err().to_string();
        assert!(faults.contains(instead), "{property}: {faults}");
    }
}

#[test]
fn a_poll_interval_below_the_session_is_refused_with_both_for_a_classic_group() {
    let with = |protocol, properties: &[&str]| {
        let flags = [ENOUGH.as_slice(), &[("group_protocol", protocol)]].concat();
        given(&flags, properties)
            .map(|_| ())
            .map_err(|faults| faults.to_string())
    };
    let short = ["max.poll.interval.ms=8000"];
    assert_eq!(with("consumer", &short), Ok(()));
    for protocol in ["classic", "auto"] {
        let faults = with(protocol, &short).unwrap_err();
        assert!(
            faults.contains("session.timeout.ms, which is 10000 by default"),
            "{faults}"
        );
        let both = [short[0], "session.timeout.ms=6000"];
        assert_eq!(with(protocol, &both), Ok(()));
    }
    let both = ["max.poll.interval.ms=30000", "session.timeout.ms=45000"];
    let faults = with("classic", &both).unwrap_err();
    assert!(faults.contains("which is 45000 given"), "{faults}");
}

#[test]
fn the_profile_is_beaten_by_a_property_and_both_by_what_is_fixed() {
    let flags = [ENOUGH.as_slice(), &[("profile", "high-throughput")]].concat();
    let client = given(&flags, &["fetch.min.bytes=7"]).unwrap().client();
    assert_eq!(client.get("fetch.min.bytes"), Some("7"));
    assert_eq!(client.get("fetch.wait.max.ms"), Some("1000"));
    assert_eq!(client.get("auto.offset.reset"), Some("error"));
    assert_eq!(client.get("client.id"), Some("rollcall-t"));
}

#[test]
fn names_of_aiokafka_are_taken_and_its_reset_is_the_start_policy() {
    let config = given(
        &ENOUGH,
        &["fetch_max_wait_ms=123", "auto_offset_reset=latest"],
    )
    .unwrap();
    assert_eq!(config.client().get("fetch.wait.max.ms"), Some("123"));
    assert_eq!(config.start, StartPolicy::Latest);
    let flags = [ENOUGH.as_slice(), &[("start", "earliest")]].concat();
    assert!(
        given(&flags, &["auto_offset_reset=latest"]).is_err(),
        "a contradiction is a fault"
    );
}

#[test]
fn secrets_are_not_shown() {
    let config = given(&ENOUGH, &["sasl.password=hunter2"]).unwrap();
    let shown = format!("{config:?}");
    assert!(
        shown.contains("sasl.password") && !shown.contains("hunter2"),
        "{shown}"
    );
    let faults = given(
        &ENOUGH,
        &["ssl.ca.location=\u{0}hunter2", "fetch.min.bytes=hunter2"],
    )
    .unwrap_err();
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}

#[test]
fn a_fixed_fetcher_takes_all_partitions_or_a_shard() {
    let with = |more: &[(&str, &str)]| {
        let flags = [ENOUGH.as_slice(), more].concat();
        given(&flags, &[])
            .map(|config| config.membership)
            .map_err(|faults| faults.to_string())
    };
    let fixed = ("membership", "fixed");
    let shard = |text: &str| Membership::Fixed(text.parse().unwrap());
    assert_eq!(with(&[]), Ok(Membership::Group));
    assert_eq!(with(&[fixed]), Ok(shard("0/1")));
    assert_eq!(with(&[fixed, ("shard", "1/3")]), Ok(shard("1/3")));
    for (flags, why) in [
        (vec![("membership", "static")], "group, fixed"),
        (vec![fixed, ("shard", "3/3")], "I/N with I below N"),
        (
            vec![("shard", "0/2")],
            "a group gives its partitions itself",
        ),
        (
            vec![fixed, ("group_protocol", "classic")],
            "membership = group",
        ),
    ] {
        let faults = with(&flags).unwrap_err();
        assert!(faults.contains(why), "{flags:?}: {faults}");
        assert_eq!(faults.lines().count(), 1, "{faults}");
    }
}
