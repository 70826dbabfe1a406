//! `rollcall doctor`: a group that other software runs, judged from outside.

mod show;

use std::time::Duration;

use rollcall_proto::v1::GetStatusResponse;

use super::nearest;
use super::progress::{self, Progress};
use crate::args::doctor::DoctorArgs;
use crate::exit::{Exit, FailOn, judge};
use crate::failure::Failure;
use crate::output::{self, Reader as Listener};
use crate::outside::{Look, all_judged};
use crate::target::{Groups, Target, Wanted};
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;
use show::Stage;

/// By then the first table is shown, whatever is known.
const FIRST_TABLE: Duration = Duration::from_millis(2_500);

/// Looks, shows, judges.
pub async fn run(args: DoctorArgs, language: Language) -> Result<Exit, Failure> {
    super::names(&args.topics)?;
    let target = target(&args)?;
    let stopped = rollcall_proto::service::shutdown::requested()?;
    tokio::pin!(stopped);
    progress::left_out(&target, language);
    let look = Look::start(target)?;
    let mut doctor = Doctor::new(look, args, language);
    let ended = tokio::select! {
        ended = doctor.examine() => ended?,
        // The last table is still shown.
        _ = &mut stopped => Ended::Stopped,
    };
    match ended {
        Ended::Unread => return Ok(doctor.exit()),
        // Judging very many partitions takes a while, and was just done.
        Ended::Done => {}
        Ended::Stopped => doctor.answers = doctor.look.answers(),
    }
    doctor.end().await
}

/// What was asked for.
fn target(args: &DoctorArgs) -> Result<Target, Failure> {
    let wanted = Wanted {
        names: args.groups.clone(),
        regex: args.group_regex.clone(),
        all: args.all_groups,
        topics: args.topics.clone(),
    };
    Target::of(&args.observe, wanted).map_err(|faults| Failure::Usage(faults.to_string()))
}

/// Why the examination ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Every verdict is confirmed, or the time is over.
    Done,
    /// Ctrl-C.
    Stopped,
    /// Nobody reads any more.
    Unread,
}

/// The examination.
struct Doctor {
    look: Look,
    stage: Stage,
    progress: Progress,
    watch: bool,
    /// Whether it was said how long to watch.
    bounded: bool,
    fail_on: FailOn,
    language: Language,
    answers: Vec<GetStatusResponse>,
}

impl Doctor {
    fn new(look: Look, args: DoctorArgs, language: Language) -> Self {
        let bounded = args.observe.run_for.is_some();
        Self {
            stage: Stage::new(args.output, args.watch),
            progress: Progress::new(language).without_end(args.watch && !bounded),
            watch: args.watch,
            bounded,
            fail_on: args.fail_on,
            language,
            answers: Vec::new(),
            look,
        }
    }

    async fn examine(&mut self) -> Result<Ended, Failure> {
        let (mut shown, mut groups) = (false, 0);
        loop {
            // What was sighted until then is taken in by the tick.
            let nobody_is_left = self.look.nobody_is_left();
            self.look.tick().await;
            self.answers = self.look.answers();
            let watched = self.look.watched();
            if let Err(failure) = self.look.check(&self.answers).await {
                self.progress.clear();
                return Err(failure);
            }
            let over = watched >= self.look.target().watch;
            let ended = match self.watch {
                true => self.bounded && over,
                false => {
                    let nobody = nobody_is_left && self.answers.is_empty();
                    self.look.is_settled() || over || nobody
                }
            };
            if ended {
                return Ok(Ended::Done);
            }
            if let Some(nobody) = self.nobody() {
                return Err(nobody);
            }
            let before = std::mem::replace(&mut groups, self.answers.len());
            let all = self.look.asked_for().unwrap_or(before);
            shown |= (groups >= all && all_judged(&self.answers)) || watched >= FIRST_TABLE;
            if shown && !self.answers.is_empty() && self.show()? == Listener::Gone {
                return Ok(Ended::Unread);
            }
            if !self.stage.is_drawn() {
                self.progress.say(&self.look, &self.answers);
            }
        }
    }

    /// That no group is like those that were asked for, once the cluster has shown its groups; one may still come while
    /// it is watched.
    fn nobody(&mut self) -> Option<Failure> {
        let Groups::Matching(regex) = &self.look.target().groups else {
            return None;
        };
        if self.watch || self.look.asked_for() != Some(0) || !self.answers.is_empty() {
            return None;
        }
        let arguments = Arguments::default()
            .text("regex", asked(regex))
            .count("count", self.look.groups_shown()? as u64);
        self.progress.clear();
        let told = Speech::new(self.language).say("doctor-no-match", &arguments);
        Some(Failure::Failed(told))
    }

    fn show(&mut self) -> Result<Listener, Failure> {
        let progress = self.progress.line(&self.look, &self.answers);
        let look = (&self.answers[..], &self.look);
        let first = self.stage.show(look, &progress, self.language)?;
        if let Some(table) = first {
            self.progress.clear();
            output::say(table.trim_end());
        }
        Ok(self.stage.listener())
    }

    /// The last table, and the exit code.
    async fn end(mut self) -> Result<Exit, Failure> {
        self.progress.clear();
        let exit = self.exit();
        let look = (&self.answers[..], &self.look);
        self.stage.end(look, exit, self.language)?;
        nearest::tell(&self.look, &self.answers, self.language).await;
        Ok(exit)
    }

    fn exit(&self) -> Exit {
        let topics = self.answers.iter().flat_map(|answer| &answer.topics);
        let alone = self
            .answers
            .iter()
            .filter(|answer| answer.topics.is_empty());
        let alone = alone.map(|answer| answer.observation.as_ref()?.verdict.as_ref());
        let verdicts = topics.map(|topic| topic.verdict.as_ref()).chain(alone);
        judge(verdicts, self.fail_on)
    }
}

/// A pattern as it was typed: it is compiled to match whole names.
fn asked(regex: &regex::Regex) -> &str {
    let whole = regex.as_str();
    let inner = whole.strip_prefix("^(?:");
    inner
        .and_then(|rest| rest.strip_suffix(")$"))
        .unwrap_or(whole)
}
