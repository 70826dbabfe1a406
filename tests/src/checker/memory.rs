//! I7: bytes buffered and leased ≤ the budget + one batch for each partition.

use super::history::{Event, History};

pub(super) fn check(history: &History) -> Result<(), String> {
    for event in history.events() {
        if let Event::Held {
            bytes,
            budget,
            partitions,
            batch,
        } = event
        {
            within(*bytes, *budget, *partitions, *batch)?;
        }
    }
    Ok(())
}

/// What may be held at any moment.
pub(crate) fn within(bytes: u64, budget: u64, partitions: u64, batch: u64) -> Result<(), String> {
    let limit = budget + partitions * batch;
    if bytes <= limit {
        return Ok(());
    }
    Err(format!(
        "{bytes} bytes were held; the budget of {budget} and a batch of {batch} for each of {partitions} partitions \
         make {limit}"
    ))
}
