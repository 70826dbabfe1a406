//! One node of a Kafka: its place on the disk, its ports, its process.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::launch;
use super::settings::Ports;
use crate::leash::Leashed;
use crate::wait::eventually;

/// A broker that is asked to end hands its leaderships over first; 2 s on a quiet machine.
const END: Duration = Duration::from_secs(60);

/// A node; it runs or not.
#[derive(Debug)]
pub(super) struct Node {
    /// Kafka's number for it, from 1; node 1 is the controller too.
    pub(super) id: i32,
    pub(super) home: PathBuf,
    pub(super) ports: Ports,
    /// None before the first start, and from its end to the next.
    pub(super) process: Option<Leashed>,
}

impl Node {
    /// Where clients without security reach it.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.clients)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.home.join(launch::LOG)
    }

    /// The directory of a partition's log.
    pub(super) fn partition(&self, topic: &str, partition: i32) -> PathBuf {
        let data = self.home.join(crate::scratch::DATA);
        data.join(format!("{topic}-{partition}"))
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Result<()> {
        self.process
            .as_mut()
            .context("the broker does not run")?
            .signal(signal)
    }

    pub(super) fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("the broker does not run")?;
        process.kill().map(drop)
    }

    /// Asks it to end in order (SIGTERM), and waits until it has.
    pub(super) async fn terminate(&mut self) -> Result<()> {
        let mut process = self.process.take().context("the broker does not run")?;
        process.signal(Signal::TERM)?;
        let what = format!("node {} ends, log {}", self.id, self.log().display());
        eventually(&what, END, async || {
            process.ended()?.context("it still runs").map(drop)
        })
        .await
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Result<Option<std::process::ExitStatus>> {
        self.process
            .as_mut()
            .map_or(Ok(None), |process| process.ended())
    }

    /// Fails unless somebody listens at its port for clients.
    pub(super) fn listens(&self) -> Result<()> {
        let address = ([127, 0, 0, 1], self.ports.clients).into();
        TcpStream::connect_timeout(&address, Duration::from_millis(200))
            .map(drop)
            .with_context(|| format!("node {} does not listen", self.id))
    }

    pub(super) fn log_says(&self, what: &str) -> bool {
        fs::read_to_string(self.log()).is_ok_and(|log| log.contains(what))
    }
}

/// The nodes that were asked for by their numbers.
pub(super) fn numbered(nodes: &mut [Node], id: i32) -> Result<&mut Node> {
    let found = nodes.iter_mut().find(|node| node.id == id);
    found.with_context(|| format!("no node {id}"))
}

/// Removes what is big of a node that will not run again.
pub(super) fn remove_data(home: &Path) {
    // What is left here is removed with the whole run's directory.
    let _ = fs::remove_dir_all(home.join(crate::scratch::DATA));
}

/// Fails when a node does not run.
pub(super) fn all_run(nodes: &mut [Node]) -> Result<()> {
    for node in nodes {
        ensure!(node.ended()?.is_none(), "node {} has ended", node.id);
    }
    Ok(())
}
