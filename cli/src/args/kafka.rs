//! Arguments of the commands that talk to Kafka themselves.

use clap::Args;

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
    /// A property of the Kafka client, by librdkafka's or aiokafka's name; repeat for more
    #[arg(help_heading = HEADING, short = 'X', long = "property", value_name = "NAME=VALUE", value_parser = property)]
    pub properties: Vec<(String, String)>,
}

fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        Some(_) | None => Err("write it like fetch.min.bytes=1".to_owned()),
    }
}
