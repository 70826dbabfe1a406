//! Whether what a group has not read yet is about to be deleted.

use rollcall_proto::v1::{Severity, VerdictCode};

use super::Reading;
use super::log::COMMITTED;
use crate::core::verdict::condition::{HEARD, UNREAD};
use crate::core::verdict::rules::retention::LITTLE_LEFT;
use crate::core::verdict::table::{Finding, Wait};

/// As from inside, but of records that a group has not committed.
pub(super) static RETENTION_NEAR: Reading = Reading {
    code: VerdictCode::RetentionNear,
    condition: "less than a tenth of retention.ms is left of the record at C; only ever beside another verdict",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Warn)],
    conditions: &[HEARD, COMMITTED, UNREAD, LITTLE_LEFT],
    holds: |_| Some(Finding::now().only_also()),
    facts: None,
    advice: None,
};
