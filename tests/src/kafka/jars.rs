//! Kafka's jars, from Maven Central into `target/kafka/<version>/libs`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::process::Command;

use super::Version;
use crate::provision::provision;
use crate::{command, scratch};

/// The broker's jars alone are 54 MB; a slow line still makes it in this time.
const DOWNLOAD: Duration = Duration::from_secs(300);

/// The directory with all jars of `version`, fetched when they are not there.
pub(super) async fn libs(version: Version) -> Result<PathBuf> {
    let name = format!("kafka/{version}");
    let recipe = format!("Kafka {version} by {}", include_str!("../../kafka/pom.xml"));
    let directory = provision(&name, &recipe, async |directory| {
        copy(version, &directory.join("libs")).await
    });
    Ok(directory.await?.join("libs"))
}

async fn copy(version: Version, libs: &Path) -> Result<()> {
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "--file"]).arg(pom());
    maven
        .arg(format!("-Pkafka-{version}"))
        .arg("dependency:copy-dependencies");
    maven.arg(format!("-DoutputDirectory={}", libs.display()));
    command::stdout(maven, DOWNLOAD).await?;
    let broker = libs.join(format!("kafka_2.13-{version}.jar"));
    ensure!(
        broker.exists(),
        "Maven ended well, but {} is not there",
        broker.display()
    );
    Ok(())
}

fn pom() -> PathBuf {
    scratch::workspace().join("tests/kafka/pom.xml")
}
