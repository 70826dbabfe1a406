//! What an aggregator answers, on its way to a terminal: none of it may drive that.

use prost::Message as _;
use rollcall::sanitize::{is_unsafe, safe};
use rollcall::view::{self, Reader};
use rollcall::words::Speech;
use rollcall::words::clock::WallClock;
use rollcall::words::language::Language;
use rollcall_proto::v1::{
    GatherSummary, GetStatusResponse, GetTopicResponse, Slot, TopicStatus, Verdict,
};

use super::Target;

pub(super) const TARGET: Target = Target {
    name: "screens",
    what: "an answer of an aggregator, as protobuf, shown in both languages",
    try_input,
    seeds,
    words: &[
        "\u{1b}[2J",
        "\u{202e}",
        "\r",
        "\u{7}",
        "\u{9b}",
        "\u{200b}",
        "\u{e0041}",
        "t",
    ],
};

fn try_input(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(
        !safe(&text).contains(is_unsafe),
        "it is not made safe: {text:?}"
    );
    for language in [Language::English, Language::Chinese] {
        let reader = reader(language);
        if let Ok(status) = GetStatusResponse::decode(bytes) {
            shown(&view::status::table(&status, None, &reader));
            shown(&view::doctor::table(&status, None, &reader));
            shown(&view::line::of_status(&status));
            shown(&view::lag::table("group", &status.topics, true));
        }
        if let Ok(topic) = GetTopicResponse::decode(bytes) {
            shown(&view::explain::text(&topic, &reader));
        }
        if let Ok(summary) = GatherSummary::decode(bytes) {
            shown(&view::gather::table(&summary, false, &reader));
            shown(&view::line::of_gather(&summary));
        }
    }
}

/// Without the colours of its own, nothing is left that drives a terminal.
fn shown(text: &str) {
    let plain = anstream::adapter::strip_str(text).to_string();
    let wrong = plain.chars().find(|c| *c != '\n' && is_unsafe(*c));
    assert_eq!(wrong, None, "{plain:?}");
    // What is stripped is colour and nothing else.
    let escapes = text.split('\u{1b}').skip(1);
    for escape in escapes {
        let end = escape.find(|c: char| c.is_ascii_alphabetic());
        let colour =
            escape.starts_with('[') && end.is_some_and(|end| escape[end..].starts_with('m'));
        assert!(colour, "an escape that is no colour: {escape:?}");
    }
}

fn reader(language: Language) -> Reader {
    Reader {
        speech: Speech::new(language),
        clock: WallClock {
            zone: jiff::tz::TimeZone::UTC,
            now: jiff::Timestamp::UNIX_EPOCH,
        },
        reach: String::new(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let verdict = Verdict {
        code: 1,
        severity: 1,
        ..Verdict::default()
    };
    let topic = TopicStatus {
        topic: "t".to_owned(),
        verdict: Some(verdict.clone()),
        ..TopicStatus::default()
    };
    let status = GetStatusResponse {
        topics: vec![topic.clone(); 2],
        ..GetStatusResponse::default()
    };
    let explained = GetTopicResponse {
        topic: Some(topic),
        ..GetTopicResponse::default()
    };
    let slot = Slot {
        topic: "t".to_owned(),
        verdict: Some(verdict),
        ..Slot::default()
    };
    let summary = GatherSummary {
        slots: vec![slot; 2],
        ..GatherSummary::default()
    };
    vec![
        status.encode_to_vec(),
        explained.encode_to_vec(),
        summary.encode_to_vec(),
    ]
}
