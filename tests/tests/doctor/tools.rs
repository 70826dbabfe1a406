//! The doctor's numbers beside those of Kafka's own tools, partition by partition.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use rollcall_tests::aiokafka::{Aiokafka, Commit, Gathering};
use rollcall_tests::kafka::{
    Acl, CONSUMER_GROUPS, GET_OFFSETS, Mechanism, Operation, Resource, unique,
};
use rollcall_tests::member::Member;
use rollcall_tests::process::run;
use rollcall_tests::{Kafka, Producer, Service, Version, eventually};
use std::time::Duration;

/// Commits come once a second, a tool takes up to three.
const SOON: Duration = Duration::from_secs(60);

/// A row of Kafka's tool: the columns from CURRENT-OFFSET on, by topic and partition.
type Rows = BTreeMap<(String, String), Vec<String>>;

fn rows(table: &str) -> Rows {
    let lines = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let of_group = lines.filter(|words| words.len() >= 9 && words[0] != "GROUP");
    let row = |words: Vec<&str>| {
        let rest = words[3..].iter().map(|word| (*word).to_owned()).collect();
        ((words[1].to_owned(), words[2].to_owned()), rest)
    };
    of_group.map(row).collect()
}

/// How the doctor reaches a Kafka.
struct Way {
    bootstrap: String,
    flags: Vec<String>,
}

/// By which client the application under the doctor consumes.
#[derive(Clone, Copy, Debug)]
enum Client {
    /// One consumer of both topics.
    Librdkafka,
    /// A consumer for each topic, all of one group: the shape of the case.
    Aiokafka,
}

/// The application; it leaves when it is dropped.
enum Application {
    Librdkafka { _member: Member },
    Aiokafka { _gathering: Service },
}

impl Application {
    /// Starts one that reads both topics to their ends, and pauses the one that is read in part.
    async fn start(client: Client, kafka: &Kafka, group: &str, topics: &[String; 2]) -> Self {
        let [whole, part] = topics;
        match client {
            Client::Librdkafka => {
                let member = Member::join(kafka.bootstrap(), group, &[whole, part], &[]).unwrap();
                member.until_it_read(90).await.unwrap();
                member.pause().unwrap();
                Self::Librdkafka { _member: member }
            }
            Client::Aiokafka => {
                let app = Gathering {
                    bootstrap: kafka.bootstrap(),
                    group,
                    topics,
                    commit: Commit::Auto,
                    pause: Some((part, 30)),
                };
                let mut gathering = Aiokafka::get().await.unwrap().gather(&app).unwrap();
                let paused = |line: &str| line.starts_with("paused").then_some(());
                gathering
                    .line("that it paused", SOON, paused)
                    .await
                    .unwrap();
                Self::Aiokafka {
                    _gathering: gathering,
                }
            }
        }
    }
}

/// An application that has read one topic whole and of another one a part, and what both tools say of it. Returns its
/// group.
async fn compare(client: Client, kafka: &Kafka, way: &Way) -> String {
    let (group, topics) = (unique("shop"), [unique("whole"), unique("part")]);
    let [whole, part] = &topics;
    for topic in &topics {
        kafka.create_topic(topic, 3, &[]).await.unwrap();
        allow(kafka, way, Resource::Topic(topic.clone())).await;
    }
    allow(kafka, way, Resource::Group(group.clone())).await;
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    for partition in 0..3 {
        producer
            .numbers(whole, Some(partition), 0..20)
            .await
            .unwrap();
        producer
            .numbers(part, Some(partition), 0..10)
            .await
            .unwrap();
    }
    let _application = Application::start(client, kafka, &group, &topics).await;
    for partition in 0..3 {
        for (topic, end) in [(whole, 20), (part, 10)] {
            eventually("it is committed", SOON, async || {
                let committed = kafka.committed(&group, topic, partition).await?;
                ensure!(committed == Some(end), "{committed:?}");
                Ok(())
            })
            .await
            .unwrap();
        }
    }
    producer.numbers(part, Some(1), 10..17).await.unwrap();

    // The tool gives up after 5 s unless told otherwise.
    let describe = ["--describe", "--group", &group, "--timeout", "50000"];
    let theirs = rows(&kafka.tool(CONSUMER_GROUPS, &describe).await.unwrap());
    assert_eq!(theirs.len(), 6, "{theirs:?}");
    let mut args = vec!["lag", "-b", &way.bootstrap, "-g", &group];
    args.extend(way.flags.iter().map(String::as_str));
    let ours = run("rollcall", &args, SOON).await.unwrap();
    assert_eq!(ours.status.code(), Some(0), "{ours:?}");
    assert_eq!(rows(&ours.stdout), theirs, "{}", ours.stdout);
    let lag = &theirs[&(part.clone(), "1".to_owned())];
    assert_eq!(lag[..3], ["10", "17", "7"], "{client:?}: {lag:?}");

    for topic in &topics {
        let ends = kafka
            .tool(GET_OFFSETS, &["--topic", topic, "--time", "-1"])
            .await
            .unwrap();
        for line in ends.lines() {
            let words: Vec<&str> = line.split(':').collect();
            let row = &theirs[&(words[0].to_owned(), words[1].to_owned())];
            assert_eq!(row[1], words[2], "LOG-END-OFFSET in {line}");
        }
    }
    doctors_numbers(way, &group, whole, &theirs).await.unwrap();
    group
}

