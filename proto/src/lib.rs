//! The contract between rollcall's fetchers, aggregators and clients.
//!
//! [`v1`] is generated from `proto/rollcall/v1/*.proto`, where every field is documented. Beside it live
//! the typed forms of what travels ([`ids`], [`ranges`], [`time`], [`verdict`]), the packed wire ([`packed`]), the one
//! place that turns errors into gRPC statuses ([`status`]), trace context ([`trace`]), and how messages are encoded ([`codec`], and [`stream`] for those that carry records). What a process
//! that handles frames of records does with free memory is [`memory`]. Process
//! plumbing that both services need is behind the feature `service`.

pub mod codec;
pub mod epochs;
pub mod ids;
pub mod memory;
pub mod packed;
pub mod ranges;
#[cfg(feature = "service")]
pub mod service;
pub mod status;
pub mod stream;
pub mod time;
pub mod trace;
pub mod verdict;

/// Generated messages, clients and servers of the package `rollcall.v1`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::too_many_lines
)]
pub mod v1 {
    tonic::include_proto!("rollcall.v1");
}

/// The encoded `FileDescriptorSet` of the contract, for reflection and for the JSON mapping.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rollcall.bin"));

/// Limits that both ends of the wire keep.
pub mod limits {
    use std::time::Duration;

    /// Largest record (key, value and headers) that is passed on unless configured otherwise.
    pub const MAX_RECORD_BYTES: u64 = 16 << 20;
    /// Room for everything in a message that is not a record's body: index, offsets, names.
    pub const HEADER_BYTES: usize = 1 << 20;
    /// Largest gRPC message for the default record limit.
    pub const MAX_MESSAGE_BYTES: usize = MAX_RECORD_BYTES as usize + HEADER_BYTES;
    /// Bytes of one packed batch (index + body), unless it holds a single record.
    pub const BATCH_BYTES: u64 = 256 << 10;
    /// Records in one packed batch.
    pub const BATCH_RECORDS: u32 = 10_000;
    /// Largest index of a packed batch: the names and numbers around it have the rest of the header's room.
    pub const MAX_INDEX_BYTES: usize = HEADER_BYTES - (64 << 10);
    /// Bytes of header lengths in one index. With `BATCH_RECORDS` times the longest other entries (30
    /// bytes a record) the index stays below `MAX_INDEX_BYTES`.
    pub const HEADER_LENGTHS_BYTES: usize = 512 << 10;
    /// Settled ranges that a claim names. What is settled beyond them comes again.
    pub const CLAIM_RANGES: usize = 100_000;
    /// HTTP/2 frame size that both ends receive: the one knob that pays (measured: 1.1 to 1.3 times).
    pub const FRAME_BYTES: u32 = 256 << 10;
    /// HTTP/2 window of one stream.
    pub const STREAM_WINDOW_BYTES: u32 = 1 << 20;
    /// HTTP/2 window of one connection; at least the windows of the streams that share it.
    pub const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
    /// Time between two pulses.
    pub const PULSE_INTERVAL: Duration = Duration::from_secs(1);
    /// How long a beat that was answered lets a fixed fetcher commit, counted from when it said it.
    pub const CONFIRMED: Duration = Duration::from_millis(500);
    /// How long what a fixed fetcher held is kept for it after anything last came from it: longer than it may commit, by
    /// the time that a commit which was let go takes to leave.
    pub const KEPT: Duration = Duration::from_millis(650);
    /// How long an aggregator hears nothing of a fixed fetcher before it ends its feed, while another one waits.
    pub const SILENT: Duration = Duration::from_secs(1);
    /// Time between two beats of a fixed fetcher, while another one waits for what it holds.
    pub const BEAT: Duration = Duration::from_millis(250);
    /// Longest topic name that Kafka accepts.
    pub const TOPIC_NAME_BYTES: usize = 249;
}
