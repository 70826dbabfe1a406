//! The whole service: starts, serves, stops.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use rollcall_proto::DESCRIPTORS;
use rollcall_proto::service::admin::{self, Readiness};
use rollcall_proto::service::metrics::{CallLayer, Calls};
use rollcall_proto::service::serve::{self, connections, finish};
use rollcall_proto::service::token::Gate;
use rollcall_proto::status::DETAIL_DESCRIPTORS;
use rollcall_proto::time::Clock;
use rollcall_proto::v1::status_service_server::StatusServiceServer;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::Router;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::layer::util::{Identity, Stack};

use crate::config::Config;
use crate::core::inbound::BatchLimits;
use crate::core::roll::Roll;
use crate::core::roster::Roster;
use crate::driver::{Driver, Handle, Query};
use crate::error::Error;
use crate::grpc::{FeedServer, GatherServer, Shared};
use crate::metrics;

/// What is served, for the names of calls.
const DESCRIBED: [&[u8]; 3] = [
    DESCRIPTORS,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
];
/// gRPC connections at a time.
const CONNECTIONS: usize = 4096;

/// Runs an aggregator on `listener` (and its health and metrics over HTTP on `admin`) until `shutdown` ends, then at
/// most a few seconds longer: open gathers get their summary, fetchers are told to leave.
///
/// Several may run in one process. What they tell the log names nothing global.
///
/// # Errors
/// When the settings are wrong (nothing was started then), or when the service cannot go on.
pub async fn run(
    config: Config,
    listener: TcpListener,
    admin: Option<TcpListener>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(Error::Config(faults));
    }
    let address = listener.local_addr().map_err(Error::Address)?;
    let gate = Gate::of(address, config.token_file.as_deref())?;
    let (lane, lanes) = (config.lane, config.lanes);
    tracing::info!(addr = %address, token = gate.is_shut(), lane, lanes, "grpc listening");
    let stop = CancellationToken::new();
    let (driver, shared) = build(&config);
    let health = Health::new().await;
    let calls = Calls::of(&DESCRIBED);
    let router = router(&shared, &gate, &calls, &health)?;
    let ready = health.ready.subscribe();
    let driver = tokio::spawn(driver.run(stop.clone().cancelled_owned()));
    let incoming = connections(listener, CONNECTIONS);
    let serving =
        tokio::spawn(router.serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()));
    let metrics = metrics::router(&config, shared.handle.clone(), &calls);
    let admin = admin.map(|listener| {
        announce(listener.local_addr());
        tokio::spawn(admin::serve(
            listener,
            ready,
            metrics,
            stop.clone().cancelled_owned(),
        ))
    });
    health.serving(&shared.handle).await;
    let parts = Parts {
        driver,
        serving,
        admin,
    };
    parts.until(shutdown, &health, &stop).await
}

/// Says where a port is, so that whoever chose port 0 finds it.
fn announce(address: std::io::Result<SocketAddr>) {
    match address {
        Ok(addr) => tracing::info!(%addr, "admin listening"),
        Err(error) => tracing::warn!(%error, "admin listening, the address is not known"),
    }
}

fn build(config: &Config) -> (Driver, Shared) {
    let clock = Clock::start();
    let now = clock.now();
    let roster = Arc::new(Roster::new(config.topics.iter().cloned()));
    let incarnation = format!("{:016x}", fastrand::u64(..));
    let roll = Roll::new(
        config.settings(incarnation),
        Arc::clone(&roster),
        &config.words,
        now,
        wall(clock, now),
    );
    let (driver, handle) = Driver::new(roll, clock, config.max_gathers);
    let limits = BatchLimits {
        batch_bytes: config.batch_bytes,
        max_record_bytes: config.max_record_bytes,
    };
    (
        driver,
        Shared::new(handle, roster, limits, config.default_timeout),
    )
}

fn wall(clock: Clock, now: rollcall_proto::time::Moment) -> SystemTime {
    clock.wall(now)
}

fn router(
    shared: &Shared,
    gate: &Gate,
    calls: &Calls,
    health: &Health,
) -> Result<Router<Stack<CallLayer, Identity>>, Error> {
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(DETAIL_DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    Ok(serve::server()
        .layer(calls.layer())
        .add_service(health.service.clone())
        .add_service(reflection)
        .add_service(guarded(shared.feed_service(), gate))
        .add_service(guarded(shared.gather_service(), gate))
        .add_service(guarded(shared.status_service(), gate)))
}

/// A service that only calls with the token reach.
fn guarded<S>(service: S, gate: &Gate) -> InterceptedService<S, Gate> {
    InterceptedService::new(service, gate.clone())
}

type HealthService =
    tonic_health::pb::health_server::HealthServer<tonic_health::server::HealthService>;

/// Health over gRPC and over HTTP, always of one mind.
struct Health {
    reporter: HealthReporter,
    service: HealthService,
    ready: watch::Sender<Readiness>,
}

/// The services whose health is told; the empty name is the whole server.
const SERVICES: [&str; 4] = [
    "",
    FeedServer::NAME,
    GatherServer::NAME,
    StatusServiceServer::<()>::NAME,
];

impl Health {
    /// Not serving: tonic-health begins with the opposite.
    async fn new() -> Self {
        let reporter = HealthReporter::new();
        let service = HealthService::new(
            tonic_health::server::HealthService::from_health_reporter(reporter.clone()),
        );
        let (ready, _) = watch::channel(Readiness::not_ready("starting"));
        let health = Self {
            reporter,
            service,
            ready,
        };
        health.set(ServingStatus::NotServing).await;
        health
    }

    async fn set(&self, status: ServingStatus) {
        for service in SERVICES {
            self.reporter.set_service_status(service, status).await;
        }
    }

    /// Serving, as soon as the loop answers.
    async fn serving(&self, handle: &Handle) {
        if handle.ask(Query::Ping).await.is_ok() {
            self.set(ServingStatus::Serving).await;
            self.ready.send_replace(Readiness::ready());
        }
    }

    async fn stopping(&self) {
        self.ready.send_replace(Readiness::not_ready("stopping"));
        self.set(ServingStatus::NotServing).await;
    }
}

/// The tasks of a service.
struct Parts {
    driver: JoinHandle<()>,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
    admin: Option<JoinHandle<()>>,
}

impl Parts {
    /// Waits for the end, whoever brings it, and ends everything.
    async fn until(
        mut self,
        shutdown: impl Future<Output = ()> + Send,
        health: &Health,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let broken = tokio::select! {
            () = shutdown => None,
            _ = &mut self.driver => Some(Error::Driver),
            served = &mut self.serving => Some(served.ok().and_then(Result::err).map_or(Error::Driver, Error::Serve)),
        };
        health.stopping().await;
        stop.cancel();
        if let Some(broken) = broken {
            return Err(broken);
        }
        finish("driver", self.driver, serve::DRAIN).await;
        finish("grpc", self.serving, serve::DRAIN).await;
        if let Some(admin) = self.admin {
            finish("admin", admin, serve::DRAIN).await;
        }
        Ok(())
    }
}
