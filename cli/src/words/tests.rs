use rollcall_aggregator::core::verdict::table::View;
use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{Advice, AdviceCode, Fact, Severity, Source, Verdict, VerdictCode};

use super::arguments::{Arguments, Place};
use super::language::Language;
use super::{ENGLISH, Speech};
use crate::catalog;
use crate::view::fixtures::{fact, length, reader, records, verdict};

#[track_caller]
fn check(code: VerdictCode, facts: Vec<Fact>, expected: &str) {
    let verdict = Verdict {
        facts,
        ..verdict(code, Severity::Note)
    };
    assert_eq!(
        Speech::new(Language::English).sentence(&verdict, &reader().clock),
        expected
    );
}

#[test]
fn the_files_are_sound_and_name_nothing_twice() {
    let mut seen = std::collections::BTreeSet::new();
    for text in ENGLISH {
        let resource = fluent_bundle::FluentResource::try_new((*text).to_owned())
            .map_err(|(_, errors)| errors)
            .unwrap();
        let keys = text
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        for key in keys.filter_map(|line| line.split_once(" =").map(|(key, _)| key)) {
            assert!(seen.insert(key.to_owned()), "{key} is there twice");
        }
        assert!(resource.entries().count() > 3);
    }
}

#[test]
fn every_verdict_has_a_full_entry_and_a_form_that_needs_no_fact() {
    let speech = Speech::new(Language::English);
    for code in catalog::codes() {
        let name = code.name();
        for part in ["meaning", "known", "todo"] {
            assert!(speech.catalog(code, part).is_some(), "{name}.{part}");
        }
        assert_ne!(
            speech.say(name, &Arguments::default()),
            name,
            "{name} has no form without facts"
        );
    }
}

#[test]
fn every_advice_and_source_of_the_contract_has_its_words() {
    let speech = Speech::new(Language::English);
    for code in (1..).map_while(|code| AdviceCode::try_from(code).ok()) {
        assert_ne!(speech.word(code.as_str_name()), code.as_str_name());
    }
    for source in (0..).map_while(|source| Source::try_from(source).ok()) {
        assert_ne!(speech.source(source.into()), source.as_str_name());
    }
}

#[test]
fn a_sentence_takes_the_form_that_its_facts_allow() {
    let client = |name: &str| {
        fact(
            "leased_to",
            None,
            Value::Text(name.to_owned()),
            Source::Aggregator,
            0,
        )
    };
    let all = vec![
        client("app"),
        records("unacked", 1),
        length("leased_for", 13_000),
    ];
    check(
        VerdictCode::WaitingForAck,
        all,
        "1 record is out with app for 13 s, not settled",
    );
    check(
        VerdictCode::WaitingForAck,
        vec![length("back_off_ends_in", 400)],
        "records were given back and come again in 0.4 s",
    );
    check(
        VerdictCode::WaitingForAck,
        vec![],
        "what is there is out on a lease that nobody has settled",
    );
}

#[test]
fn facts_of_partitions_add_up_and_offsets_do_not() {
    let waiting = |partition, count| Fact {
        partition: Some(partition),
        ..records("readable", count)
    };
    let facts = vec![
        waiting(0, 300),
        waiting(1, 200),
        length("position_unchanged_for", 11_800),
    ];
    check(
        VerdictCode::StuckWithLag,
        facts,
        "500 records wait and the position has not moved for 12 s",
    );
    let offset = |partition| {
        fact(
            "record_offset",
            Some(partition),
            Value::Number(7),
            Source::Pulse,
            0,
        )
    };
    let bytes = fact("record_bytes", None, Value::Number(9), Source::Pulse, 0);
    let one = vec![offset(0), bytes.clone()];
    check(
        VerdictCode::RecordTooLarge,
        one,
        "a record of 9 bytes at offset 7 holds its partition",
    );
    let two = vec![offset(0), offset(1), bytes];
    check(
        VerdictCode::RecordTooLarge,
        two,
        "a record above the limit holds its partition",
    );
}

#[test]
fn a_sum_over_some_of_the_partitions_is_not_told_as_one_over_all() {
    let readable = Fact {
        partition: Some(0),
        ..records("readable", 300)
    };
    check(
        VerdictCode::StuckWithLag,
        vec![readable],
        "records wait and the position does not move",
    );
}

