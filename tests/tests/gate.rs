//! Who may call: processes with token files, a real Kafka, and callers that show the token, another one, or none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_proto::service::token::Bearer;
use rollcall_proto::status::{explain, reason};
use rollcall_proto::v1::feed_service_client::FeedServiceClient;
use rollcall_tests::client::{Client, Request};
use rollcall_tests::command::Output;
use rollcall_tests::grpcurl::Grpcurl;
use rollcall_tests::process::run;
use rollcall_tests::roll::{AGGREGATOR, FETCHER};
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Rollcall, eventually, scratch};
use serde_json::json;
use tonic::{Code, Status};

const SOON: Duration = Duration::from_secs(30);

const FIRST: &str = "first-s3cr3t-0123456789";
const SECOND: &str = "second-s3cr3t-0123456789";

/// A file with this token, or another content, and these permissions. It changes in one step, as a Secret's volume does.
fn put(path: &Path, token: &str, mode: u32) {
    let new = path.with_extension("new");
    fs::write(&new, token).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(&new, path).unwrap();
}

fn token_file(token: &str) -> PathBuf {
    let path = scratch::directory("token").unwrap().join("token");
    put(&path, token, 0o640);
    path
}

/// What is refused for want of the token, and why.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T>) -> String {
    let error = answer.unwrap_err();
    let told = explain(error.downcast_ref::<Status>().unwrap());
    assert_eq!(told.code, Code::Unauthenticated, "{told:?}");
    told.reason.unwrap()
}

fn client(stage: &Stage<'_>, file: Option<&Path>) -> Client {
    let bearer = Bearer::of(file).unwrap();
    Client::showing(stage.roll.address(), "caller", bearer).unwrap()
}

/// Every service is closed to this client, for this reason.
async fn is_kept_out(stage: &Stage<'_>, file: Option<&Path>, why: &str) {
    let client = client(stage, file);
    let request = Request::roll().timeout(Duration::from_millis(100));
    let gathered = async { client.gather(request).await?.summary().cloned() };
    assert_eq!(refused(gathered.await), why);
    assert_eq!(refused(client.settle(Vec::new()).await), why);
    assert_eq!(refused(client.status().await), why);
}

/// Takes one record and settles it.
async fn takes_one(stage: &mut Stage<'_>) {
    stage.produce(0, 0, 1).await.unwrap();
    let client = stage.witness("let-in").unwrap();
    let request = Request::roll().timeout(SOON).max_records(1);
    let taken = client.gather(request).await.unwrap();
    assert_eq!(taken.record_count(), 1);
    client.ack(&taken).await.unwrap();
}

#[tokio::test]
async fn only_who_shows_the_token_is_let_in_and_a_new_one_holds_without_a_restart() {
    let kafka = Kafka::shared().await;
    let file = token_file(FIRST);
    let plan = Plan::on(kafka).topic("gate", 1).token_files(&file, &file);
    let mut stage = plan.start().await.unwrap();
    takes_one(&mut stage).await;
    is_kept_out(&stage, None, reason::TOKEN_MISSING).await;
    let other = token_file(SECOND);
    is_kept_out(&stage, Some(&other), reason::TOKEN_WRONG).await;
    nobody_feeds_without_it(&stage).await;
    health_and_reflection_need_none(&stage).await;
    the_command_says_what_it_wants(&stage, &file, &other).await;

    put(&file, SECOND, 0o640);
    eventually("the new token holds", SOON, async || {
        client(&stage, Some(&other)).status().await.map(drop)
    })
    .await
    .unwrap();
    let old = token_file(FIRST);
    is_kept_out(&stage, Some(&old), reason::TOKEN_WRONG).await;
    // The feed that was open goes on; one that has to begin anew shows the new token.
    takes_one(&mut stage).await;
    stage.roll.aggregator.kill().unwrap();
    stage.roll.restart_aggregator().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    takes_one(&mut stage).await;
    let services = [&mut stage.roll.aggregator].into_iter();
    for service in services.chain(&mut stage.roll.fetchers) {
        let said = service.running().unwrap().stderr().unwrap();
        assert!(!said.contains("s3cr3t"), "a token was logged: {said}");
    }
}

async fn nobody_feeds_without_it(stage: &Stage<'_>) {
    let address = format!("http://{}", stage.roll.address());
    let mut feeds = FeedServiceClient::connect(address).await.unwrap();
    let refusal = feeds.feed(tokio_stream::empty()).await.map(drop);
    assert_eq!(refused(refusal.map_err(Into::into)), reason::TOKEN_MISSING);
}

async fn health_and_reflection_need_none(stage: &Stage<'_>) {
    let (grpcurl, address) = (
        Grpcurl::get().await.unwrap(),
        stage.roll.address().to_string(),
    );
    let health = grpcurl
        .call(&address, "grpc.health.v1.Health/Check", &json!({}))
        .await;
    assert_eq!(health.unwrap()[0]["status"], "SERVING");
    let services = grpcurl.list(&address, None).await.unwrap();
    assert!(
        services.contains(&"rollcall.v1.GatherService".to_owned()),
        "{services:?}"
    );
    let method = "rollcall.v1.StatusService/GetStatus";
    let refused = grpcurl
        .call(&address, method, &json!({}))
        .await
        .unwrap_err();
    assert!(
        format!("{refused:#}").contains("Unauthenticated"),
        "{refused:#}"
    );
    let header = format!("-plaintext -H 'authorization: Bearer {FIRST}'");
    let answer = grpcurl
        .shell(&format!("grpcurl {header} {address} {method}"))
        .await
        .unwrap();
    assert!(answer.contains("topics"), "{answer}");
}

