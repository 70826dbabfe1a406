//! The settings to paste, by the names of three libraries.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::v1::{AdviseResponse, FetchCost};

use super::exact;
use crate::view::Reader;
use crate::view::quantity::{self, of_proto};
use crate::view::wrap::{labelled, paragraph};
use crate::words::arguments::Arguments;

/// What to set, for the longer of both callers' timeouts; says why where there is nothing to paste.
pub(super) fn paste(advice: &AdviseResponse, reader: &Reader) -> String {
    let random = of_proto(advice.timeout_for_all.as_ref());
    let row = of_proto(advice.timeout_for_all_in_a_row.as_ref());
    let (Some(timeout), Some(fetch)) = (random.max(row), fetch(advice)) else {
        return match advice.points.is_empty() {
            true => paragraph(&reader.speech.word("tune-no-advice")),
            false => paragraph(&reader.speech.word("tune-no-timeout")),
        };
    };
    let timeout = match (random, row) {
        (Some(_), Some(_)) => timeout,
        (None, _) | (_, None) => return paragraph(&reader.speech.word("tune-no-timeout")),
    };
    let arguments = Arguments::default()
        .text("target", quantity::share(advice.target))
        .text("timeout", exact(timeout));
    let head = paragraph(&reader.speech.say("tune-paste", &arguments));
    head + &blocks(timeout, fetch)
}

/// The consumer settings of the profile that fits most topics.
fn fetch(advice: &AdviseResponse) -> Option<&FetchCost> {
    let mut fits: BTreeMap<&str, usize> = BTreeMap::new();
    for topic in advice
        .topics
        .iter()
        .filter(|topic| !topic.profile.is_empty() && topic.silent_for.is_none())
    {
        *fits.entry(topic.profile.as_str()).or_default() += 1;
    }
    let (profile, _) = fits.into_iter().max_by_key(|(_, count)| *count)?;
    let mut costs = advice.topics.iter().flat_map(|topic| &topic.profiles);
    costs.find(|cost| cost.profile == profile)
}

fn blocks(timeout: Duration, fetch: &FetchCost) -> String {
    let (millis, records) = (timeout.as_millis(), fetch.max_records);
    let (flag, bytes) = (quantity::flag(timeout), fetch.fetch_min_bytes);
    let wait = of_proto(fetch.fetch_wait.as_ref())
        .unwrap_or_default()
        .as_millis();
    [
        (
            "rollcall",
            format!(
                "gather --timeout {flag} --max-records {records}; \
                 fetcher: fetch.wait.max.ms={wait} fetch.min.bytes={bytes}"
            ),
        ),
        (
            "librdkafka",
            format!("consumer_poll({millis}); fetch.wait.max.ms={wait} fetch.min.bytes={bytes}"),
        ),
        (
            "aiokafka",
            format!(
                "getmany(timeout_ms={millis}, max_records={records}); \
                 fetch_max_wait_ms={wait}, fetch_min_bytes={bytes}"
            ),
        ),
    ]
    .map(|(library, settings)| labelled(library, &settings))
    .concat()
}
