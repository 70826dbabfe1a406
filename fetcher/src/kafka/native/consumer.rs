//! The group's consumer, by librdkafka's callbacks.
//!
//! rdkafka 0.39 makes an event of every record, and waits on until its time is over when it is woken. The callbacks run
//! on the thread that polls, inside of [`GroupConsumer::poll`].

use std::collections::BTreeSet;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use rdkafka::types::RDKafkaType;
use rollcall_proto::ids::{LogPosition, Offset, Partition, Topic};

use super::{Message, Owned, c_name, checked, elements, leader_epochs, list_of, millis, text};
use crate::kafka::assign::until_stopped;
use crate::kafka::context::{Context, Rebalance};
use crate::kafka::observer::{list, offset};

/// The consumer of a group for one topic: a member, or one that only commits to it.
pub(crate) struct GroupConsumer {
    // Before the client in order to be dropped before it: a queue needs its client.
    queue: Owned<sys::rd_kafka_queue_t>,
    client: Client<Context>,
    topic: Topic,
    member: bool,
}

// SAFETY: librdkafka's clients and queues may be used by several threads at once.
unsafe impl Send for GroupConsumer {}
// SAFETY: the same.
unsafe impl Sync for GroupConsumer {}

impl GroupConsumer {
    /// A consumer with the group of `config`, which it joins as a `member` or not.
    pub(crate) fn new(
        config: &ClientConfig,
        topic: Topic,
        member: bool,
        context: Context,
    ) -> KafkaResult<Self> {
        let native = config.create_native_config()?;
        // SAFETY: the configuration is alive. Callbacks are only ever given the context as their opaque value:
        // `Client::new` sets it, and keeps it alive as long as the client.
        unsafe {
            sys::rd_kafka_conf_set_rebalance_cb(native.ptr(), Some(on_rebalance));
            sys::rd_kafka_conf_set_stats_cb(native.ptr(), Some(on_stats));
            sys::rd_kafka_conf_set_error_cb(native.ptr(), Some(on_error));
            sys::rd_kafka_conf_set_log_cb(native.ptr(), Some(on_log));
        }
        let client = Client::new(config, native, RDKafkaType::RD_KAFKA_CONSUMER, context)?;
        // SAFETY: the client is alive, and the queue that is asked for is ours to destroy.
        let queue = unsafe {
            sys::rd_kafka_poll_set_consumer(client.native_ptr());
            let queue = sys::rd_kafka_queue_get_consumer(client.native_ptr());
            Owned::new(queue, sys::rd_kafka_queue_destroy)
        };
        let queue = queue.ok_or_else(|| KafkaError::ClientCreation("no group.id".to_owned()))?;
        let consumer = Self {
            queue,
            client,
            topic,
            member,
        };
        if member {
            consumer.subscribe()?;
        }
        Ok(consumer)
    }

    fn subscribe(&self) -> KafkaResult<()> {
        let mut topics = TopicPartitionList::with_capacity(1);
        topics.add_topic_unassigned(self.topic.as_str());
        self.done(|client| unsafe { sys::rd_kafka_subscribe(client, topics.ptr()) })
    }

    /// The client.
    pub(crate) const fn client(&self) -> &Client<Context> {
        &self.client
    }

    /// What its callbacks have told.
    pub(crate) fn context(&self) -> &Context {
        self.client.context()
    }

