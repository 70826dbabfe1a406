//! What the Java client's settings mean to librdkafka, and which of them cannot be honoured.
//!
//! Sources: Kafka's `SslConfigs`, `SaslConfigs` and `ConsumerConfig`; librdkafka's CONFIGURATION.md.

use std::path::Path;

use rollcall_proto::service::config::kafka::Property;
use rollcall_proto::service::config::{Fault, Faults};

use super::jaas;

/// Settings that only a Java program can follow: why, and what to use instead.
const REFUSED: [(&str, &str, &str); 10] = [
    (
        "security.providers",
        CLASS,
        "nothing: OpenSSL does TLS here; leave the line out",
    ),
    (
        "ssl.engine.factory.class",
        CLASS,
        "nothing: OpenSSL does TLS here; leave the line out",
    ),
    ("sasl.login.class", CLASS, LOGIN),
    ("sasl.login.callback.handler.class", CLASS, LOGIN),
    ("sasl.client.callback.handler.class", CLASS, LOGIN),
    (
        "config.providers",
        CLASS,
        "the values themselves, or -X NAME=@FILE, -X NAME=env:VARIABLE",
    ),
    (
        "ssl.enabled.protocols",
        JAVA_TLS,
        "nothing: TLS 1.2 and 1.3 are on; leave the line out",
    ),
    (
        "ssl.protocol",
        JAVA_TLS,
        "nothing: TLS 1.2 and 1.3 are on; leave the line out",
    ),
    (
        "ssl.trustmanager.algorithm",
        JAVA_TLS,
        "nothing: leave the line out",
    ),
    (
        "ssl.keymanager.algorithm",
        JAVA_TLS,
        "nothing: leave the line out",
    ),
];

const CLASS: &str = "it names a Java class";
const JAVA_TLS: &str = "it is for Java's own TLS";
const LOGIN: &str = "sasl.username and sasl.password";

/// How a Java keystore becomes something else.
const PEM_TRUST: &str = "ssl.ca.location=ca.pem (keytool -list -rfc -keystore TRUSTSTORE > ca.pem)";
const PKCS12_KEYS: &str = "ssl.keystore.type=PKCS12 (keytool -importkeystore -srckeystore KEYSTORE -destkeystore \
     client.p12 -deststoretype PKCS12), or ssl.certificate.location and ssl.key.location in PEM";

/// Names that mean the same under another name.
const RENAMED: [(&str, &str); 3] = [
    ("ssl.truststore.certificates", "ssl.ca.pem"),
    ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
    ("ssl.keystore.key", "ssl.key.pem"),
];

/// Mechanisms that this build of librdkafka has.
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// The properties of one layer in librdkafka's words; what cannot be honoured goes into `faults`.
pub(super) fn translate(given: Vec<Property>, faults: &mut Faults) -> Vec<Property> {
    let stores = Stores::of(&given);
    let mut own = Vec::with_capacity(given.len());
    for property in given {
        match one(property, &stores) {
            Ok(translated) => own.extend(translated),
            Err(fault) => faults.push(fault),
        }
    }
    own
}

fn one(property: Property, stores: &Stores) -> Result<Vec<Property>, Fault> {
    let name = property.name.as_str();
    if let Some((_, why, instead)) = REFUSED.iter().find(|(refused, _, _)| *refused == name) {
        return Err(refused(&property, why, instead));
    }
    if property.value.starts_with("${") && property.value.contains(':') {
        let why = "a config provider would have to run, which is a Java class";
        let instead = "the value itself, or -X NAME=@FILE, -X NAME=env:VARIABLE";
        return Err(refused(&property, why, instead));
    }
    if let Some((_, new)) = RENAMED.iter().find(|(java, _)| *java == name) {
        return Ok(vec![renamed(&property, new)]);
    }
    match name {
        "sasl.jaas.config" => login(&property),
        "sasl.mechanism" | "sasl.mechanisms" | "sasl_mechanism" => mechanism(property),
        "ssl.endpoint.identification.algorithm" if property.value.trim().is_empty() => {
            Ok(vec![valued(&property, "none")])
        }
        "ssl.truststore.location" => truststore(&property, stores),
        "ssl.keystore.location" => keystore(property, stores),
        // They belong to a store, which is honoured or refused by its location.
        "ssl.truststore.type" | "ssl.truststore.password" | "ssl.keystore.type" => Ok(Vec::new()),
        "ssl.keystore.password" if stores.keys != Store::Pkcs12 => Ok(Vec::new()),
        _own => Ok(vec![property]),
    }
}

