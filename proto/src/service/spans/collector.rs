//! Which collector spans go to, and how: OpenTelemetry's variables.
//!
//! The library reads most of them itself (headers, timeout, compression, sampler, batch sizes). Here is what
//! has to be known before: whether there is a collector at all, which protocol it speaks, whose spans these are.

use std::env;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
    WithTonicConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};

/// Variables for traces alone come before those for everything.
const ENDPOINT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
const PROTOCOL: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const GRPC: &str = "grpc";
const HTTP: &str = "http/protobuf";
/// The registered port of OTLP over HTTP.
const HTTP_PORT: &str = ":4318";

/// Spans that wait for the collector at most, unless `OTEL_BSP_MAX_QUEUE_SIZE` says otherwise.
const QUEUE: usize = 2048;
/// The largest queue that the variable may ask for: some 100 MB of spans.
const QUEUE_MOST: usize = 100_000;

/// A collector, as the environment names it.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    variable: &'static str,
    endpoint: String,
    protocol: String,
}

impl Collector {
    /// The one that the environment names; `None` when spans are not wanted.
    pub(super) fn named() -> Option<Self> {
        let is = |name: &str, word| {
            env::var(name).is_ok_and(|text| text.trim().eq_ignore_ascii_case(word))
        };
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return None;
        }
        let (variable, endpoint) = first_of(ENDPOINT)?;
        let protocol = first_of(PROTOCOL).map(|(_, protocol)| protocol);
        Some(Self::at(variable, endpoint, protocol))
    }

    /// The collector at an endpoint. Where no protocol is named, the port tells it.
    fn at(variable: &'static str, endpoint: String, protocol: Option<String>) -> Self {
        let usual = match endpoint.contains(HTTP_PORT) {
            true => HTTP,
            false => GRPC,
        };
        Self {
            variable,
            endpoint,
            protocol: protocol.unwrap_or_else(|| usual.to_owned()),
        }
    }

    /// What carries spans there, or what is wrong with its description. It tries once: waiting for an answer
    /// would keep newer spans waiting too.
    pub(super) fn exporter(&self) -> Result<SpanExporter, String> {
        if !self.endpoint.starts_with("http://") {
            return Err(self.said("it is no URL of the form http://HOST:PORT"));
        }
        let once = RetryPolicy::disabled();
        let builder = SpanExporter::builder();
        let built = match self.protocol.as_str() {
            GRPC => builder
                .with_tonic()
                .with_endpoint(&self.endpoint)
                .with_retry_policy(once)
                .build(),
            // The library knows when to add a path to what the variable says.
            HTTP => builder
                .with_http()
                .with_protocol(Protocol::HttpBinary)
                .with_retry_policy(once)
                .build(),
            other => {
                let wrong = format!("protocol {other:?} is neither {GRPC} nor {HTTP}");
                return Err(self.said(&wrong));
            }
        };
        built.map_err(|error| self.said(&error.to_string()))
    }

    /// What is wrong with it, for the log: an endpoint may hold a password.
    pub(super) fn said(&self, wrong: &str) -> String {
        let open = !self.endpoint.contains('@');
        let shown = if open { &self.endpoint } else { "***" };
        let wrong = wrong.replace(&self.endpoint, shown);
        format!("{}={shown}: {wrong}", self.variable)
    }
}

/// The first of these variables that says something. One that is no text says something wrong.
fn first_of(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| {
        let value = env::var_os(name)?;
        let text = value.to_string_lossy().trim().to_owned();
        (!text.is_empty()).then_some((name, text))
    })
}

/// Spans that may wait.
pub(super) fn queue() -> usize {
    let asked = env::var("OTEL_BSP_MAX_QUEUE_SIZE").ok();
    let asked = asked.and_then(|text| text.trim().parse().ok());
    asked.unwrap_or(QUEUE).clamp(1, QUEUE_MOST)
}

/// Whose spans these are; `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` know better.
pub(super) fn resource(service: &'static str) -> Resource {
    let own = [
        KeyValue::new("service.name", service),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", instance()),
    ];
    let resource = Resource::builder_empty()
        .with_attributes(own)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name),
        Ok(_) | Err(_) => resource,
    }
    .build()
}

/// Tells this process from others of its name.
fn instance() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}-{}", host.trim(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(endpoint: &str, protocol: Option<&str>) -> String {
        let collector = Collector::at(
            ENDPOINT[1],
            endpoint.to_owned(),
            protocol.map(str::to_owned),
        );
        collector.exporter().unwrap_err()
    }

    #[test]
    fn the_port_tells_the_protocol_that_nobody_names() {
        let protocol =
            |endpoint: &str| Collector::at(ENDPOINT[1], endpoint.to_owned(), None).protocol;
        assert_eq!(protocol("http://collector:4318"), HTTP);
        assert_eq!(protocol("http://collector:4317"), GRPC);
        assert_eq!(protocol("http://collector:80"), GRPC);
    }

    #[test]
    fn what_is_no_endpoint_is_said_with_the_variable_that_holds_it() {
        for endpoint in [
            "collector",
            "collector:4317",
            "https://collector",
            "http://[::",
        ] {
            let said = wrong(endpoint, None);
            let begins = format!("OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}: ");
            assert!(said.starts_with(&begins), "{said}");
        }
        let said = wrong("http://collector", Some("carrier/pigeon"));
        assert!(
            said.contains("\"carrier/pigeon\" is neither grpc nor http/protobuf"),
            "{said}"
        );
    }

    #[test]
    fn both_protocols_are_spoken() {
        let collector = |port| Collector::at(ENDPOINT[1], format!("http://127.0.0.1:{port}"), None);
        assert!(collector(4318).exporter().is_ok());
    }

    #[test]
    fn a_password_in_an_endpoint_is_not_said() {
        let said = wrong("https://me:secret@collector", None);
        assert!(!said.contains("secret"), "{said}");
    }
}
