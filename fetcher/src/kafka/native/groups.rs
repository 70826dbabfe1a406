//! A consumer group from outside: its state, its members and what they own.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::{Partition, Topic};

use super::{Owned, admin, c_name, checked, elements, is_embedded, text, topic_of};
use crate::kafka::protocol::GroupProtocol;

/// Members of a group that are read; `members_total` counts them all.
const MAX_MEMBERS: usize = 10_000;
/// Partitions that are read of all members of a group together.
const MAX_ASSIGNED: usize = 200_000;

/// A consumer group as its coordinator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its state; `Dead` for a group that does not exist.
    pub state: GroupState,
    /// Its protocol; `None` when the coordinator does not say.
    pub protocol: Option<GroupProtocol>,
    /// Name of the assignor ("range", "uniform", …); empty when nobody is a member.
    pub assignor: String,
    /// Its members.
    pub members: Vec<Member>,
    /// How many members it has: more than `members` holds when a limit cut them.
    pub members_total: usize,
}

/// State of a consumer group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// One that librdkafka has no word for: KIP-848's Assigning and Reconciling are among them.
    Unknown,
    /// Members are joining.
    PreparingRebalance,
    /// Members wait for their partitions.
    CompletingRebalance,
    /// Every member has its partitions.
    Stable,
    /// There is no such group.
    Dead,
    /// It has commits and no members.
    Empty,
}

/// A member of a group. The texts are from the network, cut to a bounded length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id in the group.
    pub member_id: String,
    /// Its client.id.
    pub client_id: String,
    /// Its host as the broker saw it, such as "/10.0.0.7".
    pub host: String,
    /// group.instance.id of a static member; empty otherwise.
    pub instance_id: String,
    /// What it owns.
    pub assigned: Vec<(Topic, Partition)>,
}

/// Describes a group, classic or KIP-848, without being a member.
///
/// An error when the coordinator cannot be found or does not answer in time, when the right is missing, and
/// (`UnsupportedFeature`) on the embedded broker.
pub fn describe_group<C: ClientContext>(
    client: &Client<C>,
    group: &str,
    timeout: Duration,
) -> Result<GroupDescription, KafkaError> {
    if is_embedded(client, timeout) {
        // It would not refuse but let the request run into its timeout.
        return Err(KafkaError::GroupListFetch(
            RDKafkaErrorCode::UnsupportedFeature,
        ));
    }
    describe(client, &c_name(group)?, timeout).or_else(|code| {
        // Kafka 4 says so, older ones answer "Dead".
        if code == RDKafkaErrorCode::GroupIdNotFound {
            return Ok(GroupDescription::dead());
        }
        Err(KafkaError::GroupListFetch(code))
    })
}

impl GroupDescription {
    fn dead() -> Self {
        Self {
            state: GroupState::Dead,
            protocol: None,
            assignor: String::new(),
            members: Vec::new(),
            members_total: 0,
        }
    }
}

impl GroupState {
    /// Kafka's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Dead => "Dead",
            Self::Empty => "Empty",
        }
    }
}

/// Describes several groups at once, in the order in which they are named; see [`describe_group`]. One group's
/// failure is its own. Each group costs a request of its own, all on their way at the same time.
pub fn describe_groups<C: ClientContext>(
    client: &Client<C>,
    groups: &[&str],
    timeout: Duration,
) -> Result<Vec<Result<GroupDescription, KafkaError>>, KafkaError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    if is_embedded(client, timeout) {
        return Err(KafkaError::GroupListFetch(
            RDKafkaErrorCode::UnsupportedFeature,
        ));
    }
    let names: Vec<_> = groups
        .iter()
        .map(|group| c_name(group))
        .collect::<Result<_, _>>()?;
    let names: Vec<&CStr> = names.iter().map(AsRef::as_ref).collect();
    let answer = ask(client, &names, timeout).map_err(KafkaError::GroupListFetch)?;
    // SAFETY: the answer is alive until the end of this function, and what it lends with it.
    let described = unsafe { descriptions_in(answer.as_ptr()) };
    let mut described = described.map_err(KafkaError::GroupListFetch)?;
    let of = |group: &&str| match described.remove(*group) {
        Some(Err(RDKafkaErrorCode::GroupIdNotFound)) => Ok(GroupDescription::dead()),
        Some(description) => description.map_err(KafkaError::GroupListFetch),
        None => Err(KafkaError::GroupListFetch(RDKafkaErrorCode::BadMessage)),
    };
    Ok(groups.iter().map(of).collect())
}

fn describe<C: ClientContext>(
    client: &Client<C>,
    group: &CStr,
    timeout: Duration,
) -> Result<GroupDescription, RDKafkaErrorCode> {
    let answer = ask(client, &[group], timeout)?;
    // SAFETY: the answer is alive until the end of this function, and what it lends with it.
    let described = unsafe { descriptions_in(answer.as_ptr()) }?;
    described
        .into_values()
        .next()
        .unwrap_or(Err(RDKafkaErrorCode::BadMessage))
}

fn ask<C: ClientContext>(
    client: &Client<C>,
    groups: &[&CStr],
    timeout: Duration,
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
    let send = |handle, options, queue| {
        let mut groups: Vec<_> = groups.iter().map(|group| group.as_ptr()).collect();
        // SAFETY: all are alive during the call, which copies the names and the options.
        unsafe {
            sys::rd_kafka_DescribeConsumerGroups(
                handle,
                groups.as_mut_ptr(),
                groups.len(),
                options,
                queue,
            );
        }
    };
    admin::request_to_coordinator(client, operation, groups, timeout, send)
}

