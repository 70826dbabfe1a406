use rollcall_proto::v1::{GetStatusResponse, Observation, Severity, Verdict, VerdictCode};

use super::{FAMILIES, Series, page};
use crate::view::fixtures::outside_six_zeros;

#[test]
fn every_family_is_announced_once_and_followed_by_its_series() {
    let page = page(&[outside_six_zeros(), outside_six_zeros()]);
    let mut family = "";
    let mut seen = Vec::new();
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap();
            assert!(!seen.contains(&family), "{family} twice");
            seen.push(family);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{family} gauge"));
        } else {
            assert!(
                line.starts_with(&format!("{family}{{")),
                "{line} under {family}"
            );
            assert!(
                line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(),
                "{line}"
            );
        }
    }
    assert!(seen.len() >= 8, "{page}");
    let stuck = "rollcall_topic_verdict{group=\"stack-charge-tcp-command-xfy\",topic=\"SCHEDULE-CAR-PRICE\",\
         verdict=\"STUCK_WITH_LAG\",severity=\"fault\"} 1";
    assert!(page.contains(stuck), "{page}");
}

#[test]
fn every_family_is_documented_with_its_labels() {
    let text = include_str!("../../../../docs/DOCTOR.md");
    let rows = text.lines().filter_map(|line| {
        let row = line.trim_start().strip_prefix("| `rollcall_")?;
        let mut cells = row.split(" | ");
        let name = cells.next()?.trim_end_matches('`');
        Some((format!("rollcall_{name}"), cells.next()?.to_owned()))
    });
    let families = FAMILIES.iter().map(|family| {
        let labels = match family.series {
            Series::Group(_) => "group, state",
            Series::GroupVerdict => "group, verdict, severity",
            Series::Topic(_) => "group, topic",
            Series::Partition(_) => "group, topic, partition",
            Series::Verdict => "group, topic, verdict, severity",
        };
        (family.name.to_owned(), labels.to_owned())
    });
    assert_eq!(rows.collect::<Vec<_>>(), families.collect::<Vec<_>>());
    // And those are the labels that a page has.
    let page = page(&[outside_six_zeros()]);
    let written = |line: &str| {
        let (name, rest) = line.split_once('{').unwrap();
        let labels = rest
            .split("\",")
            .map(|label| label.split('=').next().unwrap());
        (name.to_owned(), labels.collect::<Vec<_>>().join(", "))
    };
    let documented: Vec<_> = text.lines().map(str::trim_start).collect();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, labels) = written(line);
        let row = format!("| `{name}` | {labels} | ");
        assert!(
            documented.iter().any(|line| line.starts_with(&row)),
            "{row}"
        );
    }
}

#[test]
fn what_comes_from_the_network_is_bounded_and_escaped() {
    let answer = GetStatusResponse {
        group: format!("a\"b\\c\nd{}", "x".repeat(1000)),
        ..outside_six_zeros()
    };
    let page = page(&[answer]);
    let line = page
        .lines()
        .find(|line| line.contains("_members{"))
        .unwrap();
    assert!(
        line.starts_with("rollcall_group_members{group=\"a\\\"b\\\\c\\\\nd"),
        "{line}"
    );
    assert!(line.len() < 400, "{line}");
}

#[test]
fn what_is_unknown_has_no_series() {
    assert_eq!(page(&[GetStatusResponse::default()]), "");
}

#[test]
fn how_many_calls_find_nothing_is_written_only_where_the_timeout_was_told() {
    let mut status = outside_six_zeros();
    let family = "rollcall_topic_empty_call_ratio";
    let untold = page(std::slice::from_ref(&status));
    assert!(!untold.contains(family), "{untold}");
    for model in status
        .topics
        .iter_mut()
        .filter_map(|topic| topic.arrivals.as_mut())
    {
        model.p_empty = Some(0.8);
    }
    let told = page(&[status]);
    let says = format!(
        "{family}{{group=\"stack-charge-tcp-command-xfy\",topic=\"SCHEDULE-CAR-ORDER\"}} 0.8\n"
    );
    assert!(told.contains(&says), "{told}");
}

#[test]
fn a_group_that_is_not_there_has_a_verdict() {
    let missing = GetStatusResponse {
        group: "shp".to_owned(),
        observation: Some(Observation {
            state: "Dead".to_owned(),
            verdict: Some(Verdict {
                code: VerdictCode::NoGroup.into(),
                severity: Severity::Fault.into(),
                confirmed: true,
                ..Verdict::default()
            }),
            ..Observation::default()
        }),
        ..GetStatusResponse::default()
    };
    let says = "rollcall_group_verdict{group=\"shp\",verdict=\"NO_GROUP\",severity=\"fault\"} 1";
    let page = page(&[missing]);
    assert!(page.contains(says), "{page}");
}
