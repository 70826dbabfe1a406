//! Where an answer comes from: an aggregator that runs, or a group that is looked at from outside.

use rollcall_proto::ids::Topic;
use rollcall_proto::v1::GetStatusResponse;

use super::progress::{self, Progress};
use super::{nearest, now};
use crate::args::ask::AskArgs;
use crate::args::outside::OutsideArgs;
use crate::client::lanes::Lanes;
use crate::exit::FailOn;
use crate::failure::Failure;
use crate::outside::Look;
use crate::target::{Target, Wanted};
use crate::view::Reader;
use crate::words::Speech;
use crate::words::language::Language;
use crate::{json, output};

/// Where an answer comes from.
pub enum Source {
    /// An aggregator, or all lanes.
    Server(Box<Lanes>),
    /// One group of a cluster, from outside.
    Outside(Box<Outside>),
}

/// One group, looked at from outside.
#[derive(Debug)]
pub struct Outside {
    /// The observer at work.
    pub look: Look,
    /// The group.
    pub group: String,
    /// From which severity on the exit code is 1.
    pub fail_on: FailOn,
    /// Whether what is known of a group that is not there is printed as JSON.
    pub json: bool,
}

impl Source {
    /// What `-b` and `-g` name, else the aggregator. `topics` are those that are asked about; none: all.
    pub async fn of(
        before: &AskArgs,
        behind: &AskArgs,
        outside: &OutsideArgs,
        topics: &[Topic],
    ) -> Result<Self, Failure> {
        if !outside.is_said() {
            let lanes = Lanes::find(before.servers(behind)?).await?;
            return Ok(Self::Server(Box::new(lanes)));
        }
        if let Some(flag) = behind.given().or(before.given()) {
            let problem = format!(
                "{flag} asks an aggregator, -b and -g look at a group from outside: say one of them"
            );
            return Err(Failure::Usage(problem));
        }
        super::names(topics)?;
        let wanted = Wanted {
            names: outside.group.iter().cloned().collect(),
            topics: topics.to_vec(),
            ..Wanted::default()
        };
        let target = Target::of(&outside.observe, wanted)
            .map_err(|faults| Failure::Usage(faults.to_string()))?;
        let Some(group) = target.group().map(str::to_owned) else {
            return Err(Failure::Usage("which group? say -g GROUP".to_owned()));
        };
        let look = Look::start(target)?;
        Ok(Self::Outside(Box::new(Outside {
            look,
            group,
            fail_on: FailOn::default(),
            json: false,
        })))
    }
}

impl Outside {
    /// Looks until `done`, or the time that was given is over; what is known then. Fails when the cluster lets nobody
    /// in, has not a topic that was named, or has not the group.
    pub async fn examine(
        &mut self,
        done: impl Fn(&Look, &GetStatusResponse) -> bool,
        language: Language,
    ) -> Result<GetStatusResponse, Failure> {
        progress::left_out(self.look.target(), language);
        let mut progress = Progress::new(language);
        loop {
            self.look.tick().await;
            let answers = self.look.answers();
            let checked = self.look.check(&answers).await;
            let over = self.look.watched() >= self.look.target().watch;
            let answer = answers
                .first()
                .filter(|answer| over || self.is_gone(answer) || done(&self.look, answer));
            if checked.is_err() || answer.is_some() || over {
                progress.clear();
            } else {
                progress.say(&self.look, &answers);
            }
            checked?;
            match answer {
                Some(answer) => {
                    return match self.not_there(&answers, language).await {
                        Some(not_there) => {
                            if self.json {
                                let document = json::value("GetStatusResponse", answer)?;
                                output::print_json(&document)?;
                            }
                            Err(not_there)
                        }
                        None => Ok(answer.clone()),
                    };
                }
                None if over => return Err(self.nothing()),
                None => {}
            }
        }
    }

    /// What a group that is not there comes to; `None` where it is.
    pub async fn not_there(
        &self,
        answers: &[GetStatusResponse],
        language: Language,
    ) -> Option<Failure> {
        let missing = nearest::missing(&self.look, answers, language).await;
        let told = missing.into_iter().next()?;
        let exit = self.fail_on.of_fault();
        Some(Failure::NoGroup { told, exit })
    }

    /// Whether it is sure that there is no such group.
    pub fn is_gone(&self, answer: &GetStatusResponse) -> bool {
        self.look.is_settled() && nearest::is_missing(answer)
    }

    /// The answer once every verdict is confirmed.
    pub async fn settled(&mut self, language: Language) -> Result<GetStatusResponse, Failure> {
        self.examine(|look, _| look.is_settled(), language).await
    }

    /// Who reads, and what to type to look in the same way.
    pub fn reader(&self, language: Language) -> Reader {
        Reader {
            speech: Speech::new(language).from_outside(),
            clock: now(),
            reach: self.look.target().reach(&self.group),
        }
    }

    fn nothing(&self) -> Failure {
        Failure::Failed(format!(
            "nothing came of group {} within the time; --for gives it more",
            crate::sanitize::safe(&self.group)
        ))
    }
}
