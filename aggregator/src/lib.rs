//! Gathers many topics in one call and tells, with evidence, why any of them came back empty.

pub mod core;
