//! What may happen in a state.

use std::time::Duration;

use rollcall_proto::time::Moment;

use super::World;
use crate::model::action::{Action, Travels};
use crate::model::fetcher::Process;
use crate::model::kafka::Owner;
use crate::model::size::Size;

impl World {
    /// Everything that may happen, faults that are left included.
    pub(crate) fn may_happen(&self, size: &Size) -> Vec<Action> {
        let mut actions = self.must_happen();
        for (fetcher, process) in self.running() {
            actions.extend(self.fetcher_faults(fetcher, process));
            // Room in a feed comes sooner than any deadline, or the feed ends.
            let said = process.session.outgoing().next().is_none();
            let waits = said && process.deadline().is_some();
            actions.extend(waits.then_some(Action::FetcherWaits { fetcher }));
        }
        let owned = self
            .kafka
            .numbered()
            .filter(|(_, log)| matches!(log.owner, Owner::Member(_)));
        actions.extend(owned.map(|(partition, _)| Action::Revoke { partition }));
        actions.push(Action::RestartAggregator);
        let waits = self.aggregator.deadline().is_some();
        actions.extend(waits.then_some(Action::AggregatorWaits));
        for client in 0..size.clients {
            actions.extend(self.client_choices(client));
        }
        actions.retain(|action| self.left.allow(*action));
        actions
    }

    /// What happens sooner or later by itself, in the order in which it does when everybody behaves.
    pub(crate) fn must_happen(&self) -> Vec<Action> {
        let mut actions: Vec<_> = (0..self.late.len())
            .map(|at| Action::Arrive { at })
            .collect();
        for (&feed, end) in &self.aggregator.feeds {
            if !end.up.is_empty() {
                actions.push(Action::Hear { feed });
            }
            if end.broken {
                actions.push(Action::NoticeBreak { feed });
            }
        }
        for (fetcher, process) in self.running() {
            self.fetcher_goes_on(fetcher, process, &mut actions);
        }
        for fetcher in 0..self.fetchers.len() {
            let ghost = self
                .kafka
                .logs
                .iter()
                .any(|log| log.owner == Owner::Ghost(fetcher));
            actions.extend(ghost.then_some(Action::SessionEnds { fetcher }));
            let dead = self.fetchers[fetcher].process.is_none();
            actions.extend(dead.then_some(Action::Start { fetcher }));
        }
        self.assignments(&mut actions);
        for (client, this) in self.clients.iter().enumerate() {
            let acks = this.given.keys().map(|&(partition, offset)| Action::Ack {
                client,
                partition,
                offset,
                travels: Travels::AtOnce,
            });
            actions.extend(acks);
        }
        actions
    }

    /// Time until the next deadline of anybody.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        let left = |at: Option<Moment>, now: Moment| at.map(|at| at.since(now));
        let fetchers = self
            .running()
            .map(|(_, process)| left(process.deadline(), process.now));
        let aggregator = left(self.aggregator.deadline(), self.aggregator.now);
        fetchers.chain([aggregator]).flatten().min()
    }

    fn running(&self) -> impl Iterator<Item = (usize, &Process)> {
        let fetchers = self.fetchers.iter().enumerate();
        fetchers.filter_map(|(at, fetcher)| Some((at, fetcher.process.as_ref()?)))
    }

    fn assignments(&self, actions: &mut Vec<Action>) {
        let free = self
            .kafka
            .numbered()
            .filter(|(_, log)| log.owner == Owner::Nobody);
        for (partition, _) in free {
            let members = self.running().filter(|(_, process)| process.is_member());
            actions.extend(members.map(|(fetcher, _)| Action::Assign { partition, fetcher }));
        }
    }

    fn fetcher_goes_on(&self, fetcher: usize, process: &Process, actions: &mut Vec<Action>) {
        let mut may = |holds: bool, action: Action| actions.extend(holds.then_some(action));
        let link = process.link.as_ref();
        may(link.is_none(), Action::Connect { fetcher });
        let hears = link.is_some_and(|link| link.over || !link.down.is_empty());
        may(hears, Action::Listen { fetcher });
        may(!process.lost.is_empty(), Action::HearItIsLost { fetcher });
        may(!process.resolving.is_empty(), Action::Resolve { fetcher });
        may(process.commits(), Action::Commit { fetcher });
        may(process.answer.is_some(), Action::HearOfCommit { fetcher });
        for (&partition, reader) in &process.readers {
            let partition = partition.0;
            let more = reader.next < self.kafka.log(partition).records;
            may(more, Action::Poll { fetcher, partition });
            may(
                !more && !reader.told_end,
                Action::ReachEnd { fetcher, partition },
            );
        }
    }

    fn fetcher_faults(&self, fetcher: usize, process: &Process) -> impl Iterator<Item = Action> {
        let linked = process.link.as_ref().is_some_and(|link| !link.over);
        let owns = self.kafka.logs.iter().any(|log| log.owner.is(fetcher));
        let member = process.is_member();
        [
            (true, Action::Kill { fetcher }),
            (member, Action::Leave { fetcher }),
            (owns && process.lost.is_empty(), Action::Fence { fetcher }),
            (linked, Action::Break { fetcher }),
            (linked, Action::DropFeed { fetcher }),
            (
                process.commits(),
                Action::CommitUnanswered {
                    fetcher,
                    taken: true,
                },
            ),
            (
                process.commits(),
                Action::CommitUnanswered {
                    fetcher,
                    taken: false,
                },
            ),
        ]
        .into_iter()
        .filter_map(|(may, action)| may.then_some(action))
    }

    fn client_choices(&self, client: usize) -> Vec<Action> {
        let this = &self.clients[client];
        let mut actions = Vec::new();
        if this.gather.is_none() {
            actions.push(Action::Gather { client });
        }
        if this.gather.is_some() || !this.given.is_empty() {
            actions.push(Action::Depart { client });
        }
        for &(partition, offset) in this.given.keys() {
            let ack = |travels| Action::Ack {
                client,
                partition,
                offset,
                travels,
            };
            actions.extend([ack(Travels::Late), ack(Travels::Twice)]);
            actions.push(Action::Nack {
                client,
                partition,
                offset,
            });
        }
        actions
    }
}
