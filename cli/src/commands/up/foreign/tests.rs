use rollcall_fetcher::kafka::observer::{GroupCommits, Member};
use rollcall_proto::ids::{Offset, Partition, Topic};

use super::{Foreign, refuse};

fn members(count: usize) -> Vec<Member> {
    let member = |number| Member {
        member_id: String::new(),
        client_id: format!("app-{number}\u{1b}"),
        host: "/10.0.0.7".to_owned(),
        instance_id: String::new(),
        assigned: Vec::new(),
    };
    (0..count).map(member).collect()
}

/// `count` partitions of each topic, each at 42.
fn commits(topics: &[&str], count: i32) -> GroupCommits {
    let commit = |topic: &str, number| {
        let topic = Topic::new(topic).unwrap();
        (topic, Partition(number), Offset::known(42).unwrap())
    };
    let commits: Vec<_> = topics
        .iter()
        .flat_map(|topic| (0..count).map(move |number| commit(topic, number)))
        .collect();
    GroupCommits {
        total: commits.len(),
        commits,
    }
}

fn refused(foreign: &Foreign) -> String {
    refuse(foreign, "g\u{1b}").unwrap_err().to_string()
}

#[track_caller]
fn says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{part:?} is missing: {line}");
    }
    assert!(
        line.starts_with(r"group g\u{1b} ") && !line.contains(['\n', '\u{1b}']),
        "{line}"
    );
}

#[test]
fn a_group_that_nobody_uses_is_taken() {
    assert!(refuse(&Foreign::default(), "g").is_ok());
}

#[test]
fn members_and_commits_are_named_and_the_many_counted() {
    let line = refused(&Foreign {
        members: members(7),
        members_total: 9,
        commits: commits(&["A", "B", "C", "D", "E", "F", "G"], 3),
    });
    says(
        &line,
        &[
            r"9 members (app-0\u{1b} at /10.0.0.7, ",
            "app-4",
            ", and 4 more)",
        ],
    );
    says(
        &line,
        &[
            "21 partitions (A: 3 partitions, P0 at 42; ",
            "E: 3 partitions, P0 at 42; and 2 more)",
        ],
    );
    assert!(!line.contains("app-5"), "{line}");
    assert!(line.ends_with("say --join"), "{line}");
}

#[test]
fn commits_without_members_may_be_of_an_earlier_run() {
    let line = refused(&Foreign {
        commits: commits(&["ORDERS"], 1),
        ..Foreign::default()
    });
    says(
        &line,
        &[
            "1 partition (ORDERS: 1 partition, P0 at 42)",
            "no members",
            "earlier `rollcall up`",
            "--join goes on from there",
        ],
    );
}

#[test]
fn members_alone_are_a_refusal_too() {
    let line = refused(&Foreign {
        members: members(1),
        members_total: 1,
        ..Foreign::default()
    });
    says(&line, &["has 1 member (app-0", "--join"]);
    assert!(!line.contains("commits"), "{line}");
}

#[test]
fn commits_of_topics_that_cannot_be_named_are_counted() {
    let line = refused(&Foreign {
        commits: GroupCommits {
            total: 3,
            commits: Vec::new(),
        },
        ..Foreign::default()
    });
    says(&line, &["commits on 3 partitions and no members", "--join"]);
}
