//! A member of a group as other software has it: a thread that polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

const POLL: Duration = Duration::from_millis(20);

/// A member; it leaves its group when it is dropped.
pub(crate) struct Member {
    stop: Arc<AtomicBool>,
    /// Who sends here waits until the member is paused.
    pauses: SyncSender<SyncSender<()>>,
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
        let (stop, read) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (pauses, asked) = sync_channel::<SyncSender<()>>(1);
        let (stopping, reading) = (Arc::clone(&stop), Arc::clone(&read));
        let thread = std::thread::spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                if let Some(Ok(_)) = consumer.poll(POLL) {
                    reading.fetch_add(1, Ordering::Relaxed);
                }
                if let Ok(done) = asked.try_recv() {
                    consumer.pause(&consumer.assignment().unwrap()).unwrap();
                    done.send(()).unwrap();
                }
            }
        });
        Self {
            stop,
            pauses,
            read,
            thread: Some(thread),
        }
    }

    /// Stops reading, and stays a member.
    pub(crate) fn pause(&self) {
        let (done, paused) = sync_channel(1);
        self.pauses.send(done).unwrap();
        paused.recv().unwrap();
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
