//! Arguments of `rollcall doctor`.

use clap::{Args, ValueEnum};
use rollcall_proto::ids::Topic;

use super::EXIT_CODES;
use super::outside::ObserveArgs;
use crate::exit::FailOn;

/// Arguments of `rollcall doctor`.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  rollcall doctor -b kafka:9092 -g shop                          every topic of a group
  rollcall doctor -b kafka:9092 -g shop --app timeout_ms=1000    and what its calls can expect
  rollcall doctor -F consumer.properties                         cluster and group from the application's file
  rollcall doctor -b kafka:9093 -g shop -X security.protocol=SASL_SSL -X sasl.mechanism=SCRAM-SHA-512 \\
    -X sasl.username=app -X sasl.password=env:KAFKA_PASSWORD
  rollcall doctor -b kafka:9092 -t ORDERS                        every group that reads a topic
  rollcall doctor -b kafka:9092 --all-groups -o prom > /var/lib/node_exporter/rollcall.prom
  rollcall doctor -b kafka:9092 -g shop -w                       until Ctrl-C

Judges a consumer group that other software runs, from outside: it joins nothing, commits nothing and
creates nothing. What it needs: DESCRIBE on the group and on its topics; READ on the topics shows more
(--no-read forbids it). The first table comes within 3 s; a verdict that ends in … is not confirmed yet
and does not count for the exit code. It ends once every verdict is confirmed and none may still get
worse, at the latest after --for (15s).

A secret is given as NAME=@FILE or NAME=env:VARIABLE, or stands in a properties file (-F).
-o json is the protobuf JSON mapping of rollcall.v1.GetStatusResponse: indented for one group that is named, else (and
with -w) one document a line for each group.

{EXIT_CODES}"))]
pub struct DoctorArgs {
    /// Consumer group to judge; repeat for more
    #[arg(short, long = "group", value_name = "GROUP", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub groups: Vec<String>,
    /// Judge every group whose whole name matches this regular expression
    #[arg(long, value_name = "RE", conflicts_with = "groups")]
    pub group_regex: Option<String>,
    /// Judge every group of the cluster
    #[arg(long, conflicts_with_all = ["groups", "group_regex"])]
    pub all_groups: bool,
    /// Topic to judge; repeat for more [default: all that the group reads]; without a group: every group on it
    #[arg(short, long = "topic", value_name = "TOPIC")]
    pub topics: Vec<Topic>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: DoctorOutput,
    /// Go on watching until Ctrl-C, or as long as --for says: redraw on a terminal, else a line per change
    #[arg(short, long)]
    pub watch: bool,
    /// Severity from which on the exit code is 1
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// The cluster, and how to look.
    #[command(flatten)]
    pub observe: ObserveArgs,
}

/// Forms of `rollcall doctor`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DoctorOutput {
    /// At most 100 columns
    #[default]
    Table,
    /// With the worst partitions, their owners, rhythm, and what cannot be seen from outside
    Wide,
    /// The whole answer, a document for each group
    Json,
    /// For node_exporter's textfile collector
    Prom,
}
