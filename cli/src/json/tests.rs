use proptest::prelude::*;
use rollcall_proto::v1::{
    GatherSummary, GetStatusResponse, Slot, TopicStatus, Verdict, VerdictCode,
};
use serde_json::{Value, json};

use super::{value, write_line, write_pretty};
use crate::sanitize::is_unsafe;

fn status(topic: TopicStatus) -> Value {
    let message = GetStatusResponse {
        topics: vec![topic],
        ..GetStatusResponse::default()
    };
    value("GetStatusResponse", &message).unwrap()
}

#[test]
fn zeros_are_emitted() {
    let document = status(TopicStatus {
        topic: "A".to_owned(),
        ..TopicStatus::default()
    });
    let topic = &document["topics"][0];
    assert_eq!(topic["recordCount"], json!(0));
    assert_eq!(topic["unacked"], json!("0"));
    assert_eq!(topic["also"], json!([]));
    assert_eq!(document["demo"], json!(false));
}

#[test]
fn unknown_stays_absent_and_a_known_zero_is_there() {
    let unknown = status(TopicStatus::default());
    assert_eq!(unknown["topics"][0].get("backlog"), None);
    let known = status(TopicStatus {
        backlog: Some(0),
        ..TopicStatus::default()
    });
    assert_eq!(known["topics"][0]["backlog"], json!("0"));
}

#[test]
fn verdict_codes_are_names_and_those_of_a_newer_aggregator_are_numbers() {
    let caught_up = Verdict {
        code: VerdictCode::CaughtUp.into(),
        ..Verdict::default()
    };
    let document = status(TopicStatus {
        verdict: Some(caught_up),
        ..TopicStatus::default()
    });
    assert_eq!(
        document["topics"][0]["verdict"]["code"],
        json!("VERDICT_CODE_CAUGHT_UP")
    );
    let newer = Verdict {
        code: 777,
        ..Verdict::default()
    };
    let document = status(TopicStatus {
        verdict: Some(newer),
        ..TopicStatus::default()
    });
    assert_eq!(document["topics"][0]["verdict"]["code"], json!(777));
}

#[test]
fn a_gather_has_its_slots_where_scripts_look_for_them() {
    let slot = Slot {
        topic: "A".to_owned(),
        ..Slot::default()
    };
    let document = value(
        "GatherSummary",
        &GatherSummary {
            slots: vec![slot],
            ..GatherSummary::default()
        },
    )
    .unwrap();
    assert_eq!(document["slots"][0]["topic"], json!("A"));
    assert_eq!(document["slots"][0]["recordCount"], json!(0));
}

#[test]
fn fields_keep_the_order_of_the_contract() {
    let mut out = Vec::new();
    write_pretty(
        &mut out,
        &value("GetStatusResponse", &GetStatusResponse::default()).unwrap(),
    )
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.find("\"version\"") < text.find("\"group\""), "{text}");
    assert!(text.ends_with("}\n"));
}

proptest! {
    #[test]
    fn any_text_is_printed_safely_and_read_back_as_it_was(text in any::<String>()) {
        let mut out = Vec::new();
        write_line(&mut out, &json!({ "value": text })).unwrap();
        let line = String::from_utf8(out).unwrap();
        prop_assert!(!line.trim_end_matches('\n').contains(is_unsafe));
        prop_assert_eq!(&serde_json::from_str::<Value>(&line).unwrap()["value"], &json!(text));
    }
}
