//! `rollcall status -w`: redraws on a terminal, else a line per change; outlives the aggregator.

use std::time::Duration;

use rollcall_proto::service::shutdown;
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
use crate::view::wrap::paragraph;
use crate::view::{changes, line, status};
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// Time between two attempts to reach an aggregator that went away.
const RETRY: Duration = Duration::from_secs(1);

/// Shows the roll until Ctrl-C, or until nobody reads any more; the exit code is that of the last roll.
pub(super) async fn run(
    client: &Client,
    topics: Vec<String>,
    args: &StatusArgs,
    language: Language,
    first: GetStatusResponse,
) -> Result<Exit, Failure> {
    // Listened to before anything is shown: who sees the roll may stop it.
    let stopped = shutdown::requested()?;
    let mut watcher = Watcher::new(client, args.output, language);
    tokio::select! {
        ended = watcher.follow(topics, first) => ended?,
        _ = stopped => {}
    }
    Ok(watcher
        .last
        .as_ref()
        .map_or(Exit::Unjudged, |status| exit_of(status, args.fail_on)))
}

/// Shows the roll until nobody reads any more.
pub(in crate::commands) async fn follow(
    client: &Client,
    topics: Vec<String>,
    output: StatusOutput,
    language: Language,
    first: GetStatusResponse,
) -> Result<(), Failure> {
    Watcher::new(client, output, language)
        .follow(topics, first)
        .await
}

/// What is shown, and how.
struct Watcher<'a> {
    client: &'a Client,
    output: StatusOutput,
    language: Language,
    screen: Option<Redraw>,
    last: Option<GetStatusResponse>,
    broken: bool,
}

impl<'a> Watcher<'a> {
    fn new(client: &'a Client, output: StatusOutput, language: Language) -> Self {
        let drawn =
            matches!(output, StatusOutput::Table | StatusOutput::Wide) && output::is_terminal();
        Self {
            client,
            output,
            language,
            screen: drawn.then(Redraw::default),
            last: None,
            broken: false,
        }
    }

    /// Ends when nobody reads any more.
    async fn follow(
        &mut self,
        topics: Vec<String>,
        first: GetStatusResponse,
    ) -> Result<(), Failure> {
        if self.show(first)? == Reader::Gone {
            return Ok(());
        }
        loop {
            let broken = match self.client.watch(topics.clone()).await {
                Ok(stream) => match self.until_broken(stream).await? {
                    Some(broken) => broken,
                    None => return Ok(()),
                },
                Err(error) if error.is_usage() => return Err(error.into()),
                Err(error) => error.to_string(),
            };
            if self.show_broken(&broken)? == Reader::Gone {
                return Ok(());
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Shows every roll of a stream; why it broke, or `None` when nobody reads any more.
    async fn until_broken(
        &mut self,
        mut stream: Streaming<WatchStatusResponse>,
    ) -> Result<Option<String>, Failure> {
        loop {
            match stream.message().await {
                Ok(Some(WatchStatusResponse {
                    status: Some(status),
                })) => {
                    if self.show(status)? == Reader::Gone {
                        return Ok(None);
                    }
                }
                Ok(Some(WatchStatusResponse { status: None })) => {}
                Ok(None) => return Ok(Some(self.reader().speech.word("stream-ended"))),
                Err(status) => {
                    return Ok(Some(self.client.server().failed_with(&status).to_string()));
                }
            }
        }
    }

    fn reader(&self) -> crate::view::Reader {
        reader(self.client.server(), self.language)
    }

    fn show(&mut self, status: GetStatusResponse) -> Result<Reader, Failure> {
        let picture = self.picture(&status);
        let shown = match (&mut self.screen, self.output) {
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
            output::say(&self.reader().speech.word("aggregator-is-back"));
        }
        self.last = Some(status);
        shown
    }

    /// What is to be printed or drawn; empty when nothing changed.
    fn picture(&self, status: &GetStatusResponse) -> String {
        let reader = self.reader();
        match (self.output, self.screen.is_some()) {
            (StatusOutput::Table, true) => status::table(status, None, &reader),
            (StatusOutput::Wide, true) => status::wide(status, None, &reader),
            (StatusOutput::Table | StatusOutput::Wide, false) => {
                changes::lines(self.last.as_ref(), status, true, &reader)
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
        let reader = self.reader();
        let why = Arguments::default().text("why", why);
        match (&mut self.screen, &self.last) {
            (Some(screen), Some(last)) => {
                let notice = paragraph(&reader.speech.say("last-picture", &why));
                screen.draw(&format!("{notice}{}", status::table(last, None, &reader)))
            }
            (Some(_) | None, _) => {
                if first {
                    output::say(&reader.speech.say("trying-again", &why));
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
