//! Whether what a group has not read yet is about to be deleted.

use rollcall_proto::v1::{Severity, VerdictCode};

use super::Reading;
use super::group::COMMITTED;
use super::log::still_since;
use crate::core::verdict::condition::{HEARD, UNREAD};
use crate::core::verdict::rules::retention::LITTLE_LEFT;
use crate::core::verdict::table::{Finding, Wait};

/// As from inside, but of records that a group has not committed. Who reads may have read them: of him it counts once a
/// commit that stands still does.
pub(super) static RETENTION_NEAR: Reading = Reading {
    code: VerdictCode::RetentionNear,
    condition: "less than a tenth of retention.ms is left of the record at C, and where somebody reads C is frozen for max(3W, 10 s, 1.5 commit intervals + 2 s), or 2 min while the commit interval is not known; only ever beside another verdict",
    confirmation: Wait::CommitDue,
    severity: &[(Wait::CommitDue, Severity::Warn)],
    conditions: &[HEARD, COMMITTED, UNREAD, LITTLE_LEFT],
    holds: |case| {
        let finding = match case.may_commit() {
            true => Finding::since(still_since(case)?, case),
            false => Finding::now(),
        };
        Some(finding.only_also())
    },
    facts: None,
    advice: None,
};
