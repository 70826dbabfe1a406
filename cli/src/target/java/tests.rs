use super::*;

fn told(layer: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
    let given = layer
        .iter()
        .enumerate()
        .map(|(at, (name, value))| Property {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            origin: format!("f:{}", at + 1),
        });
    let mut faults = Faults::default();
    let own = translate(given.collect(), &mut faults);
    let own = own.into_iter().map(|one| (one.name, one.value)).collect();
    (own, faults.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn becomes(layer: &[(&str, &str)], expected: &[(&str, &str)]) {
    let (own, faults) = told(layer);
    let own: Vec<_> = own.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(own, expected);
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_login_by_jaas_becomes_a_name_and_a_password() {
    for module in ["plain.PlainLoginModule", "scram.ScramLoginModule"] {
        let config = format!(
            "org.apache.kafka.common.security.{module} required username=\"app\" password=\"hunter2\";"
        );
        becomes(
            &[("sasl.jaas.config", &config)],
            &[("sasl.username", "app"), ("sasl.password", "hunter2")],
        );
    }
}

#[test]
fn stores_in_pem_and_pkcs12_are_honoured() {
    becomes(
        &[
            ("ssl.truststore.type", "PEM"),
            ("ssl.truststore.location", "/etc/ca.pem"),
            ("ssl.keystore.location", "/etc/client.p12"),
            ("ssl.keystore.password", "x"),
            ("ssl.endpoint.identification.algorithm", ""),
        ],
        &[
            ("ssl.ca.location", "/etc/ca.pem"),
            ("ssl.keystore.location", "/etc/client.p12"),
            ("ssl.keystore.password", "x"),
            ("ssl.endpoint.identification.algorithm", "none"),
        ],
    );
    becomes(
        &[
            ("ssl.keystore.location", "me.pem"),
            ("ssl.truststore.certificates", "PEM"),
        ],
        &[
            ("ssl.certificate.location", "me.pem"),
            ("ssl.key.location", "me.pem"),
            ("ssl.ca.pem", "PEM"),
        ],
    );
}

#[test]
fn all_that_cannot_be_honoured_is_told_at_once_by_name_and_line_with_what_to_use() {
    let (own, faults) = told(&[
        (
            "ssl.truststore.location",
            "/etc/kafka/client.truststore.jks",
        ),
        ("ssl.truststore.password", "changeit"),
        ("ssl.keystore.location", "/etc/kafka/client.keystore.jks"),
        ("sasl.mechanism", "OAUTHBEARER"),
        (
            "sasl.jaas.config",
            "a.b.OAuthBearerLoginModule required password=\"hunter2\";",
        ),
        (
            "sasl.login.class",
            "org.apache.kafka.common.security.authenticator.DefaultLogin",
        ),
        ("sasl.username", "${env:USER}"),
        ("security.protocol", "SASL_SSL"),
    ]);
    assert_eq!(
        own,
        [("security.protocol".to_owned(), "SASL_SSL".to_owned())]
    );
    let starts = [
        "f:1: ssl.truststore.location cannot be honoured: a Java truststore",
        "f:3: ssl.keystore.location cannot be honoured: a Java keystore (JKS)",
        "f:4: sasl.mechanism = \"OAUTHBEARER\" is not in this build; accepted: PLAIN, SCRAM-SHA-256",
        "f:5: sasl.jaas.config cannot be honoured: its login module \"OAuthBearerLoginModule\"",
        "f:6: sasl.login.class cannot be honoured: it names a Java class; accepted: sasl.username",
        "f:7: sasl.username cannot be honoured: a config provider",
    ];
    assert_eq!(faults.len(), starts.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault}");
        assert!(
            !fault.contains("hunter2") && !fault.contains("changeit"),
            "{fault}"
        );
    }
}

#[test]
fn a_login_without_a_password_is_refused() {
    let (_, faults) = told(&[(
        "sasl.jaas.config",
        "a.PlainLoginModule required username=\"x\";",
    )]);
    assert!(
        faults[0].contains("no username or no password"),
        "{faults:?}"
    );
    let (_, faults) = told(&[("sasl.jaas.config", "nonsense hunter2")]);
    assert!(
        faults[0].contains("one login module") && !faults[0].contains("hunter2"),
        "{faults:?}"
    );
}
