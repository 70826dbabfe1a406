//! Where an aggregator is.

use std::time::Duration;

use rollcall_proto::service::serve::client_endpoint;
use tonic::Status;
use tonic::transport::Endpoint;

use super::fault::{CallError, Reason, of_status};
use crate::args::ask::DEFAULT_SERVER;

/// An aggregator's address, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) endpoint: Endpoint,
    /// `http://host:port`.
    uri: String,
    /// How long to wait for an answer.
    pub(super) deadline: Duration,
}

impl Server {
    /// Reads `http://host:port` or `host:port`.
    pub fn parse(text: &str, deadline: Duration) -> Result<Self, CallError> {
        let text = text.trim();
        match client_endpoint(text) {
            Ok(endpoint) => {
                let uri = endpoint.uri().to_string().trim_end_matches('/').to_owned();
                Ok(Self {
                    endpoint,
                    uri,
                    deadline,
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

    /// What has to follow a suggested command to reach this aggregator.
    pub fn reach(&self) -> String {
        match self.uri == DEFAULT_SERVER {
            true => String::new(),
            false => format!(" --server {}", self.uri),
        }
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
