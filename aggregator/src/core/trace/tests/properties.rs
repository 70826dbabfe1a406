use proptest::prelude::*;
use rollcall_proto::v1::trace_line::Line;

use super::events::steps;
use super::*;
use crate::core::books::{FeedKey, TopicBooks};
use crate::core::evidence::{OperatorWords, TopicEvidence};
use crate::core::trace::judged;
use crate::core::verdict::{Ask, judge};

const TIMEOUT: Duration = Duration::from_secs(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

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
}
