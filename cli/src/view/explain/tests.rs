use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{
    Advice, AdviceCode, Fact, FetcherStatus, GetTopicResponse, OffsetRange, PartitionStatus,
    RuledOut, Severity, Source, TopicStatus, Verdict, VerdictCode,
};
use unicode_width::UnicodeWidthStr as _;

use super::text;
use crate::view::WIDTH;
use crate::view::fixtures::{fact, length, plain, reader, reader_of, records, time, verdict};

fn offset(name: &str, partition: i32, offset: i64, source: Source, age: i64) -> Fact {
    fact(name, Some(partition), Value::Number(offset), source, age)
}

fn open_transaction() -> GetTopicResponse {
    let since = |partition, text| {
        fact(
            "open_since",
            Some(partition),
            Value::Time(time(text)),
            Source::Log,
            35,
        )
    };
    let verdict = Verdict {
        facts: vec![
            records("hidden", 13),
            length("open_at_least_for", 13_000),
            offset("high_watermark", 0, 219, Source::ProbeHighWatermark, 38),
            offset("high_watermark", 1, 218, Source::ProbeHighWatermark, 36),
            offset("last_stable_offset", 0, 212, Source::ProbeLastStable, 35),
            offset("last_stable_offset", 1, 212, Source::ProbeLastStable, 35),
            offset("position", 0, 212, Source::Pulse, 400),
            offset("position", 1, 212, Source::Pulse, 400),
            since(0, "12:04:31"),
            since(1, "12:04:32"),
        ],
        since: Some(time("12:04:31")),
        ..verdict(VerdictCode::OpenTransaction, Severity::Warn)
    };
    let ruled = RuledOut {
        code: VerdictCode::StuckWithLag.into(),
        because: Some(records("readable", 0)),
    };
    let topic = TopicStatus {
        topic: "T".to_owned(),
        verdict: Some(verdict),
        ruled_out: vec![ruled],
        ..TopicStatus::default()
    };
    GetTopicResponse {
        topic: Some(topic),
        ..GetTopicResponse::default()
    }
}

#[test]
fn every_fact_stands_by_partition_with_its_source_and_age() {
    let screen = plain(&text(&open_transaction(), &reader()));
    assert_eq!(
        screen,
        "\
warn  OPEN_TRANSACTION  a transaction open for 13 s or longer hides 13 records; everything before
           was read
rule       read_committed, and N = S < H, S asked after H; a fault beyond the brokers'
           transaction.max.timeout.ms (15 min if unknown) + 10 s
holds      since 12:04:31 (13 s)
fact                topic        P0        P1  source                                 age
hidden                 13                      aggregator's books                    0 ms
open for at least    13 s                      aggregator's books                    0 ms
high watermark                  219       218  probe, read_uncommitted              38 ms
last stable offset              212       212  probe, read_committed, asked second  35 ms
position                        212       212  pulse                                0.4 s
open since                 12:04:31  12:04:32  timestamps in the log                35 ms
ruled out  STUCK_WITH_LAG: readable 0.
also       nothing
do         nothing
",
        "\n{screen}"
    );
}

#[test]
fn many_partitions_fold_to_the_worst_and_the_rest_is_counted() {
    let codes = |partition| {
        if partition < 38 {
            VerdictCode::CaughtUp
        } else {
            VerdictCode::StuckWithLag
        }
    };
    let partitions = (0..40).map(|partition| PartitionStatus {
        partition,
        verdict: codes(partition).into(),
        ..PartitionStatus::default()
    });
    let stuck = Verdict {
        facts: (0..40)
            .map(|partition| offset("position", partition, 1_000_000, Source::Pulse, 10))
            .collect(),
        partitions: 2,
        partitions_total: 40,
        ..verdict(VerdictCode::StuckWithLag, Severity::Fault)
    };
    let topic = TopicStatus {
        verdict: Some(stuck),
        partitions: partitions.collect(),
        ..TopicStatus::default()
    };
    let screen = plain(&text(
        &GetTopicResponse {
            topic: Some(topic),
            ..GetTopicResponse::default()
        },
        &reader(),
    ));
    assert!(
        screen.contains("holds      2 of 40 partitions\n"),
        "{screen}"
    );
    assert!(
        screen.contains("fact          P38      P39       P0 "),
        "{screen}"
    );
    assert!(
        screen.contains(" more partitions: ") && screen.contains(" CAUGHT_UP\n"),
        "{screen}"
    );
    assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
}

