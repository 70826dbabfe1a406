use std::fs;

use super::*;
use crate::args::kafka::Given;
use crate::args::outside::ClusterArgs;

fn given(texts: &[&str]) -> Vec<Given> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn observe(properties: &[&str]) -> ObserveArgs {
    ObserveArgs {
        cluster: ClusterArgs {
            bootstrap_servers: Some("k:9092".to_owned()),
            properties: given(properties),
            files: Vec::new(),
        },
        ..ObserveArgs::default()
    }
}

fn group(name: &str) -> Wanted {
    Wanted {
        names: vec![name.to_owned()],
        ..Wanted::default()
    }
}

#[track_caller]
fn refused(observe: &ObserveArgs, wanted: Wanted, says: &[&str]) {
    let faults = Target::of(observe, wanted).unwrap_err().to_string();
    assert_eq!(faults.lines().count(), says.len(), "{faults}");
    for (fault, says) in faults.lines().zip(says) {
        assert!(fault.contains(says), "{fault}");
    }
}

#[test]
fn an_applications_own_file_names_cluster_group_and_settings() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("consumer.properties");
    let text = "bootstrap.servers=a:1,b:2\ngroup.id=shop\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n\
        sasl.jaas.config=a.PlainLoginModule required \\\n  username=\"me\" password=\"hunter2\";\n\
        fetch.min.bytes=10240\nmax.poll.records=500\nsession.timeout.ms=45000\n\
        key.deserializer=a.StringDeserializer\nauto.offset.reset=earliest\n";
    fs::write(&path, text).unwrap();
    let mut args = observe(&["sasl.mechanism=SCRAM-SHA-512"]);
    args.cluster.bootstrap_servers = None;
    args.cluster.files = vec![path];
    args.app = given(&["max_poll_records=7"]);
    let target = Target::of(&args, Wanted::default()).unwrap();
    assert_eq!(target.bootstrap_servers, "a:1,b:2");
    assert!(matches!(&target.groups, Groups::Named(names) if names == &["shop"]));
    assert_eq!(target.app.fetch_min_bytes, Some(10_240));
    assert_eq!(
        target.app.max_poll_records,
        Some(7),
        "the flag beats the file"
    );
    assert_eq!(target.left_out, ["session.timeout.ms", "key.deserializer"]);
    let client = target.client();
    assert_eq!(client.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
    assert_eq!(client.get("sasl.password"), Some("hunter2"));
    assert_eq!(client.get("client.id"), Some("rollcall-doctor"));
    assert!(!format!("{target:?}").contains("hunter2"), "{target:?}");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let mut args = observe(&[
        "security.protocl=SSL",
        "security.protocol=SSSL",
        "group.id=x",
        "fetch_min_bytes=5",
        "session.timeout.ms=1",
        "sasl.password=hunter2",
    ]);
    args.app = given(&["timeout=1"]);
    args.cluster.bootstrap_servers = None;
    let says = [
        "group.id has a place of its own; accepted: -g GROUP",
        "fetch_min_bytes is a setting of the application that is judged; accepted: --app fetch_min_bytes=5",
        "session.timeout.ms has no use here",
        "sasl.password: a secret on a command line",
        "security.protocl is no property of the Kafka client; accepted: security.protocol?",
        "security.protocol = \"SSSL\" is refused by the Kafka client; accepted: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
        "\"timeout\" is no setting of a consumer that bears on its answers; accepted: timeout.ms?",
        "no cluster is named",
        "no group is named",
    ];
    refused(&args, Wanted::default(), &says);
    assert!(!format!("{args:?}").contains("hunter2"), "{args:?}");
}

#[test]
fn a_topic_alone_means_every_group_on_it_and_a_pattern_the_whole_name() {
    let topics = Wanted {
        topics: vec![Topic::new("A").unwrap()],
        ..Wanted::default()
    };
    let target = Target::of(&observe(&[]), topics).unwrap();
    assert!(matches!(target.groups, Groups::All));
    let pattern = |text: &str| Wanted {
        regex: Some(text.to_owned()),
        ..Wanted::default()
    };
    let Groups::Matching(regex) = Target::of(&observe(&[]), pattern("a|bc")).unwrap().groups else {
        panic!("not by a pattern");
    };
    assert!(regex.is_match("bc") && !regex.is_match("abc"));
    refused(&observe(&[]), pattern("("), &["is no regular expression"]);
}

#[test]
fn a_group_that_is_named_twice_is_looked_at_once() {
    let wanted = Wanted {
        names: ["a", "b", "a"].map(str::to_owned).to_vec(),
        ..Wanted::default()
    };
    let target = Target::of(&observe(&[]), wanted).unwrap();
    assert!(matches!(&target.groups, Groups::Named(names) if names == &["a", "b"]));
}

#[test]
fn defaults_are_those_of_the_help() {
    let target = Target::of(&observe(&[]), group("g")).unwrap();
    assert_eq!(target.watch, Duration::from_secs(15));
    assert!(target.read);
}