    /// Waits for a record, or an error that comes in its place. Comes back early when there was a rebalance, when statistics
    /// came, and when it is [woken](Self::wake).
    pub(crate) fn poll(&self, wait: Duration) -> Option<Message<'_>> {
        // SAFETY: the client is alive, and the message is ours to destroy.
        unsafe {
            let message = sys::rd_kafka_consumer_poll(self.client.native_ptr(), millis(wait));
            Message::new(self, message)
        }
    }

    /// Takes what is there, up to `count`, without waiting.
    ///
    /// Of an error that comes among records, the end of a partition included, librdkafka 2.12.1 takes the offset for that of
    /// a record (`rd_kafka_q_serve_rkmessages`): the partition's position is one too far until its next record is taken, and
    /// a pause or a rebalance would begin again there. [`Headway`](crate::core::headway::Headway) says when to call it.
    pub(crate) fn poll_many<'a>(&'a self, count: usize, into: &mut Vec<Message<'a>>) {
        let mut raw = vec![ptr::null_mut(); count];
        self.context().set_many(true);
        // SAFETY: the queue is alive, there is room for `count` messages, and those that come are ours to destroy.
        unsafe {
            let queue = self.queue.as_ptr();
            let got = sys::rd_kafka_consume_batch_queue(queue, 0, raw.as_mut_ptr(), count);
            raw.truncate(usize::try_from(got).unwrap_or(0));
            into.extend(raw.into_iter().filter_map(|raw| Message::new(self, raw)));
        }
        self.context().set_many(false);
    }

    /// The ends of partitions as the last fetch of each told them; `None` where there was none yet. Asks nobody.
    pub(crate) fn ends(
        &self,
        partitions: impl Iterator<Item = Partition>,
    ) -> impl Iterator<Item = Option<Offset>> {
        let topic = c_name(self.topic.as_str()).unwrap_or_default();
        partitions.map(move |partition| {
            let (mut start, mut end) = (-1, -1);
            // SAFETY: the client is alive, and so is the name.
            let known = unsafe {
                sys::rd_kafka_get_watermark_offsets(
                    self.client.native_ptr(),
                    topic.as_ptr(),
                    partition.0,
                    &raw mut start,
                    &raw mut end,
                )
            };
            checked(known).ok().and_then(|()| Offset::known(end))
        })
    }

    /// Ends a wait for records, the next one if there is none now.
    pub(crate) fn wake(&self) {
        // SAFETY: the queue is alive.
        unsafe { sys::rd_kafka_queue_yield(self.queue.as_ptr()) }
    }

    /// The next rebalance that has to be handled.
    ///
    /// An assignment is answered here, with an empty list: until the answer librdkafka pauses all partitions of the
    /// consumer, kept ones too, and finding start offsets takes up to seconds. The partitions are assigned with their
    /// offsets later, which it allows at any time.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        let rebalance = self.context().next_rebalance()?;
        if matches!(rebalance, Rebalance::Assigned(_)) {
            let nothing = TopicPartitionList::new();
            let answered = if self.is_cooperative() {
                self.incremental_assign(&nothing)
            } else {
                self.replace_assignment(nothing.ptr())
            };
            if let Err(error) = answered {
                tracing::warn!(%error, "rebalance could not be answered");
            }
        }
        Some(rebalance)
    }

    /// Whether partitions come and go one by one, and not the whole assignment at once. Of a consumer that never joined
    /// librdkafka takes either (its protocol is "NONE").
    pub(crate) fn is_cooperative(&self) -> bool {
        if !self.member {
            return true;
        }
        // SAFETY: the client is alive; the text is librdkafka's and constant.
        let protocol = unsafe { text(sys::rd_kafka_rebalance_protocol(self.client.native_ptr())) };
        protocol.as_deref() == Some("COOPERATIVE")
    }

    /// The partitions that are assigned.
    pub(crate) fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        let mut assigned = ptr::null_mut();
        self.done(|client| unsafe { sys::rd_kafka_assignment(client, &raw mut assigned) })?;
        // SAFETY: the list is ours to destroy, and lives until it is.
        unsafe {
            let owned = Owned::new(assigned, sys::rd_kafka_topic_partition_list_destroy);
            Ok(owned.map_or_else(Vec::new, |list| partitions(list.as_ptr())))
        }
    }

    /// Those of the partitions that are assigned: giving back more is an error, and the empty list is an answer.
    pub(crate) fn held_of(&self, partitions: &[Partition]) -> KafkaResult<TopicPartitionList> {
        let mut held = self.assignment().unwrap_or_default();
        held.retain(|partition| partitions.contains(partition));
        list(&self.topic, &held, Position::Invalid)
    }

    /// Where the next record of each assigned partition is; `None` for a partition that has no position.
    pub(crate) fn positions(&self) -> KafkaResult<Vec<(Partition, Option<Offset>)>> {
        let list = list(&self.topic, &self.assignment()?, Position::Invalid)?;
        self.done(|client| unsafe { sys::rd_kafka_position(client, list.ptr()) })?;
        let positions = list.elements();
        let position = positions
            .iter()
            .map(|e| (Partition(e.partition()), offset(e.offset())));
        Ok(position.collect())
    }

    /// Replaces the assignment.
    pub(crate) fn assign(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        self.replace_assignment(list.ptr())?;
        self.until_stopped()
    }

    /// Takes everything out of the assignment.
    pub(crate) fn unassign(&self) -> KafkaResult<()> {
        self.replace_assignment(ptr::null())?;
        self.until_stopped()
    }

    fn replace_assignment(
        &self,
        list: *const sys::rd_kafka_topic_partition_list_t,
    ) -> KafkaResult<()> {
        self.done(|client| unsafe { sys::rd_kafka_assign(client, list) })
    }

    /// Puts partitions into the assignment.
    pub(crate) fn incremental_assign(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        self.said(|client| unsafe { sys::rd_kafka_incremental_assign(client, list.ptr()) })
    }

    /// Takes partitions out of the assignment.
    pub(crate) fn incremental_unassign(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        self.said(|client| unsafe { sys::rd_kafka_incremental_unassign(client, list.ptr()) })?;
        self.until_stopped()
    }

    fn until_stopped(&self) -> KafkaResult<()> {
        until_stopped(|| self.assignment().map(drop))
    }

    /// Has the leaders of assigned partitions asked whether these places, where they stand, are still in their logs. Where
    /// one is not, an error comes in a record's place, as for a position that is out of range. Tells which could not be asked
    /// about yet: nothing that was assigned is started while a commit of the client is on its way.
    ///
    /// librdkafka 2.12.1 asks when a partition is sought and when its leader changes, but not when it is assigned
    /// (`rd_kafka_toppar_fetch_start`, `rd_kafka_assignment_serve_pending`).
    pub(crate) fn validate(&self, places: TopicPartitionList) -> KafkaResult<BTreeSet<Partition>> {
        /// It waits for the client's own threads, not for a broker.
        const PATIENCE: Duration = Duration::from_secs(1);
        const NOT_YET: [RDKafkaErrorCode; 3] = [
            RDKafkaErrorCode::State,
            RDKafkaErrorCode::PreviousInProgress,
            RDKafkaErrorCode::InProgress,
        ];
        let asked = self.said(|client| unsafe {
            sys::rd_kafka_seek_partitions(client, places.ptr(), millis(PATIENCE))
        });
        if let Err(error) = asked
            && error.rdkafka_error_code() != Some(RDKafkaErrorCode::OperationTimedOut)
        {
            return Err(error);
        }
        let not_yet = places.elements().into_iter().filter(|element| {
            let said = element.error().err();
            let code = said.and_then(|error| error.rdkafka_error_code());
            code.is_some_and(|code| NOT_YET.contains(&code))
        });
        Ok(not_yet
            .map(|element| Partition(element.partition()))
            .collect())
    }

    /// Where a partition stands, behind control records too; `None` before its first record.
    pub(crate) fn position_of(&self, partition: Partition) -> Option<LogPosition> {
        let list = list_of(&self.topic, [(partition, LogPosition::default())]).ok()?;
        self.done(|client| unsafe { sys::rd_kafka_position(client, list.ptr()) })
            .ok()?;
        let leader_epoch = leader_epochs(&list).into_iter().next().flatten();
        let offset = offset(list.elements().first()?.offset())?;
        Some(LogPosition {
            offset,
            leader_epoch,
        })
    }

    /// Stops fetching partitions; what was fetched of them is dropped.
    pub(crate) fn pause(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        self.done(|client| unsafe { sys::rd_kafka_pause_partitions(client, list.ptr()) })
    }

    /// Fetches partitions again, from where they stand.
    pub(crate) fn resume(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        self.done(|client| unsafe { sys::rd_kafka_resume_partitions(client, list.ptr()) })
    }

    /// Commits, and waits for the answer.
    pub(crate) fn commit(&self, list: &TopicPartitionList) -> KafkaResult<()> {
        const WAIT: c_int = 0;
        self.done(|client| unsafe { sys::rd_kafka_commit(client, list.ptr(), WAIT) })
    }

    /// The list with what the group has committed.
    pub(crate) fn committed(
        &self,
        list: TopicPartitionList,
        timeout: Duration,
    ) -> KafkaResult<TopicPartitionList> {
        self.done(|client| unsafe {
            sys::rd_kafka_committed(client, list.ptr(), millis(timeout))
        })?;
        Ok(list)
    }

    /// Leaves the group; to be polled until it is [closed](Self::is_closed). From now on every rebalance is answered
    /// in place, as nobody handles it any more. An error for a client that is lost.
    pub(crate) fn close(&self) -> KafkaResult<()> {
        self.context().answer_inline();
        self.said(|client| unsafe {
            sys::rd_kafka_consumer_close_queue(client, self.queue.as_ptr())
        })
    }

    /// Whether the group was left.
    pub(crate) fn is_closed(&self) -> bool {
        // SAFETY: the client is alive.
        unsafe { sys::rd_kafka_consumer_closed(self.client.native_ptr()) == 1 }
    }

    /// The result of a call that answers with a code. Its arguments have to live during the call.
    fn done(
        &self,
        call: impl FnOnce(*mut sys::rd_kafka_t) -> sys::rd_kafka_resp_err_t,
    ) -> KafkaResult<()> {
        checked(call(self.client.native_ptr())).map_err(KafkaError::Global)
    }

    /// The result of a call that answers with an error of its own.
    fn said(
        &self,
        call: impl FnOnce(*mut sys::rd_kafka_t) -> *mut sys::rd_kafka_error_t,
    ) -> KafkaResult<()> {
        // SAFETY: the error is ours to destroy, and lives until it is.
        unsafe {
            let error = Owned::new(call(self.client.native_ptr()), sys::rd_kafka_error_destroy);
            match error {
                Some(error) => {
                    checked(sys::rd_kafka_error_code(error.as_ptr())).map_err(KafkaError::Global)
                }
                None => Ok(()),
            }
        }
    }
}

