//! Brokers that do not answer whoever looks from outside, or refuse to.

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Unknown};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, AuthorizationDenied, BrokerNotAnswering, CaughtUp, Flowing, NoCoordinator,
    NoMember, StuckWithLag, TopicMissing,
};

use super::super::super::situation::Family::{Broker, Secured};
use super::super::super::{Scene, Situation};
use super::super::broker::placed;
use super::super::script;
use crate::kafka::{Acl, Mechanism, Operation, Resource};
use crate::member::Member;

pub(in super::super) static ALL: &[Situation] = &[
    Situation::inside(
        "outside-coordinator-killed",
        NoCoordinator,
        Fault,
        script!(coordinator_killed),
    )
    .of(Broker)
    .outside()
    .like(NoMember)
    .by_way_of(&[CaughtUp, Flowing, StuckWithLag])
    .from(4, GIVEN_UP),
    Situation::inside(
        "outside-coordinator-frozen-with-records-waiting",
        NoCoordinator,
        Fault,
        script!(coordinator_frozen),
    )
    .of(Broker)
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, CaughtUp, Flowing, StuckWithLag])
    .from(4, GIVEN_UP),
    Situation::inside(
        "outside-leader-frozen",
        BrokerNotAnswering,
        Fault,
        script!(leader_frozen),
    )
    .of(Broker)
    .outside()
    .like(CaughtUp)
    .from(4, GIVEN_UP),
    Situation::inside(
        "outside-leader-frozen-with-records-waiting",
        BrokerNotAnswering,
        Fault,
        script!(leader_frozen_behind),
    )
    .of(Broker)
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[Flowing, StuckWithLag])
    .from(4, GIVEN_UP),
    Situation::inside(
        "outside-group-may-not-be-described",
        AuthorizationDenied,
        Unknown,
        script!(group_denied),
    )
    .of(Secured)
    .outside()
    .like(NoMember)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-topic-may-not-be-described",
        AuthorizationDenied,
        Unknown,
        script!(topic_denied),
    )
    .of(Secured)
    .outside()
    .like(TopicMissing)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-group-may-not-be-described-any-more",
        AuthorizationDenied,
        Unknown,
        script!(group_denied_later),
    )
    .of(Secured)
    .outside()
    .like(CaughtUp)
    .from(
        1,
        "who subscribes, and what is committed, is asked for once a second",
    ),
];

const GIVEN_UP: &str =
    "questions are asked once a second, one after the other, and each is given up after 1.5 s";

async fn coordinator_killed(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    let _member = scene.application(&[], 10).await?;
    scene.cause();
    scene.kafka.write().await.kill_node(3)?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.start_node(3)?;
    scene.until_well().await
}

async fn coordinator_frozen(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    let member = scene.application(&[], 10).await?;
    hang_behind(scene, member, 3).await
}

async fn leader_frozen(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 1).await?;
    let _member = scene.application(&[], 10).await?;
    scene.cause();
    hang(scene).await
}

async fn leader_frozen_behind(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2], &[3]], 1).await?;
    let member = scene.application(&[], 20).await?;
    hang_behind(scene, member, 2).await
}

/// A node stops answering while records wait for the member.
async fn hang_behind(scene: &mut Scene, member: Member, node: i32) -> Result<()> {
    scene.disturb();
    member.pause()?;
    scene.produce(50).await?;
    scene.cause();
    scene.kafka.write().await.pause_node(node)?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.resume_node(node)?;
    member.resume()?;
    scene.until_well().await
}

async fn hang(scene: &mut Scene) -> Result<()> {
    scene.kafka.write().await.pause_node(2)?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.resume_node(2)?;
    scene.until_well().await
}

/// A group that has read all of a topic, on a Kafka with rights.
async fn read(scene: &mut Scene) -> Result<Member> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let member = scene.join(&[])?;
    scene.until_committed(10).await?;
    Ok(member)
}

fn on_topic(scene: &Scene) -> Acl {
    Acl::allow(Resource::Topic(scene.topic.clone()), Operation::Read)
}

fn on_group(scene: &Scene) -> Acl {
    Acl::allow(Resource::Group(scene.group.clone()), Operation::Describe)
}

/// Alice looks, with these rights and no others.
async fn look(scene: &mut Scene, rights: &[Acl]) -> Result<()> {
    let settings = {
        let kafka = scene.kafka.read().await;
        kafka.add_acls(rights).await?;
        let mut settings = kafka.sasl_settings(Mechanism::Plain);
        settings.push(("bootstrap.servers".to_owned(), kafka.sasl()));
        settings
    };
    scene.look_with(&settings)
}

async fn group_denied(scene: &mut Scene) -> Result<()> {
    let _member = read(scene).await?;
    let rights = [on_topic(scene)];
    scene.cause();
    look(scene, &rights).await?;
    until_granted(scene, on_group(scene)).await
}

async fn topic_denied(scene: &mut Scene) -> Result<()> {
    let _member = read(scene).await?;
    let rights = [on_group(scene)];
    scene.cause();
    look(scene, &rights).await?;
    until_granted(scene, on_topic(scene)).await
}

/// The right is given in the end.
async fn until_granted(scene: &mut Scene, right: Acl) -> Result<()> {
    scene.until_right().await?;
    scene.undo();
    scene.kafka.read().await.add_acls(&[right]).await?;
    scene.until_well().await
}

async fn group_denied_later(scene: &mut Scene) -> Result<()> {
    let _member = read(scene).await?;
    let rights = [on_topic(scene), on_group(scene)];
    look(scene, &rights).await?;
    scene.until_well_at_first().await?;
    let deny = [Acl::deny(
        Resource::Group(scene.group.clone()),
        Operation::All,
    )];
    scene.cause();
    scene.kafka.read().await.add_acls(&deny).await?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.read().await.remove_acls(&deny).await?;
    scene.until_well().await
}
