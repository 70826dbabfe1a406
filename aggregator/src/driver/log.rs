//! What the core wants said, as log lines. Texts from the network are quoted.

use rollcall_proto::trace::TraceContext;

use crate::core::event::Notice;
use crate::core::line::StatsLine;

/// Writes a notice.
pub(super) fn note(notice: &Notice) {
    match notice {
        Notice::FeedOpened {
            feed,
            topic,
            fetcher,
        } => {
            tracing::info!(feed = feed.0, %topic, ?fetcher, "feed opened");
        }
        Notice::FeedEnded {
            feed,
            topic,
            fault: Some(fault),
        } => {
            tracing::warn!(feed = feed.0, topic = topic.as_ref().map(ToString::to_string), %fault, "feed closed");
        }
        Notice::FeedEnded {
            feed,
            topic,
            fault: None,
        } => {
            tracing::info!(
                feed = feed.0,
                topic = topic.as_ref().map(ToString::to_string),
                "feed ended"
            );
        }
        Notice::Reset {
            topic,
            partition,
            reset,
            records,
        } => {
            tracing::warn!(%topic, %partition, %reset, records, "partition starts anew");
        }
        Notice::Lost {
            topic,
            partition,
            range,
        } => {
            tracing::warn!(%topic, %partition, %range, "records were lost before they were acked");
        }
        Notice::ClaimRefused {
            topic,
            partition,
            refusal,
        } => {
            tracing::warn!(%topic, %partition, %refusal, "claim refused");
        }
        Notice::StandsBy {
            topic,
            partition,
            feed,
        } => {
            tracing::info!(%topic, %partition, feed = feed.0, "fetcher waits for a partition that another one holds");
        }
        Notice::CutOff {
            topic,
            feed,
            silent,
        } => {
            tracing::warn!(%topic, feed = feed.0, ?silent, "fetcher is silent while another one waits: its feed ends");
        }
        Notice::LeaseExpired {
            lease,
            records,
            client,
        } => {
            tracing::warn!(lease = lease.0, records, ?client, "lease ran out");
        }
        Notice::Unanswered {
            gather,
            records,
            trace,
            client,
        } => {
            tracing::info!(
                gather = gather.0,
                records,
                ?client,
                trace_id = trace_id(trace),
                span_id = span_id(trace),
                "gather has no taker"
            );
        }
        Notice::Answered(summary, trace) => {
            tracing::debug!(gather = summary.gather_id, client = ?summary.client_id, trace_id = trace_id(trace), span_id = span_id(trace), "{}", StatsLine(summary));
        }
    }
}

fn trace_id(trace: &Option<TraceContext>) -> Option<String> {
    trace.as_ref().map(TraceContext::trace_id_text)
}

fn span_id(trace: &Option<TraceContext>) -> Option<String> {
    trace.as_ref().map(TraceContext::span_id_text)
}
