//! promtool, which knows how metrics should look; and pages of metrics as a scraper gets them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{command, scratch};

/// One scrape, or one check.
const ONCE: Duration = Duration::from_secs(30);

/// What somebody gets who asks an admin port for its metrics.
#[derive(Clone, Debug)]
pub struct Page {
    /// The head of the answer.
    pub head: String,
    /// The page.
    pub text: String,
}

impl Page {
    /// Scrapes a page, in the format of this `Accept` header.
    pub async fn of(admin: SocketAddr, accept: &str) -> Result<Self> {
        let asked = async {
            let mut stream = TcpStream::connect(admin).await?;
            // In HTTP/1.0 an answer ends with its connection, and comes in one piece.
            let request = format!("GET /metrics HTTP/1.0\r\naccept: {accept}\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            anyhow::Ok(answer)
        };
        let answer = timeout(ONCE, asked).await.context("no page in time")??;
        let (head, text) = answer.split_once("\r\n\r\n").context("no answer of HTTP")?;
        ensure!(head.starts_with("HTTP/1.0 200"), "{head}");
        Ok(Self {
            head: head.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The names of its families.
    pub fn families(&self) -> BTreeSet<&str> {
        let types = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "));
        types
            .filter_map(|line| line.split_whitespace().next())
            .collect()
    }

    /// The value of a series, written as on the page; `None` when it is not there.
    pub fn value(&self, series: &str) -> Option<f64> {
        let mut lines = self.text.lines();
        lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// What `promtool check metrics` has against it; an error that tells all of it.
    pub async fn check(&self) -> Result<()> {
        let file = scratch::directory("metrics")?.join("page");
        fs::write(&file, &self.text)?;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "exec promtool check metrics <\"$0\""])
            .arg(&file)
            .env("PATH", path()?);
        command::stdout(shell, ONCE).await.map(drop)
    }
}

/// The search path, behind it where `scripts/setup.sh test` puts promtool for want of another.
fn path() -> Result<OsString> {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(scratch::target()?.join("tools/promtool"));
    Ok(path)
}
