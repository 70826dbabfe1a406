//! The layer of the TOML file.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Faults};
use super::kind::Raw;
use super::layer::{KAFKA_PREFIX, Layer};
use super::schema::Schema;

/// Largest file that is taken for settings.
const FILE_BYTES: u64 = 256 << 10;

/// Reads the file at `path`; nested tables are keys with dots.
pub(super) fn read(schema: &Schema, path: &Path, faults: &mut Faults) -> Layer {
    let name = path.display().to_string().escape_debug().to_string();
    match text_of(path) {
        Ok(text) => parse(schema, &text, &name, faults),
        Err(problem) => {
            faults.push(Fault::new(name, problem, ""));
            Layer::default()
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot read the settings: {error}");
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut text = String::new();
    let limited = file.take(FILE_BYTES + 1).read_to_string(&mut text);
    let bytes = limited.map_err(cannot)?;
    match bytes as u64 > FILE_BYTES {
        true => Err(format!(
            "no settings file: it has more than {FILE_BYTES} bytes"
        )),
        false => Ok(text),
    }
}

fn parse(schema: &Schema, text: &str, name: &str, faults: &mut Faults) -> Layer {
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let mut walk = Walk {
            schema,
            text,
            name,
            faults,
            layer: Layer::default(),
            seen: BTreeSet::new(),
        };
        walk.table("", document.get_ref());
        return walk.layer;
    }
    for error in errors {
        // Not the error's own text: it repeats the line, which may hold a password.
        let place = place(name, text, error.span().map_or(0, |span| span.start));
        let problem = format!("no TOML: {}", error.message());
        faults.push(Fault::new(place, problem.replace('\n', ", "), ""));
    }
    Layer::default()
}

fn place(name: &str, text: &str, at: usize) -> String {
    let before = text.as_bytes().iter().take(at);
    let line = 1 + before.filter(|&&byte| byte == b'\n').count();
    format!("{name}:{line}")
}

struct Walk<'a> {
    schema: &'a Schema,
    text: &'a str,
    name: &'a str,
    faults: &'a mut Faults,
    layer: Layer,
    /// Keys that came: `a.b = 1` and `"a.b" = 1` are two keys for TOML, and one here.
    seen: BTreeSet<String>,
}

impl Walk<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        let mut in_order: Vec<_> = table.iter().collect();
        in_order.sort_by_key(|(key, _)| key.span().start);
        for (name, value) in in_order {
            let key = format!("{prefix}{}", name.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                self.table(&format!("{key}."), inner);
            } else {
                self.leaf(&key, name.span().start, value);
            }
        }
    }

    fn leaf(&mut self, key: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        let place = place(self.name, self.text, at);
        let taken = if !self.seen.insert(key.to_owned()) {
            Err(Fault::new(
                place,
                format!("{} is set twice", key.escape_debug()),
                "once",
            ))
        } else if self.schema.kafka && format!("{key}.") == KAFKA_PREFIX {
            Err(Fault::new(
                place,
                "kafka is no table",
                "[kafka] and properties below it",
            ))
        } else {
            self.layer
                .take(self.schema, key, raw(value.get_ref()), &place)
        };
        if let Err(fault) = taken {
            self.faults.push(fault);
        }
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.clone().into_owned()),
        DeValue::Boolean(flag) => Raw::Bool(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Raw::Integer(number),
            Err(_) => Raw::Number(number.to_string()),
        },
        DeValue::Float(number) => Raw::Number(number.as_str().to_owned()),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}
