//! `record` and `explain --from`: a trace is written whatever ends it, and judged again without anybody being asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rollcall_proto::v1::{RecordResponse, TraceLine};

use super::aggregator::{Aggregator, Script};
use super::process::{Ended, Running, run};

/// A consumer without a fetcher's pulse: reachable for three seconds, and unreachable then.
const SILENT: &str = r#"{"rollcall_trace":1,"version":"0.1.0","recorded_at":"2026-03-01T12:00:00Z","group":"g","uptime":"60s","clock":"3660s"}
{"at":"0s","topic":"ORDERS","evidence":{"feed":"1","opened":{"fetcher_id":"f","topic":"ORDERS","group":"g","client_id":"c","host":"h"}}}
{"at":"0.5s","topic":"ORDERS","hummed":{}}
{"at":"20s","end":{"lines":"3"}}
"#;

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

async fn explained(name: &str, text: &str, arguments: &str) -> Ended {
    let path = file(name, text);
    run(&format!("explain --from {} {arguments}", path.display())).await
}

#[tokio::test]
async fn a_trace_is_judged_at_its_end_and_at_any_moment_with_the_exit_codes_of_live() {
    let at_the_end = explained("silent.ndjson", SILENT, "ORDERS").await;
    assert_eq!(at_the_end.code, Some(1), "{at_the_end:?}");
    assert!(
        at_the_end
            .stdout
            .starts_with("FAULT  FETCHER_UNREACHABLE  "),
        "{at_the_end:?}"
    );
    assert!(
        at_the_end.stderr.contains("group g, at 20 s"),
        "{at_the_end:?}"
    );
    assert!(
        at_the_end.stderr.contains("1 line of a kind"),
        "{at_the_end:?}"
    );
    let early = explained("silent.ndjson", SILENT, "ORDERS --at 1s").await;
    assert_eq!(early.code, Some(2), "{early:?}");
    let json = explained("silent.ndjson", SILENT, "ORDERS -o json").await;
    assert!(
        json.stdout
            .contains("\"code\": \"VERDICT_CODE_FETCHER_UNREACHABLE\""),
        "{json:?}"
    );
}

#[tokio::test]
async fn a_trace_that_was_cut_is_judged_and_said_to_be_cut() {
    let cut = explained("cut.ndjson", &SILENT[..SILENT.len() - 12], "ORDERS").await;
    assert!(cut.stderr.contains("cut in line 4"), "{cut:?}");
    assert!(cut.stdout.contains("UNDETERMINED"), "{cut:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_trace_is_said_with_its_line() {
    let ours = explained("other.ndjson", "{\"hello\":1}\n", "ORDERS").await;
    assert_eq!((ours.code, &*ours.stdout), (Some(2), ""), "{ours:?}");
    assert!(ours.stderr.contains("line 1: it is no trace"), "{ours:?}");
    let later = SILENT.replace("\"rollcall_trace\":1", "\"rollcall_trace\":7");
    let later = explained("later.ndjson", &later, "ORDERS").await;
    assert!(later.stderr.contains("of version 7"), "{later:?}");
    let broken = SILENT.replace("hummed\":{}", "hummed\":{");
    let broken = explained("broken.ndjson", &broken, "ORDERS").await;
    assert!(
        broken.stderr.contains("broken.ndjson, line 3: "),
        "{broken:?}"
    );
    let missing = run("explain ORDERS --from /no/such/file").await;
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("/no/such/file: No such file"),
        "{missing:?}"
    );
}

#[tokio::test]
async fn what_is_not_in_a_trace_is_a_mistake_of_the_command_line() {
    let other = explained("silent2.ndjson", SILENT, "ODERS").await;
    assert_eq!(other.code, Some(64), "{other:?}");
    assert!(other.stderr.contains("did you mean ORDERS?"), "{other:?}");
    let late = explained("silent2.ndjson", SILENT, "ORDERS --at 1min").await;
    assert_eq!(late.code, Some(64), "{late:?}");
    assert!(late.stderr.contains("which has 20 s"), "{late:?}");
    for flag in ["--server a:1", "--deadline 1s", "--token-file t"] {
        let asked = run(&format!("explain ORDERS --from x {flag}")).await;
        assert_eq!(asked.code, Some(64), "{flag}: {asked:?}");
    }
}

/// The messages of a recording of [`SILENT`], without its end.
fn recording() -> Script {
    let mut lines = SILENT.lines();
    let header = rollcall::json::read("TraceHeader", lines.next().unwrap().as_bytes()).unwrap();
    let read =
        |line: &str| rollcall::json::read::<TraceLine>("TraceLine", line.as_bytes()).unwrap();
    let lines = lines.take(1).map(read).collect();
    Script {
        record: vec![RecordResponse {
            header: Some(header),
            lines,
        }],
        ..Script::default()
    }
}

/// Waits until the file has more than its header.
async fn written(path: &Path) {
    let has_lines = async {
        while !std::fs::metadata(path).is_ok_and(|file| file.len() > 100) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), has_lines).await;
    assert!(waited.is_ok(), "the recording is written");
}

#[tokio::test]
async fn a_recording_that_is_interrupted_is_a_complete_file() {
    for name in ["recorded.ndjson", "recorded.ndjson.gz"] {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_file(&path);
        let aggregator = Aggregator::start(recording()).await;
        let server = aggregator.address;
        let command = format!("record {} --server {server}", path.display());
        let mut record = Running::start(&command);
        written(&path).await;
        assert_eq!(record.interrupt().await.0, Some(0), "{name}");
        record.said("1 topic, 3 lines").await;
        let explained = run(&format!("explain ORDERS --from {}", path.display())).await;
        assert!(!explained.stderr.contains("cut"), "{explained:?}");
        assert!(explained.stdout.contains("UNDETERMINED"), "{explained:?}");

        let again = run(&command).await;
        assert_eq!(again.code, Some(64), "{again:?}");
        assert!(again.stderr.contains("--force overwrites it"), "{again:?}");
    }
}

#[tokio::test]
async fn a_recording_that_breaks_off_is_complete_up_to_there_and_says_so() {
    let aggregator = Aggregator::start(recording()).await;
    let mut record = Running::start(&format!("record - --server {}", aggregator.address));
    record.printed("opened").await;
    drop(aggregator);
    record.printed("\"end\":{\"lines\":\"2\"}").await;
    record.said("rollcall: ").await;
}
