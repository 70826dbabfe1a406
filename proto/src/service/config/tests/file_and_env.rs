//! The file and the environment, and what is odd about each.

use super::*;

#[test]
fn properties_may_be_nested_or_quoted_and_of_any_simple_type() {
    let values = values(Given {
        file: Some(
            "topic = \"A\"\n[kafka]\nfetch.wait.max.ms = 100\n\"client.id\" = \"x\"\n\
             enable.partition.eof = true\nbootstrap.servers = [\"a:1\", \"b:2\"]\n\
             [kafka.topic]\nmetadata.refresh.interval.ms = 5000\n",
        ),
        ..Given::default()
    });
    let expected = [
        ("bootstrap.servers", "a:1,b:2"),
        ("client.id", "x"),
        ("enable.partition.eof", "true"),
        ("fetch.wait.max.ms", "100"),
        ("topic.metadata.refresh.interval.ms", "5000"),
    ];
    assert_eq!(values.properties().collect::<Vec<_>>(), expected);
    assert!(values.property_origin("fetch.wait.max.ms").ends_with(":3"));
}

#[test]
fn a_key_that_is_set_twice_in_two_notations_is_a_fault() {
    let file = "topic = \"A\"\n[kafka]\nclient.id = \"x\"\n\"client.id\" = \"y\"\n";
    let faults = Given {
        file: Some(file),
        ..Given::default()
    }
    .faults();
    assert_eq!(faults, ["4: kafka.client.id is set twice; accepted: once"]);
}

#[test]
fn a_broken_file_is_told_by_line_without_its_text() {
    let faults = Given {
        file: Some("topic = \"A\"\nsasl.password = \"hunter2\nmax_records = 1\n"),
        flags: flags(&[]),
        ..Given::default()
    }
    .faults();
    assert!(faults[0].starts_with("2: no TOML: "), "{faults:?}");
    assert!(!faults.concat().contains("hunter2"), "{faults:?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let path = PathBuf::from("/nonexistent/rollcall.toml");
    let loaded = load(&SCHEMA, Some(&path), [], flags(&[]));
    let fault = loaded.finish().unwrap_err().to_string();
    let begin = "/nonexistent/rollcall.toml: cannot read the settings: No such file";
    assert!(fault.starts_with(begin), "{fault}");
}

#[test]
fn a_huge_file_is_not_read_to_its_end() {
    let loaded = load(&SCHEMA, Some("/dev/zero".as_ref()), [], flags(&[]));
    let fault = loaded.finish().unwrap_err().to_string();
    assert!(fault.starts_with("/dev/zero: no settings file"), "{fault}");
}

#[test]
fn types_that_no_setting_takes_are_named() {
    let file = "topic = [1]\nlisten = 1979-05-27\nmax_records = 99999999999999999999\n\
                kafka.a = [{ b = 1 }]\n";
    let faults = Given {
        file: Some(file),
        flags: flags(&[]),
        ..Given::default()
    }
    .faults();
    assert!(
        faults[0].contains("topic: a list is no list of texts"),
        "{faults:?}"
    );
    assert!(
        faults[1].contains("listen: a date is no IP:PORT"),
        "{faults:?}"
    );
    assert!(
        faults[2].contains("max_records: 99999999999999999999 is no"),
        "{faults:?}"
    );
    assert!(
        faults[3].contains("kafka.a is a list; accepted: a text"),
        "{faults:?}"
    );
    let file = Some("kafka = 1");
    let flags = flags(&[]);
    let faults = Given {
        file,
        flags,
        ..Given::default()
    }
    .faults();
    assert_eq!(
        faults,
        ["1: kafka is no table; accepted: [kafka] and properties below it"]
    );
}

#[test]
fn variables_of_kubernetes_and_others_are_left_alone() {
    let values = values(Given {
        env: &[
            ("ROLLCALL_CONFIG", "/etc/rollcall.toml"),
            ("ROLLCALL_SERVICE_HOST", "10.0.0.1"),
            ("ROLLCALL_SERVICE_PORT", "7655"),
            ("ROLLCALL_SERVICE_PORT_GRPC", "7655"),
            ("ROLLCALL_PORT", "tcp://10.0.0.1:7655"),
            ("ROLLCALL_KAFKA_PORT", "tcp://10.0.0.1:9092"),
            ("ROLLCALL_AGGREGATOR_PORT_7655_TCP", "tcp://10.0.0.1:7655"),
            ("ROLLCALL_AGGREGATOR_PORT_7655_TCP_ADDR", "10.0.0.1"),
            ("PATH", "/bin"),
            ("ROLLCALLX", "y"),
        ],
        flags: flags(&[]),
        ..Given::default()
    });
    assert_eq!(values.properties().count(), 0);
}

#[test]
fn a_variable_that_sets_nothing_is_a_fault() {
    let faults = Given {
        env: &[("ROLLCALL_PORT", "7655"), ("ROLLCALL_", "x")],
        flags: flags(&[]),
        ..Given::default()
    }
    .faults();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[1].starts_with("env ROLLCALL_PORT: unknown setting"),
        "{faults:?}"
    );
}

#[test]
fn a_service_without_a_kafka_client_takes_no_properties() {
    let schema = Schema {
        kafka: false,
        ..SCHEMA
    };
    let env = [("ROLLCALL_KAFKA_CLIENT_ID".to_owned(), "x".to_owned())];
    let flags = vec![topic(), Flag::property("client.id=x", "-X").unwrap()];
    let loaded = load(&schema, None, env, flags);
    assert_eq!(loaded.faults.iter().count(), 2);
    assert!(!loaded.values.dump().contains("[kafka]"));
}

#[test]
fn a_property_on_the_command_line_needs_a_name_and_a_value() {
    for wrong in ["", "=x", "client.id", "  =x"] {
        let fault = Flag::property(wrong, "-X").unwrap_err().to_string();
        assert!(fault.starts_with("flag -X: "), "{fault}");
    }
    let flags = vec![
        topic(),
        Flag::property("sasl.jaas.config=a=b", "-X").unwrap(),
    ];
    let values = values(Given {
        flags,
        ..Given::default()
    });
    assert_eq!(values.property("sasl.jaas.config"), Some("a=b"));
}

#[test]
fn a_nul_does_not_reach_the_kafka_client() {
    let faults = Given {
        file: Some("kafka.\"client.id\" = \"a\\u0000b\"\nkafka.\"a b\" = 1\n"),
        flags: flags(&[]),
        ..Given::default()
    }
    .faults();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn a_flag_beats_the_file_under_either_name_and_both_beat_a_profile() {
    let mut values = values(Given {
        file: Some("[kafka]\nfetch_max_wait_ms = 250\n"),
        flags: flags(&[("kafka.fetch.wait.max.ms", "100")]),
        ..Given::default()
    });
    kafka::Profile::named("balanced")
        .unwrap()
        .apply(&mut values);
    assert_eq!(values.property("fetch.wait.max.ms"), Some("100"));
    assert_eq!(values.property("fetch.min.bytes"), Some("1024"));
    assert_eq!(
        values.property_origin("fetch.min.bytes"),
        "profile balanced"
    );
}
