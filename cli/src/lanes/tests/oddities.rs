//! Whether those that answered are all lanes.

use super::super::oddity::{Doubts, Oddity, is_whole, oddities};
use super::super::{Part, Place, missing};
use crate::exit::Exit;

fn seen(places: &[(u32, u32)]) -> Vec<Part<String>> {
    places
        .iter()
        .enumerate()
        .map(|(number, &(lane, lanes))| Part {
            place: Place::said(lane, lanes),
            answer: format!("http://{number}:1"),
        })
        .collect()
}

fn servers(numbers: &[usize]) -> Vec<String> {
    let server = |number: &usize| format!("http://{number}:1");
    numbers.iter().map(server).collect()
}

#[test]
fn all_lanes_each_of_them_once_are_whole() {
    for places in [
        vec![(0, 1)],
        vec![(0, 0)],
        vec![(0, 2), (1, 2)],
        vec![(2, 3), (0, 3), (1, 3)],
    ] {
        assert_eq!(oddities(&seen(&places)), [], "{places:?}");
        let places: Vec<_> = places
            .iter()
            .map(|&(lane, of)| Place::said(lane, of))
            .collect();
        assert!(is_whole(&places));
    }
    assert!(!is_whole(&[]));
}

#[test]
fn a_lane_that_is_missing_is_named_with_those_that_are_there() {
    let expected = Oddity::Missing {
        lanes: vec![1, 3],
        of: 4,
        servers: servers(&[0, 1]),
    };
    assert_eq!(oddities(&seen(&[(0, 4), (2, 4)])), [expected]);
}

#[test]
fn a_lane_that_is_there_twice_is_named() {
    let expected = Oddity::Twice {
        place: Place { lane: 0, lanes: 2 },
        servers: servers(&[0, 2]),
    };
    assert_eq!(oddities(&seen(&[(0, 2), (1, 2), (0, 2)])), [expected]);
}

#[test]
fn those_that_count_different_lanes_are_named_with_what_they_say() {
    let parts = seen(&[(0, 2), (1, 3)]);
    let all = oddities(&parts);
    let [Oddity::Disagree { said }] = all.as_slice() else {
        unreachable!("{all:?}")
    };
    let place = |lane, lanes| Place { lane, lanes };
    assert_eq!(
        *said,
        [
            ("http://0:1".to_owned(), place(0, 2)),
            ("http://1:1".to_owned(), place(1, 3))
        ]
    );
    assert_eq!(missing(&parts), [0, 2], "who counts fewer is not there");
}

#[test]
fn a_doubt_takes_back_that_all_is_clear_and_nothing_else() {
    let doubts = |places: &[(u32, u32)]| Doubts(oddities(&seen(places)));
    let missing = doubts(&[(0, 2)]);
    assert_eq!(missing.exit(Exit::Clear), Exit::Unjudged);
    assert_eq!(missing.exit(Exit::Found), Exit::Found);
    assert_eq!(doubts(&[(0, 1)]).exit(Exit::Clear), Exit::Clear);
    let away = Oddity::Away { why: String::new() };
    assert_eq!(Doubts(vec![away]).exit(Exit::Clear), Exit::Clear);
}

#[test]
fn a_partition_belongs_to_one_lane() {
    for partition in 0..12 {
        let lanes = (0..5).map(|lane| Place { lane, lanes: 5 });
        assert_eq!(lanes.filter(|place| place.has(partition)).count(), 1);
    }
    assert!(!Place::said(0, 1).has(-1));
}