#[test]
fn what_else_holds_what_is_lost_who_is_gone_and_what_to_do_are_said() {
    let advice = Advice {
        code: AdviceCode::RaiseTimeout.into(),
        numbers: vec![
            length("timeout", 4750),
            fact(
                "p_empty_now",
                None,
                Value::Ratio(0.8),
                Source::ArrivalModel,
                0,
            ),
            fact(
                "p_empty_then",
                None,
                Value::Ratio(0.05),
                Source::ArrivalModel,
                0,
            ),
        ],
    };
    let nothing = Advice {
        code: AdviceCode::Nothing.into(),
        numbers: Vec::new(),
    };
    let slow = Verdict {
        advice: vec![nothing, advice],
        ..verdict(VerdictCode::ProducerSlowerThanTimeout, Severity::Note)
    };
    let lost = OffsetRange {
        first_offset: 10,
        next_offset: 25,
    };
    let topic = TopicStatus {
        verdict: Some(slow),
        also: vec![verdict(VerdictCode::CommitFailing, Severity::Fault)],
        partitions: vec![PartitionStatus {
            partition: 3,
            lost: vec![lost],
            ..PartitionStatus::default()
        }],
        fetchers: vec![FetcherStatus {
            client_id: "rollcall-a".to_owned(),
            host: "h\u{7}".to_owned(),
            session_ends_at: Some(time("12:05:29")),
            ..FetcherStatus::default()
        }],
        ..TopicStatus::default()
    };
    let answer = GetTopicResponse {
        topic: Some(topic),
        demo: true,
        ..GetTopicResponse::default()
    };
    let screen = plain(&text(&answer, &reader()));
    assert_eq!(screen, "\
DEMO (embedded broker, made-up records)
note  PRODUCER_SLOWER_THAN_TIMEOUT  written more rarely than the gather waits
rule       caught up, and its usual gap (the one that half of all time is spent in or above) is
           longer than T
lost       P3 offsets 10 to 24 (15)
also       FAULT COMMIT_FAILING: commits fail.
gone       fetcher rollcall-a at h\\u{7}; the group keeps its partitions for it until 12:05:29 at the
           latest
do         nothing; or gather with --timeout 4750ms for 5 % empty (now 80 %)
", "\n{screen}");
}

#[test]
fn a_long_error_text_gets_its_own_paragraph_and_cannot_drive_the_terminal() {
    let error = "SASL authentication error: \u{1b}[2J Authentication failed during authentication due to invalid credentials";
    let mut denied = verdict(VerdictCode::AuthenticationFailed, Severity::Fault);
    denied.facts = vec![fact(
        "error",
        None,
        Value::Text(error.to_owned()),
        Source::ClientError,
        2_000,
    )];
    let topic = TopicStatus {
        verdict: Some(denied),
        ..TopicStatus::default()
    };
    let screen = plain(&text(
        &GetTopicResponse {
            topic: Some(topic),
            ..GetTopicResponse::default()
        },
        &reader(),
    ));
    assert!(
        screen.contains("fact       error SASL authentication error: \\u{1b}[2J"),
        "{screen}"
    );
    assert!(screen.contains("(client's error, 2.0 s)"), "{screen}");
    assert!(screen.lines().all(|line| line.width() <= WIDTH), "{screen}");
}

#[test]
fn no_text_of_a_fact_reaches_the_terminal_as_it_came() {
    let hostile = || {
        fact(
            "e\u{1b}[1m",
            None,
            Value::Text("x\u{1b}[2J".to_owned()),
            Source::Group,
            0,
        )
    };
    let mut told = verdict(VerdictCode::OwnerElsewhere, Severity::Warn);
    told.facts = vec![
        hostile(),
        Fact {
            name: "owner_client_id".to_owned(),
            ..hostile()
        },
        Fact {
            name: "owner_host".to_owned(),
            ..hostile()
        },
        Fact {
            unit: "\u{1b}[3J".to_owned(),
            ..records("odd", 1)
        },
        Fact {
            unit: "\u{1b}[3J".to_owned(),
            ..fact("share", None, Value::Ratio(0.5), Source::Group, 0)
        },
    ];
    told.advice = vec![Advice {
        code: AdviceCode::LookAtOwner.into(),
        numbers: vec![hostile()],
    }];
    let ruled = RuledOut {
        code: VerdictCode::StuckWithLag.into(),
        because: told.facts.pop(),
    };
    let topic = TopicStatus {
        topic: "t\u{1b}c".to_owned(),
        verdict: Some(told.clone()),
        also: vec![told],
        ruled_out: vec![ruled],
        ..TopicStatus::default()
    };
    let answer = GetTopicResponse {
        topic: Some(topic),
        ..GetTopicResponse::default()
    };
    let screen = text(&answer, &reader());
    // Our own styles are escapes that end in `m`; what came over the network has none at all.
    for escape in screen.split('\u{1b}').skip(1) {
        let style = escape.split_once('m').map(|(style, _)| style);
        assert!(
            style.is_some_and(|style| style.starts_with('[')
                && style[1..].chars().all(|c| c.is_ascii_digit() || c == ';')),
            "{screen:?}"
        );
        assert!(
            !escape.starts_with("[1m\\") && !escape.starts_with("[2J"),
            "{screen:?}"
        );
    }
    assert!(screen.contains(r"x\u{1b}[2J"), "{screen:?}");
}

#[test]
fn a_reader_of_chinese_gets_the_same_facts_and_codes() {
    let chinese = reader_of(crate::words::language::Language::Chinese);
    let screen = plain(&text(&open_transaction(), &chinese));
    assert_eq!(
        screen,
        "\
warn  OPEN_TRANSACTION  一个打开了至少 13 s 的事务挡住了 13 条消息；在它之前的都已读完
规则       read_committed，且 N = S < H，S 在 H 之后询问；超过 broker 的
           transaction.max.timeout.ms（未知时为 15 min）+ 10 s 即为故障
范围       自 12:04:31 起（13 s）
事实          主题        P0        P1  来源                             距今
被挡住          13                      aggregator 的账目                0 ms
至少已打开    13 s                      aggregator 的账目                0 ms
高水位                   219       218  探测，read_uncommitted          38 ms
最后稳定位点             212       212  探测，read_committed，随后查询  35 ms
读取位置                 212       212  fetcher 定期上报                0.4 s
打开时间            12:04:31  12:04:32  日志中的时间戳                  35 ms
已排除     STUCK_WITH_LAG：可读 0。
同时       无
处理       无
",
        "\n{screen}"
    );
}

#[test]
fn a_standby_says_what_it_waits_for() {
    let standby = |count| FetcherStatus {
        client_id: "rollcall-a".to_owned(),
        host: "h".to_owned(),
        connected: true,
        standby: count,
        ..FetcherStatus::default()
    };
    let screen = |count| {
        let topic = TopicStatus {
            fetchers: vec![standby(count)],
            ..TopicStatus::default()
        };
        let answer = GetTopicResponse {
            topic: Some(topic),
            ..GetTopicResponse::default()
        };
        plain(&text(&answer, &reader()))
    };
    let one = "standby    fetcher rollcall-a at h waits for one partition that another one holds\n";
    assert!(screen(1).contains(one), "{}", screen(1));
    let three =
        "standby    fetcher rollcall-a at h waits for 3 partitions that another one holds\n";
    assert!(screen(3).contains(three), "{}", screen(3));
    assert!(!screen(0).contains("standby"), "{}", screen(0));
}
