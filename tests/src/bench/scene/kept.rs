//! What was heard up to the right verdict, for the corpus.

use std::time::SystemTime;

use anyhow::{Context, Result};
use rollcall_proto::v1::{TraceHeader, TraceLine};

use super::super::corpus;
use super::super::score::is_right;
use super::Scene;

impl Scene {
    /// What the aggregator has heard, or whoever looks from outside.
    pub(super) async fn trace(&self) -> Result<(TraceHeader, Vec<TraceLine>)> {
        match &self.tape {
            Some(tape) => Ok(tape.so_far()),
            None => self.client("recorder")?.trace(&self.topic).await,
        }
    }

    /// Keeps what was heard, if the right verdict was told and the corpus has a place for it.
    pub fn keep_trace(&mut self) -> Result<()> {
        let cause = self
            .timeline
            .marks()
            .cause
            .context("a script without a cause")?;
        let said = self.timeline.said();
        // What stood at the cause counts: a verdict that only has to stay is not said anew.
        let from = said.iter().rposition(|said| said.at < cause).unwrap_or(0);
        let told = said[from..]
            .iter()
            .any(|said| is_right(self.situation, said));
        let Some((header, lines)) = self.heard.take().filter(|_| told) else {
            return Ok(());
        };
        let cause = SystemTime::now() - cause.elapsed();
        corpus::keep(self.situation, &header, lines, cause, &self.topic)
    }
}
