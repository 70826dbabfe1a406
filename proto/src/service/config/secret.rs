//! What must not be shown.

/// What stands for a secret.
pub const HIDDEN: &str = "***";
/// Parts of the names of properties whose values are secrets.
const SECRET_PARTS: [&str; 8] = [
    "password",
    "passwd",
    "secret",
    "key.pem",
    "ssl_key",
    "jaas",
    "token",
    "sasl.oauthbearer.config",
];
/// Properties that such a part names without being secret.
const PUBLIC: [&str; 1] = ["sasl.oauthbearer.token.endpoint.url"];

/// Whether the value of a property of the Kafka client must not be shown.
pub fn is_secret(property: &str) -> bool {
    let name = property.to_lowercase();
    let dotted = name.replace('_', ".");
    let has = |part: &&str| name.contains(*part) || dotted.contains(*part);
    !PUBLIC.contains(&name.as_str()) && SECRET_PARTS.iter().any(has)
}

/// The text without the credentials of the URIs in it: `http://***@host/`.
pub(super) fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority_end = part.find(['/', '?', '#', ',', ' ']).unwrap_or(part.len());
        let host_at = part[..authority_end].rfind('@').map(|at| at + 1);
        shown.push_str("://");
        if host_at.is_some() {
            shown.push_str(HIDDEN);
            shown.push('@');
        }
        shown.push_str(&part[host_at.unwrap_or(0)..]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_that_hold_secrets_are_known() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "ssl.key.pem",
            "ssl.keystore.password",
            "sasl.jaas.config",
            "sasl.oauthbearer.config",
            "sasl.oauthbearer.client.secret",
            "SASL.PASSWORD",
            "sasl_plain_password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "sasl.username",
            "ssl.key.location",
            "bootstrap.servers",
            "ssl.ca.pem",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn uris_lose_their_credentials() {
        for (text, shown) in [
            ("http://me:pw@host:1/x", "http://***@host:1/x"),
            ("http://host:1/a@b", "http://host:1/a@b"),
            ("a://x:y@b,c://d@e@f", "a://***@b,c://***@f"),
            ("host:1", "host:1"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
