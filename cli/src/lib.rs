//! The `rollcall` command: asks an aggregator, shows what it says, and runs the whole house in one process.
//!
//! [`commands`] fetch facts and decide the exit code; [`view`] turns facts into text without doing
//! anything; [`words`] has the prose. Everything from the network passes [`sanitize`] on its way to a
//! terminal.

pub mod args;
pub mod catalog;
pub mod client;
pub mod commands;
pub mod demo;
pub mod exit;
pub mod failure;
pub mod house;
pub mod json;
pub mod lanes;
pub mod output;
pub mod outside;
pub mod sanitize;
pub mod target;
pub mod trace;
pub mod view;
pub mod words;
