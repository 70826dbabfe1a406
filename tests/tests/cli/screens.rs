//! `status`, `explain`, `lag` and `verdicts` of running services.

use anyhow::ensure;
use rollcall_tests::eventually;
use rollcall_tests::rollcall::rollcall;
use serde_json::Value;

use crate::desk::{Desk, SOON, WAITING};

/// No screen is wider.
const WIDTH: usize = 100;

/// The entry of a topic in a document's list.
fn entry<'a>(list: &'a Value, topic: &str) -> &'a Value {
    let entries = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    let found = entries.iter().find(|entry| entry["topic"] == *topic);
    found.unwrap_or_else(|| panic!("no {topic} in {list}"))
}

fn row<'a>(screen: &'a str, topic: &str) -> &'a str {
    let found = screen.lines().find(|line| line.contains(topic));
    found.unwrap_or_else(|| panic!("no row for {topic} in\n{screen}"))
}

#[tokio::test]
async fn the_table_has_the_summary_first_the_worst_above_and_what_to_type_next() {
    let desk = Desk::shared().await;
    let screen = desk
        .rollcall
        .ends_with(1, &["status"])
        .await
        .unwrap()
        .stdout;
    let lines: Vec<&str> = screen.lines().collect();
    assert!(
        lines[0].starts_with("gather ") && lines[0].contains(&desk.group),
        "{screen}"
    );
    let head: Vec<&str> = lines[1].split_whitespace().collect();
    let columns = [
        "TOPIC", "VERDICT", "GOT", "BACKLOG", "UNACKED", "LAST", "RECORD",
    ];
    assert_eq!(head, columns, "{screen}");
    assert!(
        lines[2].starts_with("FAULT") && lines[2].contains(&desk.unfed),
        "{screen}"
    );
    assert!(row(&screen, &desk.unfed).contains("FETCHER_UNREACHABLE"));
    let empty = row(&screen, &desk.empty);
    assert!(
        empty.starts_with("note") && empty.ends_with("never"),
        "{screen}"
    );
    assert!(
        row(&screen, &desk.full).contains(&WAITING.to_string()),
        "{screen}"
    );
    let next = format!("Next: rollcall explain {}", desk.unfed);
    assert!(
        screen.contains(&next) && screen.contains("(exit 1)"),
        "{screen}"
    );
    // Random names are longer than those of the case, and the foot names one: it may be a line of its own.
    let table = lines.iter().take(6);
    for line in table {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
}

#[tokio::test]
async fn the_wide_form_has_all_of_the_table_and_more() {
    let desk = Desk::shared().await;
    let table = desk
        .rollcall
        .ends_with(1, &["status"])
        .await
        .unwrap()
        .stdout;
    let wide = desk
        .rollcall
        .ends_with(1, &["status", "-o", "wide"])
        .await
        .unwrap()
        .stdout;
    assert!(wide.lines().count() > table.lines().count(), "{wide}");
    for said in [&desk.full, &desk.read, &desk.empty, &desk.unfed] {
        assert!(wide.contains(said.as_str()), "{said:?} is not in\n{wide}");
    }
    assert!(
        wide.contains("P0") || wide.contains("PARTITION"),
        "no partitions in\n{wide}"
    );
}

#[tokio::test]
async fn json_has_every_field_that_scripts_are_promised_zeros_too() {
    let desk = Desk::shared().await;
    let status = desk.rollcall.json(&["status", "-o", "json"]).await.unwrap();
    assert_eq!(status["group"], desk.group.as_str());
    let topics = &status["topics"];
    assert_eq!(topics.as_array().unwrap().len(), 4);
    for (topic, code, severity) in [
        (
            &desk.unfed,
            "VERDICT_CODE_FETCHER_UNREACHABLE",
            "SEVERITY_FAULT",
        ),
        (&desk.empty, "VERDICT_CODE_TOPIC_EMPTY", "SEVERITY_NOTE"),
    ] {
        let entry = entry(topics, topic);
        assert_eq!(entry["verdict"]["code"], code);
        assert_eq!(entry["verdict"]["severity"], severity);
        assert_eq!(entry["verdict"]["confirmed"], true);
        assert_eq!(entry["recordCount"], 0, "a zero is said");
        assert_eq!(entry["unacked"], "0", "a zero is said");
    }
    assert_eq!(entry(topics, &desk.read)["recordCount"], 3);
    assert_eq!(entry(topics, &desk.full)["backlog"], WAITING.to_string());
    assert!(
        entry(topics, &desk.unfed).get("backlog").is_none(),
        "what is unknown is absent"
    );
    let one = desk
        .rollcall
        .json(&["status", "-t", &desk.read, "-o", "json"])
        .await
        .unwrap();
    assert_eq!(one["topics"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_line_names_every_topic_and_a_reason_for_each_zero() {
    let desk = Desk::shared().await;
    let line = desk
        .rollcall
        .ends_with(1, &["status", "-o", "line"])
        .await
        .unwrap()
        .stdout;
    assert!(
        line.starts_with("gather [") && line.ends_with("] total: 3 records\n"),
        "{line}"
    );
    for part in [
        format!("{}:0 TOPIC_EMPTY", desk.empty),
        format!("{}:0 FETCHER_UNREACHABLE", desk.unfed),
        format!("{}:3", desk.read),
    ] {
        assert!(line.contains(&part), "{part:?} is not in {line}");
    }
}

#[tokio::test]
async fn explain_tells_rule_facts_sources_ages_and_what_to_do() {
    let desk = Desk::shared().await;
    let explained = desk
        .rollcall
        .ends_with(0, &["explain", &desk.empty])
        .await
        .unwrap();
    let screen = explained.stdout;
    assert!(screen.starts_with("note  TOPIC_EMPTY"), "{screen}");
    for part in [
        "\nrule ",
        "\nfact ",
        "source",
        "age",
        "high watermark",
        "probe",
        "\nalso ",
        "\ndo ",
    ] {
        assert!(screen.contains(part), "{part:?} is not in\n{screen}");
    }
    let fault = desk
        .rollcall
        .ends_with(1, &["explain", &desk.unfed])
        .await
        .unwrap()
        .stdout;
    assert!(fault.starts_with("FAULT  FETCHER_UNREACHABLE"), "{fault}");
    for line in screen.lines().chain(fault.lines()) {
        assert!(line.chars().count() <= WIDTH, "{line:?} is wide");
    }

    let document = desk
        .rollcall
        .json(&["explain", &desk.empty, "-o", "json"])
        .await
        .unwrap();
    let verdict = &document["topic"]["verdict"];
    assert_eq!(verdict["code"], "VERDICT_CODE_TOPIC_EMPTY");
    let facts = verdict["facts"].as_array().unwrap();
    let end = facts
        .iter()
        .find(|fact| fact["name"] == "high_watermark")
        .unwrap();
    assert_eq!(
        (&end["number"], &end["partition"]),
        (&"0".into(), &0.into()),
        "{end}"
    );
    assert_eq!(end["source"], "SOURCE_PROBE_HIGH_WATERMARK");
    assert!(end["age"].as_str().unwrap().ends_with('s'), "{end}");
    assert!(
        document["bootstrapServers"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
}

#[tokio::test]
async fn why_a_verdict_is_not_given_is_told_condition_by_condition_with_the_facts() {
    let desk = Desk::shared().await;
    let args = ["explain", &desk.full, "--why-not", "CAUGHT_UP"];
    let screen = desk.rollcall.ends_with(0, &args).await.unwrap().stdout;
    assert!(screen.starts_with("CAUGHT_UP"), "{screen}");
    let failed = screen.lines().find(|line| line.contains(" fails "));
    let fact = failed.unwrap_or_else(|| panic!("no condition failed in {screen}"));
    assert!(fact.contains(&WAITING.to_string()), "{screen}");

    let args = ["explain", &desk.full, "--why-not", "CAUGHTUP"];
    let wrong = desk.rollcall.ends_with(64, &args).await.unwrap();
    assert!(wrong.stderr.contains("CAUGHT_UP"), "{}", wrong.stderr);
}

#[tokio::test]
async fn lag_sums_up_in_awk_as_its_help_says() {
    let desk = Desk::shared().await;
    eventually("the commits are known", SOON, async || {
        let table = desk.rollcall.ends_with(0, &["lag"]).await?.stdout;
        let rows = table.lines().filter(|line| line.starts_with(&desk.group));
        let lag = |row: &str| row.split_whitespace().nth(5).map(str::parse::<u64>);
        let sum: u64 = rows.clone().filter_map(lag).filter_map(Result::ok).sum();
        ensure!(rows.count() == 4 && sum == WAITING, "{table}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_verdict_has_an_entry_that_says_what_it_means_and_what_to_do() {
    let listed = rollcall(&["verdicts"]).await.unwrap();
    assert!(listed.status.success());
    let capital =
        |word: &&str| word.len() > 6 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let codes: Vec<&str> = listed
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().find(capital))
        .collect();
    let promised = [
        "FETCHER_UNREACHABLE",
        "TOPIC_MISSING",
        "CLUSTER_UNREACHABLE",
        "REBALANCING",
        "OWNER_ELSEWHERE",
        "OFFSET_OUT_OF_RANGE",
        "WAITING_FOR_ACK",
        "NO_CLIENT",
        "PAUSED_BACKPRESSURE",
        "ARRIVED_TOO_LATE",
        "STUCK_WITH_LAG",
        "SKIPPED_TO_END",
        "PRODUCER_OVERDUE",
        "PRODUCER_SLOWER_THAN_TIMEOUT",
        "TOPIC_EMPTY",
        "CAUGHT_UP",
        "UNDETERMINED",
        "FLOWING",
        "CAPPED_BY_MAX_RECORDS",
        "CAPPED_BY_MAX_BYTES",
        "FALLING_BEHIND",
    ];
    for code in promised {
        assert!(codes.contains(&code), "{code} is not in\n{}", listed.stdout);
        let entry = rollcall(&["verdicts", code]).await.unwrap();
        assert!(entry.status.success(), "{}", entry.stderr);
        assert!(
            entry.stdout.starts_with(code) && entry.stdout.lines().count() >= 4,
            "{}",
            entry.stdout
        );
    }
}

#[tokio::test]
async fn completions_complete_the_commands_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = rollcall(&["completions", shell]).await.unwrap();
        assert!(script.status.success(), "{}", script.stderr);
        assert!(
            script.stdout.contains("explain"),
            "{shell}: {}",
            script.stdout
        );
    }
}
