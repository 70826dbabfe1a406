//! What holds, and where it came from.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::fault::{Fault, Faults};
use super::kind::{Raw, Value, Written};
use super::layer::{Layer, lay};
use super::schema::{Fallback, Schema, Setting};
use super::secret::{HIDDEN, is_secret, without_credentials};

/// Origin of a value that nobody set.
pub(super) const DEFAULT: &str = "default";

/// The settings that hold.
///
/// Each getter is for one kind of setting and returns `None` where an optional one is not set; the
/// plain ones are for settings with a default and for required ones.
///
/// # Panics
/// The plain getters panic when the schema has no such setting of that kind, or an optional one: a
/// mistake of the program, which its first start shows.
#[derive(Clone, Debug)]
pub struct Values {
    schema: Schema,
    held: BTreeMap<&'static str, Held<Value>>,
    properties: BTreeMap<String, Held<String>>,
}

#[derive(Clone, Debug)]
struct Held<T> {
    value: T,
    origin: String,
}

impl Values {
    pub(super) fn merge(schema: &Schema, layers: Vec<Layer>, faults: &mut Faults) -> Self {
        let mut values = Self {
            schema: *schema,
            held: BTreeMap::new(),
            properties: BTreeMap::new(),
        };
        let [mut settings, properties] = lay(layers).unwrap_or_else(|error| {
            faults.push(Fault::new("settings", error.to_string(), ""));
            Default::default()
        });
        for setting in schema.settings {
            values.hold(setting, settings.remove(setting.key), faults);
        }
        for (name, value) in properties {
            let origin = value.origin().unwrap_or_default().to_owned();
            let value = value.into_string().unwrap_or_default();
            values.properties.insert(name, Held { value, origin });
        }
        values
    }

    fn hold(
        &mut self,
        setting: &'static Setting,
        given: Option<config::Value>,
        faults: &mut Faults,
    ) {
        let origin = given
            .as_ref()
            .and_then(|value| value.origin())
            .unwrap_or_default()
            .to_owned();
        let raw = match (given, setting.fallback) {
            (Some(value), _) => written_again(value),
            (None, Fallback::Required) => {
                faults.push(missing(setting));
                setting.kind.nothing()
            }
            (None, Fallback::Absent | Fallback::Default(_)) => return,
        };
        // Every layer was checked before; what it wrote is read again.
        if let Ok(value) = setting.kind.parse(&raw) {
            self.held.insert(setting.key, Held { value, origin });
        }
    }

    /// Where a setting came from: `default`, `FILE:LINE`, `env NAME`, `flag --name`; empty when it is
    /// not set. Good as the place of a [`Fault`].
    pub fn origin(&self, key: &str) -> &str {
        self.held.get(key).map_or("", |held| &held.origin)
    }

    /// Whether nobody set it.
    pub fn is_default(&self, key: &str) -> bool {
        matches!(self.origin(key), DEFAULT | "")
    }

    /// A text or a word.
    pub fn text(&self, key: &str) -> &str {
        or_mistake(key, self.maybe_text(key))
    }

    /// An optional text.
    pub fn maybe_text(&self, key: &str) -> Option<&str> {
        let Value::Text(text) = self.value(key)? else {
            return None;
        };
        Some(text)
    }

    /// A yes or no.
    pub fn flag(&self, key: &str) -> bool {
        or_mistake(key, self.maybe_flag(key))
    }

    /// An optional yes or no.
    pub fn maybe_flag(&self, key: &str) -> Option<bool> {
        let Value::Bool(flag) = self.value(key)? else {
            return None;
        };
        Some(*flag)
    }

    /// A whole number.
    pub fn integer(&self, key: &str) -> i64 {
        or_mistake(key, self.maybe_integer(key))
    }

    /// An optional whole number.
    pub fn maybe_integer(&self, key: &str) -> Option<i64> {
        let Value::Integer(number) = self.value(key)? else {
            return None;
        };
        Some(*number)
    }

    /// A number of bytes.
    pub fn bytes(&self, key: &str) -> u64 {
        or_mistake(key, self.maybe_bytes(key))
    }

