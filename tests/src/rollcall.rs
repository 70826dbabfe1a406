//! The `rollcall` command, as a user types it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::command::Output;
use crate::process::{Service, run, run_with};

/// The command's name, and its binary's.
const ROLLCALL: &str = "rollcall";

/// A command that looks once; a debug build on a busy machine.
const LOOK: Duration = Duration::from_secs(30);

/// The command, with the aggregator that it asks.
#[derive(Clone, Debug)]
pub struct Rollcall {
    server: String,
    environment: Vec<(String, String)>,
}

impl Rollcall {
    /// Asks the aggregator at this address.
    pub fn of(aggregator: SocketAddr) -> Self {
        Self::at(&format!("http://{aggregator}"))
    }

    /// Asks whoever this text names; for texts that are wrong.
    pub fn at(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            environment: Vec::new(),
        }
    }

    /// The same command with these variables.
    #[must_use]
    pub fn with(mut self, variables: &[(&str, &str)]) -> Self {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        self.environment.extend(variables.iter().map(owned));
        self
    }

    /// Runs the command to its end, whatever its exit code.
    pub async fn run(&self, args: &[&str]) -> Result<Output> {
        run_with(ROLLCALL, &self.words(args), &self.environment, LOOK).await
    }

    /// Runs the command, which shall end with this exit code.
    pub async fn ends_with(&self, exit: i32, args: &[&str]) -> Result<Output> {
        let ended = self.run(args).await?;
        ensure!(
            ended.status.code() == Some(exit),
            "rollcall {} ended with {}, not {exit}\nstdout: {}\nstderr: {}",
            args.join(" "),
            ended.status,
            ended.stdout,
            ended.stderr
        );
        Ok(ended)
    }

    /// What the command prints as one JSON document, whatever its exit code.
    pub async fn json(&self, args: &[&str]) -> Result<Value> {
        let ended = self.run(args).await?;
        serde_json::from_str(&ended.stdout).with_context(|| {
            let Output { stdout, stderr, .. } = &ended;
            format!(
                "rollcall {}: not a document: {stdout}\nstderr: {stderr}",
                args.join(" ")
            )
        })
    }

    /// Starts the command; for those that go on until they are stopped.
    pub async fn start(&self, args: &[&str]) -> Result<Service> {
        Service::start(ROLLCALL, &self.words(args)).await
    }

    fn words<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [args, &["--server", &self.server]].concat()
    }
}

/// Runs the command without any aggregator, to its end.
pub async fn rollcall(args: &[&str]) -> Result<Output> {
    run(ROLLCALL, args, LOOK).await
}
