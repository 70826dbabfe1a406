//! The two streams that carry records, as HTTP/2 bodies that do not copy them.
//!
//! tonic's streams copy every byte of a message twice where it comes in and once where it goes out (tonic 0.14,
//! `StreamingInner`, `EncodedBytes`). Records are nearly all bytes, so `Feed` and `Gather` are put into gRPC's frames
//! here: what goes out is a small head and the batch's body as it is, what comes in is copied once, into just as much memory
//! as it needs. On the wire it is gRPC like any other; every other call, and every other client, uses tonic's own.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod call;
mod incoming;
mod outgoing;
mod parts;
#[cfg(test)]
mod tests;

pub use call::{feed, gather};
pub use incoming::Incoming;
pub use outgoing::respond;
pub use parts::Parts;

/// Path of `Feed`.
pub const FEED: &str = "/rollcall.v1.FeedService/Feed";
/// Path of `Gather`.
pub const GATHER: &str = "/rollcall.v1.GatherService/Gather";

/// Bytes in front of each message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;
/// First byte of a message that is not compressed.
const PLAIN: u8 = 0;
/// First byte of one that is.
const COMPRESSED: u8 = 1;
