//! toxiproxy between rollcall's processes, and between them and the brokers: cuts, delays, throttles, and connections that
//! stay open and carry nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::grpcurl;
use crate::process::Service;
use crate::provision::provision;
use crate::{command, eventually, ports};

/// The module and version that is built.
const MODULE: &str = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0";

/// Download and build, on a busy machine.
const BUILD: Duration = Duration::from_secs(600);

/// One call of its API, on a busy machine.
const CALL: Duration = Duration::from_secs(10);

/// What is wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toxic {
    /// What is sent comes late, both ways.
    Delay(Duration),
    /// It carries so many kilobytes a second, both ways.
    Throttle(u32),
    /// It is open and carries nothing, either way.
    HalfOpen,
}

/// A running toxiproxy. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Proxies {
    api: SocketAddr,
    _service: Service,
}

impl Proxies {
    /// Builds it with Go, if it is not there, and starts it without a proxy.
    pub(super) async fn start() -> Result<Self> {
        let directory = provision("tools/toxiproxy", MODULE, install).await?;
        let api = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?));
        let mut server = Command::new(directory.join("server"));
        server.args(["-host", "127.0.0.1", "-port", &api.port().to_string()]);
        let proxies = Self {
            api,
            _service: Service::spawn("toxiproxy", server)?,
        };
        eventually("toxiproxy answers", CALL, async || {
            proxies.call("GET", "/version", &Value::Null).await
        })
        .await?;
        Ok(proxies)
    }

    /// A proxy that listens at this port of loopback and forwards.
    pub(super) async fn add(&self, name: &str, port: u16, upstream: SocketAddr) -> Result<()> {
        let proxy = json!({
            "name": name,
            "listen": format!("127.0.0.1:{port}"),
            "upstream": upstream.to_string(),
            "enabled": true,
        });
        self.call("POST", "/proxies", &proxy).await
    }

    /// Cuts all connections of these, and refuses new ones.
    pub(super) async fn cut(&self, names: &[String]) -> Result<()> {
        self.enable(names, false).await
    }

    /// Takes connections again.
    pub(super) async fn open(&self, names: &[String]) -> Result<()> {
        self.enable(names, true).await
    }

    /// Makes their connections bad, open ones too.
    pub(super) async fn spoil(&self, names: &[String], toxic: Toxic) -> Result<()> {
        for (name, stream) in ways(names) {
            let path = format!("/proxies/{name}/toxics");
            self.call("POST", &path, &toxic.wire(stream)).await?;
        }
        Ok(())
    }

    /// Makes them good again; those that were half-open are closed.
    pub(super) async fn clean(&self, names: &[String]) -> Result<()> {
        for (name, stream) in ways(names) {
            let path = format!("/proxies/{name}/toxics/{stream}");
            self.call("DELETE", &path, &Value::Null).await?;
        }
        Ok(())
    }

    async fn enable(&self, names: &[String], enabled: bool) -> Result<()> {
        for name in names {
            let path = format!("/proxies/{name}");
            self.call("POST", &path, &json!({"enabled": enabled}))
                .await?;
        }
        Ok(())
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let answer = timeout(CALL, self.exchange(method, path, body)).await;
        let answer = answer.with_context(|| format!("toxiproxy does not answer {path}"))??;
        let status = answer.split_whitespace().nth(1).unwrap_or_default();
        ensure!(
            status.starts_with('2'),
            "toxiproxy to {method} {path}: {answer}"
        );
        Ok(())
    }

    async fn exchange(&self, method: &str, path: &str, body: &Value) -> Result<String> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: toxiproxy\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut connection = TcpStream::connect(self.api).await?;
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

/// Both ways of a connection; each toxic is called after its own.
const STREAMS: [&str; 2] = ["upstream", "downstream"];

fn ways(names: &[String]) -> impl Iterator<Item = (&str, &'static str)> {
    names
        .iter()
        .flat_map(|name| STREAMS.map(|stream| (name.as_str(), stream)))
}

impl Toxic {
    fn wire(self, stream: &str) -> Value {
        let (kind, attributes) = match self {
            Self::Delay(delay) => ("latency", json!({"latency": delay.as_millis() as u64})),
            Self::Throttle(rate) => ("bandwidth", json!({"rate": rate})),
            // Without a time it swallows everything until it is taken away.
            Self::HalfOpen => ("timeout", json!({"timeout": 0})),
        };
        json!({"name": stream, "type": kind, "stream": stream, "attributes": attributes})
    }
}

async fn install(directory: &Path) -> Result<()> {
    let mut go = tokio::process::Command::new(grpcurl::go()?);
    go.args(["install", MODULE])
        .env("GOBIN", directory)
        .current_dir(directory);
    command::stdout(go, BUILD).await.map(drop)
}
