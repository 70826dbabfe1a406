use proptest::prelude::*;
use rollcall_proto::v1::trace_line::Line;

use super::events::steps;
use super::*;
use crate::core::books::{FeedKey, TopicBooks};
use crate::core::evidence::{OperatorWords, TopicEvidence};
use crate::core::trace::{judged, state};
use crate::core::verdict::{Ask, judge};

const TIMEOUT: Duration = Duration::from_secs(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_judged_of_a_trace_is_what_was_judged_live(steps in steps(60)) {
        let topic = Topic::new("T").unwrap();
        let mut live = TopicEvidence::new(topic, OperatorWords::default(), STARTED, started_wall());
        let mut replay = Replay::begin(header()).unwrap();
        let books = TopicBooks::default();
        let mut now = ZERO;
        for (pause, feed, event) in steps {
            now = now + Duration::from_millis(pause);
            live.hear(FeedKey(feed), &event, now);
            replay.take(&line(now, evidence(feed, event))).unwrap();
            let later = now + Duration::from_millis(pause / 2);
            let ask = Ask::status(TIMEOUT, later);
            let said = judge(&live, &books, &ask, later);
            let wire = judged::to_wire(&ask, &books, &said.verdict, later);
            let heard = replay.take(&line(later, Line::Judged(wire))).unwrap();
            let Heard::Judged(key, comparison) = heard else { panic!("{heard:?}") };
            prop_assert!(comparison.agrees(), "{comparison:?}");
            prop_assert_eq!(replay.topics()[&key].judge(None, later), said);
            now = later;
        }
    }

    #[test]
    fn a_trace_that_begins_in_the_middle_is_judged_as_one_from_the_beginning(
        steps in steps(60),
        cut: prop::sample::Index,
    ) {
        let topic = Topic::new("T").unwrap();
        let mut live = TopicEvidence::new(topic, OperatorWords::default(), STARTED, started_wall());
        let mut replay = Replay::begin(header()).unwrap();
        let books = TopicBooks::default();
        let (cut, mut now) = (cut.index(steps.len()), ZERO);
        for (number, (pause, feed, event)) in steps.into_iter().enumerate() {
            now = now + Duration::from_millis(pause);
            if number == cut {
                let state = state::to_wire(&live).unwrap();
                replay.take(&line(now, Line::State(state))).unwrap();
            }
            live.hear(FeedKey(feed), &event, now);
            if number >= cut {
                replay.take(&line(now, evidence(feed, event))).unwrap();
                let later = now + Duration::from_millis(pause / 2);
                let said = judge(&live, &books, &Ask::status(TIMEOUT, later), later);
                let played = replay.topics().values().next().unwrap();
                prop_assert_eq!(played.judge(None, later), said);
            }
        }
        prop_assert_eq!(replay.states_skipped(), 0);
    }
}
