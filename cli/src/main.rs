//! Parses the command line, runs the command, says what failed, sets the exit code.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use rollcall::args::Cli;
use rollcall::exit::Exit;
use rollcall::{commands, output};

/// How long tasks may take to end after the command is done.
const DRAIN: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run(cli).into(),
        Err(error) => {
            // Nothing is left to be done when even that cannot be printed.
            let _ = error.print();
            if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clear
            }
            .into()
        }
    }
}

fn run(cli: Cli) -> Exit {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&format!("cannot start: {error}"), Exit::Unjudged),
    };
    let ended = runtime.block_on(commands::run(cli));
    runtime.shutdown_timeout(DRAIN);
    match ended {
        Ok(exit) => exit,
        Err(failure) => output::fail(&failure.to_string(), failure.exit()),
    }
}