#[test]
fn an_advice_takes_the_words_of_its_verdict() {
    let speech = Speech::new(Language::English);
    let ask = Advice {
        code: AdviceCode::AskProducer.into(),
        numbers: Vec::new(),
    };
    let fact = fact("position", Some(3), Value::Number(7), Source::Pulse, 0);
    let open = Verdict {
        advice: vec![ask.clone()],
        facts: vec![fact],
        ..verdict(VerdictCode::OpenTransaction, Severity::Warn)
    };
    let place = Place {
        topic: "ORDERS",
        bootstrap: "kafka:9092",
    };
    assert!(speech.advice(&open, place, &reader().clock)[0].starts_with("find the writer"));
    assert_eq!(
        speech.commands(&open, place, &reader().clock),
        [
            "kafka-transactions.sh --bootstrap-server kafka:9092 describe-producers --topic ORDERS --partition 3"
        ]
    );
    let nowhere = Place {
        bootstrap: "",
        ..place
    };
    assert!(speech.commands(&open, nowhere, &reader().clock).is_empty());
    let overdue = Verdict {
        advice: vec![ask],
        ..verdict(VerdictCode::ProducerOverdue, Severity::Warn)
    };
    assert_eq!(
        speech.advice(&overdue, place, &reader().clock),
        ["ask who writes it"]
    );
}

#[test]
fn text_from_the_network_is_safe_in_a_sentence() {
    let error = fact(
        "error",
        None,
        Value::Text("bad\u{1b}[31m".to_owned()),
        Source::ClientError,
        0,
    );
    check(
        VerdictCode::CommitFailing,
        vec![error],
        r"commits fail: bad\u{1b}[31m",
    );
}

#[test]
fn a_verdict_of_a_newer_aggregator_is_no_panic_and_no_silence() {
    let newer = Verdict {
        code: 777,
        ..Default::default()
    };
    assert!(
        Speech::new(Language::English)
            .sentence(&newer, &reader().clock)
            .contains("does not know this verdict")
    );
}

#[test]
fn every_rule_that_reads_differently_from_outside_has_its_own_sentence_there() {
    for language in Language::ALL {
        let speech = Speech::new(language).from_outside();
        for code in catalog::codes() {
            if catalog::outside(code) != Some(catalog::FoundOutside::Otherwise) {
                continue;
            }
            let key = format!("outside-{}", code.name());
            let none = Arguments::default();
            assert_ne!(speech.say(&key, &none), key, "{language:?}");
            assert!(speech.form(&key, Some("known"), &none).is_some(), "{key}");
            let inside = catalog::condition(code, View::Inside);
            let seen = catalog::condition(code, View::Outside);
            assert!(seen.is_some_and(|seen| !seen.is_empty()) && inside.is_some());
        }
    }
}

#[test]
fn nothing_that_is_advised_from_outside_speaks_of_what_only_rollcall_has() {
    let speech = Speech::new(Language::English).from_outside();
    let own = ["fetcher", "gather", "max_record_bytes", "aggregator"];
    let only_inside = [
        AdviceCode::StartFetcher,
        AdviceCode::Settle,
        AdviceCode::MatchLanes,
    ];
    let codes = (1..).map_while(|code| AdviceCode::try_from(code).ok());
    for code in codes.filter(|code| !only_inside.contains(code)) {
        let advised = Verdict {
            advice: vec![Advice {
                code: code.into(),
                numbers: Vec::new(),
            }],
            ..verdict(VerdictCode::NoMember, Severity::Fault)
        };
        let said = speech.advice(&advised, Place::default(), &reader().clock);
        let said = said.concat();
        assert!(!own.iter().any(|word| said.contains(word)), "{said}");
    }
}

/// The numbers in a text, in order of their size.
fn numbers(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let parts = text.split(|c: char| !is_part(c));
    let mut numbers: Vec<&str> = parts
        .filter(|part| part.contains(char::is_numeric))
        .collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_rule_has_the_same_numbers_in_every_language() {
    let (english, chinese) = (
        Speech::new(Language::English),
        Speech::new(Language::Chinese),
    );
    for view in [View::Inside, View::Outside] {
        for code in catalog::codes() {
            let own = english.rule_seen(code, view).unwrap();
            let other = chinese.rule_seen(code, view);
            let other = other.unwrap_or_else(|| panic!("{code:?} has no rule in Chinese"));
            assert_ne!(own, other, "{code:?}");
            assert_eq!(numbers(&own), numbers(&other), "{code:?}: {own} / {other}");
            assert_ne!(Some(other), chinese.catalog(code, "known"), "{code:?}");
        }
    }
}
