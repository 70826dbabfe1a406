use rollcall_proto::v1::{
    AdviseResponse, ArrivalModel, FetchCost, ProfileReason, RollPoint, TimestampWorth, TopicAdvice,
};

use super::{Shown, misses, text};
use crate::view::fixtures::{millis, plain, reader, time};

fn model(gap: i64, count: u64, empty: [f64; 2]) -> ArrivalModel {
    ArrivalModel {
        gap_count: count,
        gap_median: millis(gap),
        gap_p95: millis(gap),
        gap_longest: millis(gap),
        p_empty: Some(empty[0]),
        p_empty_in_a_row: Some(empty[1]),
        since: Some(time("11:56:29")),
        timestamps: TimestampWorth::Usable.into(),
        ..ArrivalModel::default()
    }
}

fn cost(profile: &str, timeout: i64, max_records: u32, min_bytes: u32, delay: i64) -> FetchCost {
    FetchCost {
        profile: profile.to_owned(),
        timeout: millis(timeout),
        max_records,
        fetch_wait: millis(500),
        fetch_min_bytes: min_bytes,
        p_empty: 0.001,
        p_empty_in_a_row: 0.002,
        delay_at_most: millis(delay),
        records_left: 0.0,
    }
}

/// A topic written every 5 s, whose consumer waits for a kilobyte.
fn slow() -> TopicAdvice {
    TopicAdvice {
        topic: "SCHEDULE-CAR-ORDER".to_owned(),
        arrivals: Some(model(5_000, 99, [0.8, 5.0 / 6.0])),
        timeout: millis(4_750),
        timeout_in_a_row: millis(5_061),
        today: Some(FetchCost {
            records_left: 49.2,
            ..cost("", 1_000, 200, 1_024, 500)
        }),
        profiles: vec![
            cost("default", 1_000, 200, 1, 0),
            cost("high-throughput", 5_000, 1_000, 10_240, 1_000),
        ],
        profile: "high-throughput".to_owned(),
        reason: ProfileReason::ReachesTarget.into(),
        ..TopicAdvice::default()
    }
}

/// A topic of which eight gaps are known, by the coming of its records.
fn young() -> TopicAdvice {
    TopicAdvice {
        topic: "SCHEDULE-STATION-PARAM".to_owned(),
        arrivals: Some(ArrivalModel {
            timestamps: TimestampWorth::Ahead.into(),
            timestamps_off: millis(7_200_000),
            ..model(2_000, 8, [0.5, 0.667])
        }),
        gaps_missing: 12,
        watch_for: millis(24_000),
        ..TopicAdvice::default()
    }
}

fn point(timeout: i64, all: f64, row: f64) -> RollPoint {
    RollPoint {
        timeout: millis(timeout),
        p_all_answer: all,
        p_all_answer_in_a_row: row,
    }
}

fn advice() -> AdviseResponse {
    AdviseResponse {
        topics: vec![slow(), young()],
        timeout: millis(1_000),
        target: 0.95,
        points: vec![
            point(500, 0.1, 0.09),
            point(1_000, 0.2, 0.167),
            point(4_750, 0.95, 0.5),
            point(5_000, 1.0, 0.5),
            point(5_061, 1.0, 1.0),
        ],
        timeout_for_all: millis(4_750),
        timeout_for_all_in_a_row: millis(5_061),
        topics_unknown: 1,
        ..AdviseResponse::default()
    }
}

