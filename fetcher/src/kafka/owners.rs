//! Who in the group owns the partitions that this fetcher does not.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::time::Clock;
use tokio::sync::mpsc::Sender;

use crate::core::facts::{GroupOwners, Owner};
use crate::kafka::errors;
use crate::kafka::event::KafkaEvent;
use crate::kafka::observer::{GroupReader, GroupState, Member};

/// How long a description may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the describing thread works with.
pub(crate) struct Describer {
    pub(crate) reader: Arc<GroupReader>,
    pub(crate) topic: Topic,
    pub(crate) clock: Clock,
    pub(crate) events: Sender<KafkaEvent>,
}

impl Describer {
    /// Describes the group whenever it is asked to. The embedded broker cannot be asked.
    pub(crate) fn run(&self, requests: &Receiver<()>) {
        while requests.recv().is_ok() {
            let group = match self.reader.describe(PATIENCE) {
                Ok(group) => group,
                Err(error) => {
                    let kind = errors::answer_kind(&error);
                    if self
                        .events
                        .blocking_send(KafkaEvent::Undescribed(kind))
                        .is_err()
                    {
                        return;
                    }
                    continue;
                }
            };
            let owners = group
                .members
                .iter()
                .flat_map(|m| self.owned_by(m))
                .collect();
            let owners = GroupOwners {
                measured: self.clock.now(),
                owners,
                stable: group.state == GroupState::Stable,
                members: group.members.iter().map(named).collect(),
            };
            if self
                .events
                .blocking_send(KafkaEvent::Owners(owners))
                .is_err()
            {
                return;
            }
        }
    }

    fn owned_by<'a>(&'a self, member: &'a Member) -> impl Iterator<Item = (Partition, Owner)> + 'a {
        let owner = Owner {
            client_id: member.client_id.clone(),
            host: member.host.clone(),
            member_id: member.member_id.clone(),
        };
        let ours = member
            .assigned
            .iter()
            .filter(|(topic, _)| *topic == self.topic);
        ours.map(move |(_, partition)| (*partition, owner.clone()))
    }
}

/// A member's id, and what to call it.
fn named(member: &Member) -> (String, String) {
    let Member {
        client_id, host, ..
    } = member;
    let host = host.trim_start_matches('/');
    (member.member_id.clone(), format!("{client_id} at {host}"))
}
