//! What only `rollcall demo` has: an embedded broker, producers that keep the rhythm of a real case, and a
//! client that gathers every second.

pub mod broker;
pub mod client;
pub mod past;
pub mod producers;
pub mod screen;
pub mod script;
