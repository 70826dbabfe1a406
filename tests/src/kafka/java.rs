//! The command lines of a broker: its process, and the formatting of its data directory before that.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Kafka, secured, tools};
use crate::{command, scratch};

/// How long the formatting of a data directory may take; 1 s on a quiet machine.
const FORMAT: Duration = Duration::from_secs(60);

/// A node's memory; several run beside each other.
const HEAP: &str = "-Xmx256m";

/// The broker's settings, in its home.
pub(super) fn settings_of(home: &Path) -> PathBuf {
    home.join("server.properties")
}

/// The broker itself.
pub(super) fn broker(kafka: &Kafka, home: &Path) -> Command {
    let (option, file) = kafka.version.log_settings();
    let log_settings = scratch::workspace().join("tests/kafka").join(file);
    let mut java = Command::new(tools::java());
    java.args([HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    java.arg(format!("-D{option}=file:{}", log_settings.display()));
    java.arg("-cp")
        .arg(tools::class_path(&kafka.libs))
        .arg("kafka.Kafka");
    java.arg(settings_of(home)).current_dir(home);
    java
}

/// Gives a node's data directory its identity; where there is security, the users of SCRAM too.
pub(super) async fn format(
    libs: &Path,
    home: &Path,
    cluster_id: &str,
    secured: bool,
) -> Result<()> {
    let mut format = tools::jvm(libs);
    format.args(["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c"]);
    format.arg(settings_of(home));
    if secured {
        format.args(["--add-scram", &secured::scram()]);
    }
    command::stdout(format, FORMAT)
        .await
        .map(drop)
        .context("could not format the data directory")
}

/// A random id in the form that Kafka wants: 16 bytes in base64 for URLs, without padding.
pub(super) fn cluster_id() -> String {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric)
        .take(21)
        .collect();
    // The last of 22 characters carries two bits of data and four of padding, which must be zero: A.
    format!("{random}A")
}
