//! A client that is there only while it is needed: an idle one costs a process about five wake-ups a second.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;

use super::client::ObserverClient;
use crate::kafka::native;

/// How long a client that nobody uses is kept.
const KEPT: Duration = Duration::from_secs(15);

/// Makes its client when it is first used, and again after it was let go.
pub(super) struct Standby {
    config: ClientConfig,
    made: Mutex<Option<Made>>,
}

struct Made {
    client: Arc<ObserverClient>,
    used: Instant,
}

impl Made {
    fn is_unused(&self) -> bool {
        self.used.elapsed() >= KEPT && !native::waits_for_an_answer(self.client.consumer.client())
    }
}

impl Standby {
    /// A stand-by of clients with these settings.
    pub(super) fn new(config: ClientConfig) -> Self {
        Self {
            config,
            made: Mutex::default(),
        }
    }

    /// The client; it connects in the background where it was not there.
    pub(super) fn client(&self) -> Result<Arc<ObserverClient>, KafkaError> {
        let mut made = self.lock();
        let used = Instant::now();
        let client = match made.take() {
            Some(made) => made.client,
            None => Arc::new(ObserverClient::new(&self.config)?),
        };
        *made = Some(Made {
            client: Arc::clone(&client),
            used,
        });
        Ok(client)
    }

    /// The client, where it is there.
    pub(super) fn present(&self) -> Option<Arc<ObserverClient>> {
        self.lock().as_ref().map(|made| Arc::clone(&made.client))
    }

    /// Lets the client go when nobody has used it for a while. That takes about 100 ms.
    pub(super) fn rest(&self) {
        let unused = self.lock().take_if(|made| made.is_unused());
        drop(unused);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standby() -> Standby {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", "127.0.0.1:1");
        Standby::new(config)
    }

    fn used(standby: &Standby, ago: Duration) {
        let then = Instant::now().checked_sub(ago).unwrap();
        standby.lock().as_mut().unwrap().used = then;
    }

    #[test]
    fn a_client_is_made_when_it_is_needed_and_let_go_when_nobody_has_used_it_for_a_while() {
        let standby = standby();
        assert!(standby.present().is_none());
        let first = standby.client().unwrap();
        assert!(Arc::ptr_eq(&first, &standby.client().unwrap()));
        used(&standby, KEPT / 2);
        standby.rest();
        assert!(standby.present().is_some(), "not long enough");
        used(&standby, KEPT);
        standby.rest();
        assert!(standby.present().is_none());
        assert!(!Arc::ptr_eq(&first, &standby.client().unwrap()));
    }

    #[test]
    fn using_a_client_keeps_it() {
        let standby = standby();
        standby.client().unwrap();
        used(&standby, KEPT);
        standby.client().unwrap();
        standby.rest();
        assert!(standby.present().is_some());
    }
}
