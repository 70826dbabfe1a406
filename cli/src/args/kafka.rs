//! Arguments of the commands that talk to Kafka themselves.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use rollcall_proto::service::config::kafka::Property;
use rollcall_proto::service::config::{HIDDEN, is_secret};

/// Where the options stand in the help.
const HEADING: &str = "Kafka";

/// How to reach Kafka, and as whom.
#[derive(Clone, Debug, Args)]
pub struct KafkaArgs {
    /// Kafka to read, as host:port, several separated by commas
    #[arg(
        help_heading = HEADING,
        short,
        long = "bootstrap-server",
        visible_alias = "bootstrap",
        value_name = "HOSTS",
        required = true
    )]
    pub bootstrap_servers: String,
    /// Consumer group to read as
    #[arg(help_heading = HEADING, short, long, value_name = "GROUP", required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub group: String,
    /// A property of the Kafka client, by librdkafka's or aiokafka's name; a secret as NAME=@FILE or
    /// NAME=env:VARIABLE; repeat for more
    #[arg(help_heading = HEADING, short = 'X', long = "property", value_name = "NAME=VALUE")]
    pub properties: Vec<Given>,
}

/// A `NAME=VALUE` as it was typed. Its `Debug` does not show the value of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    name: String,
    value: String,
}

impl Given {
    /// Whether it is the value of a secret in the open, which nothing may repeat.
    fn is_open_secret(&self) -> bool {
        is_secret(&self.name) && !self.value.starts_with(['@']) && !self.value.starts_with("env:")
    }

    /// As it was typed.
    pub fn typed(&self) -> String {
        let value = if self.is_open_secret() {
            HIDDEN
        } else {
            &self.value
        };
        format!("{}={value}", self.name)
    }

    /// As a property that came from there.
    pub fn property(&self, origin: &str) -> Property {
        Property {
            name: self.name.clone(),
            value: self.value.clone(),
            origin: origin.to_owned(),
        }
    }
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok(Self {
                name: name.trim().to_owned(),
                value: value.to_owned(),
            }),
            Some(_) | None => Err("write it like fetch.min.bytes=1".to_owned()),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if is_secret(&self.name) {
            HIDDEN
        } else {
            &self.value
        };
        write!(f, "{}={value}", self.name)
    }
}
