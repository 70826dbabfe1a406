//! The set against the plainest model there is: one flag per offset.

use proptest::prelude::*;

use super::*;

fn range(first: i64, next: i64) -> OffsetRange {
    OffsetRange::from_raw(first, next).unwrap()
}

fn offset(raw: i64) -> Offset {
    Offset::known(raw).unwrap()
}

#[test]
fn ranges_that_touch_become_one() {
    let set: RangeSet = [range(0, 5), range(7, 9), range(5, 7)]
        .into_iter()
        .collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), [range(0, 9)]);
}

#[test]
fn a_set_is_the_same_whatever_the_order_of_its_ranges() {
    let ranges = [range(7, 9), range(0, 2), range(8, 12), range(2, 3)];
    let set: RangeSet = ranges.into_iter().collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), [range(0, 3), range(7, 12)]);
}

#[test]
fn the_contiguous_part_begins_at_the_floor() {
    let set: RangeSet = [range(3, 5), range(8, 9)].into_iter().collect();
    assert_eq!(set.contiguous_from(offset(2)), offset(2));
    assert_eq!(set.contiguous_from(offset(3)), offset(5));
    assert_eq!(set.contiguous_from(offset(4)), offset(5));
    assert_eq!(set.contiguous_from(offset(5)), offset(5));
}

#[test]
fn a_range_from_the_wire_is_checked() {
    assert_eq!(OffsetRange::from_raw(-1001, 4), None);
    assert_eq!(OffsetRange::from_raw(4, 4), None);
    assert_eq!(OffsetRange::from_raw(5, 4), None);
}

proptest! {
    #[test]
    fn the_set_agrees_with_one_flag_per_offset(
        steps in prop::collection::vec((any::<bool>(), 0i64..40, 1i64..12), 1..40),
        asked in (0i64..40, 1i64..12),
    ) {
        let mut set = RangeSet::new();
        let mut flags = [false; 64];
        for (add, first, len) in steps {
            let step = range(first, first + len);
            if add { set.insert(step) } else { set.remove(step) }
            flags[first as usize..(first + len) as usize].fill(add);
        }
        let listed: Vec<_> = set.iter().collect();
        prop_assert!(listed.windows(2).all(|w| w[0].next() < w[1].first()));
        for at in 0..64 {
            prop_assert_eq!(set.contains(offset(at)), flags[at as usize]);
        }
        let asked = range(asked.0, asked.0 + asked.1);
        let inside = &flags[asked.first().get() as usize..asked.next().get() as usize];
        prop_assert_eq!(set.covers(asked), inside.iter().all(|f| *f));
        let missing: u64 = set.missing_in(asked).map(OffsetRange::len).sum();
        prop_assert_eq!(missing, inside.iter().filter(|f| !**f).count() as u64);
        let floor = asked.first();
        let run = flags[floor.get() as usize..].iter().take_while(|f| **f).count() as u64;
        prop_assert_eq!(set.contiguous_from(floor).distance_from(floor), run);
    }
}
