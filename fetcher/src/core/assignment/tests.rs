//! One row per situation about offsets that was measured on a real broker.

use super::*;

const L: i64 = 100;
const H: i64 = 200;

fn facts(committed: Option<i64>, stable: Option<i64>) -> LogFacts {
    LogFacts {
        committed: committed.and_then(Offset::known),
        committed_epoch: None,
        committed_for: None,
        log_start: Offset::known(L).unwrap(),
        high_watermark: Offset::known(H).unwrap(),
        last_stable: stable.and_then(Offset::known),
    }
}

fn check(
    facts: &LogFacts,
    policy: StartPolicy,
    offset: i64,
    from: StartedFrom,
    lost: Option<(i64, i64)>,
) {
    let lost = lost.and_then(|(first, next)| OffsetRange::from_raw(first, next));
    let expected = Start {
        offset: Offset::known(offset).unwrap(),
        from,
        lost,
    };
    assert_eq!(start(facts, policy, None, None), expected);
}

#[test]
fn a_commit_inside_the_log_is_the_start() {
    for at in [L, 150, H] {
        check(
            &facts(Some(at), None),
            StartPolicy::Latest,
            at,
            StartedFrom::Commit,
            None,
        );
    }
}

#[test]
fn without_a_commit_the_policy_decides_and_names_what_it_skips() {
    check(
        &facts(None, None),
        StartPolicy::Earliest,
        L,
        StartedFrom::PolicyEarliest,
        None,
    );
    check(
        &facts(None, None),
        StartPolicy::Latest,
        H,
        StartedFrom::PolicyLatest,
        Some((L, H)),
    );
}

#[test]
fn latest_starts_at_the_last_stable_offset_of_a_read_committed_consumer() {
    check(
        &facts(None, Some(180)),
        StartPolicy::Latest,
        180,
        StartedFrom::PolicyLatest,
        Some((L, 180)),
    );
}

#[test]
fn a_commit_below_the_log_start_names_the_lost_range_whatever_the_policy() {
    for policy in [StartPolicy::Earliest, StartPolicy::Latest] {
        check(
            &facts(Some(40), None),
            policy,
            L,
            StartedFrom::BelowLogStart,
            Some((40, L)),
        );
    }
}

#[test]
fn a_commit_beyond_the_end_starts_by_policy() {
    check(
        &facts(Some(201), None),
        StartPolicy::Earliest,
        L,
        StartedFrom::BeyondEnd,
        None,
    );
    check(
        &facts(Some(201), None),
        StartPolicy::Latest,
        H,
        StartedFrom::BeyondEnd,
        Some((L, H)),
    );
}

#[test]
fn offsets_of_a_recreated_topic_are_never_resumed() {
    let (old, new) = (TopicId::new("old"), TopicId::new("new"));
    let known = start(
        &facts(Some(150), None),
        StartPolicy::Latest,
        old.as_ref(),
        new.as_ref(),
    );
    assert_eq!(
        (known.offset.get(), known.from),
        (L, StartedFrom::Recreated)
    );

    let committed_for_old = LogFacts {
        committed_for: old.clone(),
        ..facts(Some(150), None)
    };
    let told = start(&committed_for_old, StartPolicy::Latest, None, new.as_ref());
    assert_eq!((told.offset.get(), told.from), (L, StartedFrom::Recreated));

    let unknown = start(&committed_for_old, StartPolicy::Latest, None, None);
    assert_eq!(unknown.from, StartedFrom::Commit);
}
