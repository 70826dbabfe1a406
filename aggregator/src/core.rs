//! Plain data and decisions: no runtime, no network, no clock of its own.

pub mod books;
