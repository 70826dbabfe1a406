//! Groups and topics that are not what was thought: said as what they are.

use rollcall_tests::kafka::{Acl, Mechanism, Operation, Resource, unique};
use rollcall_tests::member::Member;
use rollcall_tests::process::run;
use rollcall_tests::{Kafka, Producer, Record};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::look::{answer, doctor, ends_with, verdicts};

#[tokio::test]
async fn an_unknown_topic_is_a_usage_error_with_the_nearest_name_and_is_not_created() {
    let kafka = Kafka::shared().await;
    let topic = unique("SCHEDULE-CAR-ORDER");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let misspelt = topic.replace("ORDER", "ODER");
    let args = ["-b", kafka.bootstrap(), "-g", "g", "-t", &misspelt];
    let (ended, _) = ends_with(64, &args).await.unwrap();
    let says = format!("topic {misspelt} is not on the cluster; did you mean {topic}?");
    assert!(ended.stderr.contains(&says), "{}", ended.stderr);
    let (ended, _) = ends_with(64, &args).await.unwrap();
    assert!(
        ended.stderr.contains(&says),
        "it is still missing: {}",
        ended.stderr
    );
}

#[tokio::test]
async fn a_group_that_does_not_exist_is_said_to_and_is_no_lag_of_0() {
    let kafka = Kafka::shared().await;
    let (topic, near) = (unique("nobody"), unique("nobody"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let commits = [(topic.as_str(), 0, 0)];
    kafka.alter_group_offsets(&near, &commits).await.unwrap();
    let group = format!("{near}x");
    let (ended, took) = doctor(&["-b", kafka.bootstrap(), "-g", &group])
        .await
        .unwrap();
    let says = format!("group {group} is not on the cluster; did you mean {near}");
    assert!(ended.stderr.contains(&says), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("no such group (Dead)"),
        "{}",
        ended.stdout
    );
    assert_ne!(ended.status.code(), Some(0), "{}", ended.stdout);
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[tokio::test]
async fn every_command_ends_at_once_with_the_same_words_for_a_group_that_is_not_there() {
    let kafka = Kafka::shared().await;
    let (topic, group) = (unique("nobody"), unique("nobody"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let says = format!("rollcall: NO_GROUP: group {group} is not on the cluster");
    let home = rollcall_tests::scratch::directory("no-group").unwrap();
    let file = home.join("trace.ndjson").display().to_string();
    let long = Duration::from_secs(60);
    let commands: [(&[&str], &str); 6] = [
        (&["status", "-t", &topic], "GetStatus"),
        (&["explain", &topic], "GetStatus"),
        (&["lag", "-t", &topic], "GetStatus"),
        (&["tune", &topic], "GetStatus"),
        (&["history"], "history"),
        (&["record", &file], ""),
    ];
    for (words, document) in commands {
        let reach = ["-b", kafka.bootstrap(), "-g", &group, "--for", "75s"];
        let args = [words, &reach].concat();
        let ended = run("rollcall", &args, long).await.unwrap();
        assert!(ended.stderr.contains(&says), "{args:?}: {}", ended.stderr);
        let code = (ended.status.code(), ended.stdout.as_str());
        assert_eq!(code, (Some(1), ""), "{args:?}");
        if document.is_empty() {
            continue;
        }
        let args = [&args[..], &["-o", "json"]].concat();
        let ended = run("rollcall", &args, long).await.unwrap();
        assert!(ended.stderr.contains(&says), "{args:?}: {}", ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{args:?}");
        let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let code = match document {
            "history" => &answer["verdicts"][0]["code"],
            _ => {
                assert_eq!(answer["group"], group, "{answer}");
                let codes = [
                    &answer["observation"]["verdict"]["code"],
                    &answer["topics"][0]["verdict"]["code"],
                ];
                codes.into_iter().find(|code| !code.is_null()).unwrap()
            }
        };
        assert_eq!(code, "VERDICT_CODE_NO_GROUP", "{args:?}: {answer}");
    }
}

#[tokio::test]
async fn a_group_without_members_has_lag_and_no_member() {
    let kafka = Kafka::shared().await;
    let (group, topic) = (unique("left"), unique("left"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    kafka
        .alter_group_offsets(&group, &[(&topic, 0, 4)])
        .await
        .unwrap();
    let (ended, _) = ends_with(1, &["-b", kafka.bootstrap(), "-g", &group])
        .await
        .unwrap();
    assert!(
        ended.stdout.contains("Empty (nobody is in it)"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("NO_MEMBER"), "{}", ended.stdout);
    assert!(ended.stdout.contains("(exit 1)"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_member_that_commits_nothing_is_said_to() {
    let kafka = Kafka::shared().await;
    let (group, topic) = (unique("silent"), unique("silent"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let member = Member::join(kafka.bootstrap(), &group, &[&topic], &[]).unwrap();
    member.keep_quiet();
    member.until_it_owns(1).await.unwrap();
    let (ended, _) = doctor(&["-b", kafka.bootstrap(), "-g", &group])
        .await
        .unwrap();
    assert!(
        ended.stdout.contains("has committed nothing"),
        "{}",
        ended.stdout
    );
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_the_rest_is_answered() {
    let kafka = Kafka::secured().await.unwrap();
    let (group, topic) = (unique("shop"), unique("orders"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    kafka
        .alter_group_offsets(&group, &[(&topic, 0, 10)])
        .await
        .unwrap();
    let mut args = vec![
        "-b".to_owned(),
        kafka.sasl(),
        "-g".to_owned(),
        group.clone(),
    ];
    let home = rollcall_tests::scratch::directory("secret").unwrap();
    for (name, value) in kafka.sasl_settings(Mechanism::Scram) {
        let value = match name.as_str() {
            "sasl.password" => {
                let file = home.join("password");
                std::fs::write(&file, value).unwrap();
                format!("@{}", file.display())
            }
            _ => value,
        };
        args.extend(["-X".to_owned(), format!("{name}={value}")]);
    }
    args.extend(["-t".to_owned(), topic.clone()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();

    let (nothing, _) = doctor(&args).await.unwrap();
    let says = format!("DESCRIBE on group {group}");
    assert!(
        nothing.stdout.contains(&says),
        "{}\n{}",
        nothing.stdout,
        nothing.stderr
    );

    let topic_alone = Acl::allow(Resource::Topic(topic.clone()), Operation::Describe);
    kafka.add_acls(&[topic_alone]).await.unwrap();
    let (some, _) = answer(&args).await.unwrap();
    let partition = &some["topics"][0]["partitions"][0];
    assert_eq!(
        partition["highWatermark"], "10",
        "the rest is answered: {some:#}"
    );
    let right = &some["observation"]["missingRights"][0];
    assert_eq!(right["resource"], "group", "{some:#}");
    assert_eq!(right["operation"], "DESCRIBE", "{some:#}");

    let group = Acl::allow(Resource::Group(group), Operation::Describe);
    kafka.add_acls(&[group]).await.unwrap();
    let (all, _) = answer(&args).await.unwrap();
    assert_eq!(
        all["topics"][0]["partitions"][0]["committed"], "10",
        "{all:#}"
    );
    assert_eq!(verdicts(&all).len(), 1, "{all:#}");
}

#[tokio::test]
async fn timestamps_of_the_future_and_of_1970_make_no_rhythm_and_the_doctor_says_so() {
    const AHEAD: Duration = Duration::from_secs(2 * 60 * 60);
    let kafka = Kafka::shared().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let ahead = i64::try_from((now + AHEAD).as_millis()).unwrap();
    let (ahead, epoch) = tokio::join!(begun_at(kafka, ahead), begun_at(kafka, 1));
    for screen in [ahead, epoch] {
        let words: Vec<_> = screen.split_whitespace().collect();
        let says =
            "its records have no timestamp that can be used, so the rhythm is that of their coming";
        assert!(words.join(" ").contains(says), "{screen}");
    }
}

/// What the doctor says of a topic whose thirty records carry timestamps a second apart, from `first` on.
async fn begun_at(kafka: &Kafka, first: i64) -> String {
    let (group, topic) = (unique("stamped"), unique("stamped"));
    let any = [
        ("message.timestamp.after.max.ms", "9223372036854775807"),
        // What has a timestamp of 1970 expires at once otherwise.
        ("retention.ms", "-1"),
    ];
    kafka.create_topic(&topic, 1, &any).await.unwrap();
    let stamp = |number| first + 1000 * i64::try_from(number).unwrap();
    let records = (0..30).map(|number| Record::numbered(number).at(stamp(number)));
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.send_all(&topic, records.collect()).await.unwrap();
    let commits = [(topic.as_str(), 0, 30)];
    kafka.alter_group_offsets(&group, &commits).await.unwrap();
    let args = ["-b", kafka.bootstrap(), "-g", &group, "-o", "wide"];
    doctor(&args).await.unwrap().0.stdout
}

#[tokio::test]
async fn status_explain_and_lag_take_a_group_from_outside_and_prometheus_gets_a_page() {
    let kafka = Kafka::shared().await;
    let (group, topic) = (unique("left"), unique("left"));
    kafka.create_topic(&topic, 2, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    let commits = [(topic.as_str(), 0, 4), (topic.as_str(), 1, 0)];
    kafka.alter_group_offsets(&group, &commits).await.unwrap();
    let reach = ["-b", kafka.bootstrap(), "-g", &group];
    let asked = async |command: &[&str]| {
        let args = [command, &reach[..]].concat();
        run("rollcall", &args, Duration::from_secs(40))
            .await
            .unwrap()
            .stdout
    };
    let status = asked(&["status"]).await;
    assert!(
        status.contains("NO_MEMBER") && status.contains("Joined no group"),
        "{status}"
    );
    let explained = asked(&["explain", &topic]).await;
    assert!(
        explained.contains("NO_MEMBER") && explained.contains("group description"),
        "{explained}"
    );
    let line = asked(&["status", "-o", "line"]).await;
    assert!(line.contains(&format!("{topic}:0 NO_MEMBER")), "{line}");
    let page = asked(&["doctor", "-o", "prom"]).await;
    let lag = format!("rollcall_topic_lag_records{{group=\"{group}\",topic=\"{topic}\"}} 6");
    assert!(page.contains(&lag), "{page}");
}
