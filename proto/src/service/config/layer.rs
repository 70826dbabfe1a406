//! One layer of settings, and how it is laid over those below.

use config::{ConfigError, Map, Source, ValueKind};

use super::Flag;
use super::fault::{Fault, Faults, nearest, quoted};
use super::kafka::Property;
use super::kind::{Raw, Written};
use super::schema::{Fallback, Kind, Schema, Setting};

/// Prefix of the keys that are properties of the Kafka client.
pub(super) const KAFKA_PREFIX: &str = "kafka.";
/// Where [`Source::collect`] puts settings and properties; their keys hold dots and stay whole.
pub(super) const SETTINGS: &str = "settings";
pub(super) const PROPERTIES: &str = "properties";

/// What one place gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    pub(super) settings: Vec<Entry>,
    pub(super) properties: Vec<Property>,
}

/// One setting that has a value of its kind.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: &'static str,
    pub(super) value: Written,
    pub(super) origin: String,
}

impl Layer {
    /// Takes a value in under its key, or says what is wrong with it.
    pub(super) fn take(
        &mut self,
        schema: &Schema,
        key: &str,
        raw: Raw,
        origin: &str,
    ) -> Result<(), Fault> {
        if let Some(setting) = schema.setting(key) {
            return self.take_setting(setting, &raw, origin);
        }
        match key.strip_prefix(KAFKA_PREFIX) {
            Some(name) if schema.kafka => self.take_property(name, &raw, origin),
            Some(_) | None => Err(unknown(schema, key, origin)),
        }
    }

    fn take_setting(
        &mut self,
        setting: &'static Setting,
        raw: &Raw,
        origin: &str,
    ) -> Result<(), Fault> {
        let value = setting.kind.parse(raw).map_err(|wrong| {
            let problem = match setting.secret {
                true => "the value (not shown) does not fit".to_owned(),
                false => wrong.problem,
            };
            Fault::new(
                origin,
                format!("{}: {problem}", setting.key),
                wrong.accepted,
            )
        })?;
        let value = value.written();
        let before = self
            .settings
            .iter_mut()
            .find(|entry| entry.key == setting.key);
        match (before, value) {
            (
                Some(Entry {
                    value: Written::Many(all),
                    ..
                }),
                Written::Many(more),
            ) => all.extend(more),
            (Some(entry), value) => entry.value = value,
            (None, value) => self.settings.push(Entry {
                key: setting.key,
                value,
                origin: origin.to_owned(),
            }),
        }
        Ok(())
    }

    fn take_property(&mut self, name: &str, raw: &Raw, origin: &str) -> Result<(), Fault> {
        let value = raw.as_property().ok_or_else(|| {
            let problem = format!("{KAFKA_PREFIX}{name} is {raw}");
            Fault::new(
                origin,
                problem,
                "a text, a number, true or false, or a list of them",
            )
        })?;
        // A NUL ends a text for the Kafka client, which is written in C.
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
        if !is_name(name) || value.contains('\0') {
            let problem = format!("{KAFKA_PREFIX}{} is no property", quoted(name));
            return Err(Fault::new(
                origin,
                problem,
                "NAME = VALUE without NUL characters",
            ));
        }
        self.properties.push(Property {
            name: name.to_owned(),
            value,
            origin: origin.to_owned(),
        });
        Ok(())
    }
}

fn unknown(schema: &Schema, key: &str, origin: &str) -> Fault {
    let keys = schema.settings.iter().map(|setting| setting.key);
    let near = nearest(&key.replace('-', "_"), keys.clone());
    let first = key.split('.').next().unwrap_or(key);
    let table = schema.kafka.then_some("kafka").into_iter();
    let problem = format!("unknown setting {}", quoted(key));
    match near.or_else(|| nearest(first, table)) {
        Some(near) => Fault::new(origin, format!("{problem}, did you mean {near}?"), ""),
        None => Fault::new(origin, problem, keys.collect::<Vec<_>>().join(", ")),
    }
}

/// The layer below all others.
pub(super) fn defaults(schema: &Schema, faults: &mut Faults) -> Layer {
    let mut layer = Layer::default();
    for setting in schema.settings {
        if let Fallback::Default(text) = setting.fallback {
            let raw = Raw::Text(text.to_owned());
            if let Err(fault) = layer.take_setting(setting, &raw, super::values::DEFAULT) {
                faults.push(fault);
            }
        }
    }
    layer
}

/// The layer above all others.
pub(super) fn flags(schema: &Schema, flags: Vec<Flag>, faults: &mut Faults) -> Layer {
    let mut layer = Layer::default();
    for flag in flags {
        let origin = format!("flag {}", flag.name);
        if let Err(fault) = layer.take(schema, &flag.key, Raw::Text(flag.value), &origin) {
            faults.push(fault);
        }
    }
    layer
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
        let setting = |entry: &Entry| {
            let kind = match &entry.value {
                Written::One(text) => ValueKind::from(text.as_str()),
                Written::Many(items) => ValueKind::from(items.clone()),
            };
            (
                entry.key.to_owned(),
                config::Value::new(Some(&entry.origin), kind),
            )
        };
        let property = |property: &Property| {
            let value = config::Value::new(Some(&property.origin), property.value.as_str());
            (property.name.clone(), value)
        };
        let settings: Map<_, _> = self.settings.iter().map(setting).collect();
        let properties: Map<_, _> = self.properties.iter().map(property).collect();
        Ok(Map::from_iter([
            (SETTINGS.to_owned(), settings.into()),
            (PROPERTIES.to_owned(), properties.into()),
        ]))
    }
}

/// The settings and the properties of all layers, each with its origin; the last layer is the top.
pub(super) fn lay(layers: Vec<Layer>) -> Result<[Map<String, config::Value>; 2], ConfigError> {
    let stacked = layers
        .into_iter()
        .fold(config::Config::builder(), |stack, layer| {
            stack.add_source(layer)
        })
        .build()?;
    Ok([stacked.get_table(SETTINGS)?, stacked.get_table(PROPERTIES)?])
}

impl Kind {
    /// What stands in for a required value that is missing, so that checks can go on.
    pub(super) fn nothing(self) -> Raw {
        match self {
            Self::Text => Raw::Text(String::new()),
            Self::List => Raw::List(Vec::new()),
            Self::Bool => Raw::Bool(false),
            Self::Integer { min, .. } => Raw::Integer(min),
            Self::Bytes { min, .. } => Raw::Text(super::bytes::format(min)),
            Self::Duration { min, .. } => Raw::Text(humantime::format_duration(min).to_string()),
            Self::Address => Raw::Text("127.0.0.1:0".to_owned()),
            Self::OneOf(words) => Raw::Text(words.first().copied().unwrap_or_default().to_owned()),
            Self::NumberOr { min, .. } => Raw::Text(min.to_string()),
        }
    }
}
