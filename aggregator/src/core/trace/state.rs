//! The sum of all evidence about a topic as one line: the engine's own state, written and read as it is.
//!
//! Whatever evidence learns to keep is in it by itself, since the state derives how it is written. The price:
//! only the same version is sure to read it; another one says that it begins without.

use rollcall_proto::v1;

use crate::core::evidence::TopicEvidence;

/// The state; `None` if it cannot be written, which a map with keys that are no text would cause.
pub fn to_wire(evidence: &TopicEvidence) -> Option<v1::TraceState> {
    let state = serde_json::to_string(evidence).ok()?;
    Some(v1::TraceState { state })
}

/// The state that was written; `None` if it is that of another version.
pub fn from_wire(state: &v1::TraceState) -> Option<TopicEvidence> {
    serde_json::from_str(&state.state).ok()
}
