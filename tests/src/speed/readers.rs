//! Starting each reader and the processes that it needs.

use std::process::Command;

use anyhow::{Context, Result};

use super::kcat;
use super::load::Loaded;
use super::plan::{PARTITIONS, Reader, Size};
use super::run::{Role, Run, watch};
use crate::aiokafka::Aiokafka;
use crate::kafka::{Kafka, unique};
use crate::process::Service;
use crate::roll::{Roll, Setup};

/// Readers that are not part of the workspace.
pub(super) struct Others {
    /// None when no reader of the plan is aiokafka.
    aiokafka: Option<Aiokafka>,
    /// Of each, with its name.
    pub(super) versions: Vec<String>,
}

/// What the readers need.
pub(super) struct Readers<'a> {
    pub(super) kafka: &'a Kafka,
    aiokafka: Option<Aiokafka>,
}

impl Others {
    /// Fails, before anything is started, when a reader cannot be had.
    pub(super) async fn look_for(wanted: &[Reader]) -> Result<Self> {
        let mut versions = Vec::new();
        if wanted.contains(&Reader::Kcat) {
            versions.push(kcat::version().await?);
        }
        let python = [Reader::Aiokafka, Reader::AiokafkaUnlimited];
        if !wanted.iter().any(|reader| python.contains(reader)) {
            return Ok(Self {
                aiokafka: None,
                versions,
            });
        }
        let aiokafka = Aiokafka::get().await.context(
            "no aiokafka: it needs python3 with venv and a way to PyPI; or leave it out with --readers raw,kcat,rollcall",
        )?;
        versions.push(aiokafka.versions().await?);
        Ok(Self {
            aiokafka: Some(aiokafka),
            versions,
        })
    }
}

impl<'a> Readers<'a> {
    /// All of them, on this Kafka.
    pub(super) fn new(kafka: &'a Kafka, others: Others) -> Self {
        let Others { aiokafka, .. } = others;
        Self { kafka, aiokafka }
    }

    /// Reads everything once.
    pub(super) async fn run(&self, reader: Reader, loaded: &Loaded, size: Size) -> Result<Run> {
        let run = match reader {
            Reader::Raw => self.raw(loaded, &[]).await,
            Reader::RawOne => self.raw(loaded, &["--one"]).await,
            Reader::Kcat => kcat::run(self.kafka.bootstrap(), self.broker()?, loaded, size).await,
            Reader::Aiokafka => self.aiokafka(loaded, "200").await,
            Reader::AiokafkaUnlimited => self.aiokafka(loaded, "0").await,
            Reader::Rollcall => self.rollcall(loaded).await,
        };
        run.with_context(|| format!("{} ({})", reader.name(), size.name()))
    }

    async fn raw(&self, loaded: &Loaded, flags: &[&str]) -> Result<Run> {
        let (topics, records) = (loaded.topics.join(","), loaded.records.to_string());
        let partitions = PARTITIONS.to_string();
        let mut args = vec!["--bootstrap", self.kafka.bootstrap(), "--topics", &topics];
        args.extend(["--records", &records, "--partitions", &partitions]);
        args.extend(flags);
        let mut reader = Service::start("bench-raw", &args).await?;
        let watched = [(Role::Reader, reader.pid()), (Role::Broker, self.broker()?)];
        watch(&mut reader, &watched).await
    }

    async fn aiokafka(&self, loaded: &Loaded, max_poll_records: &str) -> Result<Run> {
        let mut reader = self.application(&loaded.topics, loaded.total(), |python| {
            python.args(["--max-poll-records", max_poll_records]);
        })?;
        let watched = [(Role::Reader, reader.pid()), (Role::Broker, self.broker()?)];
        watch(&mut reader, &watched).await
    }

    /// Starts the application of aiokafka, in a group of its own.
    pub(super) fn application(
        &self,
        topics: &[String],
        records: u64,
        more: impl FnOnce(&mut Command),
    ) -> Result<Service> {
        let aiokafka = self.aiokafka.as_ref().context("aiokafka was not planned")?;
        let mut python = aiokafka.script("read.py");
        python.args(["--bootstrap", self.kafka.bootstrap()]);
        python.args(["--group", &unique("bench"), "--topics", &topics.join(",")]);
        python.args(["--records", &records.to_string()]);
        more(&mut python);
        Service::spawn("aiokafka", python)
    }

    /// The client waits before the first fetcher starts: nothing is fetched ahead of the measured time.
    async fn rollcall(&self, loaded: &Loaded) -> Result<Run> {
        let mut roll = self.roll(&loaded.topics).start_aggregator().await?;
        let mut client = client(&roll, loaded.total(), &[]).await?;
        roll.start_fetchers().await?;
        let mut watched = vec![
            (Role::Broker, self.broker()?),
            (Role::Client, client.pid()),
            (Role::Aggregator, roll.aggregator.running()?.pid()),
        ];
        for fetcher in &mut roll.fetchers {
            watched.push((Role::Fetchers, fetcher.running()?.pid()));
        }
        let run = watch(&mut client, &watched).await?;
        // In order: members leave their group, and a profiler in front of them writes what it has.
        drop(client);
        for fetcher in &mut roll.fetchers {
            fetcher.terminate().await?;
        }
        roll.aggregator.terminate().await?;
        Ok(run)
    }

    /// The services for these topics, in a group of its own.
    pub(super) fn roll(&self, topics: &[String]) -> Setup {
        let setup = Setup::new(self.kafka.bootstrap(), &unique("bench"));
        let partitions = PARTITIONS.unsigned_abs() as usize;
        let add = |setup: Setup, topic: &String| setup.topic(topic, partitions);
        topics.iter().fold(setup, add)
    }

    fn broker(&self) -> Result<u32> {
        self.kafka.pid().context("the broker runs")
    }
}

/// Starts the client of these services.
pub(super) async fn client(roll: &Roll, records: u64, flags: &[&str]) -> Result<Service> {
    let (server, records) = (format!("http://{}", roll.address()), records.to_string());
    let args = ["--server", &server, "--records", &records];
    Service::start("bench-client", &[&args, flags].concat()).await
}
