//! What is shown, in which form, and when: on a terminal a picture that is drawn again, elsewhere the last one alone.

use rollcall_proto::v1::GetStatusResponse;

use crate::args::doctor::DoctorOutput;
use crate::commands::now;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{self, Reader as Listener, Redraw};
use crate::outside::Look;
use crate::target::Target;
use crate::view::wrap::paragraph;
use crate::view::{Reader, changes, doctor, prom};
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// Groups with a screen of their own, where several are judged.
const SCREENS: usize = 5;

/// The answers, and the look that they come from.
pub(super) type Seen<'a> = (&'a [GetStatusResponse], &'a Look);

/// Where the answers are shown.
pub(super) struct Stage {
    form: DoctorOutput,
    watch: bool,
    screen: Option<Redraw>,
    /// Whether the first table was shown where it cannot be drawn again.
    begun: bool,
    before: Vec<GetStatusResponse>,
    listener: Listener,
}

impl Stage {
    pub(super) fn new(form: DoctorOutput, watch: bool) -> Self {
        let table = matches!(form, DoctorOutput::Table | DoctorOutput::Wide);
        Self {
            form,
            watch,
            screen: (table && output::is_terminal()).then(Redraw::default),
            begun: false,
            before: Vec::new(),
            listener: Listener::Listening,
        }
    }

    /// Whether there is a picture that is drawn again.
    pub(super) const fn is_drawn(&self) -> bool {
        self.screen.is_some()
    }

    /// Whether somebody still reads.
    pub(super) const fn listener(&self) -> Listener {
        self.listener
    }

    /// Shows what is known so far. Where no picture can be drawn again and only the last one counts, the first one is
    /// returned, to be said beside the answer.
    pub(super) fn show(
        &mut self,
        (answers, look): Seen<'_>,
        progress: &str,
        language: Language,
    ) -> Result<Option<String>, Failure> {
        let first = !std::mem::replace(&mut self.begun, true);
        if let Some(screen) = &mut self.screen {
            let picture = picture(self.form, (answers, look), None, language);
            self.listener = screen.draw(&format!("{picture}{progress}\n"))?;
            return Ok(None);
        }
        if self.watch {
            self.follow((answers, look), language)?;
            return Ok(None);
        }
        let table = matches!(self.form, DoctorOutput::Table | DoctorOutput::Wide);
        Ok((first && table).then(|| picture(DoctorOutput::Table, (answers, look), None, language)))
    }

    /// What changed: a line each, or a whole document.
    fn follow(&mut self, (answers, look): Seen<'_>, language: Language) -> Result<(), Failure> {
        let mut text = String::new();
        for answer in answers {
            let before = self
                .before
                .iter()
                .find(|before| before.group == answer.group);
            let reader = reader(look.target(), answer, language);
            text.push_str(&changes::lines(before, answer, answers.len() == 1, &reader));
        }
        if text.is_empty() {
            return Ok(());
        }
        self.listener = match self.form {
            DoctorOutput::Table | DoctorOutput::Wide => output::print(&text)?,
            DoctorOutput::Json => print_lines(answers)?,
            DoctorOutput::Prom => output::print(&prom::page(answers))?,
        };
        self.before = answers.to_vec();
        Ok(())
    }

    /// Shows the last answers.
    pub(super) fn end(
        mut self,
        (answers, look): Seen<'_>,
        exit: Exit,
        language: Language,
    ) -> Result<(), Failure> {
        let is_told = matches!(self.form, DoctorOutput::Table | DoctorOutput::Wide);
        if answers.is_empty() && !is_told {
            let reader = reader(look.target(), &GetStatusResponse::default(), language);
            output::say(nobody(look, &reader).trim_end());
        }
        let text = match self.form {
            DoctorOutput::Json if self.watch => String::new(),
            DoctorOutput::Json => {
                let ([answer], Some(_)) = (answers, look.target().group()) else {
                    return print_lines(answers).map(drop);
                };
                let document = json::value("GetStatusResponse", answer)?;
                return output::print_json(&document).map(drop);
            }
            DoctorOutput::Table | DoctorOutput::Wide | DoctorOutput::Prom => {
                picture(self.form, (answers, look), Some(exit), language)
            }
        };
        match &mut self.screen {
            Some(screen) => screen.end(&text).map(drop),
            None => output::print(&text).map(drop),
        }
    }
}

/// The whole text of what is known.
fn picture(
    form: DoctorOutput,
    (answers, look): Seen<'_>,
    exit: Option<Exit>,
    language: Language,
) -> String {
    let one = |answer: &GetStatusResponse, exit| {
        let reader = reader(look.target(), answer, language);
        match form {
            DoctorOutput::Wide => doctor::wide(answer, exit, &reader),
            DoctorOutput::Table | DoctorOutput::Json | DoctorOutput::Prom => {
                doctor::table(answer, exit, &reader)
            }
        }
    };
    let all = reader(look.target(), &GetStatusResponse::default(), language);
    let mut text = match (form, answers) {
        (DoctorOutput::Prom, _) => return prom::page(answers),
        (_, [answer]) => one(answer, exit),
        (_, []) => nobody(look, &all),
        (_, answers) => {
            let mut text = doctor::overview(answers, &all);
            let worth = doctor::sorted(answers).into_iter();
            let worth = worth.filter(|answer| doctor::is_worth_a_look(answer));
            for answer in worth.take(SCREENS) {
                text.push('\n');
                text.push_str(&one(answer, None));
            }
            text.push('\n');
            text.push_str(&doctor::totals(answers, look.asked_for(), exit, &all));
            text
        }
    };
    text.push_str(&doctor::groups_left_out(look.not_looked_at(), &all));
    text
}

/// That no group was seen of those that were asked for.
fn nobody(look: &Look, reader: &Reader) -> String {
    let shown = look.groups_shown();
    let arguments = Arguments::default()
        .text("bootstrap", &look.target().bootstrap_servers)
        .count("count", shown.unwrap_or(0) as u64);
    let key = match shown {
        Some(_) => "doctor-nobody",
        None => "doctor-no-group",
    };
    paragraph(&reader.speech.say(key, &arguments))
}

/// Who reads, and what to type to look at this group again.
fn reader(target: &Target, answer: &GetStatusResponse, language: Language) -> Reader {
    Reader {
        speech: Speech::new(language).from_outside(),
        clock: now(),
        reach: target.reach(&answer.group),
    }
}

/// A document for each group, each on a line of its own.
fn print_lines(answers: &[GetStatusResponse]) -> Result<Listener, Failure> {
    use std::io::Write as _;

    let mut out = io_buffer();
    let mut written = Ok(());
    for answer in answers {
        let document = json::value("GetStatusResponse", answer)?;
        written = written.and_then(|()| json::write_line(&mut out, &document));
    }
    output::still_there(written.and_then(|()| out.flush()))
}

fn io_buffer() -> impl std::io::Write {
    std::io::BufWriter::new(std::io::stdout().lock())
}
