//! A trace judged again: the lines of a recording, fed to the same evidence and the same engine.
//!
//! Reading files and JSON is done elsewhere; here a trace is a header and lines. [`replay::Replay`] takes
//! them in the order of their time and can judge at any moment; [`trial::Trial`] holds what is said against
//! the labels of a trace; [`timeline::Timeline`] keeps what was said and for how long, live and replayed.

pub mod books;
pub mod fault;
pub mod judged;
pub mod log;
pub mod played;
pub mod replay;
pub mod state;
pub mod timeline;
pub mod trial;

#[cfg(test)]
pub(in crate::core) mod tests;
