//! A group that the cluster does not have, told with the names of those that it has.

use rollcall_proto::v1::GetStatusResponse;

use crate::catalog::near;
use crate::output;
use crate::outside::{Look, cluster};
use crate::target::Groups;
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// Names that are suggested.
const SUGGESTED: usize = 3;
/// What Kafka calls a group that it does not know.
const DEAD: &str = "Dead";

/// Says which of the groups that were named are not there, and which are like them; on stderr, beside the answer. True
/// when one is not.
pub(in crate::commands) async fn tell(
    look: &Look,
    answers: &[GetStatusResponse],
    language: Language,
) -> bool {
    let told = missing(look, answers, language).await;
    for group in &told {
        output::say(group);
    }
    !told.is_empty()
}

/// A sentence for each of the groups that were named and are not there.
pub(in crate::commands) async fn missing(
    look: &Look,
    answers: &[GetStatusResponse],
    language: Language,
) -> Vec<String> {
    let missing: Vec<&str> = answers
        .iter()
        .filter(|answer| is_missing(answer) && is_named(look, &answer.group))
        .map(|answer| answer.group.as_str())
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let asked = look.target().clone();
    let listed = tokio::task::spawn_blocking(move || cluster::groups(&asked)).await;
    let listed = listed.ok().flatten();
    let speech = Speech::new(language);
    let told = |group| told(group, listed.as_deref(), &speech);
    missing.into_iter().map(told).collect()
}

fn told(group: &str, listed: Option<&[String]>, speech: &Speech) -> String {
    let Some(listed) = listed else {
        let group = Arguments::default().text("group", group);
        return speech.say("group-not-there-alone", &group);
    };
    let near = near(group, listed.iter().map(String::as_str), SUGGESTED);
    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
    let arguments = Arguments::default()
        .text("group", group)
        .count("count", listed.len() as u64)
        .text("names", speech.list(&near));
    let key = match near.is_empty() {
        true => "group-not-there",
        false => "group-not-there-near",
    };
    speech.say(key, &arguments)
}

/// Whether the cluster knows no such group, and nothing was ever committed for it.
pub(in crate::commands) fn is_missing(answer: &GetStatusResponse) -> bool {
    let seen = answer.observation.as_ref();
    seen.is_some_and(|seen| seen.state == DEAD && seen.has_commits == Some(false))
}

/// Whether the cluster has told of the group that it knows it, or that something was committed for it.
pub(in crate::commands) fn is_there(answer: &GetStatusResponse) -> bool {
    let seen = answer.observation.as_ref();
    seen.is_some_and(|seen| {
        let known = !seen.state.is_empty() && seen.state != DEAD;
        known || seen.has_commits == Some(true)
    })
}

fn is_named(look: &Look, group: &str) -> bool {
    match &look.target().groups {
        Groups::Named(names) => names.iter().any(|name| name == group),
        Groups::Matching(_) | Groups::All => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_not_there_is_told_with_those_that_are_like_it() {
        let listed = ["shop", "shop-2", "billing"].map(str::to_owned);
        let speech = Speech::new(Language::English);
        assert_eq!(
            told("shp", Some(&listed), &speech),
            "NO_GROUP: group shp is not on the cluster; did you mean shop, shop-2?"
        );
        assert_eq!(
            told("zz", Some(&listed), &speech),
            "NO_GROUP: group zz is not on the cluster; it shows 3 groups to this client"
        );
        assert_eq!(
            told("zz", None, &speech),
            "NO_GROUP: group zz is not on the cluster"
        );
    }
}
