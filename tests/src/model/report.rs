//! A run of the model checker, in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use stateright::report::{ReportData, ReportDiscovery, Reporter};
use stateright::{Checker, Expectation, HasDiscoveries, Model};

use super::{Action, Protocol, Size, Variant};

/// Between two words on how far it is.
const TELL: Duration = Duration::from_secs(10);

/// What a run found.
#[derive(Debug)]
pub struct Report {
    /// Name of the size.
    pub name: &'static str,
    /// States that are different.
    pub states: usize,
    /// Transitions between them that were tried.
    pub transitions: usize,
    /// Steps from the beginning to the state that is farthest from it.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Situations that some state is in.
    pub reached: Vec<&'static str>,
    /// Situations that no state is in.
    pub missed: Vec<&'static str>,
    /// What is broken, and the shortest way there.
    pub broken: Option<Broken>,
}

/// Something that does not hold.
#[derive(Debug)]
pub struct Broken {
    /// What should hold.
    pub property: &'static str,
    /// What is wrong instead.
    pub how: String,
    /// The way there.
    pub way: Vec<Action>,
}

/// Checks every state of a size, or up to the first that breaks something.
pub fn run(size: Size, variant: Variant) -> Report {
    let begun = Instant::now();
    let name = size.name;
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let checker = Protocol::new(size, variant)
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join_and_report(&mut Progress(Duration::ZERO));
    let found = checker.discoveries();
    let model = checker.model();
    let (mut reached, mut missed, mut broken) = (Vec::new(), Vec::new(), None);
    for property in model.properties() {
        let way = found.get(property.name);
        match (property.expectation, way) {
            (Expectation::Sometimes, Some(_)) => reached.push(property.name),
            (Expectation::Sometimes, None) => missed.push(property.name),
            (Expectation::Always | Expectation::Eventually, Some(way)) => {
                broken.get_or_insert_with(|| Broken {
                    property: property.name,
                    how: how(model, way.last_state()),
                    way: way.clone().into_actions(),
                });
            }
            (Expectation::Always | Expectation::Eventually, None) => {}
        }
    }
    Report {
        name,
        states: checker.unique_state_count(),
        transitions: checker.state_count(),
        depth: checker.max_depth(),
        took: begun.elapsed(),
        reached,
        missed,
        broken,
    }
}

/// Says on stderr how far it is, now and then.
struct Progress(Duration);

impl Reporter<Protocol> for Progress {
    fn report_checking(&mut self, data: ReportData) {
        if data.duration >= self.0 + TELL && !data.done {
            self.0 = data.duration;
            let (states, depth) = (data.unique_states, data.max_depth);
            eprintln!(
                "  {states} states up to depth {depth} after {:.0?}",
                data.duration
            );
        }
    }

    fn report_discoveries(
        &mut self,
        _: &Protocol,
        _: BTreeMap<&'static str, ReportDiscovery<Protocol>>,
    ) {
        // What was found is in the report.
    }

    fn delay(&self) -> Duration {
        Duration::from_millis(100)
    }
}

fn how(model: &Protocol, world: &super::World) -> String {
    let stuck = || super::calm::comes_out(world, model, |_| false).err();
    let broken = world.broken().map(ToOwned::to_owned);
    broken.or_else(stuck).unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            states,
            transitions,
            depth,
            took,
            ..
        } = self;
        let took = took.as_secs_f64();
        writeln!(
            f,
            "{name}: {states} states, {transitions} transitions, depth {depth}, {took:.1} s"
        )?;
        for situation in &self.missed {
            writeln!(f, "  not reached: {situation}")?;
        }
        let Some(broken) = &self.broken else {
            return Ok(());
        };
        writeln!(f, "  broken: {}\n  {}", broken.property, broken.how)?;
        for (at, action) in broken.way.iter().enumerate() {
            writeln!(f, "  {:>3} {action:?}", at + 1)?;
        }
        Ok(())
    }
}
