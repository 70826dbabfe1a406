//! Ports for servers that must know their port before they start.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

/// Below the range from which Linux takes the local ports of outgoing connections (from 32768), so that none of those
/// lands on a chosen port between this look and the server's start, or while a server is down for its restart.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// How many ports are tried before giving up.
const TRIES: usize = 100;

/// A loopback port that nobody listens on just now. Another process may still take it: callers try again.
pub fn free() -> Result<u16> {
    for _ in 0..TRIES {
        let port = fastrand::u16(RANGE);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port in {RANGE:?} after {TRIES} tries")
}
