//! What disturbs a broker, or one node of several: pause, kill, end, restart.

use anyhow::Result;
use rustix::process::Signal;

use super::node::{all_run, numbered};
use super::{Kafka, launch};

impl Kafka {
    /// Freezes every node (SIGSTOP): its connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<()> {
        all_run(&mut self.nodes)?;
        self.signal_all(Signal::STOP)
    }

    /// Lets frozen nodes go on (SIGCONT).
    pub fn resume(&mut self) -> Result<()> {
        self.signal_all(Signal::CONT)
    }

    /// Kills every node (SIGKILL), paused or not; its data stays for [`restart`](Self::restart).
    pub fn kill(&mut self) -> Result<()> {
        self.nodes.iter_mut().try_for_each(super::node::Node::kill)
    }

    /// Starts every node again, at the same port, with the same data, and waits until it serves. One that still runs
    /// is killed first.
    pub async fn restart(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            if node.process.is_some() {
                node.kill()?;
            }
        }
        launch::serve(self).await
    }

    /// Freezes one node.
    pub fn pause_node(&mut self, id: i32) -> Result<()> {
        numbered(&mut self.nodes, id)?.signal(Signal::STOP)
    }

    /// Lets one frozen node go on.
    pub fn resume_node(&mut self, id: i32) -> Result<()> {
        numbered(&mut self.nodes, id)?.signal(Signal::CONT)
    }

    /// Kills one node. Node 1 is the controller: without it the others notice nothing that changes.
    pub fn kill_node(&mut self, id: i32) -> Result<()> {
        numbered(&mut self.nodes, id)?.kill()
    }

    /// Asks one node to end in order, and waits until it has.
    pub async fn terminate_node(&mut self, id: i32) -> Result<()> {
        numbered(&mut self.nodes, id)?.terminate().await
    }

    /// Starts one node again without waiting for it; the instant of this is the end of its outage.
    pub fn start_node(&mut self, id: i32) -> Result<()> {
        let at = self.nodes.iter().position(|node| node.id == id);
        launch::start_node(self, at.unwrap_or(usize::MAX))
    }

    /// Waits until every node that was started serves.
    pub async fn until_it_serves(&mut self) -> Result<()> {
        let what = format!("Kafka serves again at {}", self.bootstrap);
        launch::wait_until_it_serves(self, &what).await
    }

    /// The numbers of the nodes that have a process.
    pub fn running(&self) -> Vec<i32> {
        let running = self.nodes.iter().filter(|node| node.process.is_some());
        running.map(|node| node.id).collect()
    }

    fn signal_all(&mut self, signal: Signal) -> Result<()> {
        self.nodes
            .iter_mut()
            .try_for_each(|node| node.signal(signal))
    }
}
