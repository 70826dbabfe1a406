use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use rollcall_proto::v1::evidence::Event;
use rollcall_proto::v1::{
    Evidence, LatchedError, Open, PartitionPulse, Pulse, TraceHeader, TraceLabel, TraceLine,
    VerdictCode, trace_line,
};

use super::fault::{Fault, Why};
use super::read;
use super::write::Writer;

fn header() -> TraceHeader {
    TraceHeader {
        rollcall_trace: 1,
        version: "0.1.0".into(),
        recorded_at: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 5,
        }),
        uptime: prost_types::Duration::try_from(Duration::from_secs(10)).ok(),
        clock: prost_types::Duration::try_from(Duration::from_secs(3_610)).ok(),
        ..TraceHeader::default()
    }
}

fn line(millis: u64, line: trace_line::Line) -> TraceLine {
    TraceLine {
        at: prost_types::Duration::try_from(Duration::from_millis(millis)).ok(),
        topic: "T".into(),
        line: Some(line),
        ..TraceLine::default()
    }
}

fn evidence(millis: u64, event: Event) -> TraceLine {
    let evidence = Evidence {
        feed: u64::MAX,
        event: Some(event),
    };
    line(millis, trace_line::Line::Evidence(evidence))
}

fn lines() -> Vec<TraceLine> {
    let part = PartitionPulse {
        next_offset: Some(i64::MAX),
        committed: Some(0),
        ..PartitionPulse::default()
    };
    let error = LatchedError {
        text: "not\nsafe \u{202e} \u{1b}[2J".into(),
        ..LatchedError::default()
    };
    let pulse = Pulse {
        partitions: vec![part],
        errors: vec![error],
        ..Pulse::default()
    };
    let label = TraceLabel {
        expected: vec![VerdictCode::CaughtUp.into()],
        ..TraceLabel::default()
    };
    vec![
        evidence(0, Event::Opened(Open::default())),
        evidence(1_234, Event::Pulse(pulse)),
        line(2_000, trace_line::Line::Label(label)),
    ]
}

fn written(packed: bool) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), packed, &header()).unwrap();
    for line in lines() {
        writer.line(&line).unwrap();
    }
    writer.end(None).unwrap()
}

/// Reads all of a trace: its lines, and whether it was cut.
fn read_all(bytes: Vec<u8>) -> Result<(TraceHeader, Vec<TraceLine>, bool), Fault> {
    let (header, mut lines) = read::begin("t".into(), std::io::Cursor::new(bytes))?;
    let mut all = Vec::new();
    while let Some(line) = lines.next_line()? {
        all.push(line);
    }
    Ok((header, all, lines.is_cut()))
}

fn said(bytes: &[u8]) -> String {
    read_all(bytes.to_vec()).unwrap_err().to_string()
}

#[test]
fn what_was_written_is_read_packed_or_not() {
    for packed in [false, true] {
        let (read_header, mut read, cut) = read_all(written(packed)).unwrap();
        let end = read.pop().unwrap();
        assert_eq!((read_header, read, cut), (header(), lines(), false));
        assert!(matches!(end.line, Some(trace_line::Line::End(end)) if end.lines == 4));
        assert_eq!(end.at, lines()[2].at);
    }
}

#[test]
fn the_first_line_says_what_it_is_and_no_line_can_play_with_a_terminal() {
    let text = String::from_utf8(written(false)).unwrap();
    assert!(
        text.starts_with("{\"rollcall_trace\":1,\"version\":\"0.1.0\""),
        "{text}"
    );
    assert_eq!(text.lines().count(), 5);
    assert!(!text.contains(['\u{202e}', '\u{1b}']));
}

#[test]
fn a_trace_that_was_cut_is_read_up_to_there() {
    for packed in [false, true] {
        let whole = written(packed);
        let cut = whole[..whole.len() - 20].to_vec();
        let (_, lines, cut) = read_all(cut).unwrap();
        assert!(cut && lines.len() <= 3, "{packed} {}", lines.len());
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    assert_eq!(said(b""), "t: it is empty");
    assert!(said(b"hello\n").starts_with("t, line 1: it is no line of a trace"));
    assert_eq!(
        said(b"{\"rollcall_trace\":1,"),
        "t, line 1: it ends in the middle of the line"
    );
    let mut broken = written(false);
    let second = broken.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    broken.splice(second..second, *b"{\"at\":7}\n");
    let said = said(&broken);
    assert!(
        said.starts_with("t, line 2: it is no line of a trace: "),
        "{said}"
    );
}

#[test]
fn a_line_beyond_its_bounds_is_refused_before_it_is_taken_apart() {
    let mut long = written(false);
    long.extend(vec![b' '; super::LINE_BYTES + 1]);
    assert!(matches!(read_all(long).unwrap_err().why, Why::LongLine));
    let mut many = written(false);
    many.extend(b"{".repeat(super::LINE_OBJECTS + 1));
    assert!(matches!(read_all(many).unwrap_err().why, Why::ManyObjects));
}

#[test]
fn kinds_and_values_of_a_later_version_are_read_as_unknown() {
    let mut text = written(false);
    text.extend(b"{\"at\":\"3s\",\"topic\":\"T\",\"sung\":{\"note\":\"c\"}}\n");
    text.extend(b"{\"topic\":\"T\",\"evidence\":{\"feed\":\"1\",\"hummed\":{}}}\n");
    text.extend(b"{\"topic\":\"T\",\"judged\":{\"code\":\"VERDICT_CODE_NEWER\"}}\n");
    let (_, lines, _) = read_all(text).unwrap();
    let [.., sung, hummed, newer] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(sung.line, None);
    assert!(matches!(&hummed.line, Some(trace_line::Line::Evidence(it)) if it.event.is_none()));
    assert!(matches!(&newer.line, Some(trace_line::Line::Judged(it)) if it.code == 0));
}

/// Reads and plays; what it finds does not matter.
fn play(bytes: Vec<u8>) {
    let Ok((header, mut lines)) = read::begin("t".into(), std::io::Cursor::new(bytes)) else {
        return;
    };
    let Ok(mut trial) = rollcall_aggregator::core::trace::trial::Trial::begin(header) else {
        return;
    };
    while let Ok(Some(line)) = lines.next_line() {
        if trial.take(&line).is_err() {
            break;
        }
    }
    trial.end();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        play(bytes.clone());
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&bytes).unwrap();
        play(packed.finish().unwrap());
    }

    #[test]
    fn no_change_of_a_trace_makes_the_reader_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        packed: bool,
    ) {
        let mut bytes = written(packed);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        play(bytes);
    }
}
