//! `status`, `explain`, `lag`, `verdicts`: answers on stdout, faults on stderr, exit codes for scripts.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{GetStatusResponse, PartitionStatus, Severity, VerdictCode};
use tokio::net::TcpListener;

use super::aggregator::{Aggregator, Script, roll, topic};
use super::process::{Ended, rollcall, run};

#[track_caller]
fn refused(ended: &Ended, code: i32, says: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stdout, "", "a failure leaves stdout alone");
    assert!(
        ended.stderr.contains(says),
        "{says:?} is missing: {ended:?}"
    );
}

async fn asked(script: Script, arguments: &str) -> Ended {
    let aggregator = Aggregator::start(script).await;
    run(&format!("{arguments} --server {}", aggregator.address)).await
}

#[tokio::test]
async fn the_exit_code_follows_the_worst_verdict_and_fail_on() {
    let warn = || roll(vec![topic("A", VerdictCode::WaitingForAck, Severity::Warn)]);
    assert_eq!(asked(warn(), "status").await.code, Some(0));
    assert_eq!(asked(warn(), "status --fail-on warn").await.code, Some(1));
    assert_eq!(
        asked(warn(), "explain A --fail-on warn").await.code,
        Some(1)
    );
    assert_eq!(asked(warn(), "status --fail-on never").await.code, Some(0));
    let fault = roll(vec![topic("A", VerdictCode::TopicMissing, Severity::Fault)]);
    assert_eq!(asked(fault, "status").await.code, Some(1));
    let unknown = roll(vec![topic(
        "A",
        VerdictCode::Undetermined,
        Severity::Unknown,
    )]);
    assert_eq!(asked(unknown, "status").await.code, Some(2));
    assert_eq!(asked(roll(vec![]), "status").await.code, Some(2));
}

#[tokio::test]
async fn the_answer_is_on_stdout_without_colour_and_stderr_is_silent() {
    let ended = asked(
        roll(vec![topic("A", VerdictCode::CaughtUp, Severity::Ok)]),
        "status",
    )
    .await;
    assert_eq!(ended.stderr, "");
    assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
    assert!(ended.stdout.contains("ok  A      CAUGHT_UP"), "{ended:?}");
    assert!(ended.stdout.contains("(exit 0)"), "{ended:?}");
}

#[tokio::test]
async fn json_has_its_zeros() {
    let ended = asked(
        roll(vec![topic("A", VerdictCode::CaughtUp, Severity::Ok)]),
        "status -o json",
    )
    .await;
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["topics"][0]["recordCount"], 0);
    assert_eq!(
        document["topics"][0]["verdict"]["code"],
        "VERDICT_CODE_CAUGHT_UP"
    );
    assert_eq!(document["topics"][0]["verdict"]["severity"], "SEVERITY_OK");
}

#[tokio::test]
async fn the_line_names_the_verdict_of_every_zero() {
    let mut lively = topic("B", VerdictCode::Flowing, Severity::Ok);
    lively.record_count = 10;
    let topics = vec![lively, topic("A", VerdictCode::CaughtUp, Severity::Ok)];
    let ended = asked(roll(topics), "status -o line").await;
    assert_eq!(
        ended.stdout,
        "gather [A:0 CAUGHT_UP, B:10] total: 10 records\n"
    );
}

#[tokio::test]
async fn a_topic_that_is_not_on_the_roll_is_a_usage_error_with_the_nearest_name() {
    let script = || roll(vec![topic("ORDERS", VerdictCode::CaughtUp, Severity::Ok)]);
    refused(
        &asked(script(), "explain ORDRES").await,
        64,
        "did you mean ORDERS?",
    );
    refused(
        &asked(script(), "gather -t ORDRES").await,
        64,
        "did you mean ORDERS?",
    );
}

