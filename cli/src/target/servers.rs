//! bootstrap.servers, checked before anything is tried: a port that is none would be taken for another one.

use rollcall_proto::service::config::{Fault, Faults};

/// What may stand before a server, as librdkafka reads it.
const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/// Puts every server of a list that is none into `faults`.
pub fn check(servers: &str, origin: &str, faults: &mut Faults) {
    for server in servers.split(',') {
        if let Err(problem) = one(server.trim()) {
            let problem = format!("{:?} {problem}", server.trim());
            faults.push(Fault::new(origin, problem, "HOST:PORT, such as kafka:9092"));
        }
    }
}

fn one(server: &str) -> Result<(), String> {
    let address = match server.split_once("://") {
        Some((protocol, rest)) if PROTOCOLS.contains(&protocol.to_uppercase().as_str()) => rest,
        Some((protocol, _)) => {
            return Err(format!("is no server: Kafka does not speak {protocol}"));
        }
        None => server,
    };
    let (host, port) = split(address);
    let odd = |character: char| character.is_whitespace() || "/@?#".contains(character);
    if host.is_empty() || host.contains(odd) {
        return Err("names no host".to_owned());
    }
    match port.map(str::parse::<u16>) {
        // librdkafka's own default holds.
        None => Ok(()),
        Some(Ok(port)) if port > 0 => Ok(()),
        Some(_) => Err("has no port from 1 to 65535".to_owned()),
    }
}

/// Host and port; an IPv6 address stands in brackets, or alone without a port.
fn split(address: &str) -> (&str, Option<&str>) {
    let bare = address.matches(':').count() > 1 && !address.starts_with('[');
    match address.rsplit_once(':') {
        Some((host, port)) if !bare && !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (address, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn told(servers: &str) -> String {
        let mut faults = Faults::default();
        check(servers, "flag -b", &mut faults);
        faults.to_string()
    }

    #[test]
    fn what_librdkafka_takes_is_taken() {
        for good in [
            "kafka:9092",
            "a:1, b:65535",
            "kafka",
            "[::1]:9092",
            "[::1]",
            "::1",
            "SASL_SSL://kafka:9093",
        ] {
            assert_eq!(told(good), "", "{good}");
        }
    }

    #[test]
    fn what_is_no_server_is_told_by_itself() {
        assert_eq!(
            told("a:1,127.0.0.1:99999"),
            "flag -b: \"127.0.0.1:99999\" has no port from 1 to 65535; accepted: HOST:PORT, such as kafka:9092"
        );
        assert!(told("kafka:0").contains("no port"));
        assert!(told("kafka:").contains("no port"));
        assert!(told("kafka:port").contains("no port"));
        assert!(told("http://kafka:9092").contains("does not speak http"));
        assert!(told(":9092").contains("names no host"));
        assert!(told("a:1,").contains("names no host"));
    }
}
