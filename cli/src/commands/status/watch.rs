//! `rollcall status -w`: redraws on a terminal, else a line per change; outlives the aggregator.

use std::time::Duration;

use rollcall_proto::service::shutdown;
use rollcall_proto::v1::GetStatusResponse;

use super::exit_over;
use crate::args::look::{StatusArgs, StatusOutput};
use crate::client::lanes::{Broken, Lanes, Told, Watching};
use crate::commands::reader;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::lanes::oddity::{Doubts, Oddity};
use crate::output::{self, Reader, Redraw};
use crate::view::wrap::paragraph;
use crate::view::{changes, lanes, line, status};
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// Time between two attempts to reach an aggregator that went away.
const RETRY: Duration = Duration::from_secs(1);

/// How a stream of rolls ended.
enum End {
    /// Nobody reads any more.
    Unread,
    /// It broke, in words.
    Broken(String),
    /// A lane is missing, and it is time to look for it again.
    Look,
}

/// Shows the roll until Ctrl-C, or until nobody reads any more; the exit code is that of the last roll.
pub(super) async fn run(
    lanes: Lanes,
    topics: Vec<String>,
    args: &StatusArgs,
    language: Language,
    first: Told<GetStatusResponse>,
) -> Result<Exit, Failure> {
    // Listened to before anything is shown: who sees the roll may stop it.
    let stopped = shutdown::requested()?;
    let mut watcher = Watcher::new(lanes, args.output, language);
    tokio::select! {
        ended = watcher.follow(topics, first) => ended?,
        _ = stopped => {}
    }
    Ok(watcher
        .last
        .as_ref()
        .map_or(Exit::Unjudged, |last| exit_over(last, args.fail_on)))
}

/// Shows the roll until nobody reads any more.
pub(in crate::commands) async fn follow(
    lanes: Lanes,
    topics: Vec<String>,
    output: StatusOutput,
    language: Language,
    first: Told<GetStatusResponse>,
) -> Result<(), Failure> {
    Watcher::new(lanes, output, language)
        .follow(topics, first)
        .await
}

/// What is shown, and how.
struct Watcher {
    lanes: Lanes,
    output: StatusOutput,
    language: Language,
    screen: Option<Redraw>,
    last: Option<Told<GetStatusResponse>>,
    broken: bool,
}

impl Watcher {
    fn new(lanes: Lanes, output: StatusOutput, language: Language) -> Self {
        let drawn =
            matches!(output, StatusOutput::Table | StatusOutput::Wide) && output::is_terminal();
        Self {
            lanes,
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
        first: Told<GetStatusResponse>,
    ) -> Result<(), Failure> {
        if self.show(first)? == Reader::Gone {
            return Ok(());
        }
        loop {
            let end = match self.lanes.watch(topics.clone(), self.output.view()).await {
                Ok(watching) => self.until_broken(watching).await?,
                Err(error) if error.is_usage() => return Err(error.into()),
                Err(error) => End::Broken(error.to_string()),
            };
            match end {
                End::Unread => return Ok(()),
                End::Broken(why) => {
                    if self.show_broken(&why)? == Reader::Gone {
                        return Ok(());
                    }
                    tokio::time::sleep(RETRY).await;
                }
                End::Look => {}
            }
            self.look_again().await;
        }
    }

    /// Lanes that started anew may have other addresses, and there may be more of them, or fewer.
    async fn look_again(&mut self) {
        if self.lanes.only().is_some() {
            return;
        }
        // While nobody answers, those that are known are tried again, and say why they do not.
        if let Ok(found) = Lanes::find(self.lanes.servers().clone()).await {
            self.lanes = found;
        }
    }

    /// Shows every roll, until no more comes.
    async fn until_broken(&mut self, mut watching: Watching) -> Result<End, Failure> {
        let is_in_doubt = watching.is_in_doubt();
        let look = tokio::time::sleep(RETRY);
        tokio::pin!(look);
        loop {
            let told = tokio::select! {
                told = watching.next() => told,
                () = &mut look, if is_in_doubt => return Ok(End::Look),
            };
            match told {
                Ok(told) => {
                    if self.show(told)? == Reader::Gone {
                        return Ok(End::Unread);
                    }
                }
                Err(Broken::Ended) => {
                    return Ok(End::Broken(self.reader().speech.word("stream-ended")));
                }
                Err(Broken::Failed(error)) => return Ok(End::Broken(error.to_string())),
            }
        }
    }

    fn reader(&self) -> crate::view::Reader {
        reader(self.lanes.reach(), self.language)
    }

    fn show(&mut self, told: Told<GetStatusResponse>) -> Result<Reader, Failure> {
        let notice = self.notice(&told.doubts);
        let picture = self.picture(&told.answer);
        let shown = match (&mut self.screen, self.output) {
            (Some(screen), _) => screen.draw(&format!("{notice}{picture}")),
            (None, StatusOutput::Json) => print_line(&told.answer),
            (None, StatusOutput::Table | StatusOutput::Wide | StatusOutput::Line)
                if picture.is_empty() =>
            {
                Ok(Reader::Listening)
            }
            (None, StatusOutput::Table | StatusOutput::Wide | StatusOutput::Line) => {
                output::print(&picture)
            }
        };
        let is_whole = told.doubts.0.is_empty();
        if is_whole && std::mem::take(&mut self.broken) && self.screen.is_none() {
            output::say(&self.reader().speech.word("aggregator-is-back"));
        }
        self.last = Some(told);
        shown
    }

    /// What is wrong with the lanes: above the picture where there is a screen, else on stderr, each sentence when it is new.
    fn notice(&self, doubts: &Doubts) -> String {
        let speech = self.reader().speech;
        if self.screen.is_some() {
            let sentences = lanes::sentences(doubts, &speech);
            return sentences
                .iter()
                .map(|sentence| paragraph(sentence))
                .collect();
        }
        let before = self.last.as_ref().map(|last| &last.doubts.0);
        let known = |oddity: &Oddity| before.is_some_and(|before| before.contains(oddity));
        let new = doubts.0.iter().filter(|oddity| !known(oddity));
        for sentence in lanes::sentences(&Doubts(new.cloned().collect()), &speech) {
            output::say(&sentence);
        }
        String::new()
    }

    /// What was shown last.
    fn before(&self) -> Option<&GetStatusResponse> {
        self.last.as_ref().map(|last| &last.answer)
    }

    /// What is to be printed or drawn; empty when nothing changed.
    fn picture(&self, status: &GetStatusResponse) -> String {
        let reader = self.reader();
        match (self.output, self.screen.is_some()) {
            (StatusOutput::Table, true) => status::table(status, None, &reader),
            (StatusOutput::Wide, true) => status::wide(status, None, &reader),
            (StatusOutput::Table | StatusOutput::Wide, false) => {
                changes::lines(self.before(), status, true, &reader)
            }
            (StatusOutput::Line, _) => {
                let now = line::of_status(status);
                let before = self.before().map(line::of_status);
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
                screen.draw(&format!(
                    "{notice}{}",
                    status::table(&last.answer, None, &reader)
                ))
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