/// What a store of keys or certificates is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Store {
    Jks,
    Pkcs12,
    Pem,
}

/// The stores of a layer.
struct Stores {
    trust: Store,
    keys: Store,
}

impl Stores {
    fn of(given: &[Property]) -> Self {
        let value = |name: &str| {
            let found = given.iter().rfind(|property| property.name == name);
            found.map(|property| property.value.trim())
        };
        let store = |kind: &str| {
            let path = value(&format!("ssl.{kind}.location")).unwrap_or_default();
            Store::of(value(&format!("ssl.{kind}.type")), path)
        };
        Self {
            trust: store("truststore"),
            keys: store("keystore"),
        }
    }
}

impl Store {
    /// By its type, else by its file's name; Java takes what is not said for JKS.
    fn of(said: Option<&str>, path: &str) -> Self {
        let extension = Path::new(path).extension().and_then(|text| text.to_str());
        match said.or(extension).unwrap_or("JKS").to_uppercase().as_str() {
            "PKCS12" | "P12" | "PFX" => Self::Pkcs12,
            "PEM" | "CRT" => Self::Pem,
            _other => Self::Jks,
        }
    }
}

fn truststore(property: &Property, stores: &Stores) -> Result<Vec<Property>, Fault> {
    match stores.trust {
        Store::Pem => Ok(vec![renamed(property, "ssl.ca.location")]),
        Store::Jks | Store::Pkcs12 => {
            let why = "a Java truststore (JKS or PKCS12) cannot be read here";
            Err(refused(property, why, PEM_TRUST))
        }
    }
}

fn keystore(property: Property, stores: &Stores) -> Result<Vec<Property>, Fault> {
    match stores.keys {
        Store::Pkcs12 => Ok(vec![property]),
        // Both are in the one file.
        Store::Pem => Ok(vec![
            renamed(&property, "ssl.certificate.location"),
            renamed(&property, "ssl.key.location"),
        ]),
        Store::Jks => {
            let why = "a Java keystore (JKS) cannot be read here";
            Err(refused(&property, why, PKCS12_KEYS))
        }
    }
}

fn mechanism(property: Property) -> Result<Vec<Property>, Fault> {
    match MECHANISMS.contains(&property.value.trim()) {
        true => Ok(vec![renamed(&property, "sasl.mechanism")]),
        false => {
            let problem = format!(
                "{} = {} is not in this build",
                property.name,
                property.shown()
            );
            Err(Fault::new(
                property.origin.as_str(),
                problem,
                MECHANISMS.join(", "),
            ))
        }
    }
}

/// A name and a password out of a JAAS configuration.
fn login(property: &Property) -> Result<Vec<Property>, Fault> {
    let with_password = "org.apache.kafka.common.security.plain.PlainLoginModule or …scram.ScramLoginModule with \
         username and password";
    let Some(login) = jaas::parse(&property.value) else {
        let why = "it is not the configuration of one login module";
        return Err(refused(
            property,
            why,
            "MODULE required username=\"…\" password=\"…\";",
        ));
    };
    match (login.module.as_str(), login.username, login.password) {
        ("PlainLoginModule" | "ScramLoginModule", Some(username), Some(password)) => Ok(vec![
            valued(&renamed(property, "sasl.username"), &username),
            valued(&renamed(property, "sasl.password"), &password),
        ]),
        ("PlainLoginModule" | "ScramLoginModule", _, _) => Err(refused(
            property,
            "its module has no username or no password",
            with_password,
        )),
        (other, _, _) => {
            let why = format!("its login module {other:?} cannot be run here");
            Err(refused(property, &why, with_password))
        }
    }
}

fn refused(property: &Property, why: &str, instead: &str) -> Fault {
    let problem = format!("{} cannot be honoured: {why}", property.name);
    Fault::new(property.origin.as_str(), problem, instead)
}

fn renamed(property: &Property, name: &str) -> Property {
    Property {
        name: name.to_owned(),
        ..property.clone()
    }
}

fn valued(property: &Property, value: &str) -> Property {
    Property {
        value: value.to_owned(),
        ..property.clone()
    }
}

#[cfg(test)]
mod tests;
