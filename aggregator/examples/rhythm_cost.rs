//! What the arrival model costs: `cargo run --release --example rhythm_cost -p rollcall-aggregator`.

#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use rollcall_aggregator::core::arrivals::{Arrivals, ArrivedBatch};
use rollcall_aggregator::core::evidence::wire::Wall;
use rollcall_proto::time::Moment;

const BATCHES: u32 = 1_000_000;
const JUDGEMENTS: u32 = 10_000;
/// Steps of the golden ratio: as good as random, and the same in every run.
const GOLDEN: f64 = 0.618_033_988_749_895;

fn main() {
    let mut now = Moment::from_millis(3_600_000);
    let mut model = Arrivals::new(Wall::new(now, SystemTime::now()), now);
    let gap = |number: u32| -(1.0 - (f64::from(number) * GOLDEN).fract()).ln();
    let gaps: Vec<f64> = (0..BATCHES).map(gap).collect();
    let begun = Instant::now();
    for gap in gaps {
        now = now + Duration::from_secs_f64(gap);
        let batch = ArrivedBatch {
            records: 1,
            bytes: 100,
            first_ms: None,
            last_ms: None,
            live: true,
        };
        model.batch(batch, now);
    }
    println!("{:?} a batch", begun.elapsed() / BATCHES);
    let begun = Instant::now();
    for _ in 0..JUDGEMENTS {
        black_box(model.rhythm(Duration::from_secs(1), now));
        black_box(model.timeout_for(0.95));
    }
    println!("{:?} a judgement", begun.elapsed() / JUDGEMENTS);
    println!("{} bytes a topic", model.bytes());
}