/// The partitions of a list.
///
/// # Safety
/// `list` is null or a list that lives during the call.
unsafe fn partitions(list: *const sys::rd_kafka_topic_partition_list_t) -> Vec<Partition> {
    // SAFETY: as the caller promises.
    let Some(list) = (unsafe { list.as_ref() }) else {
        return Vec::new();
    };
    let count = usize::try_from(list.cnt).unwrap_or(0);
    // SAFETY: a list that lives has as many elements as it says.
    let elements = unsafe { elements(list.elems, count) };
    elements.iter().map(|e| Partition(e.partition)).collect()
}

/// # Safety
/// Called by librdkafka only, with the context as its opaque value.
unsafe extern "C" fn on_rebalance(
    client: *mut sys::rd_kafka_t,
    cause: sys::rd_kafka_resp_err_t,
    list: *mut sys::rd_kafka_topic_partition_list_t,
    context: *mut c_void,
) {
    // SAFETY: the client is alive and so is its context, as long as callbacks are called.
    unsafe {
        let context = &*context.cast::<Context>();
        if context.answers_inline() {
            // Of a consumer that closes, librdkafka takes this for the answer to everything.
            sys::rd_kafka_assign(client, ptr::null());
            return;
        }
        let partitions = partitions(list);
        let assigned = RDKafkaErrorCode::from(cause) == RDKafkaErrorCode::AssignPartitions;
        context.hand_over(if assigned {
            Rebalance::Assigned(partitions)
        } else {
            Rebalance::Revoked {
                partitions,
                lost: sys::rd_kafka_assignment_lost(client) == 1,
            }
        });
        // It has to be answered before more is waited for.
        come_back(client, context);
    }
}