async fn the_command_says_what_it_wants(stage: &Stage<'_>, file: &Path, other: &Path) {
    let rollcall = Rollcall::of(stage.roll.address());
    let says = |ended: Output, parts: &[&str]| {
        for part in parts {
            assert!(
                ended.stderr.contains(part),
                "{part:?} is not in {}",
                ended.stderr
            );
        }
        assert!(
            !ended.stderr.contains("s3cr3t") && ended.stdout.is_empty(),
            "{ended:?}"
        );
    };
    let (right, wrong) = (file.to_str().unwrap(), other.to_str().unwrap());
    let none = rollcall.ends_with(2, &["status"]).await.unwrap();
    says(none, &["--token-file", "ROLLCALL_TOKEN_FILE"]);
    let another = rollcall
        .ends_with(2, &["status", "--token-file", wrong])
        .await
        .unwrap();
    says(another, &["another than the aggregator's"]);
    let open = token_file(FIRST);
    put(&open, FIRST, 0o644);
    let open = open.to_str().unwrap();
    let unfit = rollcall
        .ends_with(2, &["status", "--token-file", open])
        .await
        .unwrap();
    says(unfit, &[open, "others may use it", "0644"]);
    let status = rollcall
        .json(&["status", "-o", "json", "--token-file", right])
        .await
        .unwrap();
    assert_eq!(status["topics"][0]["topic"], stage.topic(0));
}

#[tokio::test]
async fn a_fetcher_with_another_token_says_so_and_is_let_in_once_it_has_the_right_one() {
    let kafka = Kafka::shared().await;
    let (aggregators, fetchers) = (token_file(FIRST), token_file(FIRST));
    let plan = Plan::on(kafka)
        .topic("gate", 1)
        .token_files(&aggregators, &fetchers);
    let mut stage = plan.start().await.unwrap();
    stage.roll.fetchers[0].terminate().await.unwrap();
    put(&fetchers, SECOND, 0o640);
    stage.roll.fetchers[0].start().await.unwrap();
    let kept_out = |line: &str| {
        line.contains("does not let this fetcher in")
            .then(|| line.to_owned())
    };
    let fetcher = stage.roll.fetchers[0].running().unwrap();
    let said = fetcher
        .line("that it is kept out", SOON, kept_out)
        .await
        .unwrap();
    assert!(said.contains("another than the aggregator's"), "{said}");
    // It asks on, and its file is read anew.
    put(&fetchers, FIRST, 0o640);
    stage.roll.until_claimed().await.unwrap();
    takes_one(&mut stage).await;
}

/// The service ends with 64 before it opens a port, and says all of this.
async fn does_not_start(binary: &str, args: &[&str], says: &[&str]) -> Result<()> {
    let ended = run(binary, args, SOON).await?;
    ensure!(ended.status.code() == Some(64), "{args:?}: {ended:?}");
    for part in says {
        ensure!(
            ended.stderr.contains(part),
            "{part:?} is not in {}",
            ended.stderr
        );
    }
    ensure!(
        !ended.stderr.contains("s3cr3t") && !ended.stderr.contains("listening"),
        "{ended:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_service_without_a_fit_token_does_not_start_and_says_which_file_and_why() {
    let roll = ["--topic", "A", "--admin-listen", "127.0.0.1:0"];
    let everywhere = [&roll[..], &["--listen", "0.0.0.0:0"]].concat();
    let says = [
        "flag --listen",
        "0.0.0.0",
        "--token-file",
        "ROLLCALL_TOKEN_FILE",
        "loopback",
    ];
    does_not_start(AGGREGATOR, &everywhere, &says)
        .await
        .unwrap();
    let feed = ["--topic", "A", "--bootstrap", "127.0.0.1:1", "--group", "g"];
    let file = token_file(FIRST);
    let unfit: [(&str, u32, &str); 5] = [
        (FIRST, 0o604, "others may use it (its mode is 0604)"),
        ("", 0o600, "it is empty"),
        ("s3cr3t", 0o600, "has 6 characters"),
        (&"s3cr3t".repeat(200), 0o600, "more than 1024 characters"),
        ("first-s3cr3t\n0123456789", 0o600, "character 13"),
    ];
    let path = file.to_str().unwrap();
    for (content, mode, why) in unfit {
        put(&file, content, mode);
        for (binary, args) in [(AGGREGATOR, &roll[..]), (FETCHER, &feed[..])] {
            let args = [args, &["--token-file", path]].concat();
            does_not_start(binary, &args, &["flag --token-file", path, why])
                .await
                .unwrap();
        }
    }
    fs::remove_file(&file).unwrap();
    let args = [&everywhere[..], &["--token-file", path]].concat();
    does_not_start(AGGREGATOR, &args, &[path, "there is no such file"])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_dump_tells_the_file_and_not_the_token() {
    let file = token_file(FIRST);
    let args = [
        "--topic",
        "A",
        "--token-file",
        file.to_str().unwrap(),
        "--dump-config",
    ];
    let dumped = run(AGGREGATOR, &args, SOON).await.unwrap();
    assert!(dumped.stdout.contains(file.to_str().unwrap()), "{dumped:?}");
    assert!(!dumped.stdout.contains("s3cr3t"), "{}", dumped.stdout);
}
