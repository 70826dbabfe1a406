//! The topics of the roll: a fixed list, known before anything else.

use std::collections::HashMap;

use rollcall_proto::ids::Topic;

/// Position of a topic on the roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicKey(pub usize);

/// The roll: every topic once, in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    topics: Vec<Topic>,
    keys: HashMap<Topic, TopicKey>,
}

/// Less similar names are no suggestion.
const SIMILAR: f64 = 0.7;

impl Roster {
    /// A roll of these topics; a repeated one counts once.
    pub fn new(topics: impl IntoIterator<Item = Topic>) -> Self {
        let mut roster = Self::default();
        for topic in topics {
            let key = TopicKey(roster.topics.len());
            if !roster.keys.contains_key(&topic) {
                roster.keys.insert(topic.clone(), key);
                roster.topics.push(topic);
            }
        }
        roster
    }

    /// Number of topics.
    pub fn len(&self) -> usize {
        self.topics.len()
    }

    /// Whether there is no topic.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// The topics, in order.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// All positions, in order.
    pub fn keys(&self) -> impl Iterator<Item = TopicKey> + use<> {
        (0..self.topics.len()).map(TopicKey)
    }

    /// Where a topic stands; `None` when it is not on the roll.
    pub fn find(&self, name: &str) -> Option<TopicKey> {
        self.keys.get(&Topic::new(name).ok()?).copied()
    }

    /// The topic of the roll whose name is most like `name`, when one is like it at all.
    pub fn nearest(&self, name: &str) -> Option<&Topic> {
        let name: String = name
            .chars()
            .take(rollcall_proto::limits::TOPIC_NAME_BYTES)
            .collect();
        let likeness = |topic: &&Topic| strsim::jaro_winkler(&name, topic.as_str());
        let similar = self
            .topics
            .iter()
            .filter(|topic| likeness(topic) >= SIMILAR);
        similar.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
    }
}
