//! Delivery counts against the plainest model there is: one number per offset.

use proptest::prelude::*;

use super::*;

fn range(first: i64, next: i64) -> OffsetRange {
    OffsetRange::from_raw(first, next).unwrap()
}

proptest! {
    #[test]
    fn counts_agree_with_one_number_per_offset(
        steps in prop::collection::vec((any::<bool>(), 0..40_i64, 1..12_i64), 1..40),
    ) {
        let mut deliveries = Deliveries::default();
        let mut counts = [0_u32; 64];
        for (hand_out, first, len) in steps {
            let mut at = Offset::known(first).unwrap();
            let end = range(first, first + len).next();
            if !hand_out {
                deliveries.forget(range(first, first + len));
                counts[first as usize..(first + len) as usize].fill(0);
            }
            // Handed out in parts of one count, as a partition does.
            while hand_out && at < end {
                let part_end = deliveries.at(at).1.map_or(end, |next| next.min(end));
                let part = OffsetRange::new(at, part_end).unwrap();
                deliveries.hand_out(part);
                counts[at.get() as usize..part_end.get() as usize].iter_mut().for_each(|count| *count += 1);
                at = part_end;
            }
        }
        for (offset, &count) in (0..).zip(&counts) {
            let (times, end) = deliveries.at(Offset::known(offset).unwrap());
            prop_assert_eq!(times, count);
            let same = counts[offset as usize..].iter().take_while(|&&other| other == count).count() as i64;
            prop_assert!(end.is_none_or(|end| end.get() <= offset + same));
            prop_assert!(end.is_some() || counts[offset as usize..].iter().all(|&other| other == 0));
        }
        prop_assert_eq!(deliveries.most_in(range(0, 64)), counts.iter().copied().max().unwrap());
    }
}
