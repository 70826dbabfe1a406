//! What two well-known rules say of the same offsets.
//!
//! *The lag rule* of many guides: compare the committed offset with the log's end; lag 0 is normal, any lag calls for
//! tuning.
//!
//! *Burrow's rules* (<https://github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules>), over a window of ten
//! commits of a partition: any lag of 0 in it is OK; an offset that stands still while the lag does not shrink is STALL;
//! offsets that grow while the lag never shrinks are WARN; no commit for longer than the window lasts is STOP, unless the
//! commit is at the end. Here every look at the offsets, one a second, counts as a commit, as it would be for an
//! application that commits every second whether or not it moved: the most that Burrow could know. With commits once a
//! minute, for which it was written, it would answer after ten minutes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Commits in Burrow's window, by default.
const WINDOW: usize = 10;

/// Time between two looks.
pub const EVERY: Duration = Duration::from_secs(1);

/// One partition at one look: where its group and its log stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Seconds since the first look.
    pub at: u64,
    /// Committed; none when there was no commit, or nobody answered.
    pub committed: Option<i64>,
    /// The log's end; none when nobody answered.
    pub end: Option<i64>,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opinion {
    /// Normal, OK.
    Healthy,
    /// To be tuned; WARN, STALL or STOP.
    Unhealthy,
    /// It cannot tell: there is no commit, or no window yet.
    Silent,
}

/// What the lag rule says, of the last look at each partition.
pub fn lag_rule(partitions: &[Vec<Point>]) -> Opinion {
    worst(partitions.iter().map(|points| {
        let lag = points.last().and_then(lag);
        lag.map_or(Opinion::Silent, |lag| unhealthy(lag > 0))
    }))
}

/// What Burrow's rules say.
pub fn burrow(partitions: &[Vec<Point>]) -> Opinion {
    worst(partitions.iter().map(|points| partition(points)))
}

fn partition(points: &[Point]) -> Opinion {
    let commits: Vec<&Point> = points.iter().filter(|point| lag(point).is_some()).collect();
    let Some(window) = commits
        .len()
        .checked_sub(WINDOW)
        .and_then(|from| commits.get(from..))
    else {
        return Opinion::Silent;
    };
    let lags: Vec<i64> = window.iter().filter_map(|point| lag(point)).collect();
    let offsets: Vec<i64> = window.iter().filter_map(|point| point.committed).collect();
    if lags.contains(&0) {
        return Opinion::Healthy;
    }
    let shrinks = lags.windows(2).any(|pair| pair[1] < pair[0]);
    let moves = offsets.first() != offsets.last();
    let grows = offsets.windows(2).all(|pair| pair[1] >= pair[0]);
    let stalled = !moves && !shrinks;
    let slow = moves && grows && !shrinks;
    unhealthy(stalled || slow || stopped(points, window))
}

/// No commit for longer than the window lasts.
fn stopped(points: &[Point], window: &[&Point]) -> bool {
    let (Some(now), Some(first), Some(last)) = (points.last(), window.first(), window.last())
    else {
        return false;
    };
    now.at - last.at > last.at - first.at
}

/// Never negative: the end may be older than the commit.
fn lag(point: &Point) -> Option<i64> {
    Some((point.end? - point.committed?).max(0))
}

fn unhealthy(unhealthy: bool) -> Opinion {
    match unhealthy {
        true => Opinion::Unhealthy,
        false => Opinion::Healthy,
    }
}

fn worst(opinions: impl Iterator<Item = Opinion>) -> Opinion {
    let opinions: Vec<Opinion> = opinions.collect();
    let has = |opinion| opinions.contains(&opinion);
    match (has(Opinion::Unhealthy), has(Opinion::Healthy)) {
        (true, _) => Opinion::Unhealthy,
        (false, true) => Opinion::Healthy,
        (false, false) => Opinion::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(looks: &[(i64, i64)]) -> Vec<Vec<Point>> {
        let point = |(at, &(committed, end)): (usize, &(i64, i64))| Point {
            at: at as u64,
            committed: Some(committed),
            end: Some(end),
        };
        vec![looks.iter().enumerate().map(point).collect()]
    }

    #[test]
    fn any_lag_of_zero_in_the_window_is_ok_to_burrow() {
        let mut looks = vec![(5, 9); 9];
        looks.push((9, 9));
        assert_eq!(burrow(&points(&looks)), Opinion::Healthy);
        assert_eq!(lag_rule(&points(&looks)), Opinion::Healthy);
    }

    #[test]
    fn an_offset_that_stands_still_below_the_end_is_stalled() {
        assert_eq!(burrow(&points(&[(5, 9); 10])), Opinion::Unhealthy);
        assert_eq!(
            burrow(&points(&[(5, 9); 9])),
            Opinion::Silent,
            "no window yet"
        );
        assert_eq!(lag_rule(&points(&[(5, 9)])), Opinion::Unhealthy);
    }

    #[test]
    fn a_lag_that_shrinks_is_healthy_and_one_that_grows_is_slow() {
        let shrinking: Vec<(i64, i64)> = (0..10).map(|at| (at * 3, 40 + at)).collect();
        assert_eq!(burrow(&points(&shrinking)), Opinion::Healthy);
        let growing: Vec<(i64, i64)> = (0..10).map(|at| (at, 10 + at * 2)).collect();
        assert_eq!(burrow(&points(&growing)), Opinion::Unhealthy);
    }

    #[test]
    fn without_a_commit_nothing_can_be_told() {
        let unknown = vec![vec![
            Point {
                at: 0,
                committed: None,
                end: Some(3)
            };
            20
        ]];
        assert_eq!(lag_rule(&unknown), Opinion::Silent);
        assert_eq!(burrow(&unknown), Opinion::Silent);
    }
}
