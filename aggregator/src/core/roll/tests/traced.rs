//! Which place in a trace goes where: from a call to the fetcher, from a batch to whoever gets its records.

use std::time::Duration;

use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1::{Delivery, feed_response};

use super::play::Play;
use crate::core::books::FeedKey;

fn place(id: u8, sampled: bool) -> TraceContext {
    TraceContext::fresh([id; 24], sampled)
}

/// The traces that the fetcher's probes and settlements belong to, in order.
fn told(play: &mut Play, feed: FeedKey) -> Vec<String> {
    let told = std::mem::take(play.told.entry(feed).or_default());
    let traced = told.into_iter().filter_map(|event| match event {
        feed_response::Event::Probe(probe) => Some(probe.traceparent),
        feed_response::Event::Settled(settled) => Some(settled.traceparent),
        _ => None,
    });
    traced.collect()
}

#[test]
fn a_probe_belongs_to_the_gather_that_wants_it() {
    let mut play = Play::new();
    let feed = play.open("A");
    play.claim(feed, 0, 0, 0);
    play.trace = Some(place(1, true));
    play.gather("A", |_| {});
    play.pass(Duration::from_secs(1));
    assert_eq!(told(&mut play, feed)[..1], [place(1, true).to_string()]);
}

#[test]
fn a_settlement_belongs_to_its_call_and_to_no_later_one() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    play.gather("A", |_| {});
    play.trace = Some(place(1, true));
    play.ack(0, 0, 4);
    play.trace = None;
    play.ack(0, 4, 6);
    play.trace = Some(place(2, false));
    play.ack(0, 6, 8);
    let nobody = String::new();
    assert_eq!(
        told(&mut play, feed),
        [place(1, true).to_string(), nobody.clone(), nobody],
        "what is not recorded is not told"
    );
}

#[test]
fn an_answer_that_settles_itself_settles_in_its_trace() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    play.trace = Some(place(3, true));
    play.gather("A", |request| request.set_delivery(Delivery::AutoAck));
    assert_eq!(told(&mut play, feed), [place(3, true).to_string()]);
}

#[test]
fn every_part_of_a_batch_names_the_span_that_sent_it() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.trace = Some(place(4, true));
    play.batch(feed, &claimed, 0, 10);
    play.trace = None;
    let peek = play.gather("A", |request| {
        request.set_delivery(Delivery::Peek);
        request.max_records = Some(3);
    });
    let first = play.gather("A", |request| request.max_records = Some(4));
    for gather in [peek, first] {
        let batches = &play.answer(gather).batches;
        let named: Vec<&str> = batches.iter().map(|b| b.traceparent.as_str()).collect();
        assert_eq!(named, [place(4, true).to_string()]);
    }
}
