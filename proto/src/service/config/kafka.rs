//! Properties of the Kafka client: by librdkafka's names, or by those that users bring along.
//!
//! `[kafka]` takes any property of librdkafka. Whoever comes from aiokafka (or the Java client, whose
//! names differ from aiokafka's only in the dots) may keep the names; they become librdkafka's layer by
//! layer, so that a flag beats the file under either name.

mod profile;

use std::collections::BTreeMap;
use std::fmt;

use super::fault::{Fault, Faults, quoted};
use super::secret::{HIDDEN, is_secret};

pub use profile::{PROFILE_NAMES, PROFILES, Profile};

/// One property of the Kafka client. Its `Debug` does not show the value of a secret one.
#[derive(Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it came from.
    pub origin: String,
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.name, self.shown(), self.origin)
    }
}

impl Property {
    /// The value in quotes, or what stands for it when it is a secret.
    pub fn shown(&self) -> String {
        match is_secret(&self.name) {
            true => HIDDEN.to_owned(),
            false => quoted(&self.value),
        }
    }
}

/// What a name of another client means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The property of librdkafka with this name.
    Property(&'static str),
    /// The timeout of a gather.
    GatherTimeout,
    /// `max_records` of a gather.
    GatherMaxRecords,
}

/// Names that are not librdkafka's own with other separators: aiokafka's and the Java client's, and
/// librdkafka's second names for one property. Dots and underscores count as the same.
const FOREIGN_NAMES: [(&str, Meaning); 11] = [
    ("timeout.ms", Meaning::GatherTimeout),
    ("consumer.timeout.ms", Meaning::GatherTimeout),
    ("max.poll.records", Meaning::GatherMaxRecords),
    ("max.records", Meaning::GatherMaxRecords),
    ("fetch.max.wait.ms", Meaning::Property("fetch.wait.max.ms")),
    ("request.timeout.ms", Meaning::Property("socket.timeout.ms")),
    ("sasl.plain.username", Meaning::Property("sasl.username")),
    ("sasl.plain.password", Meaning::Property("sasl.password")),
    ("sasl.mechanisms", Meaning::Property("sasl.mechanism")),
    (
        "metadata.broker.list",
        Meaning::Property("bootstrap.servers"),
    ),
    (
        "fetch.message.max.bytes",
        Meaning::Property("max.partition.fetch.bytes"),
    ),
];

/// The properties of librdkafka with underscores in their names; all others have dots.
const UNDERSCORED: [&str; 6] = [
    "log_level",
    "ssl_key",
    "ssl_certificate",
    "ssl_ca",
    "ssl_engine_id",
    "ssl_engine_callback_data",
];

/// What a name means that is not librdkafka's own; `None` for those that are.
pub fn foreign_name(name: &str) -> Option<Meaning> {
    let dotted = with_dots(name);
    let mut names = FOREIGN_NAMES.iter();
    let known = names.find(|(foreign, _)| *foreign == dotted)?;
    Some(known.1)
}

/// A name with aiokafka's separators as librdkafka writes it.
fn with_dots(name: &str) -> String {
    match name.contains('.') || UNDERSCORED.contains(&name) {
        true => name.to_owned(),
        false => name.replace('_', "."),
    }
}

/// Turns foreign names into librdkafka's. The same property under two names with two values, and names
/// that are no properties of the client, are faults.
pub fn translate(given: Vec<Property>, faults: &mut Faults) -> Vec<Property> {
    let mut taken: BTreeMap<String, (String, Property)> = BTreeMap::new();
    for property in given {
        let name = match own_name(&property) {
            Ok(name) => name,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        match taken.get(&name) {
            Some((as_given, before))
                if *as_given != property.name && before.value != property.value =>
            {
                faults.push(contradiction(&name, as_given, before, &property));
            }
            Some(_) | None => {
                let as_given = property.name.clone();
                let own = Property {
                    name: name.clone(),
                    ..property
                };
                taken.insert(name, (as_given, own));
            }
        }
    }
    taken.into_values().map(|(_, property)| property).collect()
}

fn own_name(property: &Property) -> Result<String, Fault> {
    let of_the_gather = |what| {
        let problem = format!(
            "{} belongs to the gather, not to the Kafka client",
            property.name
        );
        Err(Fault::new(property.origin.as_str(), problem, what))
    };
    match foreign_name(&property.name) {
        None => Ok(with_dots(&property.name)),
        Some(Meaning::Property(name)) => Ok(name.to_owned()),
        Some(Meaning::GatherTimeout) => of_the_gather("the gather's timeout"),
        Some(Meaning::GatherMaxRecords) => of_the_gather("the gather's max_records"),
    }
}

fn contradiction(name: &str, as_given: &str, before: &Property, now: &Property) -> Fault {
    let shown = |property: &Property| match is_secret(name) {
        true => HIDDEN.to_owned(),
        false => quoted(&property.value),
    };
    let problem = format!(
        "{} = {} contradicts {as_given} = {} ({}): both mean {name}",
        now.name,
        shown(now),
        shown(before),
        before.origin,
    );
    Fault::new(now.origin.as_str(), problem, "one of them")
}

#[cfg(test)]
mod tests;
