//! `sasl.jaas.config`: how Java's clients are given a name and a password.

/// What a JAAS configuration says.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    /// Class of the login module, without its package.
    pub(super) module: String,
    /// `username`, where it has one.
    pub(super) username: Option<String>,
    /// `password`, where it has one.
    pub(super) password: Option<String>,
}

/// Reads the configuration of one login module; `None` when it is malformed or names several.
///
/// Source: the format of `javax.security.auth.login.Configuration`: `CLASS FLAG name="value" … ;`.
pub(super) fn parse(text: &str) -> Option<Login> {
    let body = text.trim().strip_suffix(';')?;
    let (class, rest) = body.trim().split_once(char::is_whitespace)?;
    let (_flag, mut rest) = rest
        .trim_start()
        .split_once(char::is_whitespace)
        .unwrap_or((rest, ""));
    let mut login = Login {
        module: class.rsplit('.').next().unwrap_or(class).to_owned(),
        username: None,
        password: None,
    };
    while !rest.trim().is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let (value, left) = value(behind.trim_start())?;
        match name.trim() {
            "username" => login.username = Some(value),
            "password" => login.password = Some(value),
            // Options of a module that have no part in who logs in.
            _other => {}
        }
        rest = left;
    }
    Some(login)
}

/// A value, quoted with escapes or bare, and what stands behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let bare = text.get(..end)?;
        // A second module behind the first.
        return (!bare.contains(';')).then(|| (bare.to_owned(), text.get(end..).unwrap_or("")));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(at + 1..).unwrap_or(""))),
            '\\' => value.push(characters.next()?.1),
            plain => value.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, module: &str, username: Option<&str>, password: Option<&str>) {
        let login = parse(text).unwrap();
        assert_eq!(login.module, module);
        assert_eq!(login.username.as_deref(), username);
        assert_eq!(login.password.as_deref(), password);
    }

    #[test]
    fn a_module_with_a_name_and_a_password_is_read() {
        check(
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"alice\" password=\"a;b=\\\"c \";",
            "ScramLoginModule",
            Some("alice"),
            Some("a;b=\"c "),
        );
        check(
            "org.apache.kafka.common.security.plain.PlainLoginModule required\n  username=bob  password='x' ;",
            "PlainLoginModule",
            Some("bob"),
            Some("'x'"),
        );
        check(
            "a.b.Krb5LoginModule required useKeyTab=true;",
            "Krb5LoginModule",
            None,
            None,
        );
    }

    #[test]
    fn what_is_cut_or_has_two_modules_is_refused() {
        for text in [
            "",
            "PlainLoginModule",
            "a.PlainLoginModule required username=\"x",
            "a.PlainLoginModule required username=\"x\"",
            "a.PlainLoginModule required username=x; b.Other required;",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
