//! Who leads a partition, and making another node do so.

use std::fs;

use anyhow::{Context, Result};
use serde_json::json;

use super::Kafka;
use crate::scratch;

/// `kafka-reassign-partitions`
const REASSIGN: &str = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";

impl Kafka {
    /// Gives each partition of a topic, from 0 on, its replicas in this order, and waits until the first of each leads it: a
    /// cluster with `auto.leader.rebalance.enable` sees to that at its next look.
    pub async fn reassign(&self, topic: &str, replicas: &[Vec<i32>]) -> Result<()> {
        let partition = |(partition, replicas): (usize, &Vec<i32>)| json!({"topic": topic, "partition": partition, "replicas": replicas});
        let partitions: Vec<_> = replicas.iter().enumerate().map(partition).collect();
        let file = scratch::directory("reassign")?.join("plan.json");
        let plan = json!({"version": 1, "partitions": partitions});
        fs::write(&file, plan.to_string()).context("could not write the plan")?;
        let file = file.to_str().context("a path that is no text")?;
        let args = ["--reassignment-json-file", file, "--execute"];
        self.tool(REASSIGN, &args).await?;
        for (partition, replicas) in (0..).zip(replicas) {
            let first = *replicas.first().context("a partition without replicas")?;
            self.until_led_by(topic, partition, first).await?;
        }
        Ok(())
    }
}