    /// An optional number of bytes.
    pub fn maybe_bytes(&self, key: &str) -> Option<u64> {
        let Value::Bytes(number) = self.value(key)? else {
            return None;
        };
        Some(*number)
    }

    /// A length of time.
    pub fn duration(&self, key: &str) -> Duration {
        or_mistake(key, self.maybe_duration(key))
    }

    /// An optional length of time.
    pub fn maybe_duration(&self, key: &str) -> Option<Duration> {
        let Value::Duration(duration) = self.value(key)? else {
            return None;
        };
        Some(*duration)
    }

    /// An address to listen on.
    pub fn address(&self, key: &str) -> SocketAddr {
        or_mistake(key, self.maybe_address(key))
    }

    /// An optional address.
    pub fn maybe_address(&self, key: &str) -> Option<SocketAddr> {
        let Value::Address(address) = self.value(key)? else {
            return None;
        };
        Some(*address)
    }

    /// Texts; none when it is not set.
    pub fn list(&self, key: &str) -> &[String] {
        match self.value(key) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.held.get(key).map(|held| &held.value)
    }

    /// The properties of the Kafka client that are set, by librdkafka's names.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &str)> {
        let properties = self.properties.iter();
        properties.map(|(name, held)| (name.as_str(), held.value.as_str()))
    }

    /// One property of the Kafka client.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(|held| held.value.as_str())
    }

    /// Where a property of the Kafka client came from; empty when it is not set.
    pub fn property_origin(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", |held| &held.origin)
    }

    /// Sets a property of the Kafka client unless somebody did: a profile's, a service's own default.
    pub fn fill_property(&mut self, name: &str, value: impl Into<String>, origin: &str) {
        let held = || Held {
            value: value.into(),
            origin: origin.to_owned(),
        };
        self.properties.entry(name.to_owned()).or_insert_with(held);
    }

    /// Everything that holds as TOML, each with its origin in a comment; secrets are not shown.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        for setting in self.schema.settings {
            match self.held.get(setting.key) {
                Some(held) => {
                    let value = shown(setting.secret, &held.value);
                    dump_line(&mut out, setting.key, &value, &held.origin);
                }
                None => out.push_str(&format!("# {} is not set\n", setting.key)),
            }
        }
        if self.schema.kafka {
            out.push_str("\n[kafka]\n");
        }
        for (name, held) in &self.properties {
            let value = Value::Text(held.value.clone());
            let value = shown(is_secret(name), &value);
            dump_line(&mut out, &quoted_toml(name), &value, &held.origin);
        }
        out
    }
}

#[expect(
    clippy::panic,
    reason = "the key and its kind are in the schema: the program's own words"
)]
fn or_mistake<T>(key: &str, value: Option<T>) -> T {
    value.unwrap_or_else(|| panic!("the schema promises no such value for {key:?}"))
}

fn missing(setting: &Setting) -> Fault {
    let (flag, variable, key) = (setting.flag(), setting.variable(), setting.key);
    let problem = format!("not set: {}", setting.doc);
    let ways = format!(
        "{flag}, {variable}, or {key} in the file: {}",
        setting.kind.accepted()
    );
    Fault::new(key, problem, ways)
}

fn written_again(value: config::Value) -> Raw {
    match value.clone().into_array() {
        Ok(items) => {
            let texts = items
                .into_iter()
                .map(|item| item.into_string().unwrap_or_default());
            Written::Many(texts.collect()).into()
        }
        Err(_) => Raw::Text(value.into_string().unwrap_or_default()),
    }
}

fn dump_line(out: &mut String, key: &str, value: &str, origin: &str) {
    out.push_str(&format!("{key} = {value} # {}\n", origin.escape_debug()));
}

/// The value as TOML.
fn shown(secret: bool, value: &Value) -> String {
    if secret {
        return quoted_toml(HIDDEN);
    }
    match (value, value.written()) {
        (Value::Bool(_) | Value::Integer(_), Written::One(bare)) => bare,
        (_, Written::One(text)) => quoted_toml(&without_credentials(&text)),
        (_, Written::Many(items)) => {
            let items = items
                .iter()
                .map(|item| quoted_toml(&without_credentials(item)));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A basic string of TOML: in it, quotes, backslashes and control characters are escaped.
fn quoted_toml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
