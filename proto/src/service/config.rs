//! Settings in layers: defaults, a TOML file, `ROLLCALL_…` variables, flags; the later beats the earlier.
//!
//! A service declares a [`Schema`]; [`load`] reads every layer and finds every fault, each with its place
//! and the accepted form. The service adds what only it can know (values that contradict each other)
//! and then asks [`Loaded::finish`], before it opens any port. [`Values::dump`] says what holds and
//! where each value came from. Properties of the Kafka client live in the table `[kafka]` and are free;
//! see [`kafka`].

mod bytes;
mod env;
mod fault;
mod file;
mod kind;
mod layer;
mod schema;
mod secret;
mod values;

pub mod kafka;

use std::path::Path;

pub use self::env::environment;
pub use self::fault::{EXIT_USAGE, Fault, Faults, nearest};
pub use self::schema::{Fallback, Kind, Schema, Setting};
pub use self::secret::{HIDDEN, is_secret};
pub use self::values::Values;

/// One setting from the command line.
#[derive(Clone, Debug)]
pub struct Flag {
    key: String,
    value: String,
    name: String,
}

impl Flag {
    /// A value for the setting `key`, given by the flag `name` (with its dashes). A list is the sum of
    /// its flags.
    pub fn new(key: &str, value: impl Into<String>, name: &str) -> Self {
        Self {
            key: key.to_owned(),
            value: value.into(),
            name: name.to_owned(),
        }
    }

    /// A property of the Kafka client, given as `PROPERTY=VALUE` by the flag `name`.
    pub fn property(text: &str, name: &str) -> Result<Self, Fault> {
        match text.split_once('=') {
            Some((property, value)) if !property.trim().is_empty() => {
                let key = format!("{}{}", layer::KAFKA_PREFIX, property.trim());
                Ok(Self::new(&key, value, name))
            }
            Some(_) | None => Err(Fault::new(
                format!("flag {name}"),
                format!("{} is no property with a value", fault::quoted(text)),
                "PROPERTY=VALUE, for example fetch.wait.max.ms=100",
            )),
        }
    }
}

/// What the layers gave: the values, and what is wrong with them.
#[derive(Debug)]
#[must_use]
pub struct Loaded {
    /// The values. Where a layer's value is faulty, the one below holds; a required one that is missing
    /// is empty.
    pub values: Values,
    /// What is wrong; semantic faults are added to it.
    pub faults: Faults,
}

impl Loaded {
    /// The values, if nothing is wrong.
    pub fn finish(self) -> Result<Values, Faults> {
        match self.faults.is_empty() {
            true => Ok(self.values),
            false => Err(self.faults),
        }
    }
}

/// Reads all layers. `env` may be the whole environment: only `ROLLCALL_…` is looked at.
pub fn load(
    schema: &Schema,
    path: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    flags: Vec<Flag>,
) -> Loaded {
    let mut faults = Faults::default();
    let mut layers = vec![layer::defaults(schema, &mut faults)];
    if let Some(path) = path {
        layers.push(file::read(schema, path, &mut faults));
    }
    layers.push(env::read(schema, env, &mut faults));
    layers.push(layer::flags(schema, flags, &mut faults));
    for layer in &mut layers {
        let given = std::mem::take(&mut layer.properties);
        layer.properties = kafka::translate(given, &mut faults);
    }
    let values = Values::merge(schema, layers, &mut faults);
    Loaded { values, faults }
}

#[cfg(test)]
mod tests;
