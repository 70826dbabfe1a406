//! `examples/python` as its README says to run it: every record as it was written, settled once the work is done.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use rollcall_tests::command::stdout;
use rollcall_tests::provision::provision;
use rollcall_tests::scratch::{directory, workspace};
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Record};
use tokio::process::Command;

/// The packages, pinned; changing them makes a new environment.
const REQUIREMENTS: &str = include_str!("../../../examples/python/requirements.txt");
/// Downloads.
const INSTALL: Duration = Duration::from_secs(300);
/// Interpreter, one gather, on a busy machine.
const ROUND: Duration = Duration::from_secs(60);

/// A Python with grpcio, and the stubs beside it.
struct Example {
    home: PathBuf,
}

impl Example {
    async fn get() -> Self {
        let recipe = format!("Python packages and stubs\n{REQUIREMENTS}");
        let home = provision("tools/grpcio", &recipe, install).await.unwrap();
        // Of the contract as it is now.
        std::fs::create_dir_all(home.join("stubs")).unwrap();
        let mut protoc = Command::new(home.join("bin/python"));
        let stubs = home.join("stubs");
        protoc
            .args(["-m", "grpc_tools.protoc", "-Iproto/proto"])
            .arg(format!("--python_out={}", stubs.display()))
            .arg(format!("--grpc_python_out={}", stubs.display()));
        for file in ["gather", "record", "verdict"] {
            protoc.arg(format!("proto/proto/rollcall/v1/{file}.proto"));
        }
        protoc.current_dir(workspace());
        stdout(protoc, ROUND).await.unwrap();
        Self { home }
    }

    /// Runs `main.py` with these words at the stage's aggregator, with a token or without.
    async fn run(&self, stage: &Stage<'_>, words: &[&str], token: Option<&Path>) -> Result<String> {
        let mut python = Command::new(self.home.join("bin/python"));
        python
            .arg(workspace().join("examples/python/main.py"))
            .args(words)
            .env("PYTHONPATH", self.home.join("stubs"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("ROLLCALL_SERVER", stage.roll.address().to_string());
        if let Some(token) = token {
            python.env("ROLLCALL_TOKEN_FILE", token);
        }
        stdout(python, ROUND).await
    }
}

async fn install(directory: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(directory);
    stdout(venv, INSTALL).await?;
    let mut pip = Command::new(directory.join("bin/pip"));
    pip.args(["install", "--quiet", "--requirement"]);
    pip.arg(workspace().join("examples/python/requirements.txt"));
    stdout(pip, INSTALL).await.map(drop)
}

/// A file that only this user reads, with a token in it.
fn token_file(token: &str) -> PathBuf {
    let file = directory("token").unwrap().join("token");
    let mut options = std::fs::File::options();
    let options = options.write(true).create_new(true).mode(0o600);
    writeln!(options.open(&file).unwrap(), "{token}").unwrap();
    file
}

/// Three records that have all that a record may have, and may lack.
fn records() -> Vec<Record> {
    vec![
        Record::numbered(0).with_key("k").at(1_700_000_000_123),
        Record::numbered(1).with_null_value().at(1_700_000_000_001),
        Record::numbered(2)
            .with_value("")
            .with_header("h", Some(b"v"))
            .with_header("none", None)
            .at(1_700_000_000_456),
    ]
}

/// What is printed of them, from this offset on.
fn printed(topic: &str, offset: i64) -> String {
    let [first, second, third] = [offset, offset + 1, offset + 2];
    format!(
        "{topic}: 3 records, FLOWING\n\
         \x20 Record(partition=0, offset={first}, timestamp=1700000000123, key=b'k', value=b'0', headers=[])\n\
         \x20 Record(partition=0, offset={second}, timestamp=1700000000001, key=None, value=None, headers=[])\n\
         \x20 Record(partition=0, offset={third}, timestamp=1700000000456, key=None, value=b'', headers=[('h', b'v'), ('none', None)])\n"
    )
}

#[tokio::test]
async fn a_client_in_python_gets_every_record_as_it_was_written_and_settles_it() {
    let kafka = Kafka::shared().await;
    let token = token_file("a-token-of-the-python-example");
    let stage = Plan::on(kafka)
        .topic("python", 1)
        .topic("silent", 1)
        .token_files(&token, &token)
        .start()
        .await
        .unwrap();
    let (topic, silent) = (stage.topic(0), stage.topic(1));
    let example = Example::get().await;
    let rounds: [(i64, &[&str]); 2] = [(0, &[]), (3, &["--packed"])];
    for (offset, flags) in rounds {
        stage.producer.send_all(topic, records()).await.unwrap();
        let words = [flags, &[topic, silent]].concat();
        let said = example.run(&stage, &words, Some(&token)).await.unwrap();
        let expected = printed(topic, offset) + &format!("{silent}: 0 records, TOPIC_EMPTY\n");
        assert_eq!(said, expected);
        stage.until_committed(0, 0, offset + 3).await.unwrap();
    }
    let refused = example.run(&stage, &[topic], None).await.unwrap_err();
    assert!(
        format!("{refused:#}").contains("UNAUTHENTICATED"),
        "{refused:#}"
    );
}
