//! Where an aggregator is.

use std::time::Duration;

use tonic::Status;
use tonic::transport::Uri;

use super::fault::{CallError, Reason, of_status};
use crate::args::DEFAULT_SERVER;

/// An aggregator's address, as typed and as dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `http://host:port`.
    pub(super) uri: String,
    /// How long to wait for an answer.
    pub(super) deadline: Duration,
}

impl Server {
    /// Reads `http://host:port` or `host:port`.
    pub fn parse(text: &str, deadline: Duration) -> Result<Self, CallError> {
        let text = text.trim();
        let uri = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let server = Self {
            uri: uri.trim_end_matches('/').to_owned(),
            deadline,
        };
        match fault_in(&server.uri) {
            None => Ok(server),
            Some(why) => Err(Self {
                uri: text.to_owned(),
                ..server
            }
            .failed(Reason::Address(why))),
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

/// What is wrong with an address; `None` when it can be dialled.
fn fault_in(uri: &str) -> Option<String> {
    let parsed: Uri = match uri.parse() {
        Ok(parsed) => parsed,
        Err(error) => return Some(error.to_string()),
    };
    match parsed.scheme_str() {
        Some("http") if parsed.port_u16().is_none() => Some("the port is missing".to_owned()),
        Some("http") if parsed.path() != "/" => Some(format!("it has a path, {}", parsed.path())),
        Some("http") if parsed.host().is_none_or(str::is_empty) => {
            Some("the host is missing".to_owned())
        }
        Some("http") => None,
        Some("https") => Some("TLS is not supported yet".to_owned()),
        Some(_) | None => Some("the scheme is not http".to_owned()),
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
        assert_eq!(plain, parse("http://aggregator:7655/").unwrap());
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
            assert!(error.contains("host:port"), "{wrong:?}: {error}");
        }
    }
}
