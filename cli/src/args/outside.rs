//! Arguments of the commands that look at a group from outside: the cluster, the group, what the application has set.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rollcall_proto::service::config::kafka::Property;

use super::kafka::Given;
use super::positive_duration;
use super::words::WordsArgs;

/// Where the options stand in the help.
pub(super) const HEADING: &str = "Kafka, looked at from outside";

/// How to reach a cluster.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterArgs {
    /// Kafka to look at, as host:port, several separated by commas
    #[arg(
        help_heading = HEADING,
        short,
        long = "bootstrap-server",
        visible_alias = "bootstrap",
        value_name = "HOSTS"
    )]
    pub bootstrap_servers: Option<String>,
    /// A property of the connection, by librdkafka's, aiokafka's or Java's name; a secret as NAME=@FILE or
    /// NAME=env:VARIABLE; repeat for more
    #[arg(help_heading = HEADING, short = 'X', long = "property", value_name = "NAME=VALUE")]
    pub properties: Vec<Given>,
    /// A properties file of a Java or librdkafka client, also the application's own
    #[arg(
        help_heading = HEADING,
        short = 'F',
        long = "properties-file",
        visible_alias = "command-config",
        value_name = "FILE"
    )]
    pub files: Vec<PathBuf>,
}

/// How to look at a group that other software runs.
#[derive(Clone, Debug, Default, Args)]
pub struct ObserveArgs {
    /// How to reach the cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// A setting of the application that is judged, by aiokafka's, librdkafka's or Java's name, such as
    /// timeout_ms=1000; repeat for more
    #[arg(help_heading = HEADING, long = "app", value_name = "NAME=VALUE")]
    pub app: Vec<Given>,
    /// How long to watch at most; ends before, once every verdict is sure [default: 15s]
    #[arg(help_heading = HEADING, long = "for", value_name = "TIME", allow_hyphen_values = true, value_parser = positive_duration)]
    pub run_for: Option<Duration>,
    /// Read no record: no gaps, no ages, nothing of what lies behind a commit
    #[arg(help_heading = HEADING, long)]
    pub no_read: bool,
    /// What is known of the topics.
    #[command(flatten)]
    pub words: WordsArgs,
}

/// A group from outside, for commands that otherwise ask an aggregator.
#[derive(Clone, Debug, Default, Args)]
pub struct OutsideArgs {
    /// The cluster, and how to look.
    #[command(flatten)]
    pub observe: ObserveArgs,
    /// Consumer group to look at, together with -b; nothing is joined or committed
    #[arg(help_heading = HEADING, short, long, value_name = "GROUP", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub group: Option<String>,
}

/// A group from outside, for commands that watch it for a time of their own.
#[derive(Clone, Debug, Default, Args)]
pub struct WatchedArgs {
    /// Consumer group to look at, together with -b; nothing is joined or committed
    #[arg(help_heading = HEADING, short, long, value_name = "GROUP", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub group: Option<String>,
    /// The cluster to look at instead of asking an aggregator.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// A setting of the application that is judged, by aiokafka's, librdkafka's or Java's name, such as
    /// timeout_ms=1000; repeat for more
    #[arg(help_heading = HEADING, long = "app", value_name = "NAME=VALUE")]
    pub app: Vec<Given>,
    /// Read no record: no gaps, no ages, nothing of what lies behind a commit
    #[arg(help_heading = HEADING, long)]
    pub no_read: bool,
    /// What is known of the topics.
    #[command(flatten)]
    pub words: WordsArgs,
}

impl WatchedArgs {
    /// The same, watched for so long.
    pub fn watched_for(&self, run_for: Option<Duration>) -> OutsideArgs {
        OutsideArgs {
            observe: ObserveArgs {
                cluster: self.cluster.clone(),
                app: self.app.clone(),
                run_for,
                no_read: self.no_read,
                words: self.words.clone(),
            },
            group: self.group.clone(),
        }
    }
}

impl ClusterArgs {
    /// What was typed with `-X`.
    pub fn properties(&self) -> Vec<Property> {
        let typed = self.properties.iter();
        typed.map(|given| given.property("flag -X")).collect()
    }

    fn is_said(&self) -> bool {
        self.bootstrap_servers.is_some() || !self.properties.is_empty() || !self.files.is_empty()
    }
}

impl ObserveArgs {
    /// What has to be typed to look in the same way again, the group excepted.
    pub fn typed(&self) -> Vec<String> {
        let flagged = |flag: &str, word: String| [flag.to_owned(), word];
        let cluster = &self.cluster;
        let servers = cluster.bootstrap_servers.iter();
        let mut words: Vec<String> = servers
            .flat_map(|servers| flagged("-b", servers.clone()))
            .chain(
                cluster
                    .files
                    .iter()
                    .flat_map(|file| flagged("-F", file.display().to_string())),
            )
            .chain(
                cluster
                    .properties
                    .iter()
                    .flat_map(|given| flagged("-X", given.typed())),
            )
            .chain(
                self.app
                    .iter()
                    .flat_map(|given| flagged("--app", given.typed())),
            )
            .collect();
        words.extend(self.no_read.then(|| "--no-read".to_owned()));
        words.extend(self.words.typed());
        words
    }

    /// What was typed with `--app`.
    pub fn app_settings(&self) -> Vec<Property> {
        let typed = self.app.iter();
        typed.map(|given| given.property("flag --app")).collect()
    }
}

impl OutsideArgs {
    /// Whether a group from outside is asked for, and no aggregator.
    pub fn is_said(&self) -> bool {
        let observe = &self.observe;
        self.group.is_some()
            || observe.cluster.is_said()
            || !observe.app.is_empty()
            || observe.no_read
            || observe.words.is_said()
    }
}
