//! Verdicts by the names that people read and write: `CAUGHT_UP`.

use crate::v1::VerdictCode;

/// What the names begin with in the contract.
const PREFIX: &str = "VERDICT_CODE_";

impl VerdictCode {
    /// The name without its prefix.
    pub fn name(self) -> &'static str {
        let name = self.as_str_name();
        name.strip_prefix(PREFIX).unwrap_or(name)
    }

    /// The verdict of that name, whatever the case; `-` counts as `_`.
    pub fn named(name: &str) -> Option<Self> {
        let name = spelled(name);
        Self::from_str_name(&format!("{PREFIX}{name}")).filter(|code| *code != Self::Unspecified)
    }
}

/// A verdict's name as the contract spells it.
pub fn spelled(name: &str) -> String {
    name.trim().to_ascii_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_found_by_its_name_however_it_is_spelled() {
        assert_eq!(VerdictCode::CaughtUp.name(), "CAUGHT_UP");
        for name in ["CAUGHT_UP", "caught-up", " Caught_Up "] {
            assert_eq!(VerdictCode::named(name), Some(VerdictCode::CaughtUp));
        }
        for name in ["", "UNSPECIFIED", "VERDICT_CODE_CAUGHT_UP", "TIRED"] {
            assert_eq!(VerdictCode::named(name), None, "{name}");
        }
    }
}
