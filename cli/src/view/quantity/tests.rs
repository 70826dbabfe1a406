use std::time::Duration;

use super::{duration, of_proto, setting, share, time_of_proto};

#[test]
fn a_duration_is_as_exact_as_it_matters() {
    let check = |millis: f64, expected: &str| {
        assert_eq!(duration(Duration::from_secs_f64(millis / 1e3)), expected)
    };
    check(0.0, "0 ms");
    check(0.4, "0.4 ms");
    check(38.2, "38 ms");
    check(412.0, "0.4 s");
    check(5_000.0, "5.0 s");
    check(13_400.0, "13 s");
    check(125_000.0, "2 min 5 s");
    check(900_000.0, "15 min");
    check(11_700_000.0, "3 h 15 min");
    check(273_600_000.0, "3 d 4 h");
}

#[test]
fn a_setting_is_written_in_full() {
    let check =
        |millis: u64, expected: &str| assert_eq!(setting(Duration::from_millis(millis)), expected);
    check(250, "250 ms");
    check(1_000, "1 s");
    check(4_750, "4.75 s");
    check(60_000, "60 s");
}

#[test]
fn a_share_never_rounds_something_to_nothing() {
    let check = |ratio: f64, expected: &str| assert_eq!(share(ratio), expected);
    check(0.0, "0 %");
    check(0.0002, "0.02 %");
    check(0.049, "4.9 %");
    check(0.05, "5 %");
    check(0.801, "80 %");
    check(1.0, "100 %");
}

#[test]
fn nonsense_from_the_network_is_no_panic() {
    let negative = prost_types::Duration {
        seconds: -5,
        nanos: 3,
    };
    assert_eq!(of_proto(Some(&negative)), Some(Duration::ZERO));
    let never = prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: -7,
    };
    assert_eq!(time_of_proto(Some(&never)), None);
    assert_eq!(duration(Duration::MAX), "213503982334601 d 7 h");
}
