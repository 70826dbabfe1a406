//! A group of another application, looked at from outside.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rdkafka::ClientConfig;

use super::super::watch::{Glance, outside};
use super::Scene;
use crate::member::Member;

impl Scene {
    /// Another application's consumer joins the group, to be looked at from outside.
    pub fn join(&self, settings: &[(&str, &str)]) -> Result<Member> {
        Member::join(&self.bootstrap, &self.group, &[&self.topic], settings)
    }

    /// Begins to look at the group from outside.
    pub fn look_from_outside(&mut self) -> Result<()> {
        self.look_at_commits_every(None)
    }

    /// The same, told how often the application commits.
    pub fn look_at_commits_every(&mut self, interval: Option<Duration>) -> Result<()> {
        let settings = [("bootstrap.servers".to_owned(), self.bootstrap.clone())];
        self.look_as(&settings, interval)
    }

    /// The same, with a client of these settings.
    pub fn look_with(&mut self, settings: &[(String, String)]) -> Result<()> {
        self.look_as(settings, None)
    }

    fn look_as(&mut self, settings: &[(String, String)], interval: Option<Duration>) -> Result<()> {
        let mut client = ClientConfig::new();
        for (name, value) in settings {
            client.set(name, value);
        }
        let glance = Glance {
            group: self.group.clone(),
            topic: self.topic.clone(),
            commit_interval: interval,
        };
        let timeline = Arc::clone(&self.timeline);
        let (watcher, tape) = outside(client, glance, timeline)?;
        self.watchers.push(watcher);
        self.tape = Some(tape);
        self.measure()
    }

    /// Another application reads all there is, and is looked at from outside until all is well.
    pub async fn application(&mut self, settings: &[(&str, &str)], records: u64) -> Result<Member> {
        let member = self.join(settings)?;
        member.until_it_read(records).await?;
        self.look_from_outside()?;
        self.until_well_at_first().await?;
        Ok(member)
    }
}
