//! A topic as every screen shows it: judged, with its numbers and its partitions.

use std::collections::BTreeSet;

use rollcall_proto::ids::TopicId;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, VerdictCode};

use super::{Ask, judge};
use crate::core::books::TopicBooks;
use crate::core::evidence::TopicEvidence;
use crate::core::evidence::wire::wire_duration;

/// The topic as evidence and books show it at one moment; statistics of gathers are whoever's who counts them.
pub fn topic_status(
    evidence: &TopicEvidence,
    books: &TopicBooks,
    ask: &Ask,
    now: Moment,
) -> v1::TopicStatus {
    let judgement = judge(evidence, books, ask, now);
    let summary = ask.detail.is_summary();
    let numbers = match summary {
        true => BTreeSet::new(),
        false => evidence.numbers(books),
    };
    let partition = |&number| {
        let verdict = judgement
            .partitions
            .get(&number)
            .copied()
            .unwrap_or(VerdictCode::Unspecified);
        evidence.partition_status(number, books.partitions.get(&number), verdict, now)
    };
    let topic_id = evidence.topic_id().map(TopicId::to_string);
    v1::TopicStatus {
        topic: evidence.topic().to_string(),
        record_count: books.last_record_count,
        backlog: judgement.backlog,
        unacked: judgement.unacked,
        last_timestamp_ms: evidence.last_timestamp_ms(),
        last_record_age: evidence.last_record_age(now).map(wire_duration),
        topic_id: topic_id.unwrap_or_default(),
        windows: Vec::new(),
        arrivals: (!summary).then(|| arrivals(evidence, ask, now)).flatten(),
        fetchers: match summary && evidence.lane().of.get() == 1 {
            true => evidence.gone_fetchers(now).collect(),
            // Over lanes one is gone only when its feed to each of them is.
            false => evidence.fetchers(now),
        },
        partitions: numbers.iter().map(partition).collect(),
        verdict: Some(judgement.verdict),
        also: judgement.also,
        ruled_out: judgement.ruled_out,
    }
}

/// The topic's rhythm, and how often a call comes back empty where it was told how long one waits. Without a rhythm, why the
/// timestamps give none.
fn arrivals(evidence: &TopicEvidence, ask: &Ask, now: Moment) -> Option<v1::ArrivalModel> {
    let known = evidence.arrivals();
    let Some(rhythm) = known.rhythm(ask.timeout, now) else {
        let stamps = known.stamps();
        return (!stamps.may_be_used()).then(|| v1::ArrivalModel {
            timestamps: stamps.wire().into(),
            timestamps_off: stamps.off().map(wire_duration),
            ..v1::ArrivalModel::default()
        });
    };
    let mut model = v1::ArrivalModel::from(rhythm);
    if !ask.timeout_told {
        (model.timeout, model.p_empty, model.p_empty_in_a_row) = (None, None, None);
    }
    Some(model)
}
