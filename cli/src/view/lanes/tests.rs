use super::{extent, sentences};
use crate::lanes::Place;
use crate::lanes::oddity::{Doubts, Oddity};
use crate::words::Speech;
use crate::words::language::Language;

#[track_caller]
fn check(oddity: Oddity, expected: &str) {
    let speech = Speech::new(Language::English);
    assert_eq!(
        sentences(&Doubts(vec![oddity.clone()]), &speech),
        [expected]
    );
    let chinese = sentences(&Doubts(vec![oddity]), &Speech::new(Language::Chinese));
    assert_ne!(chinese, [expected]);
}

fn servers(all: &[&str]) -> Vec<String> {
    all.iter().map(|&server| server.to_owned()).collect()
}

#[test]
fn what_is_wrong_with_lanes_is_said_with_their_addresses() {
    check(
        Oddity::Away {
            why: "http://b:2: connection refused".to_owned(),
        },
        "one that was asked does not answer: http://b:2: connection refused",
    );
    let place = |lane, lanes| Place { lane, lanes };
    check(
        Oddity::Disagree {
            said: vec![
                ("http://a:1".to_owned(), place(0, 2)),
                ("http://b:2".to_owned(), place(1, 3)),
            ],
        },
        "those that were asked disagree on the number of lanes (http://a:1 is lane 0 of 2, http://b:2 is lane 1 of 3); \
         restart the ones that have the wrong one",
    );
    check(
        Oddity::Twice {
            place: place(0, 2),
            servers: servers(&["http://a:1", "http://b:2"]),
        },
        "more than one says that it is lane 0 of 2: http://a:1, http://b:2; stop all but one, or give the others their own \
         number",
    );
    check(
        Oddity::Missing {
            lanes: vec![1, 2],
            of: 3,
            servers: servers(&["http://a:1"]),
        },
        "lanes 1, 2 of 3 are missing: those that answered are others (http://a:1); what follows leaves it out",
    );
}

#[test]
fn one_lane_of_several_and_several_as_one_are_told_apart() {
    let speech = Speech::new(Language::English);
    assert_eq!(extent(0, 1, &speech), None);
    assert_eq!(extent(0, 0, &speech), None);
    assert_eq!(extent(1, 3, &speech).unwrap(), "lane 1 of 3 alone");
    assert_eq!(extent(3, 3, &speech).unwrap(), "3 lanes");
}
