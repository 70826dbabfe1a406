//! The line by which a service tells where it listens.

use std::net::SocketAddr;

use serde_json::Value;

/// A parser for [`Service::line`](super::Service::line): the address in a line such as
/// `2026-01-01T00:00:00Z INFO rollcall: grpc listening addr=127.0.0.1:7655`, or in one of a log that is JSON.
///
/// A service with several ports says which by a word before it; an empty `port` takes any.
pub fn listening(port: &str) -> impl Fn(&str) -> Option<SocketAddr> {
    move |line| {
        let told = serde_json::from_str(line).map_or(line.to_owned(), |event: Value| {
            let fields = &event["fields"];
            let field = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
            format!("{} addr={}", field("message"), field("addr"))
        });
        let (before, after) = told.split_once("listening")?;
        let is_this_one = port.is_empty() || before.split_whitespace().any(|word| word == port);
        let address = after
            .split_whitespace()
            .find_map(|field| field.strip_prefix("addr="))?;
        is_this_one.then(|| address.parse().ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_by_the_name_of_the_port() {
        let check = |port: &str, line: &str, expected: Option<u16>| {
            let found = listening(port)(line).map(|address| address.port());
            assert_eq!(found, expected, "{port:?} in {line:?}");
        };
        check("", "listening addr=127.0.0.1:1234", Some(1234));
        check(
            "grpc",
            "INFO rollcall: grpc listening addr=127.0.0.1:1234 lanes=1",
            Some(1234),
        );
        check(
            "grpc",
            r#"{"level":"INFO","fields":{"message":"grpc listening","addr":"127.0.0.1:1234"},"target":"a"}"#,
            Some(1234),
        );
        check("grpc", r#"{"fields":{"message":"grpc listening"}}"#, None);
        check(
            "admin",
            "INFO rollcall: grpc listening addr=127.0.0.1:1234",
            None,
        );
        check("", "listening addr=nowhere", None);
        check("", "addr=127.0.0.1:1234", None);
        check("", "", None);
    }
}
