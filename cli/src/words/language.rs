//! The language that a person reads, by flag or by the environment.

use clap::ValueEnum;

/// Variables that name a language, the strongest first (POSIX, "Environment Variables", 8.2).
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// A language of the sentences. Codes, names, JSON and the help are the same in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    #[default]
    #[value(name = "en")]
    English,
    /// 中文
    #[value(name = "zh")]
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its tag, as `--lang` takes it (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// What was said, else what the environment says.
    pub fn chosen(said: Option<Self>) -> Self {
        said.unwrap_or_else(|| Self::of_environment(|name| std::env::var(name).ok()))
    }

    /// By the first variable that is set and not empty; English for every language that is not there.
    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut named = VARIABLES.iter().filter_map(|name| variable(name));
        match named.find(|value| !value.is_empty()) {
            Some(value) if value.to_ascii_lowercase().starts_with("zh") => Self::Chinese,
            Some(_) | None => Self::English,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: Language) {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(Language::of_environment(lookup), expected, "{variables:?}");
    }

    #[test]
    fn the_environment_names_the_language_and_the_strongest_variable_wins() {
        check(&[], Language::English);
        check(&[("LANG", "zh_CN.UTF-8")], Language::Chinese);
        check(&[("LANG", "zh")], Language::Chinese);
        check(
            &[("LC_MESSAGES", "zh_TW.UTF-8"), ("LANG", "C")],
            Language::Chinese,
        );
        check(
            &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")],
            Language::English,
        );
        check(
            &[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")],
            Language::Chinese,
        );
        check(&[("LANG", "de_DE.UTF-8")], Language::English);
    }
}
