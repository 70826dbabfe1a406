//! aiokafka: the consumer that rollcall's users come from, and go back to when they leave.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::process::Command;

use crate::provision::provision;
use crate::{Service, command, scratch};

/// The packages, pinned; changing them makes a new environment.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// Downloads.
const INSTALL: Duration = Duration::from_secs(300);

/// How long a script may take beyond the waiting that it was asked for: interpreter, join, leave.
const OVERHEAD: Duration = Duration::from_secs(30);

/// Prints its version, and the interpreter's.
const VERSIONS: &str = "import platform, aiokafka; print('aiokafka', aiokafka.__version__, 'under Python', platform.python_version())";

/// A record as aiokafka saw it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Consumed {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its value as text; none for a null value.
    pub value: Option<String>,
}

/// A Python with aiokafka in it.
#[derive(Debug, Clone)]
pub struct Aiokafka {
    python: PathBuf,
}

impl Aiokafka {
    /// Makes the virtual environment, if it is not there.
    pub async fn get() -> Result<Self> {
        let recipe = format!("Python packages\n{REQUIREMENTS}");
        let directory = provision("tools/venv", &recipe, install).await?;
        Ok(Self {
            python: directory.join("bin/python"),
        })
    }

    /// Its version, and the interpreter's.
    pub async fn versions(&self) -> Result<String> {
        let mut python = Command::new(&self.python);
        python.args(["-c", VERSIONS]);
        let said = command::stdout(python, OVERHEAD).await?;
        Ok(said.trim().to_owned())
    }

    /// A script of `tests/python/`, to be given its arguments.
    pub fn script(&self, name: &str) -> std::process::Command {
        let mut python = std::process::Command::new(&self.python);
        python.arg(scratch::workspace().join("tests/python").join(name));
        python
    }

    /// Joins `group` and reads `topic` from where the group is (from the earliest record, where it never was), until
    /// `records` have come or `within` is over; then commits what it read and leaves.
    pub async fn consume(
        &self,
        bootstrap: &str,
        group: &str,
        topic: &str,
        records: usize,
        within: Duration,
    ) -> Result<Vec<Consumed>> {
        let mut python = Command::new(&self.python);
        python.arg(scratch::workspace().join("tests/python/consume.py"));
        python.args(["--bootstrap", bootstrap, "--group", group, "--topic", topic]);
        python
            .arg(format!("--records={records}"))
            .arg(format!("--seconds={}", within.as_secs_f64()));
        let printed = command::stdout(python, within + OVERHEAD).await?;
        let consumed: serde_json::Result<Vec<Consumed>> =
            printed.lines().map(serde_json::from_str).collect();
        consumed.with_context(|| format!("not a record per line: {printed}"))
    }

    /// Produces one record with this timestamp, in milliseconds since 1970 UTC. For 0, which librdkafka cannot write.
    pub async fn produce(
        &self,
        bootstrap: &str,
        topic: &str,
        partition: i32,
        value: &str,
        timestamp_ms: i64,
    ) -> Result<()> {
        let mut python = Command::new(&self.python);
        python.arg(scratch::workspace().join("tests/python/produce.py"));
        python.args(["--bootstrap", bootstrap, "--topic", topic, "--value", value]);
        python
            .arg(format!("--partition={partition}"))
            .arg(format!("--timestamp-ms={timestamp_ms}"));
        command::stdout(python, OVERHEAD).await.map(drop)
    }
}

/// How an application of [`Aiokafka::gather`] commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// aiokafka does, once a second.
    Auto,
    /// aiokafka does, every five seconds: what it does when nobody says otherwise.
    Default,
    /// The application does, and only what it has read.
    OnlyWhatWasRead,
}

/// An application with one consumer per topic, all of them gathered at once.
#[derive(Debug, Clone)]
pub struct Gathering<'a> {
    /// Where its Kafka is.
    pub bootstrap: &'a str,
    /// Its group.
    pub group: &'a str,
    /// Its topics.
    pub topics: &'a [String],
    /// How it commits.
    pub commit: Commit,
    /// The topic whose consumer pauses itself, once it has read so many records.
    pub pause: Option<(&'a str, usize)>,
}

impl Aiokafka {
    /// Starts an application that gathers with a timeout of 1 s until it is stopped, and prints a line a round
    /// (`tests/python/gather.py`).
    pub fn gather(&self, app: &Gathering<'_>) -> Result<Service> {
        let mut python = self.script("gather.py");
        python.args(["--bootstrap", app.bootstrap, "--group", app.group]);
        python.args(match app.commit {
            Commit::Auto => ["--commit", "auto"],
            Commit::Default => ["--auto-commit-interval-ms", "5000"],
            Commit::OnlyWhatWasRead => ["--commit", "read"],
        });
        if let Some((topic, after)) = app.pause {
            python.args(["--pause-topic", topic, "--pause-after", &after.to_string()]);
        }
        python.arg("--topics").args(app.topics);
        Service::spawn("aiokafka", python)
    }
}

async fn install(directory: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(directory);
    command::stdout(venv, INSTALL).await?;
    let mut pip = Command::new(directory.join("bin/pip"));
    pip.args(["install", "--quiet", "--requirement"]);
    pip.arg(scratch::workspace().join("tests/python/requirements.txt"));
    command::stdout(pip, INSTALL).await.map(drop)
}