#[tokio::test]
async fn lag_keeps_the_columns_and_reaches_for_the_partitions() {
    let mut orders = topic("ORDERS", VerdictCode::CaughtUp, Severity::Ok);
    let known = PartitionStatus {
        partition: 3,
        committed: Some(5),
        high_watermark: Some(9),
        lag: Some(4),
        ..PartitionStatus::default()
    };
    orders.partitions = vec![known];
    let status = GetStatusResponse {
        group: "g".to_owned(),
        topics: vec![orders],
        ..GetStatusResponse::default()
    };
    let ended = asked(
        Script {
            status,
            ..Script::default()
        },
        "lag",
    )
    .await;
    let row: Vec<&str> = ended
        .stdout
        .lines()
        .nth(2)
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(row, ["g", "ORDERS", "3", "5", "9", "4", "-", "-", "-"]);
    assert_eq!(ended.code, Some(0));
}

#[tokio::test]
async fn lag_without_any_partition_could_not_be_judged() {
    let ended = asked(
        roll(vec![topic(
            "A",
            VerdictCode::Undetermined,
            Severity::Unknown,
        )]),
        "lag",
    )
    .await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("no partition is known yet"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn nobody_there_is_told_in_one_line_within_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    let begun = Instant::now();
    let ended = run(&format!("status --server {silent} --deadline 500ms")).await;
    refused(&ended, 2, "no answer within 500 ms");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    drop(listener);
    refused(
        &run(&format!("status --server {silent}")).await,
        2,
        "connection refused",
    );
}

#[tokio::test]
async fn a_wrong_command_line_is_64_whatever_is_wrong_with_it() {
    refused(&run("status -t a/b").await, 64, "'/'");
    refused(&run("status -t A -t A").await, 64, "twice");
    refused(&run("frobnicate").await, 64, "frobnicate");
    refused(
        &run("verdicts CAUGHTUP").await,
        64,
        "did you mean CAUGHT_UP?",
    );
    refused(&run("up -g g -t A").await, 64, "--bootstrap-server");
    refused(
        &run("up -b k:9 -g g -t A -X fetch.min.byte=3").await,
        64,
        "fetch.min.byte",
    );
    refused(&run("gather --ack -o table").await, 64, "-o ndjson");
    refused(&run("status --server http://").await, 2, "HOST:PORT");
}

#[tokio::test]
async fn help_verdicts_and_completions_are_data() {
    let help = run("gather --help").await;
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    assert!(
        help.stdout.contains("Examples:") && help.stdout.contains("Exit codes:"),
        "{}",
        help.stdout
    );
    let entry = run("verdicts waiting-for-ack").await;
    assert_eq!(entry.code, Some(0));
    assert!(
        entry.stdout.starts_with("WAITING_FOR_ACK\nmeaning    "),
        "{entry:?}"
    );
    let script = run("completions bash").await;
    assert!(script.stdout.contains("_rollcall"), "{script:?}");
}

#[tokio::test]
async fn the_language_is_chosen_by_flag_and_by_environment_and_codes_stay() {
    let roll = || roll(vec![topic("A", VerdictCode::WaitingForAck, Severity::Warn)]);
    for arguments in ["status --lang zh", "--lang zh status"] {
        let ended = asked(roll(), arguments).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for part in ["主题", "WAITING_FOR_ACK", "warn", "（退出码 0）"] {
            assert!(ended.stdout.contains(part), "{part}: {ended:?}");
        }
    }
    let json = |language| async move {
        asked(roll(), &format!("status -o json --lang {language}"))
            .await
            .stdout
    };
    assert_eq!(json("zh").await, json("en").await);
    let by_variable = rollcall("verdicts CAUGHT_UP")
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(by_variable.stdout)
            .unwrap()
            .contains("\n含义 ")
    );
    let by_flag = rollcall("verdicts CAUGHT_UP --lang en")
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(by_flag.stdout)
            .unwrap()
            .contains("\nmeaning ")
    );
}

#[tokio::test]
async fn a_language_that_is_not_there_is_refused_with_those_that_are() {
    refused(
        &run("status --lang de").await,
        64,
        "[possible values: en, zh]",
    );
}
