//! What the log says about Kafka: what a person would want to know, once.

use rollcall_proto::v1;
use rollcall_proto::v1::feed_response::Event as Answer;

use crate::core::facts::LogFacts;
use crate::core::latch::{Report, printable};
use crate::kafka::KafkaEvent;

/// A line for an event that is worth one.
pub(super) fn kafka(event: &KafkaEvent) {
    match event {
        KafkaEvent::Joining(protocol) => {
            tracing::info!(protocol = protocol.as_str(), "joining the group");
        }
        KafkaEvent::Assigned(partitions) if !partitions.is_empty() => {
            tracing::info!(?partitions, "partitions assigned");
        }
        KafkaEvent::Revoked { partitions, lost } => {
            tracing::info!(?partitions, lost, "partitions revoked");
        }
        KafkaEvent::Oversized {
            partition, record, ..
        } => {
            tracing::error!(
                %partition,
                offset = record.offset,
                bytes = record.bytes,
                limit = record.max_record_bytes,
                "record above the limit holds its partition"
            );
        }
        KafkaEvent::Stalled(suspects) => {
            tracing::warn!(?suspects, "a position is outside of the log");
        }
        KafkaEvent::Resolved(answer) => {
            for (partition, facts) in &answer.partitions {
                resolved(partition.0, facts);
            }
        }
        KafkaEvent::Assigned(_)
        | KafkaEvent::Batch(..)
        | KafkaEvent::End { .. }
        | KafkaEvent::Flow(_)
        | KafkaEvent::Committed(_)
        | KafkaEvent::Probed(_)
        | KafkaEvent::Owners(_)
        | KafkaEvent::Undescribed(_)
        | KafkaEvent::History(_)
        | KafkaEvent::Looked(_)
        | KafkaEvent::Settings(_)
        | KafkaEvent::Client(_)
        | KafkaEvent::Member(_)
        | KafkaEvent::Error(_)
        | KafkaEvent::Fatal(_) => {}
    }
}

/// A line for a word of the aggregator that is worth one.
pub(super) fn told(message: &v1::FeedResponse) {
    match &message.event {
        Some(Answer::Claimed(claimed)) if claimed.standby => {
            let why = claimed.refused.as_deref().map(printable);
            tracing::debug!(partition = claimed.partition, why, "standing by");
        }
        Some(Answer::Vacant(vacant)) => {
            let partitions = vacant.partitions.len();
            tracing::info!(partitions, "nobody holds them any more, claiming");
        }
        Some(
            Answer::Welcome(_)
            | Answer::Claimed(_)
            | Answer::Credit(_)
            | Answer::Settled(_)
            | Answer::Probe(_)
            | Answer::Drain(_)
            | Answer::Beat(_),
        )
        | None => {}
    }
}

fn resolved(partition: i32, facts: &Result<LogFacts, String>) {
    match facts {
        Ok(facts) => tracing::info!(
            partition,
            committed = facts.committed.map(|c| c.get()),
            log_start = facts.log_start.get(),
            high_watermark = facts.high_watermark.get(),
            "offsets read"
        ),
        Err(why) => tracing::warn!(partition, why = printable(why), "offsets could not be read"),
    }
}

/// A line for an error that was not known yet.
pub(super) fn error(report: &Report) {
    let Report {
        kind, code, text, ..
    } = report;
    tracing::warn!(
        ?kind,
        code,
        text = printable(text),
        "kafka client reports an error"
    );
}

/// A line for a client that is lost for good.
pub(super) fn lost(report: &Report) {
    let Report { code, text, .. } = report;
    tracing::warn!(
        code,
        text = printable(text),
        "kafka client is lost, a new one is made"
    );
}
