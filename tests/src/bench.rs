//! The labelled bench: situations whose cause is known, because the bench itself makes them on a real Kafka, and what is
//! said of each.
//!
//! A [`Situation`] names its cause, the verdict that is right, and how long that may take. Its script sets a scene up,
//! waits until all is well there, makes the cause, waits for the verdict, undoes the cause, and waits for the end of the
//! verdict. A watcher beside it writes down everything that is said and when ([`timeline`]); [`score`] judges that, and
//! [`baselines`] say what two well-known rules make of the same offsets. `make verdicts` runs all of it ([`run`]) and
//! writes the [`report`].

pub mod baselines;
pub mod cast;
pub mod corpus;
pub mod costs;
pub mod healthy;
pub mod machine;
pub mod report;
pub mod results;
pub mod run;
pub mod scene;
pub mod score;
pub mod situation;
pub mod situations;
pub mod timeline;
mod watch;

pub use scene::Scene;
pub use situation::Situation;