/// What was said of each group.
type Described = BTreeMap<String, Result<GroupDescription, RDKafkaErrorCode>>;

/// The descriptions in an answer.
///
/// # Safety
/// `answer` is an event that lives during the call.
unsafe fn descriptions_in(
    answer: *mut sys::rd_kafka_event_t,
) -> Result<Described, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the answer, which the caller keeps alive; null is asked for before use.
    unsafe {
        let result = sys::rd_kafka_event_DescribeConsumerGroups_result(answer);
        if result.is_null() {
            return Err(RDKafkaErrorCode::BadMessage);
        }
        let mut count = 0;
        let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
        let described = elements(groups, count).iter().map(|&group| {
            let name = text(sys::rd_kafka_ConsumerGroupDescription_group_id(group));
            (name.unwrap_or_default(), description(group))
        });
        Ok(described.collect())
    }
}

/// The description of one group.
///
/// # Safety
/// `group` lives during the call.
unsafe fn description(
    group: *const sys::rd_kafka_ConsumerGroupDescription_t,
) -> Result<GroupDescription, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the group, which the caller keeps alive.
    unsafe {
        let error = sys::rd_kafka_ConsumerGroupDescription_error(group);
        checked(sys::rd_kafka_error_code(error))?;
        let state = state(sys::rd_kafka_ConsumerGroupDescription_state(group));
        if state == GroupState::Dead {
            // A broker calls a group that it does not have classic.
            return Ok(GroupDescription::dead());
        }
        let assignor = sys::rd_kafka_ConsumerGroupDescription_partition_assignor(group);
        let members_total = sys::rd_kafka_ConsumerGroupDescription_member_count(group);
        Ok(GroupDescription {
            state,
            protocol: protocol(sys::rd_kafka_ConsumerGroupDescription_type(group)),
            assignor: text(assignor).unwrap_or_default(),
            members: members(group, members_total.min(MAX_MEMBERS)),
            members_total,
        })
    }
}

fn state(state: sys::rd_kafka_consumer_group_state_t) -> GroupState {
    use sys::rd_kafka_consumer_group_state_t as native;
    match state {
        native::RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE => GroupState::PreparingRebalance,
        native::RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE => {
            GroupState::CompletingRebalance
        }
        native::RD_KAFKA_CONSUMER_GROUP_STATE_STABLE => GroupState::Stable,
        native::RD_KAFKA_CONSUMER_GROUP_STATE_DEAD => GroupState::Dead,
        native::RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY => GroupState::Empty,
        native::RD_KAFKA_CONSUMER_GROUP_STATE_UNKNOWN
        | native::RD_KAFKA_CONSUMER_GROUP_STATE__CNT => GroupState::Unknown,
    }
}

fn protocol(kind: sys::rd_kafka_consumer_group_type_t) -> Option<GroupProtocol> {
    use sys::rd_kafka_consumer_group_type_t as native;
    match kind {
        native::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => Some(GroupProtocol::Consumer),
        native::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => Some(GroupProtocol::Classic),
        native::RD_KAFKA_CONSUMER_GROUP_TYPE_UNKNOWN
        | native::RD_KAFKA_CONSUMER_GROUP_TYPE__CNT => None,
    }
}

/// The first `count` members.
///
/// # Safety
/// `group` lives during the call and has at least `count` members.
unsafe fn members(
    group: *const sys::rd_kafka_ConsumerGroupDescription_t,
    count: usize,
) -> Vec<Member> {
    let mut room = MAX_ASSIGNED;
    let mut members = Vec::with_capacity(count);
    for index in 0..count {
        // SAFETY: the index is below the group's count, and the member is lent by the group.
        let member = unsafe {
            let member = sys::rd_kafka_ConsumerGroupDescription_member(group, index);
            if member.is_null() {
                continue;
            }
            Member {
                member_id: text(sys::rd_kafka_MemberDescription_consumer_id(member))
                    .unwrap_or_default(),
                client_id: text(sys::rd_kafka_MemberDescription_client_id(member))
                    .unwrap_or_default(),
                host: text(sys::rd_kafka_MemberDescription_host(member)).unwrap_or_default(),
                instance_id: text(sys::rd_kafka_MemberDescription_group_instance_id(member))
                    .unwrap_or_default(),
                assigned: assigned(member, room),
            }
        };
        room -= member.assigned.len();
        members.push(member);
    }
    members
}

/// What a member owns, at most `room` partitions. A name that no Kafka topic can have is left out.
///
/// # Safety
/// `member` lives during the call.
unsafe fn assigned(
    member: *const sys::rd_kafka_MemberDescription_t,
    room: usize,
) -> Vec<(Topic, Partition)> {
    // SAFETY: the list is lent by the member and has as many elements as it counts; null is asked for.
    let partitions = unsafe {
        let assignment = sys::rd_kafka_MemberDescription_assignment(member);
        if assignment.is_null() {
            return Vec::new();
        }
        match sys::rd_kafka_MemberAssignment_partitions(assignment).as_ref() {
            Some(list) => elements(list.elems, usize::try_from(list.cnt).unwrap_or(0)),
            None => &[],
        }
    };
    let mut assigned: Vec<(Topic, Partition)> = Vec::new();
    for element in partitions.iter().take(room) {
        let before = assigned.last().map(|(topic, _)| topic);
        // SAFETY: an element's topic is null or a NUL-terminated text that lives as long as the list.
        if let Some(topic) = unsafe { topic_of(element, before) } {
            assigned.push((topic, Partition(element.partition)));
        }
    }
    assigned
}
