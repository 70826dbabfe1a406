//! Where the aggregators are: one address, several, or a name that stands for several.

use std::path::Path;
use std::time::Duration;

use super::address::Server;
use super::fault::CallError;

/// What separates addresses.
const BETWEEN: char = ',';

/// Addresses of aggregators, at least one.
#[derive(Clone, Debug)]
pub struct Servers {
    named: Vec<Server>,
}

/// An aggregator that may be one of those that are meant.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Where it is.
    pub(super) server: Server,
    /// Whether it was named by itself. An address that is one of several behind a name may be nobody's just now.
    pub(super) is_named: bool,
}

impl Servers {
    /// Reads addresses like [`Server::parse`], with commas between them.
    pub fn parse(text: &str, deadline: Duration) -> Result<Self, CallError> {
        let named: Result<Vec<Server>, CallError> = text
            .split(BETWEEN)
            .map(|one| Server::parse(one, deadline))
            .collect();
        Ok(Self { named: named? })
    }

    /// Shows the token of this file with every call; see [`Server::with_token`].
    pub fn with_token(self, file: &Path, typed: bool) -> Result<Self, CallError> {
        let named = self.named.into_iter();
        let named: Result<Vec<Server>, CallError> =
            named.map(|one| one.with_token(file, typed)).collect();
        Ok(Self { named: named? })
    }

    /// What has to follow a suggested command to reach the same aggregators.
    pub fn reach(&self) -> String {
        match self.named.as_slice() {
            [one] => one.reach(),
            all => {
                let uris: Vec<&str> = all.iter().map(Server::uri).collect();
                let token = all.first().map(Server::reach_with_token);
                format!(" --server {}{}", uris.join(","), token.unwrap_or_default())
            }
        }
    }

    /// The only one, where only one was named.
    pub(crate) fn only(&self) -> Option<&Server> {
        match self.named.as_slice() {
            [one] => Some(one),
            [] | [_, _, ..] => None,
        }
    }

    /// Everybody who may be meant: a name stands for each of its addresses.
    pub(super) async fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for named in &self.named {
            let resolved = named.resolved().await;
            let is_named = resolved.len() == 1;
            let all = resolved.into_iter();
            candidates.extend(all.map(|server| Candidate { server, is_named }));
        }
        candidates
    }
}

impl From<Server> for Servers {
    fn from(server: Server) -> Self {
        Self {
            named: vec![server],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Servers;

    const DEADLINE: Duration = Duration::from_secs(1);

    #[test]
    fn several_addresses_are_named_again_by_a_suggested_command() {
        let reach = |text| Servers::parse(text, DEADLINE).unwrap().reach();
        assert_eq!(reach("a:1, http://b:2"), " --server http://a:1,http://b:2");
        assert_eq!(reach("a:1"), " --server http://a:1");
        assert_eq!(reach("127.0.0.1:7655"), "");
    }

    #[test]
    fn a_wrong_address_among_several_is_named() {
        let wrong = |text| Servers::parse(text, DEADLINE).unwrap_err().to_string();
        let said = wrong("a:1,b,c:3");
        assert!(said.contains("\"b\" is no server address"), "{said}");
        assert!(!said.contains("a:1") && !said.contains("c:3"), "{said}");
        let said = wrong("a:1,");
        assert!(said.contains("\"\" is no server address"), "{said}");
    }

    #[tokio::test]
    async fn an_address_stands_for_itself() {
        let servers = Servers::parse("127.0.0.1:1,[::1]:2", DEADLINE).unwrap();
        let candidates = servers.candidates().await;
        let uris: Vec<&str> = candidates.iter().map(|one| one.server.uri()).collect();
        assert_eq!(uris, ["http://127.0.0.1:1", "http://[::1]:2"]);
        assert!(candidates.iter().all(|one| one.is_named));
    }
}