/// The doctor's own answer has the same numbers, and says that the one topic is read to its end.
async fn doctors_numbers(
    way: &Way,
    group: &str,
    whole: &String,
    theirs: &Rows,
) -> anyhow::Result<()> {
    let mut args = vec!["-b", &way.bootstrap, "-g", group];
    args.extend(way.flags.iter().map(String::as_str));
    let (answer, _) = crate::look::answer(&args).await?;
    let mut seen = 0;
    for topic in answer["topics"].as_array().context("no topics")? {
        let name = topic["topic"].as_str().context("a name")?.to_owned();
        if name == *whole {
            let code = &topic["verdict"]["code"];
            ensure!(code == "VERDICT_CODE_CAUGHT_UP", "all was read: {topic}");
        }
        for partition in topic["partitions"].as_array().context("partitions")? {
            let number = partition["partition"].to_string();
            let row = theirs.get(&(name.clone(), number)).context("a row")?;
            let [committed, end, lag, member, _host, client] = &row[..] else {
                bail!("the columns of {row:?}");
            };
            let said = ["committed", "highWatermark", "lag", "memberId", "clientId"]
                .map(|field| partition[field].as_str().unwrap_or_default());
            ensure!(
                said == [committed, end, lag, member, client],
                "{partition} {row:?}"
            );
            seen += 1;
        }
    }
    ensure!(seen == theirs.len(), "{seen} of {}", theirs.len());
    Ok(())
}

/// The user of a secured Kafka may read it; elsewhere everybody may.
async fn allow(kafka: &Kafka, way: &Way, resource: Resource) {
    if !way.flags.is_empty() {
        let acls = [Acl::allow(resource, Operation::Read)];
        kafka.add_acls(&acls).await.unwrap();
    }
}

fn plaintext(kafka: &Kafka) -> Way {
    Way {
        bootstrap: kafka.bootstrap().to_owned(),
        flags: Vec::new(),
    }
}

/// SASL over TLS by SCRAM, from a Java client's properties file.
fn secured(kafka: &Kafka) -> Way {
    let home = rollcall_tests::scratch::directory("client").unwrap();
    let file = home.join("client.properties");
    let text = format!(
        "# as a Java client has it\nsecurity.protocol=SASL_SSL\nsasl.mechanism={}\n\
         sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n  \
         username=\"{}\" password=\"{}\";\nssl.truststore.type=PEM\nssl.truststore.location={}\n",
        Mechanism::Scram.name(),
        rollcall_tests::kafka::USER,
        rollcall_tests::kafka::PASSWORD,
        kafka.ca().display()
    );
    std::fs::write(&file, text).unwrap();
    Way {
        bootstrap: kafka.tls(),
        flags: vec!["-F".to_owned(), file.display().to_string()],
    }
}

#[tokio::test]
async fn numbers_agree_with_kafkas_tools_on_4_3() {
    let kafka = Kafka::shared().await;
    let open = plaintext(kafka);
    let _groups = tokio::join!(
        compare(Client::Librdkafka, kafka, &open),
        compare(Client::Aiokafka, kafka, &open)
    );
}

#[tokio::test]
async fn numbers_agree_with_kafkas_tools_on_3_9_in_the_open_and_over_scram_and_tls() {
    let kafka = Kafka::secured_of(Version::V3_9).await.unwrap();
    let (open, secured) = (plaintext(&kafka), secured(&kafka));
    let _groups = tokio::join!(
        compare(Client::Aiokafka, &kafka, &open),
        compare(Client::Aiokafka, &kafka, &secured)
    );
}

#[tokio::test]
async fn numbers_agree_with_kafkas_tools_over_scram_and_tls_on_4_3() {
    let kafka = Kafka::secured().await.unwrap();
    let way = secured(&kafka);
    let group = compare(Client::Aiokafka, &kafka, &way).await;
    all_end_well(&way, &group).await;
}

/// An answer may be whole while a client is still connecting: that ends with the process, and not the other way round.
/// Where TLS was taken down under it, one of thirty was killed by a signal.
async fn all_end_well(way: &Way, group: &str) {
    let mut args = vec!["lag", "-b", &way.bootstrap, "-g", group];
    args.extend(way.flags.iter().map(String::as_str));
    for _ in 0..15 {
        let lag = || run("rollcall", &args, SOON);
        let (one, two, three, four) = tokio::try_join!(lag(), lag(), lag(), lag()).unwrap();
        for ended in [one, two, three, four] {
            assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        }
    }
}
