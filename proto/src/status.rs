//! Errors to gRPC statuses.
