//! Who may come in, and what he may do.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::Fault;
use rollcall_proto::v1::VerdictCode::{
    AuthenticationFailed, AuthorizationDenied, CaughtUp, ClusterUnreachable, CommitFailing,
    Flowing, ProducerSlowerThanTimeout, ProtocolMismatch, StuckWithLag, TopicMissing,
};

use super::super::cast::rhythm;
use super::super::situation::Family::Secured;
use super::super::{Scene, Situation};
use super::script;
use crate::kafka::{Acl, Mechanism, Operation, Resource};
use crate::roll::Setup;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "password-is-wrong",
        AuthenticationFailed,
        Fault,
        script!(password),
    )
    .of(Secured)
    .like(ClusterUnreachable)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "scram-password-is-wrong",
        AuthenticationFailed,
        Fault,
        script!(scram_password),
    )
    .of(Secured)
    .like(ClusterUnreachable)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "certificate-is-not-trusted",
        AuthenticationFailed,
        Fault,
        script!(authority),
    )
    .of(Secured)
    .like(ClusterUnreachable)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "tls-at-a-plain-port",
        AuthenticationFailed,
        Fault,
        script!(tls_at_plain),
    )
    .of(Secured)
    .like(ProtocolMismatch)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "plain-at-a-sasl-port",
        ProtocolMismatch,
        Fault,
        script!(plain_at_sasl),
    )
    .of(Secured)
    .like(ClusterUnreachable)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "plain-at-a-tls-port",
        ProtocolMismatch,
        Fault,
        script!(plain_at_tls),
    )
    .of(Secured)
    .like(AuthenticationFailed)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "sasl-without-tls-at-a-tls-port",
        ProtocolMismatch,
        Fault,
        script!(sasl_at_tls),
    )
    .of(Secured)
    .like(ClusterUnreachable)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "reading-the-topic-is-denied",
        AuthorizationDenied,
        Fault,
        script!(read_denied),
    )
    .of(Secured)
    .like(StuckWithLag),
    Situation::inside(
        "seeing-the-topic-is-denied",
        AuthorizationDenied,
        Fault,
        script!(describe_denied),
    )
    .of(Secured)
    .like(TopicMissing),
    Situation::inside(
        "group-is-denied-at-the-start",
        AuthorizationDenied,
        Fault,
        script!(group_denied),
    )
    .of(Secured)
    .like(ClusterUnreachable),
    Situation::inside(
        "topic-is-denied-at-the-start",
        AuthorizationDenied,
        Fault,
        script!(topic_denied),
    )
    .of(Secured)
    .like(TopicMissing),
    Situation::inside(
        "group-is-denied-under-way",
        AuthorizationDenied,
        Fault,
        script!(group_denied_later),
    )
    .of(Secured)
    .like(CaughtUp)
    // The commit is denied before the member notices with its session.
    .by_way_of(&[CommitFailing, Flowing])
    .from(
        12,
        "a member notices with its session, and the session lasts 10 s",
    ),
    Situation::inside(
        "commits-are-denied",
        CommitFailing,
        Fault,
        script!(commits_denied),
    )
    .of(Secured)
    .like(CaughtUp)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "commits-are-denied-in-bursts",
        CommitFailing,
        Fault,
        script!(commits_denied_bursts),
    )
    .of(Secured)
    .like(AuthorizationDenied)
    .by_way_of(&[Flowing, ProducerSlowerThanTimeout]),
    Situation::inside(
        "commits-are-denied-while-little-comes",
        CommitFailing,
        Fault,
        script!(commits_denied_slow),
    )
    .of(Secured)
    .like(CaughtUp)
    .by_way_of(&[Flowing, ProducerSlowerThanTimeout])
    .from(
        3,
        "a commit fails when there is something to commit, and a record comes every 3 s",
    ),
];

/// The rights that a fetcher needs.
fn rights(scene: &Scene) -> Vec<Acl> {
    vec![
        Acl::allow(Resource::Topic(scene.topic.clone()), Operation::Read),
        Acl::allow(Resource::Group(scene.group.clone()), Operation::Read),
    ]
}

/// A topic with records, and a set-up whose fetcher is alice without TLS.
pub(super) async fn alice(scene: &mut Scene) -> Result<Setup> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let kafka = scene.kafka.read().await;
    kafka.add_acls(&rights(scene)).await?;
    let flags = flags(&kafka.sasl_settings(Mechanism::Plain));
    Ok(setup(scene, &kafka.sasl(), &flags))
}

fn setup(scene: &Scene, bootstrap: &str, flags: &[String]) -> Setup {
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Setup::new(bootstrap, &scene.group)
        .topic(&scene.topic, 1)
        .fetcher_flags(&flags)
}

fn flags(settings: &[(String, String)]) -> Vec<String> {
    let flag = |(key, value): &(String, String)| ["-X".to_owned(), format!("{key}={value}")];
    settings.iter().flat_map(flag).collect()
}

/// A fetcher that cannot get in with these settings at this address.
async fn locked_out(
    scene: &mut Scene,
    bootstrap: &str,
    settings: &[(String, String)],
) -> Result<()> {
    let setup = setup(scene, bootstrap, &flags(settings));
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    scene.until_right().await
}

async fn prepared(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    scene.kafka.read().await.add_acls(&rights(scene)).await
}

