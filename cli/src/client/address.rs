//! Where an aggregator is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::service::token::Bearer;
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
                let uri = endpoint.uri().to_string().trim_end_matches('/').to_owned();
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
        match &self.token_file {
            Some(file) => format!("{server} --token-file {}", quoted(&file.to_string_lossy())),
            None => server,
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
