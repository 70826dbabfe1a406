//! `rollcall status -w`: redraws on a terminal, else a line per change; outlives the aggregator.

use std::time::Duration;

use rollcall_proto::v1::{GetStatusResponse, WatchStatusResponse};
use tonic::Streaming;

use super::exit_of;
use crate::args::look::{StatusArgs, StatusOutput};
use crate::client::Client;
use crate::commands::reader;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{self, Reader, Redraw};
use crate::view::{changes, line, status};

/// Time between two attempts to reach an aggregator that went away.
const RETRY: Duration = Duration::from_secs(1);

/// Shows the roll until Ctrl-C, or until nobody reads any more; the exit code is that of the last roll.
pub(super) async fn run(
    client: &Client,
    topics: Vec<String>,
    args: &StatusArgs,
    first: GetStatusResponse,
) -> Result<Exit, Failure> {
    let mut watcher = Watcher::new(client, args);
    if watcher.show(first)? == Reader::Gone {
        return Ok(watcher.exit());
    }
    tokio::select! {
        ended = follow(client, topics, &mut watcher) => ended?,
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(watcher.exit())
}

/// Ends when nobody reads any more.
async fn follow(
    client: &Client,
    topics: Vec<String>,
    watcher: &mut Watcher<'_>,
) -> Result<(), Failure> {
    loop {
        let broken = match client.watch(topics.clone()).await {
            Ok(stream) => match until_broken(stream, watcher).await? {
                Some(broken) => broken,
                None => return Ok(()),
            },
            Err(error) if error.is_usage() => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        if watcher.show_broken(&broken)? == Reader::Gone {
            return Ok(());
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Shows every roll of a stream; why it broke, or `None` when nobody reads any more.
async fn until_broken(
    mut stream: Streaming<WatchStatusResponse>,
    watcher: &mut Watcher<'_>,
) -> Result<Option<String>, Failure> {
    loop {
        match stream.message().await {
            Ok(Some(WatchStatusResponse {
                status: Some(status),
            })) => {
                if watcher.show(status)? == Reader::Gone {
                    return Ok(None);
                }
            }
            Ok(Some(WatchStatusResponse { status: None })) => {}
            Ok(None) => return Ok(Some("the aggregator ended the stream".to_owned())),
            Err(status) => {
                return Ok(Some(
                    watcher.client.server().failed_with(&status).to_string(),
                ));
            }
        }
    }
}

/// What is shown, and how.
struct Watcher<'a> {
    client: &'a Client,
    args: &'a StatusArgs,
    screen: Option<Redraw>,
    last: Option<GetStatusResponse>,
    broken: bool,
}

impl<'a> Watcher<'a> {
    fn new(client: &'a Client, args: &'a StatusArgs) -> Self {
        let drawn = matches!(args.output, StatusOutput::Table | StatusOutput::Wide)
            && output::is_terminal();
        Self {
            client,
            args,
            screen: drawn.then(Redraw::default),
            last: None,
            broken: false,
        }
    }

    fn exit(&self) -> Exit {
        self.last
            .as_ref()
            .map_or(Exit::Unjudged, |status| exit_of(status, self.args.fail_on))
    }

    fn show(&mut self, status: GetStatusResponse) -> Result<Reader, Failure> {
        let picture = self.picture(&status);
        let shown = match (&mut self.screen, self.args.output) {
            (Some(screen), _) => screen.draw(&picture),
            (None, StatusOutput::Json) => print_line(&status),
            (None, StatusOutput::Table | StatusOutput::Wide | StatusOutput::Line)
                if picture.is_empty() =>
            {
                Ok(Reader::Listening)
            }
            (None, StatusOutput::Table | StatusOutput::Wide | StatusOutput::Line) => {
                output::print(&picture)
            }
        };
        if std::mem::take(&mut self.broken) && self.screen.is_none() {
            output::say("the aggregator is back");
        }
        self.last = Some(status);
        shown
    }

    /// What is to be printed or drawn; empty when nothing changed.
    fn picture(&self, status: &GetStatusResponse) -> String {
        let reader = reader(self.client.server());
        match (self.args.output, self.screen.is_some()) {
            (StatusOutput::Table, true) => status::table(status, None, &reader),
            (StatusOutput::Wide, true) => status::wide(status, None, &reader),
            (StatusOutput::Table | StatusOutput::Wide, false) => {
                changes::lines(self.last.as_ref(), status, &reader)
            }
            (StatusOutput::Line, _) => {
                let now = line::of_status(status);
                let before = self.last.as_ref().map(line::of_status);
                if before.as_ref() == Some(&now) {
                    String::new()
                } else {
                    format!("{now}\n")
                }
            }
            (StatusOutput::Json, _) => String::new(),
        }
    }

    /// Says that the aggregator is gone: over the last picture, or once on stderr.
    fn show_broken(&mut self, why: &str) -> Result<Reader, Failure> {
        let first = !std::mem::replace(&mut self.broken, true);
        let reader = reader(self.client.server());
        match (&mut self.screen, &self.last) {
            (Some(screen), Some(last)) => screen.draw(&format!(
                "{why}; trying again, this is the last picture\n{}",
                status::table(last, None, &reader)
            )),
            (Some(_) | None, _) => {
                if first {
                    output::say(&format!("{why}; trying again"));
                }
                Ok(Reader::Listening)
            }
        }
    }
}

fn print_line(status: &GetStatusResponse) -> Result<Reader, Failure> {
    use std::io::Write as _;

    let document = json::value("GetStatusResponse", status)?;
    let mut out = std::io::stdout().lock();
    output::still_there(json::write_line(&mut out, &document).and_then(|()| out.flush()))
}
