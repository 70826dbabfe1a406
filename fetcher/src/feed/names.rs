//! A host name that stands for several aggregators, as a headless Service of Kubernetes does: its addresses are asked for
//! once an aggregator said that it is one lane of several, and again while a lane has none.

use std::future::{Future, pending};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::v1;
use rollcall_proto::v1::feed_response::Event as Answer;
use tokio::time::Instant;

use crate::core::backoff::Backoff;
use crate::core::lanes::FEEDS;

/// First and longest pause between two questions for the addresses.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
/// How the addresses of `HOST:PORT` are found out.
pub type Lookup = Arc<dyn Fn(String) -> Looking + Send + Sync>;

/// The system's way.
pub(crate) fn by_the_system() -> Lookup {
    Arc::new(|host: String| -> Looking {
        Box::pin(async move { Ok(tokio::net::lookup_host(host).await?.collect()) })
    })
}

/// The one name that was given.
pub(super) struct Names {
    /// `HOST:PORT`; `None` when there is nothing to find out.
    host: Option<String>,
    lookup: Lookup,
    /// Whether its addresses are dialled one by one.
    spreads: bool,
    wanted: bool,
    again: Instant,
    backoff: Backoff,
    looking: Option<Looking>,
}

impl Names {
    /// Where several addresses were given, or one that is a number, there is nothing to find out.
    pub(super) fn of(addresses: &[String], lookup: Lookup) -> Self {
        let host = match addresses {
            [only] => name_of(only),
            _ => None,
        };
        Self {
            host,
            lookup,
            spreads: false,
            wanted: false,
            again: Instant::now(),
            backoff: Backoff::new(AGAIN.0, AGAIN.1),
            looking: None,
        }
    }

    /// Whether an aggregator says that it is one of several, while its name alone is dialled.
    pub(super) fn is_one_of_several(&self, message: &v1::FeedResponse) -> bool {
        let several = matches!(&message.event, Some(Answer::Welcome(welcome)) if welcome.lanes > 1);
        several && self.host.is_some() && !self.spreads
    }

    /// Whether its addresses are dialled one by one.
    pub(super) const fn spreads(&self) -> bool {
        self.spreads
    }

    /// From now on its addresses are asked for.
    pub(super) fn spread(&mut self) {
        (self.spreads, self.wanted) = (true, true);
        self.changed();
    }

    /// The addresses were others than before: they may go on changing.
    pub(super) fn changed(&mut self) {
        self.backoff.worked();
        self.again = Instant::now();
    }

    /// They are asked for again while that holds.
    pub(super) fn look_while(&mut self, lacks: impl Fn() -> bool) {
        self.wanted = self.spreads && lacks();
    }

    /// The addresses, each time that they were asked for. Cancelling it loses nothing.
    pub(super) async fn found(&mut self) -> Vec<SocketAddr> {
        let Some(host) = self.host.clone().filter(|_| self.wanted) else {
            return pending().await;
        };
        loop {
            let Some(looking) = &mut self.looking else {
                tokio::time::sleep_until(self.again).await;
                self.looking = Some((self.lookup)(host.clone()));
                continue;
            };
            let answer = looking.await;
            self.looking = None;
            self.again = Instant::now() + self.backoff.failed(fastrand::f64());
            match answer {
                Ok(found) if !found.is_empty() => return of_one_family(&found),
                Ok(_) => tracing::debug!(host, "the name has no address"),
                Err(error) => tracing::debug!(host, %error, "the name cannot be resolved"),
            }
        }
    }
}

fn name_of(address: &str) -> Option<String> {
    let endpoint = client_endpoint(address).ok()?;
    let host = endpoint.uri().host()?;
    let number = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let port = endpoint.uri().port_u16()?;
    (!number).then(|| format!("{host}:{port}"))
}

/// An aggregator may have an address of each family: those of the first one, which the system prefers, name each once.
fn of_one_family(found: &[SocketAddr]) -> Vec<SocketAddr> {
    let preferred = found.first().is_some_and(SocketAddr::is_ipv4);
    let mut addresses: Vec<_> = found
        .iter()
        .filter(|at| at.is_ipv4() == preferred)
        .copied()
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.truncate(FEEDS);
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_name_is_asked_for() {
        let host = |addresses: &[&str]| {
            let addresses: Vec<_> = addresses.iter().map(|a| (*a).to_owned()).collect();
            Names::of(&addresses, by_the_system()).host
        };
        assert_eq!(host(&["http://lanes:7655"]), Some("lanes:7655".to_owned()));
        assert_eq!(host(&["http://127.0.0.1:7655"]), None);
        assert_eq!(host(&["http://[::1]:7655"]), None);
        assert_eq!(host(&["http://a:7655", "http://b:7655"]), None);
    }

    #[test]
    fn the_addresses_of_the_preferred_family_are_dialled() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let found = ["10.0.0.2:1", "[::2]:1", "10.0.0.1:1", "10.0.0.2:1"].map(at);
        assert_eq!(of_one_family(&found), ["10.0.0.1:1", "10.0.0.2:1"].map(at));
    }
}
