//! Which cluster and which groups to look at from outside, as whom, and what the application that is judged has set.
//!
//! Everything that was said is checked at once: flags, a properties file ([`file`]), Java's words for it (`java`),
//! secrets ([`secret`]), the application's settings ([`app`]). All faults come together, each with its place.

pub mod app;
mod connection;
mod file;
mod jaas;
mod java;
pub mod secret;
pub mod servers;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use regex::Regex;
use rollcall_aggregator::core::evidence::OperatorWords;
use rollcall_proto::ids::Topic;
use rollcall_proto::service::config::kafka::Property;
use rollcall_proto::service::config::{Fault, Faults};

use crate::args::outside::ObserveArgs;
use app::App;

/// client.id of everything that looks from outside: what brokers log, and what quotas may name.
pub const CLIENT_ID: &str = "rollcall-doctor";

/// How long a look takes at most, unless told otherwise; the help has it too.
pub const DEFAULT_WATCH: Duration = Duration::from_secs(15);

/// A cluster, and what to look at there.
#[derive(Clone, Debug)]
pub struct Target {
    /// bootstrap.servers.
    pub bootstrap_servers: String,
    /// Properties of the connection, by librdkafka's names. Their `Debug` hides secrets.
    pub connection: Vec<Property>,
    /// What the application has set.
    pub app: App,
    /// What the operator says of topics.
    pub words: BTreeMap<Topic, OperatorWords>,
    /// Which groups.
    pub groups: Groups,
    /// Only these topics; empty: all that the groups read.
    pub topics: Vec<Topic>,
    /// How long to watch at most.
    pub watch: Duration,
    /// Whether records may be read, for gaps, ages, and what is visible.
    pub read: bool,
    /// Settings of the file that say nothing to an observer.
    pub left_out: Vec<String>,
    /// What was typed to reach it.
    typed: Vec<String>,
}

/// Which groups to look at.
#[derive(Clone, Debug)]
pub enum Groups {
    /// These.
    Named(Vec<String>),
    /// All whose whole name matches.
    Matching(Regex),
    /// All, or all on the topics that were named.
    All,
}

/// Which groups were asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// By name.
    pub names: Vec<String>,
    /// By a regular expression over the whole name.
    pub regex: Option<String>,
    /// All.
    pub all: bool,
    /// Only these topics.
    pub topics: Vec<Topic>,
}

impl Target {
    /// What was said, if nothing about it is wrong.
    pub fn of(observe: &ObserveArgs, wanted: Wanted) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut said = connection::Said::default();
        for path in &observe.cluster.files {
            said.file(file::read(path, &mut faults), &mut faults);
        }
        said.flags(&observe.cluster.properties(), &mut faults);
        for setting in observe.app_settings() {
            said.app.take(&setting, &mut faults);
        }
        let bootstrap = observe.cluster.bootstrap_servers.clone();
        let origin = bootstrap
            .as_ref()
            .map_or("bootstrap.servers", |_| "flag -b");
        let bootstrap_servers = bootstrap.or(said.bootstrap_servers).unwrap_or_default();
        match bootstrap_servers.trim().is_empty() {
            true => faults.push(Fault::new("flag -b", "no cluster is named", "-b HOST:PORT")),
            false => servers::check(&bootstrap_servers, origin, &mut faults),
        }
        let groups = groups(&wanted, said.group, &mut faults);
        match faults.is_empty() {
            true => Ok(Self {
                bootstrap_servers,
                connection: said.connection,
                app: said.app,
                words: observe.words.by_topic(),
                groups,
                topics: wanted.topics,
                watch: observe.run_for.unwrap_or(DEFAULT_WATCH),
                read: !observe.no_read,
                left_out: said.left_out,
                typed: observe.typed(),
            }),
            false => Err(faults),
        }
    }

    /// The one group that is looked at, where it is one that was named.
    pub fn group(&self) -> Option<&str> {
        match &self.groups {
            Groups::Named(names) => match &names[..] {
                [group] => Some(group),
                _several => None,
            },
            Groups::Matching(_) | Groups::All => None,
        }
    }

    /// What has to follow a suggested command to look at a group in the same way: ` -b HOSTS -g GROUP`.
    pub fn reach(&self, group: &str) -> String {
        let group = match group {
            "" => Vec::new(),
            group => vec!["-g".to_owned(), group.to_owned()],
        };
        // -b stands first, the group behind it.
        let at = if self.typed.first().is_some_and(|word| word == "-b") {
            2
        } else {
            0
        };
        let (cluster, rest) = self.typed.split_at(at.min(self.typed.len()));
        let words = cluster.iter().chain(&group).chain(rest);
        words.map(|word| format!(" {}", quoted(word))).collect()
    }

    /// The client's settings: the connection, and who it is.
    pub fn client(&self) -> rdkafka::ClientConfig {
        let mut config = rdkafka::ClientConfig::new();
        for property in &self.connection {
            config.set(&property.name, &property.value);
        }
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", CLIENT_ID);
        config
    }
}

/// A word as a shell takes it for one.
pub fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:,=@%+".contains(character);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// By name, by pattern, or all; a topic alone means every group on it.
fn groups(wanted: &Wanted, in_file: Option<String>, faults: &mut Faults) -> Groups {
    let mut names = wanted.names.clone();
    let said = !names.is_empty() || wanted.regex.is_some() || wanted.all;
    if !said && wanted.topics.is_empty() {
        names.extend(in_file);
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    match (&wanted.regex, names.is_empty()) {
        (Some(text), _) => match Regex::new(&format!("^(?:{text})$")) {
            Ok(regex) => return Groups::Matching(regex),
            Err(error) => {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default().to_owned();
                let problem = format!("{text:?} is no regular expression: {last}");
                faults.push(Fault::new(
                    "flag --group-regex",
                    problem,
                    "such as stack-.*",
                ));
            }
        },
        (None, true) if !wanted.all && wanted.topics.is_empty() => {
            let ways =
                "-g GROUP, --group-regex RE, --all-groups, or -t TOPIC for every group on it";
            faults.push(Fault::new("flag -g", "no group is named", ways));
        }
        (None, true) => {}
        (None, false) => return Groups::Named(names),
    }
    Groups::All
}

#[cfg(test)]
mod tests;
