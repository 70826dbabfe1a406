//! Colours, by meaning. No screen needs them to be understood.

use anstyle::{AnsiColor, Style};
use rollcall_proto::v1::Severity;

/// What stands out a little.
pub const STRONG: Style = Style::new().bold();
/// What stands back.
pub const FAINT: Style = Style::new().dimmed();

/// The colour of a severity.
pub const fn of(severity: Severity) -> Style {
    match severity {
        Severity::Ok => AnsiColor::Green.on_default(),
        Severity::Note => AnsiColor::Cyan.on_default(),
        Severity::Warn => AnsiColor::Yellow.on_default(),
        Severity::Fault => AnsiColor::Red.on_default().bold(),
        Severity::Unspecified | Severity::Unknown => AnsiColor::Magenta.on_default(),
    }
}

/// Text in a style; plain text when the style is.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
