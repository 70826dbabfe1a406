//! How far the examination is, on stderr: one line drawn again on a terminal, else a line now and then.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use rollcall_proto::v1::GetStatusResponse;

use crate::output;
use crate::outside::Look;
use crate::target::Target;
use crate::view::quantity;
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// Time between two lines where nothing can be drawn again.
const EVERY: Duration = Duration::from_secs(3);

/// The line, and when it was last said.
pub(in crate::commands) struct Progress {
    speech: Speech,
    drawn: bool,
    terminal: bool,
    said: Duration,
    endless: bool,
}

impl Progress {
    pub(in crate::commands) fn new(language: Language) -> Self {
        Self {
            speech: Speech::new(language),
            drawn: false,
            terminal: io::stderr().is_terminal(),
            said: Duration::ZERO,
            endless: false,
        }
    }

    /// Whether it goes on until it is stopped.
    pub(in crate::commands) fn without_end(self, endless: bool) -> Self {
        Self { endless, ..self }
    }

    /// How many verdicts are confirmed, and how much time is left.
    pub(in crate::commands) fn line(&self, look: &Look, answers: &[GetStatusResponse]) -> String {
        let topics = || answers.iter().flat_map(|answer| &answer.topics);
        let confirmed = topics().filter(|topic| {
            let verdict = topic.verdict.as_ref();
            verdict.is_some_and(|verdict| verdict.confirmed)
        });
        let arguments = Arguments::default()
            .text("bootstrap", &look.target().bootstrap_servers)
            .text("watched", quantity::duration(look.watched()))
            .text("limit", quantity::setting(look.target().watch))
            .count("settled", confirmed.count() as u64)
            .count("total", topics().count() as u64);
        let key = match (topics().next(), self.endless) {
            (Some(_), false) => "doctor-progress",
            (None, false) => "doctor-progress-none",
            (Some(_), true) => "doctor-progress-endless",
            (None, true) => "doctor-progress-none-endless",
        };
        self.speech.say(key, &arguments)
    }

    pub(in crate::commands) fn say(&mut self, look: &Look, answers: &[GetStatusResponse]) {
        let watched = look.watched();
        let line = self.line(look, answers);
        if self.terminal {
            self.drawn = true;
            // There is no other place to say that stderr is gone.
            let _ = write!(io::stderr().lock(), "\r{line}\x1b[K");
        } else if watched.saturating_sub(self.said) >= EVERY {
            self.said = watched;
            output::say(&line);
        }
    }

    /// Takes the drawn line away.
    pub(in crate::commands) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Says which settings of a file were left out, and which of the application bear on nothing yet.
pub(in crate::commands) fn left_out(target: &Target, language: Language) {
    let speech = Speech::new(language);
    let idle = target.app.idle().into_iter().map(str::to_owned).collect();
    for (text, names) in [
        ("doctor-left-out", &target.left_out),
        ("doctor-idle", &idle),
    ] {
        if !names.is_empty() {
            let names = Arguments::default().text("names", speech.list(names));
            output::say(&speech.say(text, &names));
        }
    }
}
