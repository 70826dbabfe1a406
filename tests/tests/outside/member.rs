//! A member of a group as other software has it: a thread that polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

const POLL: Duration = Duration::from_millis(20);

/// A member; it leaves its group when it is dropped.
pub(crate) struct Member {
    stop: Arc<AtomicBool>,
    paused: Arc<AtomicBool>,
    read: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Member {
    /// Joins `group` and reads the topics, with these settings beside automatic commits every second.
    pub(crate) fn join(
        bootstrap: &str,
        group: &str,
        topics: &[&str],
        settings: &[(&str, &str)],
    ) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", bootstrap)
            .set("group.id", group)
            .set("client.id", "app")
            .set("auto.offset.reset", "earliest")
            .set("auto.commit.interval.ms", "1000")
            .set("isolation.level", "read_uncommitted");
        for (key, value) in settings {
            config.set(*key, *value);
        }
        let consumer: BaseConsumer = config.create().unwrap();
        consumer.subscribe(topics).unwrap();
        let (stop, paused) = (Arc::default(), Arc::<AtomicBool>::default());
        let read = Arc::<AtomicU64>::default();
        let (stopping, pausing, reading) =
            (Arc::clone(&stop), Arc::clone(&paused), Arc::clone(&read));
        let thread = std::thread::spawn(move || {
            let mut was_paused = false;
            while !AtomicBool::load(&stopping, Ordering::Relaxed) {
                let pause = pausing.load(Ordering::Relaxed);
                if pause != was_paused {
                    let owned = consumer.assignment().unwrap();
                    let done = if pause {
                        consumer.pause(&owned)
                    } else {
                        consumer.resume(&owned)
                    };
                    done.unwrap();
                    was_paused = pause;
                }
                if let Some(Ok(_)) = consumer.poll(POLL) {
                    reading.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self {
            stop,
            paused,
            read,
            thread: Some(thread),
        }
    }

    /// Stops reading, and stays a member.
    pub(crate) fn pause(&self) {
        self.paused.store(true, Ordering::Relaxed);
    }

    /// Records that it has read.
    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}
