//! A Kafka at fixed ports, with Kafka's tools beside it, to play with by hand.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};

use super::launch::{self, Layout};
use super::{Kafka, Version, jars, tools};
use crate::scratch;

/// Where node 1 listens for clients without security; Kafka's usual port. Node 2 has 9102; one more is SASL.
pub const PORT: u16 = 9092;

/// Kafka's tools under the names that an installation gives them, each with its class.
const TOOLS: [(&str, &str); 11] = [
    ("kafka-acls.sh", "org.apache.kafka.tools.AclCommand"),
    ("kafka-configs.sh", tools::CONFIGS),
    (
        "kafka-console-consumer.sh",
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
    ),
    (
        "kafka-console-producer.sh",
        "org.apache.kafka.tools.ConsoleProducer",
    ),
    ("kafka-consumer-groups.sh", tools::CONSUMER_GROUPS),
    (
        "kafka-delete-records.sh",
        "org.apache.kafka.tools.DeleteRecordsCommand",
    ),
    ("kafka-get-offsets.sh", tools::GET_OFFSETS),
    ("kafka-groups.sh", "org.apache.kafka.tools.GroupsCommand"),
    (
        "kafka-producer-perf-test.sh",
        "org.apache.kafka.tools.ProducerPerformance",
    ),
    ("kafka-topics.sh", tools::TOPICS),
    ("kafka-transactions.sh", tools::TRANSACTIONS),
];

impl Kafka {
    /// Starts two nodes with users and rights, at [`PORT`] and behind it. Groups and transactions are node 1's, so
    /// that node 2 can be frozen or killed without them.
    pub async fn playground() -> Result<Self> {
        let layout = Layout {
            version: Version::V4_3,
            nodes: 2,
            secured: true,
            port: Some(PORT),
            proxies: Vec::new(),
            overrides: [
                ("offsets.topic.num.partitions", "1"),
                // A recipe fills a group.
                ("group.consumer.max.size", "3"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
        };
        let libs = jars::libs(layout.version).await?;
        let mut kafka = launch::prepare(&layout, &libs).await?;
        // Alone, it gets the topic of the groups' offsets.
        launch::start_node(&mut kafka, 0)?;
        let what = format!(
            "Kafka serves at 127.0.0.1:{PORT}, log {}",
            kafka.log().display()
        );
        launch::wait_until_it_serves(&mut kafka, &what).await?;
        launch::start_node(&mut kafka, 1)?;
        launch::wait_until_it_serves(&mut kafka, &what).await?;
        Ok(kafka)
    }

    /// Puts a script for each of Kafka's tools into `bin`, and into `home` each node's process id and data.
    pub fn lay_out(&self, home: &Path, bin: &Path) -> Result<()> {
        let class_path = tools::class_path(&self.libs);
        for (name, class) in TOOLS {
            let script = format!(
                "#!/bin/sh\nexec {} -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '{}' {class} \"$@\"\n",
                tools::java().display(),
                class_path.display(),
            );
            let path = bin.join(name);
            fs::write(&path, script).with_context(|| format!("could not write {name}"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        for node in &self.nodes {
            let process = node.process.as_ref().context("the node runs")?;
            fs::write(
                home.join(format!("broker-{}.pid", node.id)),
                format!("{}\n", process.pid()),
            )?;
            symlink(
                node.home.join(scratch::DATA),
                home.join(format!("data-{}", node.id)),
            )?;
        }
        Ok(())
    }
}
