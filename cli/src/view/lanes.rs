//! What is wrong with the lanes that were asked, in sentences.

use crate::lanes::Place;
use crate::lanes::oddity::{Doubts, Oddity};
use crate::words::Speech;
use crate::words::arguments::Arguments;

/// A sentence for each thing that is wrong.
pub fn sentences(doubts: &Doubts, speech: &Speech) -> Vec<String> {
    let sentence = |oddity: &Oddity| match oddity {
        Oddity::Away { why } => speech.say("lane-away", &Arguments::default().text("why", why)),
        Oddity::Disagree { said } => {
            let said: Vec<String> = said
                .iter()
                .map(|(server, place)| speech.say("lane-said", &of(*place).text("server", server)))
                .collect();
            let said = Arguments::default().text("said", speech.list(&said));
            speech.say("lanes-disagree", &said)
        }
        Oddity::Twice { place, servers } => {
            let servers = speech.list(servers);
            speech.say("lane-twice", &of(*place).text("servers", servers))
        }
        Oddity::Missing { lanes, of, servers } => {
            let lanes: Vec<String> = lanes.iter().map(u32::to_string).collect();
            let arguments = Arguments::default()
                .count("count", lanes.len() as u64)
                .text("missing", speech.list(&lanes))
                .text("lanes", of.to_string())
                .text("servers", speech.list(servers));
            speech.say("lane-missing", &arguments)
        }
    };
    doubts.0.iter().map(sentence).collect()
}

/// That an answer is of one lane alone, or of how many; nothing where there is one.
pub fn extent(lane: u32, lanes: u32, speech: &Speech) -> Option<String> {
    let place = of(Place { lane, lanes });
    if crate::lanes::is_over_lanes(lane, lanes) {
        return Some(speech.say("over-lanes", &place));
    }
    crate::lanes::is_of_one_lane(lane, lanes).then(|| speech.say("one-lane", &place))
}

fn of(place: Place) -> Arguments {
    Arguments::default()
        .text("lane", place.lane.to_string())
        .text("lanes", place.lanes.to_string())
}

#[cfg(test)]
mod tests;
