//! What is delivered around the services: the manifests' settings, and a client in another language.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests, their helpers included"
)]

mod cluster;
mod python;
