use proptest::prelude::*;

use super::*;

fn of(gaps_ms: &[u64]) -> Gaps {
    let mut gaps = Gaps::default();
    for &gap_ms in gaps_ms {
        gaps.add(Duration::from_millis(gap_ms), 1);
    }
    gaps
}

/// E[(G − T)⁺] / E[G], straight from the gaps.
fn exact(gaps_ms: &[u64], timeout_ms: u64) -> f64 {
    let beyond: u64 = gaps_ms
        .iter()
        .map(|gap| gap.saturating_sub(timeout_ms))
        .sum();
    beyond as f64 / gaps_ms.iter().sum::<u64>() as f64
}

#[test]
fn buckets_follow_one_another_without_a_hole() {
    let buckets: Vec<_> = (0..4_096).map(bucket_of).collect();
    assert!(
        buckets
            .windows(2)
            .all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1),
        "{buckets:?}"
    );
    assert!(bucket_of(LONGEST_MS) < 500);
}

#[test]
fn a_gap_of_a_century_is_cut() {
    let gaps = of(&[u64::MAX]);
    assert_eq!(gaps.longest(), Duration::from_millis(LONGEST_MS));
}

proptest! {
    #[test]
    fn p_empty_is_that_of_the_gaps_themselves(gaps_ms in proptest::collection::vec(1..1_000_000_u64, 1..200), timeout_ms in 0..1_000_000_u64) {
        let got = of(&gaps_ms).p_empty(Duration::from_millis(timeout_ms)).unwrap();
        prop_assert!((got - exact(&gaps_ms, timeout_ms)).abs() < 0.02);
    }

    #[test]
    fn the_timeout_for_a_share_is_the_shortest_that_keeps_it(gaps_ms in proptest::collection::vec(1..1_000_000_u64, 1..200), share in 0.001..0.999_f64) {
        let gaps = of(&gaps_ms);
        let timeout = gaps.timeout_for(share).unwrap();
        prop_assert!(gaps.p_empty(timeout).unwrap() <= share + 1e-9);
        let shorter = timeout.saturating_sub(Duration::from_millis(2));
        prop_assert!(shorter.is_zero() || gaps.p_empty(shorter).unwrap() >= share - 1e-9);
    }
}
