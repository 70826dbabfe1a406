//! What a roll of many topics costs the loop that owns it, without a network:
//! `cargo run --release --example roll_cost -p rollcall-aggregator`.

#![allow(clippy::print_stdout, reason = "it prints figures")]
#![allow(clippy::unwrap_used, reason = "its messages are its own")]

#[path = "../../tests/src/scale/words.rs"]
mod words;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use prost::Message as _;
use rollcall_aggregator::core::books::FeedKey;
use rollcall_aggregator::core::event::{Action, Call, Event};
use rollcall_aggregator::core::inbound::{self, BatchLimits};
use rollcall_aggregator::core::roll::Roll;
use rollcall_aggregator::core::roster::{Roster, TopicKey};
use rollcall_aggregator::core::settings::Settings;
use rollcall_aggregator::core::terms;
use rollcall_aggregator::core::verdict::Detail;
use rollcall_proto::ids::{GatherId, Topic};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::feed_request::Event as Up;
use rollcall_proto::v1::{FeedRequest, GatherRequest, GetStatusResponse};
use words::Standing;

const LIMITS: BatchLimits = BatchLimits {
    batch_bytes: 64 << 10,
    max_record_bytes: 16 << 20,
};
const PARTITIONS: i32 = 4;
const SECONDS: u32 = 20;

struct Play {
    roll: Roll,
    topics: usize,
    roster: Arc<Roster>,
    now: Moment,
}

fn main() {
    for topics in [100, 1000] {
        println!("{}", resident());
        let mut play = Play::new(topics);
        println!("{topics} topics: {}", resident());
        let begun = Instant::now();
        for second in 0..SECONDS {
            play.second(second);
        }
        let pulses = SECONDS * topics as u32;
        println!("{topics} topics: {:?} a pulse", begun.elapsed() / pulses);
        println!("{}", resident());
        for detail in [Detail::Full, Detail::OnePartition, Detail::Summary] {
            play.status(detail);
        }
        let begun = Instant::now();
        play.gather();
        println!("peek of nothing {:?}", begun.elapsed());
        for second in 0..400 {
            play.second(second);
        }
        println!("after 400 s: {}", resident());
    }
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.unwrap_or_default().to_owned()
}

impl Play {
    fn new(topics: usize) -> Self {
        let name = |number| Topic::new(&format!("fleet.station-{number:04}.meter")).unwrap();
        let roster = Arc::new(Roster::new((0..topics).map(name)));
        let now = Moment::from_millis(1000);
        let settings = Settings {
            batch_bytes: LIMITS.batch_bytes,
            ..Settings::default()
        };
        let roll = Roll::new(
            settings,
            Arc::clone(&roster),
            &BTreeMap::new(),
            now,
            SystemTime::now(),
        );
        let mut play = Self {
            roll,
            topics,
            roster,
            now,
        };
        for number in 0..topics {
            let topic = play.roster.topics()[number].to_string();
            play.say(number, Up::Open(words::open(&topic)));
            play.say(number, Up::History(words::history()));
            for at in standings() {
                play.say(number, Up::Claim(words::claim(at)));
            }
        }
        play
    }

    fn second(&mut self, second: u32) {
        for number in 0..self.topics {
            self.now = self.now + Duration::from_secs(1) / self.topics as u32;
            if second.is_multiple_of(5) {
                self.say(number, Up::Probed(words::probed(&standings(), 0)));
            }
            let since = Duration::from_secs(u64::from(second) + 1);
            self.say(number, Up::Pulse(words::pulse(&standings(), since)));
        }
    }

    fn say(&mut self, feed: usize, event: Up) {
        let message = inbound::read(FeedRequest { event: Some(event) }, LIMITS).unwrap();
        let feed = FeedKey(feed as u64 + 1);
        black_box(self.roll.apply(Event::Feed(feed, message), self.now));
    }

    /// Judges all topics, writes the answer and reads it.
    fn status(&self, detail: Detail) {
        let all: Vec<_> = (0..self.topics).map(TopicKey).collect();
        let begun = Instant::now();
        let status = self.roll.status(&all, None, detail, self.now);
        let judged = begun.elapsed();
        let bytes = black_box(status.encode_to_vec());
        let encoded = begun.elapsed() - judged;
        black_box(GetStatusResponse::decode(&bytes[..]).unwrap());
        let decoded = begun.elapsed() - judged - encoded;
        println!(
            "status, {detail:?}: judged {judged:?}, {} bytes encoded {encoded:?}, decoded {decoded:?}",
            bytes.len()
        );
    }

    fn gather(&mut self) {
        let timeout = prost_types::Duration::try_from(Duration::from_millis(1)).ok();
        let request = GatherRequest {
            timeout,
            ..GatherRequest::default()
        };
        let terms = terms::read(&request, &self.roster, Duration::from_secs(1)).unwrap();
        let call = Call {
            gather: GatherId(1),
            terms,
            settle: Vec::new(),
        };
        let mut asked = self.roll.apply(Event::Gather(Box::new(call)), self.now);
        self.now = self.now + Duration::from_millis(1);
        asked.extend(self.roll.apply(Event::Tick, self.now));
        let asked = asked
            .iter()
            .filter(|action| matches!(action, Action::Tell(..)));
        println!("{} probes asked", asked.count());
        for number in 0..self.topics {
            self.say(number, Up::Probed(words::probed(&standings(), 1)));
        }
    }
}

fn standings() -> Vec<Standing> {
    let at = |partition| Standing {
        partition,
        next: 1000,
        floor: 1000,
    };
    (0..PARTITIONS).map(at).collect()
}
