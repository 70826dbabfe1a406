use super::*;

use VerdictCode::{BrokerDown, Flowing, ProducerSlowerThanTimeout as Slower};

fn verdict(code: VerdictCode, severity: Severity) -> v1::Verdict {
    v1::Verdict {
        code: code.into(),
        severity: severity.into(),
        ..v1::Verdict::default()
    }
}

/// A timeline of verdicts, each said for so many seconds; the last one is still said.
fn timeline(said: impl IntoIterator<Item = (VerdictCode, u64)>) -> Timeline {
    let mut timeline = Timeline::default();
    let mut now = Moment::default();
    for (code, seconds) in said {
        assert!(timeline.say(&verdict(code, Severity::Note), now));
        now = now + Duration::from_secs(seconds);
    }
    timeline
}

/// A span's code, the code that it took turns with and how often, and the seconds that it lasted.
type Told = (VerdictCode, Option<(VerdictCode, u32)>, Option<u64>);

fn told(timeline: &Timeline) -> Vec<Told> {
    let told = |span: &Span| {
        let turn = span.in_turn.map(|turn| (turn.said.code, turn.changes));
        let lasted = span.until.map(|until| until.since(span.since).as_secs());
        (span.said.code, turn, lasted)
    };
    timeline.spans().map(told).collect()
}

#[test]
fn two_verdicts_that_take_turns_for_hours_are_one_span_and_what_is_said_now() {
    let turns = [(Flowing, 2), (Slower, 3)].into_iter().cycle();
    let timeline = timeline([(BrokerDown, 5)].into_iter().chain(turns.take(10_001)));
    let row = (Flowing, Some((Slower, 9_999)), Some(25_000));
    assert_eq!(
        told(&timeline),
        [(BrokerDown, None, Some(5)), row, (Flowing, None, None)]
    );
    let numbers: Vec<u64> = timeline.spans().map(|span| span.number).collect();
    assert_eq!(numbers, [0, 1, 10_001]);
}

#[test]
fn a_few_turns_are_told_one_by_one() {
    let few = timeline([(Flowing, 2), (Slower, 2), (Flowing, 2), (Slower, 2)]);
    assert_eq!(few.spans().len(), 4);
    let more = timeline([
        (Flowing, 2),
        (Slower, 2),
        (Flowing, 2),
        (Slower, 2),
        (BrokerDown, 1),
    ]);
    let row = (Flowing, Some((Slower, 3)), Some(8));
    assert_eq!(told(&more), [row, (BrokerDown, None, None)]);
}

#[test]
fn what_was_said_for_a_minute_stays_by_itself() {
    let turns = || [(Flowing, 5), (Slower, 5)].into_iter().cycle().take(8);
    for (seconds, spans) in [(59, 2), (60, 4)] {
        let said = turns().chain([(Flowing, seconds)]).chain(turns().skip(1));
        assert_eq!(timeline(said).spans().len(), spans, "{seconds} s");
    }
    let long = timeline(
        [(Flowing, 60), (Slower, 60)]
            .into_iter()
            .cycle()
            .take(2_000),
    );
    assert_eq!(long.spans().len(), CHANGES);
}

#[test]
fn a_third_verdict_ends_the_row_and_three_in_a_circle_are_none() {
    let turns = || [(Flowing, 5), (Slower, 5)].into_iter().cycle().take(4);
    let said = turns().chain([(BrokerDown, 5)]).chain(turns());
    let row = (Flowing, Some((Slower, 3)), Some(20));
    let told = told(&timeline(said));
    assert_eq!(told[..2], [row, (BrokerDown, None, Some(5))]);
    let circle = [(Flowing, 1), (Slower, 1), (BrokerDown, 1)];
    assert_eq!(
        timeline(circle.into_iter().cycle().take(9)).spans().len(),
        9
    );
}

#[test]
fn a_row_is_as_severe_as_either_verdict_came_to_be() {
    let mut timeline = Timeline::default();
    let mut now = Moment::default();
    for severity in [Severity::Note, Severity::Fault, Severity::Note] {
        for said in [
            verdict(Flowing, Severity::Ok),
            verdict(BrokerDown, Severity::Note),
            verdict(BrokerDown, severity),
        ] {
            timeline.say(&said, now);
            now = now + Duration::from_secs(1);
        }
    }
    timeline.say(&verdict(Flowing, Severity::Ok), now);
    let row = timeline.spans().next().copied().unwrap();
    let turn = row.in_turn.unwrap();
    assert_eq!(
        (row.said.severity, turn.said.severity),
        (Severity::Ok, Severity::Fault)
    );
    assert_eq!((turn.changes, timeline.spans().len()), (5, 2));
}
