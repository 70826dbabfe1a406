use rollcall_proto::v1::{Severity, VerdictCode};

use super::lines;
use crate::view::fixtures::{reader, six_zeros, verdict};

#[test]
fn the_first_picture_names_every_topic_and_later_ones_what_changed() {
    let before = six_zeros();
    assert_eq!(lines(None, &before, true, &reader()).lines().count(), 6);
    assert_eq!(lines(Some(&before), &before, true, &reader()), "");
    let mut now = before.clone();
    now.topics[0].record_count = 77;
    now.topics[2].verdict = Some(verdict(VerdictCode::CaughtUp, Severity::Ok));
    let changed = lines(Some(&before), &now, true, &reader());
    assert_eq!(
        changed,
        "12:04:44 ok SCHEDULE-CAR-ORDER CAUGHT_UP (was PRODUCER_SLOWER_THAN_TIMEOUT)\n"
    );
    let of_several = lines(Some(&before), &now, false, &reader());
    let named = format!(" ok {} SCHEDULE-CAR-ORDER ", now.group);
    assert!(of_several.contains(&named), "{of_several}");
}
