//! Packed batches.
