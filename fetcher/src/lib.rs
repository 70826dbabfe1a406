//! Consumes one Kafka topic, all the partitions that its group gives it, and feeds an aggregator.
//!
//! [`run`] is the whole service; [`Config`] is what it can be told. Inside, `core` decides (plain
//! state, no clock, no I/O), `kafka` is the edge to librdkafka, and `feed` is the loop that ties both to
//! the stream to the aggregator. `outside` watches groups that other software runs, for the command.

pub mod config;
pub mod core;
mod error;
mod feed;
pub mod kafka;
mod metrics;
pub mod outside;

use std::future::Future;

use rollcall_proto::service::admin::{self, Readiness};
use rollcall_proto::service::config::{Fault, Faults};
use rollcall_proto::service::serve::finish;
use rollcall_proto::service::token::Bearer;
use rollcall_proto::time::Clock;
use rollcall_proto::v1;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

pub use crate::config::Config;
pub use crate::core::assignment::StartPolicy;
pub use crate::core::membership::{Membership, Shard};
pub use crate::error::Error;
pub use crate::kafka::GroupProtocol;

use crate::config::{fetch_min_bytes, fetch_wait, max_poll_interval, read_committed};
use crate::core::pulse::duration;
use crate::core::session::Identity;
use crate::feed::Feed;
#[doc(hidden)]
pub use crate::feed::Lookup;
use crate::kafka::Wiring;

/// How long the admin port may take to close.
const ADMIN_END: std::time::Duration = std::time::Duration::from_secs(2);

/// Runs a fetcher until `shutdown` ends, then drains: what is out may be settled for the drain timeout,
/// the settled prefix is committed, the group is left. Bounded by the drain timeout and some seconds.
///
/// Kafka and the aggregator may be away at the start and for as long as they like.
///
/// # Errors
///
/// Only before anything was begun: wrong settings, or a client that cannot be made of them.
pub async fn run(
    config: Config,
    admin: Option<TcpListener>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    run_with_names(config, admin, shutdown, feed::by_the_system()).await
}

/// The same, where the addresses of the aggregators' name are found out in another way than the system's.
///
/// # Errors
///
/// As those of [`run`].
#[doc(hidden)]
pub async fn run_with_names(
    config: Config,
    admin: Option<TcpListener>,
    shutdown: impl Future<Output = ()>,
    lookup: Lookup,
) -> Result<(), Error> {
    config.check(|key| Some(format!("setting {key}")))?;
    let setup = setup(&config, lookup)?;
    let readiness = setup.readiness.subscribe();
    let (feed, asker) = Feed::start(setup)?;
    let metrics = metrics::router(&config, asker);
    let (stop_admin, stopped) = oneshot::channel::<()>();
    let admin = admin.map(|listener| {
        tokio::spawn(admin::serve(listener, readiness, metrics, async {
            // Dropping the other end is the word to stop.
            let _dropped = stopped.await;
        }))
    });
    feed.run(shutdown).await;
    drop(stop_admin);
    if let Some(admin) = admin {
        finish("admin", admin, ADMIN_END).await;
    }
    Ok(())
}

fn setup(config: &Config, lookup: Lookup) -> Result<feed::Setup, Error> {
    let client = config.client();
    let read_committed = read_committed(&client);
    let bearer = Bearer::of(config.token_file.as_deref()).map_err(|fault| {
        Error::Config(Faults::from(Fault::new(
            "token_file",
            fault.to_string(),
            "",
        )))
    })?;
    let ignored = config.classic_only();
    if !ignored.is_empty() {
        tracing::info!(
            ?ignored,
            "these properties hold for the classic group protocol only"
        );
    }
    let wait = fetch_wait(&client);
    let (readiness, _) = watch::channel(Readiness::not_ready("starting"));
    Ok(feed::Setup {
        identity: Identity {
            open: open(config, &client, read_committed),
            topic: config.topic.clone(),
            policy: config.start,
            membership: config.membership,
        },
        wiring: Wiring {
            client,
            protocol: config.group_protocol,
            joins: config.membership == Membership::Group,
            topic: config.topic.clone(),
            group: config.group.clone(),
            read_committed,
            max_record_bytes: config.max_record_bytes,
            fetch_wait: wait,
            history: config.history,
            clock: Clock::start(),
        },
        choose_protocol: config.group_protocol.is_none(),
        aggregators: config.aggregators(),
        lookup,
        bearer,
        pulse_interval: config.pulse_interval,
        drain_timeout: config.drain_timeout,
        readiness,
    })
}

/// What the fetcher says of itself at the begin of each feed.
fn open(config: &Config, client: &rdkafka::ClientConfig, read_committed: bool) -> v1::Open {
    let host = host();
    v1::Open {
        fetcher_id: format!("{host}-{}-{:08x}", std::process::id(), fastrand::u32(..)),
        topic: config.topic.to_string(),
        topic_id: String::new(),
        group: config.group.clone(),
        client_id: config.client_name(),
        host,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        group_protocol: String::new(),
        isolation_level: if read_committed {
            v1::IsolationLevel::ReadCommitted.into()
        } else {
            v1::IsolationLevel::ReadUncommitted.into()
        },
        fetch_wait: Some(duration(fetch_wait(client))),
        fetch_min_bytes: fetch_min_bytes(client),
        max_record_bytes: config.max_record_bytes,
        start_policy: match config.start {
            StartPolicy::Earliest => v1::StartPolicy::Earliest.into(),
            StartPolicy::Latest => v1::StartPolicy::Latest.into(),
        },
        bootstrap_servers: config.bootstrap_servers.clone(),
        demo: config.demo,
        observer: false,
        lanes: match config.aggregators().len() {
            1 => 0,
            several => u32::try_from(several).unwrap_or(u32::MAX),
        },
        max_poll_interval: Some(duration(max_poll_interval(client))),
        commit_interval: None,
        membership: config.membership.to_wire().into(),
        shard: config.membership.shard().map_or(0, Shard::number),
        shards: config.membership.shard().map_or(0, Shard::of),
    }
}

/// The machine's name, as the kernel has it.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = core::pulse::name(name.trim());
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name
    }
}
