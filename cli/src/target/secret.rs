//! Secrets on a command line: only where they can be read from. The line itself is seen by everybody on the
//! machine (`ps`), and by the shell's history.

use std::env;
use std::fs;

use rollcall_proto::service::config::kafka::Property;
use rollcall_proto::service::config::{Fault, is_secret};

/// What has to stand before the path of a file.
const FILE: &str = "@";
/// What has to stand before the name of a variable.
const VARIABLE: &str = "env:";
/// A file that is longer holds no secret.
const MOST_BYTES: usize = 64 * 1024;

/// How a secret is given, for helps and errors.
pub const FORM: &str = "NAME=@FILE or NAME=env:VARIABLE";

/// The property with its secret read from the file or the variable that it names; one that is no secret as it is.
pub fn resolve(property: Property) -> Result<Property, Fault> {
    if !is_secret(&property.name) {
        return Ok(property);
    }
    let found = match (
        property.value.strip_prefix(FILE),
        property.value.strip_prefix(VARIABLE),
    ) {
        (Some(path), _) => from_file(path),
        (None, Some(name)) => from_variable(name),
        (None, None) => {
            Err("a secret on a command line is seen by everybody on this machine".to_owned())
        }
    };
    match found {
        Ok(value) => Ok(Property { value, ..property }),
        Err(problem) => Err(Fault::new(
            property.origin,
            format!("{}: {problem}", property.name),
            FORM,
        )),
    }
}

/// The whole file without a line break at its end.
fn from_file(path: &str) -> Result<String, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("cannot read {path:?}: {error}"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text.len() {
        0 => Err(format!("{path:?} is empty")),
        1..=MOST_BYTES => Ok(text.to_owned()),
        _ => Err(format!("{path:?} is longer than 64 KiB")),
    }
}

fn from_variable(name: &str) -> Result<String, String> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) => Err(format!("the variable {name} is empty")),
        Err(env::VarError::NotPresent) => Err(format!("there is no variable {name}")),
        Err(env::VarError::NotUnicode(_)) => Err(format!("the variable {name} is no text")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn given(name: &str, value: &str) -> Property {
        Property {
            name: name.to_owned(),
            value: value.to_owned(),
            origin: "flag -X".to_owned(),
        }
    }

    #[test]
    fn a_secret_is_read_from_a_file_or_a_variable() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        fs::write(&path, "hunter2\n").unwrap();
        let from_file = resolve(given("sasl.password", &format!("@{}", path.display())));
        assert_eq!(from_file.unwrap().value, "hunter2");
        let path = env::var("PATH").unwrap();
        let from_variable = resolve(given("sasl_plain_password", "env:PATH"));
        assert_eq!(from_variable.unwrap().value, path);
    }

    #[test]
    fn a_secret_in_the_open_is_refused_and_not_repeated() {
        let told = resolve(given("sasl.password", "hunter2"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            "flag -X: sasl.password: a secret on a command line is seen by everybody on this machine; \
             accepted: NAME=@FILE or NAME=env:VARIABLE"
        );
        for value in ["@/no/such/file", "env:NO_SUCH_VARIABLE_HERE", "@"] {
            assert!(
                resolve(given("ssl.key.password", value)).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        assert_eq!(resolve(given("sasl.username", "@me")).unwrap().value, "@me");
    }
}
