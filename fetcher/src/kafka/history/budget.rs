//! Bytes of records that may be read, shared by all who read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::message::BorrowedMessage;

use crate::kafka::native::HeaderParts;

/// What may be read in one period, over all topics.
const BYTES: u64 = 32 << 20;
/// A period: what is usual at this hour changes with the hour, so logs are read again now and then.
pub(crate) const PERIOD: Duration = Duration::from_secs(30 * 60);

/// So many bytes in each period. Shared by threads; what they read at the same time adds up.
#[derive(Debug)]
pub struct Budget {
    bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    began: Instant,
    left: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(BYTES)
    }
}

impl Budget {
    /// So many bytes in each half hour, the first of which begins now.
    pub fn of(bytes: u64) -> Self {
        let state = State {
            began: Instant::now(),
            left: bytes,
        };
        Self {
            bytes,
            state: Mutex::new(state),
        }
    }

    /// Bytes that are left at this moment.
    pub fn left(&self, now: Instant) -> u64 {
        self.with(now, |state| state.left)
    }

    /// Takes what was read. The record at which the bytes end may be larger than what was left.
    pub fn spend(&self, bytes: u64, now: Instant) {
        self.with(now, |state| state.left = state.left.saturating_sub(bytes));
    }

    fn with<A>(&self, now: Instant, act: impl FnOnce(&mut State) -> A) -> A {
        // One number and a time: whole even after a panic elsewhere.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(state.began) >= PERIOD {
            *state = State {
                began: now,
                left: self.bytes,
            };
        }
        act(&mut state)
    }
}

/// Bytes of a record: key, value and headers.
pub(crate) fn size(record: &BorrowedMessage<'_>) -> u64 {
    let headers = HeaderParts::of(record);
    let headers = headers.map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len));
    let bytes = record.payload_len() + record.key_len() + headers.sum::<usize>();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_read_adds_up_and_is_never_more_than_there_is() {
        let (budget, now) = (Budget::of(1_000), Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10).for_each(|_| budget.spend(20, now)));
            }
        });
        assert_eq!(budget.left(now), 200);
        budget.spend(500, now);
        assert_eq!(budget.left(now), 0);
    }

    #[test]
    fn each_half_hour_has_its_own() {
        let (budget, now) = (Budget::of(1_000), Instant::now());
        budget.spend(1_000, now);
        assert_eq!(budget.left(now + PERIOD / 2), 0);
        assert_eq!(budget.left(now + PERIOD), 1_000);
        budget.spend(400, now + PERIOD);
        assert_eq!(budget.left(now + PERIOD), 600);
    }
}