/// # Safety
/// Called by librdkafka only, with the context as its opaque value.
unsafe extern "C" fn on_stats(
    client: *mut sys::rd_kafka_t,
    json: *mut c_char,
    length: usize,
    context: *mut c_void,
) -> c_int {
    const NOT_KEPT: c_int = 0;
    // SAFETY: the context is alive, and the text during the call.
    unsafe {
        let context = &*context.cast::<Context>();
        context.stats_raw(elements(json.cast::<u8>(), length));
        // They come while nothing is read too: whoever polls is woken by them alone.
        come_back(client, context);
    }
    NOT_KEPT
}

/// Ends the wait of whoever polls. One who takes what is there does not wait, and would lose the next record: librdkafka
/// 2.12.1 leaves it behind when it comes back early (`rd_kafka_q_serve_rkmessages`).
///
/// # Safety
/// Called inside of a callback of that client, with its context.
unsafe fn come_back(client: *mut sys::rd_kafka_t, context: &Context) {
    if !context.takes_many() {
        // SAFETY: as the caller promises.
        unsafe { sys::rd_kafka_yield(client) }
    }
}

/// # Safety
/// Called by librdkafka only, with the context as its opaque value.
unsafe extern "C" fn on_error(
    _client: *mut sys::rd_kafka_t,
    code: c_int,
    reason: *const c_char,
    context: *mut c_void,
) {
    let code = sys::rd_kafka_resp_err_t::try_from(code);
    let code = code.map_or(RDKafkaErrorCode::Unknown, RDKafkaErrorCode::from);
    // SAFETY: the context is alive, and the text during the call.
    unsafe {
        let context = &*context.cast::<Context>();
        let reason = text(reason).unwrap_or_default();
        context.error(KafkaError::Global(code), reason.trim());
    }
}

/// # Safety
/// Called by librdkafka only, for a client whose opaque value is the context.
unsafe extern "C" fn on_log(
    client: *const sys::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    line: *const c_char,
) {
    // SAFETY: the client is alive and so is its context, and the texts during the call.
    unsafe {
        let context = &*sys::rd_kafka_opaque(client).cast::<Context>();
        let facility = text(facility).unwrap_or_default();
        let line = text(line).unwrap_or_default();
        context.log(log_level(level), facility.trim(), line.trim());
    }
}

/// Syslog's levels.
const fn log_level(level: c_int) -> RDKafkaLogLevel {
    match level {
        0 => RDKafkaLogLevel::Emerg,
        1 => RDKafkaLogLevel::Alert,
        2 => RDKafkaLogLevel::Critical,
        3 => RDKafkaLogLevel::Error,
        4 => RDKafkaLogLevel::Warning,
        5 => RDKafkaLogLevel::Notice,
        6 => RDKafkaLogLevel::Info,
        _ => RDKafkaLogLevel::Debug,
    }
}
