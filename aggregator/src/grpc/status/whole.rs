//! The status of a roll of any size.

use std::time::Duration;

use rollcall_proto::v1::{GetStatusResponse, StatusView};

use crate::core::roll::status::worst_first;
use crate::core::roster::TopicKey;
use crate::core::verdict::{Detail, MANY};
use crate::driver::{Gone, Handle, Query};

/// Topics that the loop judges at a time, between two events.
const AT_ONCE: usize = 50;

/// Asks for it. A few topics are judged at once, by fresh evidence; many by what is known, some at a time, so that nobody's gather
/// waits for them and not every fetcher has to measure for one look.
pub(super) async fn status(
    handle: &Handle,
    topics: Vec<TopicKey>,
    timeout: Option<Duration>,
    view: StatusView,
) -> Result<GetStatusResponse, Gone> {
    let many = topics.len() > MANY;
    let detail = match view {
        StatusView::Summary => Detail::Summary,
        StatusView::Unspecified | StatusView::Full if many => Detail::OnePartition,
        StatusView::Unspecified | StatusView::Full => Detail::Full,
    };
    if !many {
        return handle
            .ask(|reply| Query::Status(topics, timeout, detail, reply))
            .await;
    }
    let mut status = handle
        .ask(|reply| Query::Status(Vec::new(), timeout, detail, reply))
        .await?;
    for some in topics.chunks(AT_ONCE) {
        let judged = handle
            .ask(|reply| Query::Statuses(some.to_vec(), timeout, detail, reply))
            .await?;
        status.topics.extend(judged);
    }
    worst_first(&mut status.topics);
    Ok(status)
}
