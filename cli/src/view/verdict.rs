//! Names of verdicts and severities, as they stand on every screen.

use anstyle::Style;
use rollcall_proto::v1::{Severity, Verdict, VerdictCode};

use super::style;

/// The severity of a verdict; one that is missing, or newer than this build, is unknown, never healthy.
pub fn severity(verdict: &Verdict) -> Severity {
    match Severity::try_from(verdict.severity) {
        Ok(Severity::Unspecified) | Err(_) => Severity::Unknown,
        Ok(severity) => severity,
    }
}

/// The severity's word on a screen; a fault is loud without colour too.
pub const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warn => "warn",
        Severity::Fault => "FAULT",
        Severity::Unspecified | Severity::Unknown => "unknown",
    }
}

/// Rank of a severity, the worst last: unknown stands between a note and a warning.
pub const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Ok => 0,
        Severity::Note => 1,
        Severity::Unspecified | Severity::Unknown => 2,
        Severity::Warn => 3,
        Severity::Fault => 4,
    }
}

/// The name of a code without its prefix: `CAUGHT_UP`; `VERDICT_77` when it is newer than this build.
pub fn code_name(code: i32) -> String {
    match VerdictCode::try_from(code) {
        Ok(VerdictCode::Unspecified) => "UNKNOWN".to_owned(),
        Ok(code) => code.name().to_owned(),
        Err(_) => format!("VERDICT_{code}"),
    }
}

/// The name of a verdict; `…` at its end says that it is not confirmed yet.
pub fn name(verdict: Option<&Verdict>) -> String {
    match verdict {
        None => "UNKNOWN".to_owned(),
        Some(verdict) if verdict.confirmed => code_name(verdict.code),
        Some(verdict) => format!("{}…", code_name(verdict.code)),
    }
}

/// The severity of a slot or topic whose verdict may be missing.
pub fn severity_of(verdict: Option<&Verdict>) -> Severity {
    verdict.map_or(Severity::Unknown, severity)
}

/// The style of a verdict.
pub fn style_of(verdict: Option<&Verdict>) -> Style {
    style::of(severity_of(verdict))
}
