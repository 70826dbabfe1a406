use clap::Parser as _;
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::gather_batch::Records;
use rollcall_proto::v1::{
    Close, Delivery, GatherBatch, Record, RecordBatch, SettleRange, SettleResult, SettleStatus,
    TimestampType,
};
use serde_json::{Value, json};

use super::settle::refusals;
use super::{each, hold, print, request, timeout};
use crate::args::gather::GatherArgs;
use crate::args::{Cli, Command};
use crate::client::Taken;

fn args(line: &str) -> GatherArgs {
    let line = format!("rollcall gather {line}");
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let Command::Gather(args) = cli.command else {
        unreachable!("{line}")
    };
    args
}

type Parts<'a> = (
    Option<&'a [u8]>,
    Option<&'a [u8]>,
    Vec<(&'a [u8], Option<&'a [u8]>)>,
);

fn packed(records: &[Parts<'_>]) -> GatherBatch {
    let mut builder = Builder::new(Partition(2), Offset::ZERO, TimestampType::CreateTime);
    for (number, (key, value, headers)) in records.iter().enumerate() {
        let offset = Offset::known(i64::try_from(number).unwrap()).unwrap();
        let headers = headers.iter().copied();
        builder
            .push(RecordParts {
                offset,
                timestamp_ms: Some(1_700_000_000_000),
                key: *key,
                value: *value,
                headers,
            })
            .unwrap();
    }
    let next = Offset::known(i64::try_from(records.len()).unwrap()).unwrap();
    let records = Records::Packed(builder.finish(next).unwrap());
    GatherBatch {
        topic: "A".to_owned(),
        redelivered: 1,
        records: Some(records),
        ..GatherBatch::default()
    }
}

fn lines(batch: &GatherBatch) -> Vec<Value> {
    let mut lines = Vec::new();
    hold(&mut lines, batch).unwrap();
    lines
}

#[test]
fn text_is_text_bytes_are_base64_and_null_stays_null() {
    let headers: Vec<(&[u8], Option<&[u8]>)> = vec![(b"h", Some(b"1")), (b"h", None)];
    let batch = packed(&[
        (Some(b"k"), Some(b"{\"a\":1}"), headers),
        (None, Some(b"\xff\x00"), vec![]),
        (Some(b""), None, vec![]),
    ]);
    let lines = lines(&batch);
    assert_eq!(
        lines[0],
        json!({
            "topic": "A", "partition": 2, "offset": 0, "timestamp": 1_700_000_000_000_i64,
            "key": "k", "keyEncoding": "utf8", "value": "{\"a\":1}", "valueEncoding": "utf8",
            "headers": [{"name": "h", "value": "1", "encoding": "utf8"}, {"name": "h", "value": null, "encoding": null}],
            "redelivered": 1,
        })
    );
    assert_eq!(lines[1]["key"], Value::Null);
    assert_eq!(
        (&lines[1]["value"], &lines[1]["valueEncoding"]),
        (&json!("/wA="), &json!("base64"))
    );
    assert_eq!(
        (&lines[2]["key"], &lines[2]["value"]),
        (&json!(""), &Value::Null)
    );
}

#[test]
fn every_record_is_one_line_that_cannot_drive_the_terminal() {
    let mut out = Vec::new();
    print(
        &mut out,
        &packed(&[
            (None, Some(b"a\nb\x1b[2J\xc2\x9b"), vec![]),
            (None, None, vec![]),
        ]),
    )
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains(r"a\nb\u001b[2J\u009b"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{9b}']));
}

#[test]
fn a_plain_record_reads_as_a_packed_one() {
    let record = Record {
        offset: 7,
        value: Some("x".into()),
        ..Record::default()
    };
    let plain = RecordBatch {
        partition: 1,
        first_offset: 7,
        next_offset: 8,
        records: vec![record],
    };
    let batch = GatherBatch {
        topic: "A".to_owned(),
        records: Some(Records::Plain(plain)),
        ..GatherBatch::default()
    };
    let line = &lines(&batch)[0];
    assert_eq!(
        (&line["partition"], &line["offset"], &line["value"]),
        (&json!(1), &json!(7), &json!("x"))
    );
}

#[test]
fn a_broken_batch_is_an_error_and_no_panic() {
    let mut batch = packed(&[(None, Some(b"x"), vec![])]);
    if let Some(Records::Packed(packed)) = &mut batch.records {
        packed.record_count = 9;
    }
    assert!(each(&batch, |_| Ok(())).is_err());
}

#[test]
fn by_default_a_gather_only_looks() {
    let request = request(&args("")).unwrap();
    assert_eq!(request.delivery(), Delivery::Peek);
    assert_eq!(request.close(), Close::Each);
    assert_eq!(request.max_records, Some(200));
    assert_eq!(request.timeout.unwrap().seconds, 1);
}

#[test]
fn a_profile_sets_what_is_not_said() {
    let request = request(&args("--profile high-throughput --max-records 7 --ack")).unwrap();
    assert_eq!(
        (request.max_records, request.timeout.unwrap().seconds),
        (Some(7), 5)
    );
    assert_eq!(request.delivery(), Delivery::Lease);
}

#[test]
fn attempts_multiply_the_timeout_of_the_required_topics() {
    let args = args("--require A --require B --attempts 3 --timeout 2s");
    assert_eq!(request(&args).unwrap().close(), Close::Required);
    assert_eq!(timeout(&args).unwrap().as_secs(), 6);
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    for line in [
        "-t A -t A",
        "--require A --require A",
        "--timeout 400s",
        "--require A --timeout 100s",
        "--ack -o table",
    ] {
        let error = request(&args(line)).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Usage, "{line}: {error}");
    }
}

#[test]
fn neighbouring_ranges_are_settled_as_one() {
    let mut printed = Taken::default();
    let batch = |partition, first_offset, next_offset| GatherBatch {
        topic: "A".to_owned(),
        topic_id: "id".to_owned(),
        lease_id: 5,
        records: Some(Records::Plain(RecordBatch {
            partition,
            first_offset,
            next_offset,
            records: vec![],
        })),
        ..GatherBatch::default()
    };
    for batch in [
        batch(0, 10, 20),
        batch(1, 0, 3),
        batch(0, 20, 25),
        batch(0, 30, 31),
    ] {
        printed.add(&batch);
    }
    let ranges: Vec<_> = printed
        .into_ranges()
        .iter()
        .map(|range| (range.partition, range.first_offset, range.next_offset))
        .collect();
    assert_eq!(ranges, [(0, 10, 25), (1, 0, 3), (0, 30, 31)]);
}

#[test]
fn what_was_refused_is_named_with_its_reason() {
    let range = SettleRange {
        topic: "A".to_owned(),
        first_offset: 1,
        next_offset: 5,
        ..SettleRange::default()
    };
    let result = |status: SettleStatus| SettleResult {
        range: Some(range.clone()),
        status: status.into(),
        ..SettleResult::default()
    };
    use SettleStatus::{Acked, Already, Kept, RefusedBeyondSent};
    let results: Vec<_> = [Acked, Already, Kept, RefusedBeyondSent]
        .into_iter()
        .map(result)
        .collect();
    assert_eq!(refusals(&results), ["A P0 [1, 5) REFUSED_BEYOND_SENT"]);
}
