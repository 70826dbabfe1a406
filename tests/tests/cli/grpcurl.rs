//! grpcurl, which knows the aggregator by reflection only: the calls that the README shows.

use std::collections::BTreeSet;

use rollcall_tests::grpcurl::Grpcurl;
use rollcall_tests::scratch::workspace;
use serde_json::json;

use crate::desk::{Desk, WAITING};

#[tokio::test]
async fn grpcurl_lists_and_describes_the_services() {
    let desk = Desk::shared().await;
    let (grpcurl, address) = (Grpcurl::get().await.unwrap(), desk.address.to_string());
    let services = grpcurl.list(&address, None).await.unwrap();
    for service in [
        "rollcall.v1.FeedService",
        "rollcall.v1.GatherService",
        "rollcall.v1.StatusService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
    ] {
        assert!(
            services.iter().any(|one| one == service),
            "{service} is not in {services:?}"
        );
    }
    let methods = grpcurl
        .list(&address, Some("rollcall.v1.StatusService"))
        .await
        .unwrap();
    for method in [
        "GetStatus",
        "WatchStatus",
        "GetTopic",
        "ListGathers",
        "GetGather",
        "Advise",
    ] {
        let full = format!("rollcall.v1.StatusService.{method}");
        assert!(methods.contains(&full), "{full} is not in {methods:?}");
    }
    let described = grpcurl
        .describe(&address, "rollcall.v1.GatherRequest")
        .await
        .unwrap();
    assert!(described.contains("max_records"), "{described}");
}

#[tokio::test]
async fn grpcurl_reads_the_status_with_its_zeros() {
    let desk = Desk::shared().await;
    let (grpcurl, address) = (Grpcurl::get().await.unwrap(), desk.address.to_string());
    let answer = grpcurl
        .call(&address, "rollcall.v1.StatusService/GetStatus", &json!({}))
        .await
        .unwrap();
    let topics = answer[0]["topics"].as_array().unwrap();
    let empty = topics
        .iter()
        .find(|topic| topic["topic"] == desk.empty.as_str())
        .unwrap();
    assert_eq!(empty["recordCount"], 0);
    assert_eq!(empty["verdict"]["code"], "VERDICT_CODE_TOPIC_EMPTY");
    // The command prints the same document; what is absent there, grpcurl prints as null.
    let ours = desk.rollcall.json(&["status", "-o", "json"]).await.unwrap();
    let keys = |document: &serde_json::Value| {
        let said = document.as_object().unwrap().iter();
        let said = said.filter(|(_, value)| !value.is_null());
        said.map(|(key, _)| key.clone()).collect::<BTreeSet<_>>()
    };
    let entry = |list: &serde_json::Value| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|topic| topic["topic"] == desk.empty.as_str())
            .unwrap()
            .clone()
    };
    assert_eq!(keys(&ours), keys(&answer[0]));
    assert_eq!(keys(&entry(&ours["topics"])), keys(empty));
}

#[tokio::test]
async fn grpcurl_gathers_records_one_by_one() {
    let desk = Desk::shared().await;
    let (grpcurl, address) = (Grpcurl::get().await.unwrap(), desk.address.to_string());
    let request =
        json!({"encoding": "ENCODING_RECORDS", "delivery": "DELIVERY_PEEK", "timeout": "1s"});
    let messages = grpcurl
        .call(&address, "rollcall.v1.GatherService/Gather", &request)
        .await
        .unwrap();
    let (summary, batches) = messages.split_last().unwrap();
    let records: Vec<_> = batches
        .iter()
        .flat_map(|message| message["batch"]["plain"]["records"].as_array().unwrap())
        .collect();
    assert_eq!(records.len() as u64, WAITING);
    // Bytes are base64 in JSON: "0".
    assert_eq!(
        (&records[0]["offset"], &records[0]["value"]),
        (&json!("0"), &json!("MA=="))
    );
    let slots = summary["summary"]["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 4, "a slot for every topic");
    assert_eq!(slots[2]["recordCount"], 0);
}

#[tokio::test]
async fn every_line_with_grpcurl_in_the_readme_works_as_it_stands() {
    let desk = Desk::shared().await;
    let (grpcurl, address) = (Grpcurl::get().await.unwrap(), desk.address.to_string());
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let lines = readme.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| line.starts_with("grpcurl -")).collect();
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        assert!(
            line.contains("127.0.0.1:7655"),
            "the default port is not in {line}"
        );
        let printed = grpcurl
            .shell(&line.replace("127.0.0.1:7655", &address))
            .await
            .unwrap();
        assert!(!printed.trim().is_empty(), "{line} printed nothing");
    }
}

#[tokio::test]
async fn grpcurl_is_told_every_violation_of_a_request() {
    let desk = Desk::shared().await;
    let (grpcurl, address) = (Grpcurl::get().await.unwrap(), desk.address.to_string());
    let request =
        json!({"timeout": "0s", "maxRecords": 0, "close": "CLOSE_REQUIRED", "topics": ["nobody"]});
    let refused = grpcurl
        .call(&address, "rollcall.v1.GatherService/Gather", &request)
        .await;
    let told = format!("{:#}", refused.unwrap_err());
    for part in [
        "InvalidArgument",
        "BadRequest",
        "timeout",
        "max_records",
        "required",
        "topics[0]",
        "nobody",
    ] {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
}

#[tokio::test]
async fn the_health_service_says_serving_and_the_admin_port_ready() {
    let desk = Desk::shared().await;
    let (grpcurl, address) = (Grpcurl::get().await.unwrap(), desk.address.to_string());
    let health = grpcurl
        .call(&address, "grpc.health.v1.Health/Check", &json!({}))
        .await
        .unwrap();
    assert_eq!(health[0]["status"], "SERVING");
}
