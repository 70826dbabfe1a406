//! The services: requests are read and checked here, decided by the driver, answered here.

mod feed;
mod gather;
mod records;
mod status;

use std::sync::Arc;
use std::time::Duration;

use rollcall_proto::limits::HEADER_BYTES;
use rollcall_proto::status::{Refusal, reason};
use rollcall_proto::v1::status_service_server::StatusServiceServer;
use tokio::sync::Semaphore;
use tonic::Status;

use crate::core::inbound::BatchLimits;
use crate::core::roster::Roster;
use crate::driver::{Gone, Handle};

pub(crate) use records::{FeedServer, GatherServer};

/// Watchers at a time.
const WATCHERS: usize = 256;
/// Recordings at a time: each may hold the past of the whole roll.
const RECORDERS: usize = 8;
/// When to come again after a refusal.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the services share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The driver.
    pub(crate) handle: Handle,
    /// The roll.
    pub(crate) roster: Arc<Roster>,
    /// How large a batch may be.
    pub(crate) limits: BatchLimits,
    /// Timeout of a gather that names none.
    pub(crate) default_timeout: Duration,
    /// Places for watchers.
    pub(crate) watchers: Arc<Semaphore>,
    /// Places for recordings.
    pub(crate) recorders: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(
        handle: Handle,
        roster: Arc<Roster>,
        limits: BatchLimits,
        default_timeout: Duration,
    ) -> Self {
        Self {
            handle,
            roster,
            limits,
            default_timeout,
            watchers: Arc::new(Semaphore::new(WATCHERS)),
            recorders: Arc::new(Semaphore::new(RECORDERS)),
        }
    }

    /// Largest message that carries records.
    fn message_bytes(&self) -> usize {
        usize::try_from(self.limits.max_record_bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(HEADER_BYTES)
    }

    pub(crate) fn feed_service(&self) -> FeedServer {
        let feeds = feed::Feeds::new(self.handle.clone(), self.limits);
        FeedServer::new(feeds, self.message_bytes())
    }

    pub(crate) fn gather_service(&self) -> GatherServer {
        GatherServer::new(gather::Gathers::new(self.clone()))
    }

    pub(crate) fn status_service(&self) -> StatusServiceServer<status::Statuses> {
        StatusServiceServer::new(status::Statuses::new(self.clone()))
    }
}

impl From<Gone> for Status {
    fn from(gone: Gone) -> Self {
        Refusal::unavailable(reason::STOPPING, gone.to_string(), RETRY_AFTER).into()
    }
}
