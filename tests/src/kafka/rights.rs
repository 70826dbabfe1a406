//! Access lists and quotas: what librdkafka's admin client, or its safe face, does not offer.

use anyhow::{Result, ensure};

use super::Kafka;
use super::secured::USER;
use super::wire::{Body, Call, Reply};

/// What a right is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A topic by its whole name; `*` for all.
    Topic(String),
    /// A group by its whole name; `*` for all.
    Group(String),
    /// The cluster.
    Cluster,
}

/// What may be done with it, or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Everything.
    All,
    /// Reading records; of a group: being a member and committing.
    Read,
    /// Writing records.
    Write,
    /// Being told about it. Whoever may read, write or delete may this too.
    Describe,
    /// Being told its settings.
    DescribeConfigs,
}

/// One line of the access lists, about [`USER`] from anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    resource: Resource,
    operation: Operation,
    allowed: bool,
}

impl Acl {
    /// May.
    pub fn allow(resource: Resource, operation: Operation) -> Self {
        Self {
            resource,
            operation,
            allowed: true,
        }
    }

    /// May not, whatever allows it.
    pub fn deny(resource: Resource, operation: Operation) -> Self {
        Self {
            resource,
            operation,
            allowed: false,
        }
    }

    /// Kafka's numbers and names, in the order in which both requests have them.
    fn body(&self, body: &mut Body) {
        /// The name as it stands.
        const LITERAL: i8 = 3;
        let (kind, name) = match &self.resource {
            Resource::Topic(name) => (2, name.as_str()),
            Resource::Group(name) => (3, name.as_str()),
            Resource::Cluster => (4, "kafka-cluster"),
        };
        let operation = match self.operation {
            Operation::All => 2,
            Operation::Read => 3,
            Operation::Write => 4,
            Operation::Describe => 8,
            Operation::DescribeConfigs => 10,
        };
        body.i8(kind).string(name).i8(LITERAL);
        body.string(&format!("User:{USER}")).string("*");
        body.i8(operation).i8(match self.allowed {
            true => 3,
            false => 2,
        });
    }
}

impl Kafka {
    /// Adds lines to the access lists; the broker's answer comes when they hold.
    pub async fn add_acls(&self, acls: &[Acl]) -> Result<()> {
        self.acls(Call::CREATE_ACLS, acls).await
    }

    /// Removes lines from the access lists.
    pub async fn remove_acls(&self, acls: &[Acl]) -> Result<()> {
        self.acls(Call::DELETE_ACLS, acls).await
    }

    async fn acls(&self, call: Call, acls: &[Acl]) -> Result<()> {
        let mut body = Body::default();
        body.array(acls.len());
        for acl in acls {
            acl.body(&mut body);
        }
        let mut reply = self.ask(call, body).await?;
        let _throttle = reply.i32()?;
        let answers = reply.array()?;
        ensure!(answers == acls.len(), "{answers} answers to {acls:?}");
        for acl in acls {
            let refused = reply.error()?;
            ensure!(refused.is_none(), "{acl:?} was refused: {refused:?}");
            if call == Call::DELETE_ACLS {
                skip_matches(&mut reply)?;
            }
        }
        Ok(())
    }

    /// Limits what consumers with this client id may fetch, in bytes a second; none lifts the limit.
    pub async fn limit_consumers(
        &self,
        client_id: &str,
        bytes_a_second: Option<f64>,
    ) -> Result<()> {
        let mut body = Body::default();
        body.array(1).array(1).string("client-id").string(client_id);
        body.array(1).string("consumer_byte_rate");
        body.f64(bytes_a_second.unwrap_or_default());
        body.flag(bytes_a_second.is_none());
        // For good, not only to see whether it would be accepted.
        body.flag(false);
        let mut reply = self.ask(Call::ALTER_CLIENT_QUOTAS, body).await?;
        let _throttle = reply.i32()?;
        ensure!(reply.array()? == 1, "one quota, one answer");
        let refused = reply.error()?;
        ensure!(refused.is_none(), "the quota was refused: {refused:?}");
        Ok(())
    }
}

/// The lines that a removal removed.
fn skip_matches(reply: &mut Reply) -> Result<()> {
    for _ in 0..reply.array()? {
        reply.error()?;
        reply.i8()?;
        reply.string()?;
        reply.i8()?;
        reply.string()?;
        reply.string()?;
        reply.i8()?;
        reply.i8()?;
    }
    Ok(())
}
