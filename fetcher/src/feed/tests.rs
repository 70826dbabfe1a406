//! The loop, without a Kafka that answers.

use rdkafka::config::ClientConfig;
use rollcall_proto::ids::Topic;

use super::*;
use crate::core::assignment::StartPolicy;
use crate::core::membership::Membership;

fn feed() -> Feed {
    let topic = Topic::new("t").unwrap();
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", "127.0.0.1:1");
    client.set("group.id", "g");
    let wiring = Wiring {
        client,
        protocol: Some(GroupProtocol::Classic),
        joins: false,
        topic: topic.clone(),
        group: "g".to_owned(),
        read_committed: false,
        max_record_bytes: 1 << 20,
        fetch_wait: Duration::from_millis(100),
        history: false,
        clock: Clock::start(),
    };
    let identity = Identity {
        open: v1::Open::default(),
        topic,
        policy: StartPolicy::Earliest,
        membership: Membership::Group,
    };
    let (readiness, _) = watch::channel(Readiness::ready());
    let setup = Setup {
        identity,
        wiring,
        choose_protocol: false,
        aggregators: vec!["http://127.0.0.1:1".to_owned()],
        lookup: by_the_system(),
        bearer: Bearer::default(),
        pulse_interval: Duration::from_secs(60),
        drain_timeout: Duration::from_secs(60),
        readiness,
    };
    Feed::start(setup).unwrap().0
}

/// Whether the loop would wait after what is due was done.
fn waits(feed: &mut Feed) -> bool {
    feed.apply(Event::Due);
    feed.due() > feed.clock.now()
}

#[tokio::test]
async fn a_client_that_was_to_be_made_anew_is_due_no_more_while_the_process_ends() {
    let mut feed = feed();
    feed.apply(Event::Stop);
    feed.renew = Some(feed.clock.now());
    assert!(waits(&mut feed));
    feed.broker = Broker::Rebuilding(feed.clock.now());
    assert!(waits(&mut feed));
}
