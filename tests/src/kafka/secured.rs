//! A Kafka with users, rights and certificates.
//!
//! Three ports: one without security for the fixture (its user ANONYMOUS may do anything), one with SASL, one with SASL
//! over TLS. The others may do what the access lists say ([`Acl`](super::Acl)): nothing, at first.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::process::Command;

use super::{Kafka, Version, launch};
use crate::{command, scratch};

/// The user whom the rights are given to.
pub const USER: &str = "alice";

/// The user's password, for PLAIN and for SCRAM.
pub const PASSWORD: &str = "alice-secret";

/// Making a key is a matter of tenths of a second.
const OPENSSL: Duration = Duration::from_secs(60);

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// The password itself.
    Plain,
    /// A proof of the password.
    Scram,
}

impl Mechanism {
    /// Its name in SASL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram => "SCRAM-SHA-256",
        }
    }
}

/// A key and a certificate that it signed itself, for 127.0.0.1 and localhost.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// The certificate: what a client has to trust.
    pub(super) certificate: PathBuf,
    /// Key and certificate in one file, as a broker wants them.
    keystore: PathBuf,
}

impl Certificate {
    pub(super) async fn make() -> Result<Self> {
        let directory = scratch::directory("certificate")?;
        let (key, certificate) = (directory.join("key.pem"), directory.join("ca.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ]);
        openssl.args(["-subj", "/CN=rollcall tests", "-addext"]);
        openssl.arg("subjectAltName=IP:127.0.0.1,DNS:localhost");
        openssl
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        command::stdout(openssl, OPENSSL).await?;
        let read =
            |path: &Path| fs::read_to_string(path).context("could not read what openssl made");
        let keystore = directory.join("keystore.pem");
        fs::write(&keystore, read(&key)? + &read(&certificate)?)
            .context("could not write the keystore")?;
        Ok(Self {
            certificate,
            keystore,
        })
    }
}

/// What a node with security is told besides.
pub(super) fn settings(certificate: &Certificate) -> Vec<(String, String)> {
    let plain = format!(
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\";"
    );
    let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    let mut settings = vec![
        (
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer".to_owned(),
        ),
        ("super.users", "User:ANONYMOUS".to_owned()),
        ("allow.everyone.if.no.acl.found", "false".to_owned()),
        ("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256".to_owned()),
        ("ssl.keystore.type", "PEM".to_owned()),
        (
            "ssl.keystore.location",
            certificate.keystore.display().to_string(),
        ),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect::<Vec<_>>();
    for listener in ["sasl", "tls"] {
        let key = |mechanism| format!("listener.name.{listener}.{mechanism}.sasl.jaas.config");
        settings.push((key("plain"), plain.clone()));
        settings.push((key("scram-sha-256"), scram.to_owned()));
    }
    settings
}

/// The user, in the words of the tool that formats a data directory.
pub(super) fn scram() -> String {
    format!("SCRAM-SHA-256=[name={USER},password={PASSWORD}]")
}

impl Kafka {
    /// Starts one broker with users, rights and certificates.
    pub async fn secured() -> Result<Self> {
        Self::secured_of(Version::V4_3).await
    }

    /// Starts one broker of this version with users, rights and certificates.
    pub async fn secured_of(version: Version) -> Result<Self> {
        Self::secured_with(version, &[]).await
    }

    /// The same, with broker settings that override the fixture's.
    pub async fn secured_with(version: Version, overrides: &[(&str, &str)]) -> Result<Self> {
        let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        launch::start(&launch::Layout {
            version,
            nodes: 1,
            secured: true,
            port: None,
            proxies: Vec::new(),
            overrides: overrides.iter().map(owned).collect(),
        })
        .await
    }

    /// The address for clients that prove who they are, without TLS.
    ///
    /// # Panics
    /// Of a Kafka without security: there is no such port.
    pub fn sasl(&self) -> String {
        assert!(self.certificate.is_some(), "a Kafka without security");
        format!("127.0.0.1:{}", self.nodes[0].ports.sasl)
    }

    /// The address for clients that prove who they are, over TLS.
    ///
    /// # Panics
    /// Of a Kafka without security: there is no such port.
    pub fn tls(&self) -> String {
        assert!(self.certificate.is_some(), "a Kafka without security");
        format!("127.0.0.1:{}", self.nodes[0].ports.tls)
    }

    /// The certificate that a client of [`tls`](Self::tls) has to trust, in PEM.
    ///
    /// # Panics
    /// Of a Kafka without security.
    pub fn ca(&self) -> &Path {
        match &self.certificate {
            Some(certificate) => &certificate.certificate,
            None => unsecured(),
        }
    }

    /// librdkafka's settings of [`USER`] at [`sasl`](Self::sasl).
    pub fn sasl_settings(&self, mechanism: Mechanism) -> Vec<(String, String)> {
        let mut settings = user(mechanism);
        settings.push(("security.protocol".to_owned(), "SASL_PLAINTEXT".to_owned()));
        settings
    }

    /// librdkafka's settings of [`USER`] at [`tls`](Self::tls).
    pub fn tls_settings(&self, mechanism: Mechanism) -> Vec<(String, String)> {
        let mut settings = user(mechanism);
        settings.push(("security.protocol".to_owned(), "SASL_SSL".to_owned()));
        settings.push((
            "ssl.ca.location".to_owned(),
            self.ca().display().to_string(),
        ));
        settings
    }
}

fn user(mechanism: Mechanism) -> Vec<(String, String)> {
    [
        ("sasl.mechanism", mechanism.name()),
        ("sasl.username", USER),
        ("sasl.password", PASSWORD),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

#[expect(
    clippy::panic,
    reason = "a test that asks the wrong Kafka is wrong itself"
)]
fn unsecured() -> ! {
    panic!("a Kafka without security");
}
