//! `rollcall verdicts [CODE]`.

use rollcall_proto::v1::VerdictCode;

use crate::catalog;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::sanitize::safe;
use crate::view::verdicts::{entry, list, page};
use crate::words::Speech;
use crate::words::language::Language;

/// Lists the verdicts, explains one, or prints the page of all.
pub fn run(code: Option<&str>, markdown: bool, language: Language) -> Result<Exit, Failure> {
    let speech = Speech::new(language);
    let text = match code {
        None if markdown => page(catalog::codes(), &speech),
        None => list(catalog::codes(), &speech),
        Some(name) => one(name, &speech)?,
    };
    output::print(&text)?;
    Ok(Exit::Clear)
}

fn one(name: &str, speech: &Speech) -> Result<String, Failure> {
    find(name).map(|code| entry(code, speech))
}

/// The verdict of that name; a name that is none gets the nearest.
pub(super) fn find(name: &str) -> Result<VerdictCode, Failure> {
    match catalog::find(name) {
        Ok(code) => Ok(code),
        Err(near) => {
            let hint = near.map_or_else(
                || "`rollcall verdicts` lists them".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            Err(Failure::Usage(format!(
                "there is no verdict {}; {hint}",
                safe(name)
            )))
        }
    }
}
