//! Which aggregator to ask: arguments of the commands that ask one, before the command or behind it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::positive_duration;
use crate::client::{CallError, Servers};

/// Where an aggregator listens unless told otherwise (R-O-L-L on a keypad).
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:7655";

/// The variables that hold unless a flag is given.
const VARIABLE: &str = "ROLLCALL_SERVER";
const TOKEN_VARIABLE: &str = "ROLLCALL_TOKEN_FILE";
/// How long to wait for an answer unless told otherwise; the help has it too.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);
/// Where these options stand in the help.
const HEADING: &str = "Aggregator";

/// The aggregators that are asked: one, or all lanes.
#[derive(Clone, Debug, Default, Args)]
pub struct AskArgs {
    // The variable and the defaults are not clap's, which would put them above a flag that stands before the command.
    /// Aggregator to ask, as URL or host:port. Of several lanes: all of them, with commas between, or one name that stands
    /// for all [env: ROLLCALL_SERVER] [default: http://127.0.0.1:7655]
    #[arg(long, help_heading = HEADING, value_name = "URL")]
    pub server: Option<String>,
    /// How long to wait for an answer before giving up [default: 5s]
    #[arg(long, help_heading = HEADING, value_name = "TIME", allow_hyphen_values = true, value_parser = positive_duration)]
    pub deadline: Option<Duration>,
    /// File with the token that the aggregator wants to be shown [env: ROLLCALL_TOKEN_FILE]
    #[arg(long, help_heading = HEADING, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl AskArgs {
    /// What was said behind the command, else before it (`self`), else by the environment.
    pub fn servers(&self, behind: &Self) -> Result<Servers, CallError> {
        let said = behind.server.clone().or_else(|| self.server.clone());
        let server = said.unwrap_or_else(|| by_variable(std::env::var(VARIABLE).ok()));
        let deadline = behind.deadline.or(self.deadline);
        let servers = Servers::parse(&server, deadline.unwrap_or(DEFAULT_DEADLINE))?;
        let typed = behind.token_file.as_ref().or(self.token_file.as_ref());
        let file = typed
            .cloned()
            .or_else(|| file_by(std::env::var_os(TOKEN_VARIABLE)));
        match file {
            Some(file) => servers.with_token(&file, typed.is_some()),
            None => Ok(servers),
        }
    }

    /// The flag that was given, if one was: a command that asks nobody has no use for it.
    pub fn given(&self) -> Option<&'static str> {
        match self {
            Self {
                server: Some(_), ..
            } => Some("--server"),
            Self {
                deadline: Some(_), ..
            } => Some("--deadline"),
            Self {
                token_file: Some(_),
                ..
            } => Some("--token-file"),
            Self {
                server: None,
                deadline: None,
                token_file: None,
            } => None,
        }
    }
}

fn by_variable(variable: Option<String>) -> String {
    variable
        .filter(|server| !server.is_empty())
        .unwrap_or_else(|| DEFAULT_SERVER.to_owned())
}

/// The file that a variable names; an empty one names none.
fn file_by(variable: Option<OsString>) -> Option<PathBuf> {
    variable.filter(|file| !file.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::{AskArgs, by_variable, file_by};

    fn at(server: &str) -> AskArgs {
        AskArgs {
            server: Some(server.to_owned()),
            ..AskArgs::default()
        }
    }

    #[test]
    fn what_stands_behind_the_command_beats_what_stands_before_it() {
        let asked = |before: &AskArgs, behind: &AskArgs| before.servers(behind).unwrap().reach();
        let nothing = AskArgs::default();
        assert_eq!(asked(&at("a:1"), &nothing), " --server http://a:1");
        assert_eq!(asked(&nothing, &at("b:2")), " --server http://b:2");
        assert_eq!(asked(&at("a:1"), &at("b:2")), " --server http://b:2");
    }

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!(by_variable(Some("c:3".to_owned())), "c:3");
        assert_eq!(by_variable(Some(String::new())), super::DEFAULT_SERVER);
        assert_eq!(by_variable(None), super::DEFAULT_SERVER);
        assert_eq!(file_by(Some("/t".into())), Some("/t".into()));
        assert_eq!(file_by(Some("".into())), None);
    }
}
