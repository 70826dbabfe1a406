//! What several aggregators say of themselves, and whether that fits together.

use rollcall_proto::v1;

use crate::core::membership::Shard;

/// What an aggregator says in its welcome: its lane, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its lane, from 0.
    pub lane: u32,
    /// How many there are.
    pub lanes: u32,
}

/// How the aggregators stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None has said what lane it is.
    Unknown,
    /// They are lanes of so many, each another one.
    Agreed(u32),
    /// They contradict each other: this is how, for people.
    Disagreed(String),
}

impl Place {
    /// As a welcome says it. One that says nothing of lanes knows of one only.
    pub fn of(welcome: &v1::Welcome) -> Self {
        Self {
            lane: welcome.lane,
            lanes: welcome.lanes.max(1),
        }
    }

    /// The partitions of the lane; `None` where there is no such lane.
    pub fn shard(self) -> Option<Shard> {
        Shard::new(self.lane, self.lanes)
    }
}

impl Standing {
    /// How those stand that are there, each with its address.
    pub fn of(live: &[(&str, Place)]) -> Self {
        let Some((first, told)) = live.first() else {
            return Self::Unknown;
        };
        for (index, (address, place)) in live.iter().enumerate() {
            let Place { lane, lanes } = place;
            if place.shard().is_none() {
                return Self::Disagreed(format!(
                    "{address} says that it is lane {lane} of {lanes}"
                ));
            }
            if lanes != &told.lanes {
                return Self::Disagreed(format!(
                    "aggregators disagree on the number of lanes: {first} says {}, {address} says {lanes}",
                    told.lanes
                ));
            }
            let before = live.iter().take(index);
            if let Some((other, _)) = before.clone().find(|(_, other)| other == place) {
                return Self::Disagreed(format!(
                    "two aggregators say that they are lane {lane} of {lanes}: {other} and {address}"
                ));
            }
        }
        Self::Agreed(told.lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(places: &[(u32, u32)]) -> Standing {
        let names = ["a", "b", "c"];
        let live: Vec<_> = names
            .into_iter()
            .zip(places.iter().map(|(lane, lanes)| Place {
                lane: *lane,
                lanes: *lanes,
            }))
            .collect();
        Standing::of(&live)
    }

    #[test]
    fn they_agree_when_each_is_another_lane_of_the_same_number() {
        assert_eq!(standing(&[]), Standing::Unknown);
        assert_eq!(standing(&[(0, 1)]), Standing::Agreed(1));
        assert_eq!(standing(&[(2, 3), (0, 3)]), Standing::Agreed(3));
    }

    #[test]
    fn what_does_not_fit_is_said_with_numbers_and_addresses() {
        for (places, words) in [
            (&[(0, 2), (1, 3)][..], ["a says 2", "b says 3"]),
            (&[(0, 2), (1, 2), (1, 2)], ["lane 1 of 2", "b and c"]),
            (&[(5, 2)], ["a says", "lane 5 of 2"]),
        ] {
            let Standing::Disagreed(text) = standing(places) else {
                panic!("{places:?}");
            };
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
    }

    #[test]
    fn an_aggregator_that_says_nothing_of_lanes_is_the_only_one() {
        let place = Place::of(&v1::Welcome::default());
        assert_eq!(place.shard(), Some(Shard::ALL));
    }
}
