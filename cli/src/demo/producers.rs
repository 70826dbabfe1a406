//! The producers: one task per topic, each with a Kafka client of its own that dies with it.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::script::{SCRIPTS, Script};

/// Share of its gap by which a record may be early or late.
const JITTER: f64 = 0.02;

/// Starts them all; they end with `stop`.
pub fn start(bootstrap_servers: &str, stop: &CancellationToken) -> Result<JoinSet<()>, KafkaError> {
    let mut tasks = JoinSet::new();
    for script in SCRIPTS {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("client.id", format!("demo-{}", script.topic))
            .set("linger.ms", "0")
            .create()?;
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = write(&producer, script) => {}
                () = stop.cancelled() => {}
            }
        });
    }
    Ok(tasks)
}

/// Writes a record per gap, until its time has come.
async fn write(producer: &BaseProducer, script: Script) {
    let begun = Instant::now();
    let mut ticks = interval_at(begun + script.gap, script.gap);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut number = u64::from(script.past);
    loop {
        let due = ticks.tick().await;
        if script
            .dies_after
            .is_some_and(|life| due.duration_since(begun) > life)
        {
            return;
        }
        tokio::time::sleep(script.gap.mul_f64(JITTER * fastrand::f64())).await;
        let (key, value) = (script.record)(number);
        // A full queue drops a made-up record: the next one follows.
        let _ = producer.send(BaseRecord::to(script.topic).key(&key).payload(&value));
        producer.poll(Duration::ZERO);
        number += 1;
    }
}
