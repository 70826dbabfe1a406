//! Parses the command line, runs the command, says what failed, sets the exit code.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use rollcall::args::Cli;
use rollcall::exit::Exit;
use rollcall::{commands, output};
use rollcall_proto::service::spans::{self, Lost};

/// How long tasks may take to end after the command is done.
const DRAIN: Duration = Duration::from_millis(200);
/// How long a collector may take for the spans of a command; nobody likes to wait for it.
const FLUSH: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    rollcall_proto::memory::keep_for_frames();
    rollcall_fetcher::kafka::keep_tls_until_exit();
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
    let (ended, lost) = runtime.block_on(async {
        let spans = spans::start(env!("CARGO_PKG_NAME"));
        let ended = commands::run(cli).await;
        (ended, spans.finish(FLUSH).await)
    });
    if let Some(Lost { spans, why, .. }) = lost.filter(|lost| !lost.logged) {
        output::say(&format!("rollcall: {spans} spans were not exported: {why}"));
    }
    runtime.shutdown_timeout(DRAIN);
    match ended {
        Ok(exit) => exit,
        Err(failure) => output::fail(&failure.to_string(), failure.exit()),
    }
}
