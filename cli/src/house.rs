//! The whole house in one process, for `up` and `demo`: an aggregator, and a fetcher per topic.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rollcall_proto::service::serve;
use rollcall_proto::service::token::Gate;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::args::serve::ListenArgs;
use crate::failure::Failure;
use crate::sanitize::safe;

/// The ports, bound before anything is started.
#[derive(Debug)]
pub struct Ports {
    grpc: TcpListener,
    admin: TcpListener,
}

impl Ports {
    /// Binds both; port 0 takes a free one.
    pub async fn bind(listen: &ListenArgs) -> Result<Self, Failure> {
        Gate::of(listen.listen, listen.token_file.as_deref())
            .map_err(|fault| Failure::Usage(fault.to_string()))?;
        let hint = "--listen and --admin-listen choose other ports (:0 takes a free one)";
        let failed = |error: serve::BindError| Failure::Failed(format!("{error}; {hint}"));
        let grpc = serve::bind(listen.listen, "gRPC").await.map_err(failed)?;
        let admin = serve::bind(listen.admin_listen, "admin")
            .await
            .map_err(failed)?;
        Ok(Self { grpc, admin })
    }

    /// Where gRPC is reached from this machine.
    pub fn grpc(&self) -> io::Result<SocketAddr> {
        self.grpc.local_addr().map(reachable)
    }

    /// Where the admin port is reached from this machine.
    pub fn admin(&self) -> io::Result<SocketAddr> {
        self.admin.local_addr().map(reachable)
    }
}

/// An address that listens everywhere is reached on the loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

/// The services, running.
#[derive(Debug)]
pub struct House {
    aggregator: JoinHandle<Result<(), rollcall_aggregator::Error>>,
    fetchers: JoinSet<Result<(), rollcall_fetcher::Error>>,
    stop_fetchers: CancellationToken,
    stop_aggregator: CancellationToken,
}

impl House {
    /// Starts an aggregator on the ports, and the fetchers.
    pub fn start(
        ports: Ports,
        aggregator: rollcall_aggregator::Config,
        fetchers: Vec<rollcall_fetcher::Config>,
    ) -> Self {
        let (stop_fetchers, stop_aggregator) = (CancellationToken::new(), CancellationToken::new());
        let stopped = stop_aggregator.clone().cancelled_owned();
        let aggregator = tokio::spawn(rollcall_aggregator::run(
            aggregator,
            ports.grpc,
            Some(ports.admin),
            stopped,
        ));
        let mut tasks = JoinSet::new();
        for fetcher in fetchers {
            tasks.spawn(rollcall_fetcher::run(
                fetcher,
                None,
                stop_fetchers.clone().cancelled_owned(),
            ));
        }
        Self {
            aggregator,
            fetchers: tasks,
            stop_fetchers,
            stop_aggregator,
        }
    }

    /// Waits until a service ends that nobody asked to; says why.
    pub async fn broken(&mut self) -> Failure {
        tokio::select! {
            ended = &mut self.aggregator => Failure::Failed(format!("the aggregator ended: {}", why(ended))),
            Some(ended) = self.fetchers.join_next() => Failure::Failed(format!("a fetcher ended: {}", why(ended))),
        }
    }

    /// Stops the fetchers, then the aggregator, so that what is acked can still be committed; after
    /// `limit` it leaves what has not ended to the end of the process.
    pub async fn stop(mut self, limit: Duration) {
        let orderly = async {
            self.stop_fetchers.cancel();
            while self.fetchers.join_next().await.is_some() {}
            self.stop_aggregator.cancel();
            if !self.aggregator.is_finished() {
                // Why it ended does not matter any more.
                let _ = (&mut self.aggregator).await;
            }
        };
        let in_time = tokio::time::timeout(limit, orderly).await.is_ok();
        tracing::debug!(in_time, "stopped");
    }
}

/// Why a task ended.
fn why<E: std::error::Error>(ended: Result<Result<(), E>, tokio::task::JoinError>) -> String {
    match ended {
        Ok(Ok(())) => "without a reason".to_owned(),
        Ok(Err(error)) => safe(&error.to_string()).into_owned(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ListenArgs, Ports, reachable};

    #[tokio::test]
    async fn a_port_in_use_is_one_line_that_says_what_to_do() {
        let any = "127.0.0.1:0".parse().unwrap();
        let at = |listen| ListenArgs {
            listen,
            admin_listen: any,
            token_file: None,
        };
        let taken = Ports::bind(&at(any)).await.unwrap();
        let error = Ports::bind(&at(taken.grpc().unwrap())).await.unwrap_err();
        let line = error.to_string();
        assert!(
            line.contains("in use") && line.contains("--listen") && !line.contains('\n'),
            "{line}"
        );
        assert_eq!(error.exit(), crate::exit::Exit::Unjudged);
    }

    #[tokio::test]
    async fn a_house_that_everybody_could_enter_is_not_opened() {
        let listen = ListenArgs {
            listen: "0.0.0.0:0".parse().unwrap(),
            admin_listen: "127.0.0.1:0".parse().unwrap(),
            token_file: None,
        };
        let error = Ports::bind(&listen).await.unwrap_err();
        assert!(error.to_string().contains("--token-file"), "{error}");
        assert_eq!(error.exit(), crate::exit::Exit::Usage);
    }

    #[test]
    fn an_address_of_everywhere_is_dialled_on_the_loopback() {
        let reach = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(reach("0.0.0.0:7655"), "127.0.0.1:7655");
        assert_eq!(reach("[::]:7655"), "[::1]:7655");
        assert_eq!(reach("10.0.0.1:7655"), "10.0.0.1:7655");
    }
}
