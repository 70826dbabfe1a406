use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use super::ask::{AskArgs, DEFAULT_SERVER};
use super::{Cli, Command};

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[track_caller]
fn refused(line: &str, kind: ErrorKind, says: &str) {
    let error = parse(line).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn bad_topic_names_are_refused_by_name() {
    refused("rollcall gather -t a/b", ErrorKind::ValueValidation, "'/'");
    refused(
        "rollcall status -t ..",
        ErrorKind::ValueValidation,
        "reserved",
    );
    refused(
        &format!("rollcall explain {}", "x".repeat(250)),
        ErrorKind::ValueValidation,
        "250 bytes",
    );
}

#[test]
fn impossible_numbers_are_refused() {
    refused(
        "rollcall gather --timeout 0s",
        ErrorKind::ValueValidation,
        "longer than zero",
    );
    refused(
        "rollcall gather --timeout soon",
        ErrorKind::ValueValidation,
        "500ms",
    );
    refused(
        "rollcall gather --max-records 0",
        ErrorKind::ValueValidation,
        "0",
    );
    refused(
        "rollcall gather --attempts 3",
        ErrorKind::MissingRequiredArgument,
        "--require",
    );
}

#[test]
fn up_takes_topics_behind_one_flag_or_several() {
    let topics = |args: &[&str]| {
        let all = [&["rollcall", "up", "-b", "k:9092", "-g", "g"], args].concat();
        let Command::Up(up) = Cli::try_parse_from(all).unwrap().command else {
            panic!("not up");
        };
        up.topics.len()
    };
    assert_eq!(topics(&["-t", "A", "B", "--join"]), 2);
    assert_eq!(topics(&["-t", "A", "-t", "B"]), 2);
}

#[test]
fn up_says_what_is_missing_or_malformed() {
    refused(
        "rollcall up -g g -t A",
        ErrorKind::MissingRequiredArgument,
        "--bootstrap-server",
    );
    refused(
        "rollcall up -b k:9092 -t A",
        ErrorKind::MissingRequiredArgument,
        "--group",
    );
    refused(
        "rollcall up -b k:9092 -g g",
        ErrorKind::MissingRequiredArgument,
        "--topic",
    );
    refused(
        "rollcall up -b k:9092 -g g -t A --listen 7655",
        ErrorKind::ValueValidation,
        "127.0.0.1:7655",
    );
    refused(
        "rollcall up -b k:9092 -g g -t A -X nonsense",
        ErrorKind::ValueValidation,
        "fetch.min.bytes=1",
    );
}

#[test]
fn the_server_may_stand_before_or_behind_the_commands_that_ask_one() {
    for command in ["status", "explain A", "gather", "lag"] {
        let before = parse(&format!("rollcall --server h:1 {command}")).unwrap();
        assert_eq!(before.ask.server.as_deref(), Some("h:1"));
        assert!(parse(&format!("rollcall {command} --server h:2 --deadline 1s")).is_ok());
    }
    for command in [
        "up -b k:9 -g g -t A",
        "demo",
        "verdicts",
        "completions bash",
    ] {
        let line = format!("rollcall {command} --server h:2");
        refused(&line, ErrorKind::UnknownArgument, "--server");
    }
}

#[test]
fn the_help_has_the_server_where_it_acts_and_its_defaults_are_true() {
    for mut command in Cli::command().get_subcommands().cloned() {
        let help = command.render_long_help().to_string();
        let asks = matches!(
            command.get_name(),
            "status" | "explain" | "gather" | "lag" | "tune" | "record" | "history"
        );
        assert_eq!(help.contains("--server <URL>"), asks, "{help}");
        assert!(!asks || help.contains(DEFAULT_SERVER), "{help}");
        assert!(!asks || help.contains("[default: 5s]"), "{help}");
    }
    let none = AskArgs::default();
    let silent = none
        .servers(&none)
        .unwrap()
        .only()
        .unwrap()
        .failed_with(&tonic::Status::cancelled(""));
    assert!(silent.to_string().contains("within 5 s"), "{silent}");
}

#[test]
fn the_help_of_every_command_has_an_example_and_that_of_every_judging_one_the_exit_codes() {
    for command in Cli::command().get_subcommands() {
        let texts = [command.get_after_long_help(), command.get_after_help()];
        let help: String = texts
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        assert!(help.contains("Example"), "{}", command.get_name());
        let judges = !matches!(command.get_name(), "verdicts" | "completions");
        assert!(
            !judges || help.contains("Exit codes"),
            "{}",
            command.get_name()
        );
    }
}

#[test]
fn a_value_below_zero_is_told_as_what_it_is() {
    for args in [
        ["gather", "--timeout", "-1s"],
        ["gather", "--max-records", "-5"],
        ["status", "--deadline", "-1s"],
        ["demo", "--for", "-1s"],
    ] {
        let words = ["rollcall"].into_iter().chain(args);
        let told = Cli::try_parse_from(words).unwrap_err().to_string();
        let says = format!("invalid value '{}' for '{}", args[2], args[1]);
        assert!(told.contains(&says), "{told}");
    }
}
