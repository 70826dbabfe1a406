//! Where an aggregator is.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::service::token::Bearer;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tonic::Status;
use tonic::transport::Endpoint;

use super::fault::{CallError, Reason, of_status};
use crate::args::ask::DEFAULT_SERVER;
use crate::target::quoted;

/// An aggregator's address, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) endpoint: Endpoint,
    /// `http://host:port`.
    uri: String,
    /// How long to wait for an answer.
    pub(super) deadline: Duration,
    /// What shows the aggregator that it may be asked.
    pub(super) bearer: Bearer,
    /// The file of the token, where a suggested command has to name it.
    token_file: Option<PathBuf>,
}

impl Server {
    /// Reads `http://host:port` or `host:port`.
    pub fn parse(text: &str, deadline: Duration) -> Result<Self, CallError> {
        let text = text.trim();
        match client_endpoint(text) {
            Ok(endpoint) => {
                let uri = uri(&endpoint);
                Ok(Self {
                    endpoint,
                    uri,
                    deadline,
                    bearer: Bearer::default(),
                    token_file: None,
                })
            }
            Err(error) => {
                let reason = Reason::Address(error.to_string());
                Err(CallError {
                    server: text.to_owned(),
                    deadline,
                    reason,
                })
            }
        }
    }

    /// Shows the token of this file with every call. `typed` says that it was named on the command line, and so has to
    /// be named again by whoever follows a suggested command.
    pub fn with_token(mut self, file: &Path, typed: bool) -> Result<Self, CallError> {
        let bearer = Bearer::of(Some(file));
        self.bearer = bearer.map_err(|fault| self.failed(Reason::Token(fault.to_string())))?;
        self.token_file = typed.then(|| file.to_owned());
        Ok(self)
    }

    /// What has to follow a suggested command to reach this aggregator.
    pub fn reach(&self) -> String {
        let server = match self.uri == DEFAULT_SERVER {
            true => String::new(),
            false => format!(" --server {}", self.uri),
        };
        format!("{server}{}", self.reach_with_token())
    }

    /// The part of it that names the token's file.
    pub(super) fn reach_with_token(&self) -> String {
        let file = self.token_file.as_ref();
        file.map_or_else(String::new, |file| {
            format!(" --token-file {}", quoted(&file.to_string_lossy()))
        })
    }

    /// `http://host:port`.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Each address that the host's name stands for, where it stands for several; else the server as it was named.
    pub(super) async fn resolved(&self) -> Vec<Self> {
        self.at_each(&self.addresses().await)
    }

    fn at_each(&self, addresses: &[SocketAddr]) -> Vec<Self> {
        match addresses {
            [] | [_] => vec![self.clone()],
            several => several.iter().filter_map(|one| self.at(*one)).collect(),
        }
    }

    /// What the host's name stands for; nothing where it is no name, or cannot be resolved: then the call says so.
    async fn addresses(&self) -> Vec<SocketAddr> {
        let uri = self.endpoint.uri();
        let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else {
            return Vec::new();
        };
        if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return Vec::new();
        }
        let Ok(Ok(found)) = timeout(self.deadline, lookup_host((host, port))).await else {
            return Vec::new();
        };
        let mut addresses: Vec<SocketAddr> = found.collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    fn at(&self, address: SocketAddr) -> Option<Self> {
        let endpoint = client_endpoint(&address.to_string()).ok()?;
        Some(Self {
            uri: uri(&endpoint),
            endpoint,
            ..self.clone()
        })
    }

    /// A call to this aggregator that ended with a status.
    pub fn failed_with(&self, status: &Status) -> CallError {
        self.failed(of_status(status))
    }

    pub(super) fn failed(&self, reason: Reason) -> CallError {
        CallError {
            server: self.uri.clone(),
            deadline: self.deadline,
            reason,
        }
    }
}

fn uri(endpoint: &Endpoint) -> String {
    endpoint.uri().to_string().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Server;

    fn parse(text: &str) -> Result<Server, String> {
        Server::parse(text, Duration::from_secs(1)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_host_and_a_port_are_enough() {
        let plain = parse("aggregator:7655").unwrap();
        assert_eq!(
            plain.reach(),
            parse("http://aggregator:7655/").unwrap().reach()
        );
        assert_eq!(plain.reach(), " --server http://aggregator:7655");
        assert_eq!(parse("127.0.0.1:7655").unwrap().reach(), "");
        assert!(parse("[::1]:7655").is_ok());
    }

    #[test]
    fn a_name_that_stands_for_several_addresses_is_all_of_them() {
        let named = parse("lanes:7655").unwrap();
        let at = |addresses: &[&str]| -> Vec<String> {
            let addresses: Vec<_> = addresses.iter().map(|one| one.parse().unwrap()).collect();
            let all = named.at_each(&addresses);
            all.iter().map(|server| server.uri().to_owned()).collect()
        };
        assert_eq!(at(&[]), ["http://lanes:7655"]);
        assert_eq!(at(&["10.0.0.1:7655"]), ["http://lanes:7655"]);
        assert_eq!(
            at(&["10.0.0.1:7655", "[fd00::2]:7655"]),
            ["http://10.0.0.1:7655", "http://[fd00::2]:7655"]
        );
    }

    #[test]
    fn a_wrong_address_says_what_is_accepted() {
        for wrong in [
            "",
            "aggregator",
            "http://",
            "http://a:b",
            "https://a:1",
            "unix:///x",
            "http://a:1/x",
            "a b:1",
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(
                error.contains("--server") && error.contains("HOST:PORT"),
                "{wrong:?}: {error}"
            );
        }
    }
}