async fn password(scene: &mut Scene) -> Result<()> {
    wrong_password(scene, Mechanism::Plain).await
}

async fn scram_password(scene: &mut Scene) -> Result<()> {
    wrong_password(scene, Mechanism::Scram).await
}

async fn wrong_password(scene: &mut Scene, mechanism: Mechanism) -> Result<()> {
    prepared(scene).await?;
    let (bootstrap, mut settings) = {
        let kafka = scene.kafka.read().await;
        (kafka.sasl(), kafka.sasl_settings(mechanism))
    };
    for (key, value) in &mut settings {
        if key == "sasl.password" {
            *value = "wrong".to_owned();
        }
    }
    locked_out(scene, &bootstrap, &settings).await
}

async fn authority(scene: &mut Scene) -> Result<()> {
    prepared(scene).await?;
    let (bootstrap, mut settings) = {
        let kafka = scene.kafka.read().await;
        (kafka.tls(), kafka.tls_settings(Mechanism::Plain))
    };
    // The system's authorities do not know it.
    settings.retain(|(key, _)| key != "ssl.ca.location");
    locked_out(scene, &bootstrap, &settings).await
}

async fn tls_at_plain(scene: &mut Scene) -> Result<()> {
    prepared(scene).await?;
    let (bootstrap, settings) = {
        let kafka = scene.kafka.read().await;
        (kafka.sasl(), kafka.tls_settings(Mechanism::Plain))
    };
    locked_out(scene, &bootstrap, &settings).await
}

async fn plain_at_sasl(scene: &mut Scene) -> Result<()> {
    prepared(scene).await?;
    let bootstrap = scene.kafka.read().await.sasl();
    locked_out(scene, &bootstrap, &[]).await
}

async fn plain_at_tls(scene: &mut Scene) -> Result<()> {
    prepared(scene).await?;
    let bootstrap = scene.kafka.read().await.tls();
    locked_out(scene, &bootstrap, &[]).await
}

async fn sasl_at_tls(scene: &mut Scene) -> Result<()> {
    prepared(scene).await?;
    let (bootstrap, settings) = {
        let kafka = scene.kafka.read().await;
        (kafka.tls(), kafka.sasl_settings(Mechanism::Plain))
    };
    locked_out(scene, &bootstrap, &settings).await
}

async fn read_denied(scene: &mut Scene) -> Result<()> {
    let deny = Acl::deny(Resource::Topic(scene.topic.clone()), Operation::Read);
    denied(scene, deny, true).await
}

async fn describe_denied(scene: &mut Scene) -> Result<()> {
    let deny = Acl::deny(Resource::Topic(scene.topic.clone()), Operation::All);
    denied(scene, deny, true).await
}

async fn group_denied_later(scene: &mut Scene) -> Result<()> {
    let deny = Acl::deny(Resource::Group(scene.group.clone()), Operation::All);
    denied(scene, deny, true).await
}

async fn group_denied(scene: &mut Scene) -> Result<()> {
    let deny = Acl::deny(Resource::Group(scene.group.clone()), Operation::All);
    denied(scene, deny, false).await
}

async fn topic_denied(scene: &mut Scene) -> Result<()> {
    let deny = Acl::deny(Resource::Topic(scene.topic.clone()), Operation::All);
    denied(scene, deny, false).await
}

/// A right is taken away, while all is well or before the fetcher starts; and given back.
async fn denied(scene: &mut Scene, deny: Acl, under_way: bool) -> Result<()> {
    let setup = alice(scene).await?;
    let deny = [deny];
    if under_way {
        scene.start_as(setup).await?;
        scene.cause();
        scene.kafka.read().await.add_acls(&deny).await?;
        scene.produce(10).await?;
    } else {
        scene.kafka.read().await.add_acls(&deny).await?;
        scene.start_aggregator(setup).await?;
        scene.work()?;
        scene.roll()?.start_fetchers().await?;
        scene.cause();
    }
    scene.until_right().await?;
    scene.undo();
    scene.kafka.read().await.remove_acls(&deny).await?;
    scene.until_well().await
}

async fn commits_denied(scene: &mut Scene) -> Result<()> {
    uncommitted(scene, Duration::from_millis(100), 1).await
}

async fn commits_denied_bursts(scene: &mut Scene) -> Result<()> {
    uncommitted(scene, Duration::from_millis(700), 50).await
}

async fn commits_denied_slow(scene: &mut Scene) -> Result<()> {
    uncommitted(scene, Duration::from_secs(3), 1).await
}

/// A classic member whose session lasts 45 s, as by default, may not commit any more, and reads on for so long.
async fn uncommitted(scene: &mut Scene, gap: Duration, burst: u64) -> Result<()> {
    let classic = [
        "--group-protocol",
        "classic",
        "-X",
        "session.timeout.ms=45000",
    ];
    let setup = alice(scene).await?.fetcher_flags(&classic);
    scene.start_as(setup).await?;
    scene.disturb();
    let _writing = rhythm(scene.producer.clone(), &scene.topic, gap, burst);
    let deny = [Acl::deny(
        Resource::Group(scene.group.clone()),
        Operation::All,
    )];
    scene.kafka.read().await.add_acls(&deny).await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.kafka.read().await.remove_acls(&deny).await?;
    scene.until_well().await
}
