//! Kafka's own command-line tools, to compare with and to do what librdkafka cannot.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use tokio::process::Command;

use super::Kafka;
use crate::command;

/// `kafka-topics`
pub const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";
/// `kafka-get-offsets`
pub const GET_OFFSETS: &str = "org.apache.kafka.tools.GetOffsetShell";
/// `kafka-consumer-groups`
pub const CONSUMER_GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
/// `kafka-transactions`
pub const TRANSACTIONS: &str = "org.apache.kafka.tools.TransactionsCommand";
/// `kafka-configs`
pub const CONFIGS: &str = "kafka.admin.ConfigCommand";

/// A tool takes 1 to 3 s on a quiet machine.
const RUN: Duration = Duration::from_secs(60);

impl Kafka {
    /// Runs one of Kafka's tools against this broker and returns its standard output.
    ///
    /// `tool` is the name of its class, such as [`CONSUMER_GROUPS`]; `--bootstrap-server` is added.
    pub async fn tool(&self, tool: &str, args: &[&str]) -> Result<String> {
        let mut jvm = jvm(&self.libs);
        jvm.args([tool, "--bootstrap-server", self.bootstrap()])
            .args(args);
        command::stdout(jvm, RUN).await
    }
}

/// A short-lived JVM with Kafka's classes.
pub(super) fn jvm(libs: &Path) -> Command {
    let mut jvm = Command::new(java());
    jvm.args(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    jvm.arg("-cp").arg(class_path(libs));
    jvm
}

/// The `java` of `JAVA_HOME`, else the one on the path.
pub(super) fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    home.map(|home| home.join("bin/java"))
        .unwrap_or_else(|| "java".into())
}

/// All jars of a directory; Java expands the star.
pub(super) fn class_path(libs: &Path) -> OsString {
    libs.join("*").into_os_string()
}
