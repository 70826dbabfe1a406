//! I5: every requested topic gets data or a verdict; a silent fetcher is never caught up.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::limits::PULSE_INTERVAL;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::VerdictCode;

use super::history::{Entry, Event, GatherKey, History, SlotSeen};

/// Three pulses have to be missed, and the last one may have been on its way.
const SILENT: Duration = PULSE_INTERVAL.saturating_mul(4);

struct Asked<'a> {
    at: Moment,
    topics: &'a [Topic],
}

pub(super) fn check(history: &History) -> Result<(), String> {
    let mut open: BTreeMap<GatherKey, Asked<'_>> = BTreeMap::new();
    let mut silent: BTreeMap<&Topic, Moment> = BTreeMap::new();
    for Entry { at, event } in history.entries() {
        if let Event::Asked { gather, topics } = event {
            open.insert(*gather, Asked { at: *at, topics });
        } else if let Event::Left { gather } = event {
            open.remove(gather);
        } else if let Event::SummedUp { gather, slots, .. } = event {
            let asked = open.remove(gather);
            let asked =
                asked.ok_or_else(|| format!("{gather}: a summary that nobody waits for"))?;
            judge(&asked, slots, &silent).map_err(|how| format!("{gather}: {how}"))?;
        } else if let Event::Silenced { topic } = event {
            silent.insert(topic, *at);
        } else if let Event::Heard { topic } = event {
            silent.remove(topic);
        }
    }
    match open.keys().next() {
        Some(gather) => Err(format!("{gather} was never answered")),
        None => Ok(()),
    }
}

fn judge(
    asked: &Asked<'_>,
    slots: &[SlotSeen],
    silent: &BTreeMap<&Topic, Moment>,
) -> Result<(), String> {
    let got: Vec<&str> = slots.iter().map(|slot| slot.topic.as_str()).collect();
    let wanted: Vec<&str> = asked.topics.iter().map(Topic::as_str).collect();
    if got != wanted {
        return Err(format!("asked for {wanted:?}, the slots are {got:?}"));
    }
    slots.iter().try_for_each(|slot| {
        let silent_for = silent.get(&slot.topic).map(|&since| asked.at.since(since));
        one(slot, silent_for).map_err(|how| format!("{}: {how}", slot.topic))
    })
}

fn one(slot: &SlotSeen, silent_for: Option<Duration>) -> Result<(), String> {
    if slot.said != slot.came {
        return Err(format!(
            "the slot says {} records, {} came",
            slot.said, slot.came
        ));
    }
    match slot.came {
        0 => empty(slot.verdict, silent_for),
        _ if slot.verdict.is_none() => Err("no verdict".to_owned()),
        _ => Ok(()),
    }
}

/// What may be said of a slot without records, whose fetchers have been silent for this time.
pub(super) fn empty(
    verdict: Option<VerdictCode>,
    silent_for: Option<Duration>,
) -> Result<(), String> {
    let Some(verdict) = verdict.filter(|&code| code != VerdictCode::Unspecified) else {
        return Err("no verdict".to_owned());
    };
    let honest = matches!(
        verdict,
        VerdictCode::FetcherUnreachable | VerdictCode::Undetermined
    );
    match silent_for {
        Some(time) if time >= SILENT && !honest => Err(format!(
            "{} though the fetcher was silent for {time:?}",
            verdict.as_str_name()
        )),
        Some(_) | None => Ok(()),
    }
}
