use super::*;

const NOW: Moment = Moment::from_millis(5_000_000);

fn raw(seconds: i64, nanos: i32) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos }
}

#[test]
fn a_negative_age_is_no_age() {
    assert_eq!(duration(Some(&raw(-7, 0))), Some(Duration::ZERO));
}

#[test]
fn an_absurd_age_is_cut_and_no_age_stays_unknown() {
    assert_eq!(duration(Some(&raw(i64::MAX, i32::MAX))), Some(LONGEST_AGE));
    assert_eq!(duration(Some(&raw(3, i32::MIN))), Some(Duration::ZERO));
    assert_eq!(
        duration(Some(&raw(i64::MIN, i32::MIN))),
        Some(Duration::ZERO)
    );
    assert_eq!(duration(None), None);
}

#[test]
fn an_age_counts_back_from_now() {
    assert_eq!(
        moment(Some(&raw(2, 500_000_000)), NOW),
        Some(Moment::from_millis(4_997_500))
    );
}

#[test]
fn stand_ins_for_unknown_offsets_are_unknown() {
    assert_eq!([Some(-1), Some(-1001), None].map(offset), [None; 3]);
    assert_eq!(offset(Some(0)), Some(Offset::ZERO));
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let cut = text(&"€".repeat(400));
    assert_eq!(cut.len(), 510);
    assert!(cut.chars().all(|c| c == '€'));
}

#[test]
fn wall_time_follows_the_monotonic_clock_both_ways() {
    let wall = Wall::new(
        NOW,
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
    );
    assert_eq!(wall.millis(NOW + Duration::from_secs(3)), 1_700_000_003_000);
    assert_eq!(
        wall.millis(NOW.before(Duration::from_secs(3))),
        1_699_999_997_000
    );
    let (early, day) = (Moment::from_millis(1_000), Duration::from_secs(86_400));
    assert_eq!(
        wall.millis_before(early, day),
        wall.millis(early) - 86_400_000,
        "no moment reaches back so far"
    );
    assert_eq!(
        wall.age_of_millis(1_700_000_000_000, NOW + Duration::from_secs(4)),
        Duration::from_secs(4)
    );
    assert_eq!(wall.age_of_millis(1_800_000_000_000, NOW), Duration::ZERO);
}

#[test]
fn a_timestamp_that_no_clock_can_have_written_has_no_age() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let now = Moment::from_millis(7_200_000);
    let wall = Wall::new(now, time);
    let age = |millis| wall.age_of_stamp(millis, now);
    assert_eq!(
        age(1_700_000_000_000 - 250),
        Some(Duration::from_millis(250))
    );
    assert_eq!(
        age(1_700_000_001_000),
        Some(Duration::ZERO),
        "clocks differ"
    );
    for none in [
        i64::MIN,
        -1,
        0,
        99,
        FIRST_STAMP_MS - 1,
        1_700_000_001_001,
        i64::MAX,
    ] {
        assert_eq!(age(none), None, "{none}");
    }
}
