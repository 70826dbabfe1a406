//! Who in the group owns the partitions that this fetcher does not.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::time::Clock;
use tokio::sync::mpsc::Sender;

use crate::core::facts::{GroupOwners, Owner};
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
            let Ok(group) = self.reader.describe(PATIENCE) else {
                continue;
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
                members: group.members.iter().map(|m| m.member_id.clone()).collect(),
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
