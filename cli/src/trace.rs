//! Traces as files: NDJSON, compressed where the name says so. What the lines mean is decided in
//! [`rollcall_aggregator::core::trace`]; here they are read and written, line by line, within bounds.

pub mod fault;
pub mod outside;
pub mod read;
pub mod trial;
pub mod write;

#[cfg(test)]
mod tests;

/// Longest line that is read or written, in bytes: a pulse of 10,000 partitions fits.
pub const LINE_BYTES: usize = 6 << 20;
/// Objects in one line: each takes memory that is out of proportion to its two characters.
pub const LINE_OBJECTS: usize = 60_000;
/// Lines of one trace.
pub const LINES: u64 = 5_000_000;
/// Bytes of one trace, unpacked.
pub const TRACE_BYTES: u64 = 2 << 30;
