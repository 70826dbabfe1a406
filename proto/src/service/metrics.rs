//! Metrics for Prometheus: `/metrics` on the admin port.
//!
//! A page is made when somebody asks for it: what a service knows is measured then ([`Sheet`]), beside what is counted
//! all along ([`Calls`]) and what the kernel says of the process. Nothing here is updated per batch or per record, and
//! nothing a caller does makes a page longer: its labels are topics, partitions and methods that are known.

mod calls;
mod page;
mod process;
mod sheet;
#[cfg(test)]
mod tests;
mod text;

pub use calls::{CallLayer, Calls};
pub use page::{Metrics, routes};
pub use sheet::{Family, Sheet, Sort};
