//! The layer of environment variables.

use super::fault::{Fault, Faults, nearest};
use super::kind::Raw;
use super::layer::{KAFKA_PREFIX, Layer};
use super::schema::Schema;

/// What all of rollcall's variables begin with.
pub(super) const PREFIX: &str = "ROLLCALL_";
/// What variables for properties of the Kafka client begin with; `ROLLCALL_KAFKA_FETCH_MIN_BYTES`.
const KAFKA_VARIABLE: &str = "ROLLCALL_KAFKA_";
/// Variables that are known and no settings: the CLI's server, and the path of the file itself.
const NO_SETTINGS: [&str; 2] = ["ROLLCALL_SERVER", "ROLLCALL_CONFIG"];
/// Rollcall's variables of this process. (`std::env::vars` panics when one is no UTF-8, anybody's.)
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    variables.filter(|(name, _)| name.starts_with(PREFIX))
}

/// Reads the variables. One that begins with `ROLLCALL_` and is no setting is a fault: a slip of the
/// pen must not look like a setting that holds.
pub(super) fn read(
    schema: &Schema,
    env: impl IntoIterator<Item = (String, String)>,
    faults: &mut Faults,
) -> Layer {
    let mut layer = Layer::default();
    let mut variables: Vec<_> = env
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    variables.sort();
    for (name, value) in variables {
        let Some(key) = key(schema, &name, &value) else {
            continue;
        };
        let origin = format!("env {}", name.escape_debug());
        let taken = match key {
            Ok(key) => layer.take(schema, &key, Raw::Text(value), &origin),
            Err(problem) => Err(Fault::new(origin, problem, "")),
        };
        if let Err(fault) = taken {
            faults.push(fault);
        }
    }
    layer
}

/// The key that a variable sets; `None` for one that is no business of ours.
fn key(schema: &Schema, name: &str, value: &str) -> Option<Result<String, String>> {
    let mut settings = schema.settings.iter();
    if let Some(setting) = settings.find(|setting| setting.variable() == name) {
        return Some(Ok(setting.key.to_owned()));
    }
    if NO_SETTINGS.contains(&name) || is_from_kubelet(name, value) {
        return None;
    }
    if let Some(property) = name.strip_prefix(KAFKA_VARIABLE).filter(|_| schema.kafka) {
        // The underscores become dots with those of other foreign names.
        return Some(Ok(format!("{KAFKA_PREFIX}{}", property.to_lowercase())));
    }
    let known: Vec<_> = schema
        .settings
        .iter()
        .map(|setting| setting.variable())
        .collect();
    let near = nearest(name, known.iter().map(String::as_str));
    let near = near.map(|near| format!(", did you mean {near}?"));
    Some(Err(format!("unknown setting{}", near.unwrap_or_default())))
}

/// Whether a variable is one that Kubernetes sets in every pod for a Service called rollcall or
/// rollcall-something: `ROLLCALL_AGGREGATOR_SERVICE_HOST`, `…_PORT=tcp://…`, `…_PORT_7655_TCP_ADDR`.
fn is_from_kubelet(name: &str, value: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    let numbered = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.split('_');
        let number = parts.next().is_some_and(|part| part.parse::<u16>().is_ok());
        number && matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"))
    });
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url)
        || numbered
}
