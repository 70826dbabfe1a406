//! Plain data and decisions: no runtime, no network, no clock of its own.

pub mod advice;
pub mod arrivals;
pub mod books;
pub mod evidence;
pub mod stats;
pub mod verdict;
