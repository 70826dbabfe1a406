//! The aggregator's door for fetchers, and the roll behind it.

mod script;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prost::Message as _;
use rollcall_aggregator::core::books::FeedKey;
use rollcall_aggregator::core::event::{Action, Event};
use rollcall_aggregator::core::inbound::{self, BatchLimits};
use rollcall_aggregator::core::invariants;
use rollcall_aggregator::core::roll::Roll;
use rollcall_aggregator::core::roster::Roster;
use rollcall_aggregator::core::settings::Settings;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, feed_request};

use super::{Target, packed};

pub(super) use script::TARGET as SCRIPT;

/// A feed as it comes from the wire.
pub(super) const MESSAGES: Target = Target {
    name: "feed-messages",
    what: "the messages of one feed, each with its length before it",
    try_input,
    seeds,
    words: &["t", "u", "\u{8}", "\u{12}", "first-id"],
};

/// Small enough that a short feed fills it.
const BUDGET: u64 = 2_000;
const BATCH: u64 = 500;
const LIMITS: BatchLimits = BatchLimits {
    batch_bytes: BATCH,
    max_record_bytes: 1_000,
};

/// A roll of the topics "t" and "u", and the moment that it is.
struct Stage {
    roll: Roll,
    now: Moment,
}

impl Stage {
    fn new() -> Self {
        let settings = Settings {
            budget_bytes: BUDGET,
            batch_bytes: BATCH,
            max_record_bytes: LIMITS.max_record_bytes,
            history: 3,
            max_gathers: 4,
            ..Settings::default()
        };
        let topics = ["t", "u"].map(|name| Topic::new(name).expect("it is a topic's name"));
        let now = Moment::from_millis(100_000_000);
        let roster = Arc::new(Roster::new(topics));
        let roll = Roll::new(
            settings,
            roster,
            &BTreeMap::new(),
            now,
            SystemTime::UNIX_EPOCH,
        );
        Self { roll, now }
    }

    /// Something happens; what must hold holds after it.
    fn apply(&mut self, event: Event) -> Vec<Action> {
        let actions = self.roll.apply(event, self.now);
        assert_eq!(invariants::check(&self.roll), Ok(()));
        actions
    }

    /// A feed says something; after a fault it has ended.
    fn say(&mut self, feed: FeedKey, message: v1::FeedRequest) -> Vec<Action> {
        match inbound::read(message, LIMITS) {
            Ok(message) => self.apply(Event::Feed(feed, message)),
            Err(fault) => self.apply(Event::FeedFault(feed, fault)),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.apply(Event::Tick);
    }
}

fn try_input(mut bytes: &[u8]) {
    let mut stage = Stage::new();
    while let Ok(message) = v1::FeedRequest::decode_length_delimited(&mut bytes) {
        let actions = stage.say(FeedKey(1), message);
        if actions
            .iter()
            .any(|action| matches!(action, Action::CloseFeed(..)))
        {
            break;
        }
        if bytes.is_empty() {
            break;
        }
    }
    stage.pass(Duration::from_secs(3));
}

fn seeds() -> Vec<Vec<u8>> {
    use feed_request::Event as Said;
    let open = Said::Open(v1::Open {
        topic: "t".to_owned(),
        fetcher_id: "f".to_owned(),
        group: "g".to_owned(),
        ..v1::Open::default()
    });
    let claim = Said::Claim(v1::Claim {
        generation: 1,
        topic_id: "first-id".to_owned(),
        proven: true,
        ..v1::Claim::default()
    });
    let batch = Said::Batch(v1::Batch {
        epoch: 1,
        packed: Some(packed::batch(0, 3, 1, 10)),
        ..v1::Batch::default()
    });
    let pulse = Said::Pulse(v1::Pulse {
        partitions: vec![v1::PartitionPulse::default(); 2],
        ..v1::Pulse::default()
    });
    let probed = Said::Probed(v1::Probed {
        topic_exists: Some(true),
        topic_id: "first-id".to_owned(),
        partitions: vec![v1::ProbedPartition {
            log_start: Some(0),
            high_watermark: Some(10),
            ..v1::ProbedPartition::default()
        }],
        ..v1::Probed::default()
    });
    let committed = Said::Committed(v1::Committed {
        partitions: vec![v1::CommittedPartition {
            offset: 1,
            ..v1::CommittedPartition::default()
        }],
    });
    let release = Said::Release(v1::Release {
        partition: 0,
        epoch: 1,
    });
    let whole = [
        open.clone(),
        claim,
        batch,
        pulse,
        probed,
        committed,
        release,
    ];
    let history = Said::History(v1::History {
        arrivals: vec![prost_types::Timestamp::default(); 3],
        ..v1::History::default()
    });
    vec![delimited(&whole), delimited(&[open, history])]
}

fn delimited(events: &[feed_request::Event]) -> Vec<u8> {
    let message = |event: &feed_request::Event| {
        let event = Some(event.clone());
        v1::FeedRequest { event }.encode_length_delimited_to_vec()
    };
    events.iter().flat_map(message).collect()
}
