//! Logs: to stderr, for people or for machines, one line per event whatever the event says.

mod line;

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use line::Lines;

/// The filter that holds when nobody sets one. `librdkafka` is the target of the Kafka client's own log.
pub const DEFAULT_FILTER: &str = "info";
/// The variable that beats the setting.
const FILTER_VARIABLE: &str = "RUST_LOG";

/// rdkafka 0.39 closes a consumer once more when it is dropped, and calls it an error that this was done
/// before; it has no other errors to tell there.
const QUIET: &str = "rdkafka::consumer::base_consumer=off";

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

impl LogFormat {
    /// The accepted names, for a setting's schema.
    pub const NAMES: &'static [&'static str] = &["text", "json"];

    /// The format of a name in [`LogFormat::NAMES`]; anything else is text.
    pub fn named(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            _ => Self::Text,
        }
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is malformed.
    #[error(
        "log filter {filter:?} ({origin}) is malformed: {reason}; accepted: LEVEL or TARGET=LEVEL, comma-separated, for example \"info,librdkafka=debug\""
    )]
    Filter {
        /// The filter.
        filter: String,
        /// Where it came from.
        origin: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Logging was set up before.
    #[error("logging is set up already")]
    Twice(#[source] TryInitError),
}

/// Sets logging up for the process: events that pass `filter` (`RUST_LOG` beats it) go to stderr.
/// Colours only on a terminal, and not when `NO_COLOR` is set.
pub fn init(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let mut filter = env_filter(filter, std::env::var(FILTER_VARIABLE).ok())?;
    if let Ok(quiet) = QUIET.parse() {
        filter = filter.add_directive(quiet);
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let ansi = format == LogFormat::Text && io::stderr().is_terminal() && !no_color;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(ansi)
        .with_writer(move || Lines::new(io::stderr(), ansi));
    match format {
        LogFormat::Text => builder.finish().try_init(),
        LogFormat::Json => builder.json().finish().try_init(),
    }
    .map_err(TelemetryError::Twice)
}

/// Checks a filter without setting anything up.
pub fn check_filter(filter: &str) -> Result<(), TelemetryError> {
    env_filter(filter, None).map(|_| ())
}

fn env_filter(setting: &str, variable: Option<String>) -> Result<EnvFilter, TelemetryError> {
    let (filter, origin) = match variable.filter(|variable| !variable.is_empty()) {
        Some(variable) => (variable, FILTER_VARIABLE),
        None => (setting.to_owned(), "setting"),
    };
    EnvFilter::try_new(&filter).map_err(|error| TelemetryError::Filter {
        filter,
        origin,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_filter_is_an_error_that_says_where_it_came_from() {
        let error = check_filter("info,rollcall=verbose=1")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\"info,rollcall=verbose=1\" (setting)"),
            "{error}"
        );
        let variable = Some("a=b=c".to_owned());
        let error = env_filter("info", variable).unwrap_err().to_string();
        assert!(error.contains("(RUST_LOG)"), "{error}");
    }

    #[test]
    fn the_variable_beats_the_setting_unless_it_is_empty() {
        let filter = |variable: &str| env_filter("info", Some(variable.to_owned())).unwrap();
        assert_eq!(filter("warn").to_string(), "warn");
        assert_eq!(filter("").to_string(), "info");
    }
}