#[test]
fn the_screen_tells_each_topic_the_roll_and_what_to_paste() {
    let screen = plain(&text(&advice(), Shown::Everything, &reader()));
    assert_eq!(
        screen,
        "\
95 % of calls shall have a record; judged at 1 s. First for a call at a random moment, then for
  calls in a row, each as soon as the one before was answered.
TOPIC                               GAPS    GAP    P95  EMPTY / IN A ROW  TIMEOUT / IN A ROW
SCHEDULE-CAR-ORDER      99 in 8 min 15 s  5.0 s  5.0 s       80 % / 83 %    4.75 s / 5.061 s
SCHEDULE-STATION-PARAM   8 in 8 min 15 s  2.0 s  2.0 s       50 % / 67 %                   -
SCHEDULE-CAR-ORDER: profile high-throughput fits (5 s, 1000 records): empty 0.2 %, and of those
  that reach the target it holds records back the least (1 s at most); today fetch.min.bytes of 1024
  holds a record back for up to 500 ms; today max_records of 200 leaves 50 records behind in a call
  that lasts its whole timeout
SCHEDULE-STATION-PARAM: no advice with 8 gaps: watch for 24 s more, until 20 are known; timestamps
  lie 2 h in the future of this clock, so the rhythm is that of the records' coming
At 1 s every topic answers in 20 % of calls at random moments, in 17 % of calls in a row (the
  topics taken as independent). One topic is left out: too little is known of it.
P(every topic answers | timeout): at random, in a row; # both, - only one of them
   500 ms   10 %    9 %  #####
      1 s   20 %   17 %  ########--                                          judged
   4.75 s   95 %   50 %  #########################-----------------------    target
      5 s  100 %   50 %  #########################-------------------------
  5.061 s  100 %  100 %  ##################################################  target in a row
To paste, 5.061 s for 95 % of calls with a record from every topic, whichever caller you are:
rollcall   gather --timeout 5061ms --max-records 1000; fetcher: fetch.wait.max.ms=500
           fetch.min.bytes=10240
librdkafka consumer_poll(5061); fetch.wait.max.ms=500 fetch.min.bytes=10240
aiokafka   getmany(timeout_ms=5061, max_records=1000); fetch_max_wait_ms=500, fetch_min_bytes=10240
"
    );
}

#[test]
fn every_line_fits_on_the_screen() {
    let screen = plain(&text(&advice(), Shown::Everything, &reader()));
    for line in screen.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn one_timeout_is_judged_without_a_plot() {
    let screen = plain(&text(&advice(), Shown::OneTimeout, &reader()));
    assert!(
        screen.contains("At 1 s every topic answers in 20 % of calls"),
        "{screen}"
    );
    assert!(
        !screen.contains('#') && !screen.contains("aiokafka"),
        "{screen}"
    );
}

#[test]
fn nothing_known_is_no_advice() {
    let unknown = TopicAdvice {
        topic: "ORDERS".to_owned(),
        gaps_missing: 20,
        ..TopicAdvice::default()
    };
    let advice = AdviseResponse {
        topics: vec![unknown],
        points: Vec::new(),
        timeout_for_all: None,
        timeout_for_all_in_a_row: None,
        ..advice()
    };
    let screen = plain(&text(&advice, Shown::Everything, &reader()));
    assert!(
        screen.contains("no advice with 0 gaps: 20 more have to be seen"),
        "{screen}"
    );
    assert!(screen.contains("No topic is known well enough"), "{screen}");
}

#[test]
fn a_topic_that_fell_silent_is_said_to_be_and_is_no_number() {
    let silent = TopicAdvice {
        silent_for: millis(660_000),
        ..slow()
    };
    assert_eq!(misses(&silent, 0.15), None);
    let advice = AdviseResponse {
        topics: vec![silent],
        points: Vec::new(),
        topics_unknown: 0,
        topics_silent: 1,
        timeout_for_all: None,
        timeout_for_all_in_a_row: None,
        ..advice()
    };
    let screen = plain(&text(&advice, Shown::Everything, &reader()));
    let said: Vec<_> = screen.lines().skip(3).collect();
    assert_eq!(
        said,
        [
            "SCHEDULE-CAR-ORDER  99 in 8 min 15 s  5.0 s  5.0 s                 -    4.75 s / 5.061 s",
            "SCHEDULE-CAR-ORDER: silent for 11 min, far beyond its rhythm: P is not known, and it is not",
            "  counted; its timeout is for when records come again",
            "One topic is left out: it has been silent far beyond its rhythm.",
            "No topic is known well enough and keeps to its rhythm: no timeout is advised; run it again later.",
        ]
    );
}

#[test]
fn a_topic_misses_the_target_for_the_worse_of_both_callers() {
    assert_eq!(misses(&slow(), 0.15), Some(false));
    assert_eq!(misses(&slow(), 0.19), Some(true), "in a row");
    assert_eq!(misses(&young(), 0.15), None);
}

#[test]
fn a_hostile_name_is_safe_on_the_screen() {
    let topic = TopicAdvice {
        topic: "A\u{1b}[31m".to_owned(),
        ..young()
    };
    let advice = AdviseResponse {
        topics: vec![topic],
        ..advice()
    };
    let screen = text(&advice, Shown::Everything, &reader());
    assert!(!screen.contains("\u{1b}[31m"), "{screen}");
}
