//! Services that the tests of this binary share, for those that only look.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::v1::{Close, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::process::listening;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Rollcall, eventually};
use tokio::sync::OnceCell;

/// For what takes a moment on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// How many records wait in the full topic.
pub(crate) const WAITING: u64 = 5;

/// Four topics in four states that stay as they are, as long as nobody takes anything.
pub(crate) struct Desk {
    /// The command, asking these services.
    pub(crate) rollcall: Rollcall,
    /// Where their aggregator listens.
    pub(crate) address: SocketAddr,
    /// Where its admin port is.
    pub(crate) admin: SocketAddr,
    /// The consumer group.
    pub(crate) group: String,
    /// Has records that nobody took yet.
    pub(crate) full: String,
    /// Is read to its end.
    pub(crate) read: String,
    /// Was never written.
    pub(crate) empty: String,
    /// Has no fetcher.
    pub(crate) unfed: String,
    /// Keeps the services running.
    _stage: Stage<'static>,
}

impl Desk {
    /// The one of this binary, started by the first test that asks.
    pub(crate) async fn shared() -> &'static Self {
        static SHARED: OnceCell<Desk> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    async fn start() -> Self {
        let kafka = Kafka::shared().await;
        let plan = Plan::on(kafka).topic("FULL", 1).topic("READ", 2);
        let plan = plan.topic("EMPTY", 1).unfed_topic("UNFED");
        let mut stage = plan.start().await.unwrap();
        let [full, read, empty, unfed] = [0, 1, 2, 3].map(|place| stage.topic(place).to_owned());
        stage.produce(1, 0, 3).await.unwrap();
        let client = stage.witness("reader").unwrap();
        let request = Request::of([read.as_str()]).max_records(3);
        let taken = client
            .gather(request.timeout(SOON).close(Close::Full))
            .await;
        client.ack(&taken.unwrap()).await.unwrap();
        stage.until_committed(1, 0, 3).await.unwrap();
        stage.produce(0, 0, WAITING).await.unwrap();
        let aggregator = stage.roll.aggregator.running().unwrap();
        let admin = aggregator.line("its admin port", SOON, listening("admin"));
        let admin = admin.await.unwrap();
        let desk = Self {
            admin,
            rollcall: Rollcall::of(stage.roll.address()),
            address: stage.roll.address(),
            group: stage.group().to_owned(),
            full,
            read,
            empty,
            unfed,
            _stage: stage,
        };
        desk.until_settled_down().await;
        desk
    }

    /// Waits until every topic is in the state that it stays in.
    async fn until_settled_down(&self) {
        let client = rollcall_tests::client::Client::to(self.address, "desk").unwrap();
        let expected = [
            (&self.empty, VerdictCode::TopicEmpty),
            (&self.unfed, VerdictCode::FetcherUnreachable),
        ];
        let settled = eventually("the topics are as they stay", SOON, async || {
            for (topic, code) in expected {
                let verdict = client.topic(topic).await?.verdict.unwrap_or_default();
                ensure!(
                    verdict.code() == code && verdict.confirmed,
                    "{topic}: {verdict:?}"
                );
            }
            let full = client.topic(&self.full).await?;
            ensure!(full.backlog == Some(WAITING), "{:?}", full.backlog);
            Ok(())
        });
        settled.await.unwrap();
    }
}
