//! What the manifests ask for: which processes, with which settings.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::{command, scratch};

/// Renders the manifests, as `make check` does.
const RENDER: &str = "deploy/check/run.sh";

/// Where it notes that the packages which it needs are there.
const PACKAGES: &str = "tools/manifests/.complete";

/// Python packages, and kustomize where kubectl is not there.
const RENDERING: Duration = Duration::from_secs(300);

/// Says which part of rollcall a pod is.
const COMPONENT: &str = "/spec/template/metadata/labels/app.kubernetes.io~1component";

/// One pod, as a Deployment describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// The Deployment's name; the replica's number behind it, from the second one on.
    pub name: String,
    /// The binary.
    pub binary: String,
    /// The container's variables.
    pub settings: BTreeMap<String, String>,
    /// How long it may take to end before it is killed.
    pub grace: Duration,
}

/// Every pod of the cluster.
#[derive(Clone, Debug)]
pub struct Manifests {
    /// The aggregator.
    pub aggregator: Pod,
    /// The fetchers, one for each replica.
    pub fetchers: Vec<Pod>,
}

impl Manifests {
    /// What goes on before the first rendering, which takes its time; nothing before later ones.
    pub fn first_time() -> Result<&'static str> {
        Ok(match scratch::target()?.join(PACKAGES).exists() {
            true => "",
            false => {
                "; the first time this fetches Python packages and, where there is no kubectl, builds kustomize: a minute or two"
            }
        })
    }

    /// Those of `deploy/kubernetes`, rendered now.
    pub async fn render() -> Result<Self> {
        let mut render = Command::new(scratch::workspace().join(RENDER));
        render
            .arg("render")
            .env("CARGO_TARGET_DIR", scratch::target()?);
        let printed = command::stdout(render, RENDERING).await?;
        let objects: Vec<Value> =
            serde_json::from_str(&printed).context("the manifests are no JSON")?;
        Self::of(&objects)
    }

    /// What these objects describe.
    fn of(objects: &[Value]) -> Result<Self> {
        let mut aggregators = pods(objects, "aggregator")?;
        let aggregator = aggregators.pop().context("there is no aggregator")?;
        ensure!(aggregators.is_empty(), "there are several aggregators");
        let fetchers = pods(objects, "fetcher")?;
        ensure!(!fetchers.is_empty(), "there is no fetcher");
        Ok(Self {
            aggregator,
            fetchers,
        })
    }
}

fn pods(objects: &[Value], component: &str) -> Result<Vec<Pod>> {
    let mut pods = Vec::new();
    for deployment in of_kind(objects, "Deployment") {
        if deployment.pointer(COMPONENT).and_then(Value::as_str) != Some(component) {
            continue;
        }
        let replicas = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
        let pod = pod(objects, deployment)?;
        pods.extend((1..=replicas).map(|number| match number {
            1 => pod.clone(),
            _ => Pod {
                name: format!("{}-{number}", pod.name),
                ..pod.clone()
            },
        }));
    }
    Ok(pods)
}

fn of_kind<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

fn pod(objects: &[Value], deployment: &Value) -> Result<Pod> {
    let name = text(&deployment["metadata"]["name"])?;
    let spec = &deployment["spec"]["template"]["spec"];
    let container = &spec["containers"][0];
    let grace = spec["terminationGracePeriodSeconds"].as_u64();
    Ok(Pod {
        binary: text(&container["command"][0])?,
        settings: settings(objects, container).with_context(|| format!("settings of {name}"))?,
        grace: Duration::from_secs(grace.with_context(|| format!("{name} has no grace period"))?),
        name,
    })
}

/// The variables of a container: its ConfigMaps first, its own above them, as Kubernetes lays them.
fn settings(objects: &[Value], container: &Value) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    for source in list(&container["envFrom"]) {
        let name = &source["configMapRef"]["name"];
        let map = of_kind(objects, "ConfigMap").find(|map| map["metadata"]["name"] == *name);
        let map = map.with_context(|| format!("there is no ConfigMap {name}"))?;
        for (key, value) in map["data"].as_object().into_iter().flatten() {
            settings.insert(key.clone(), text(value)?);
        }
    }
    for variable in list(&container["env"]) {
        settings.insert(text(&variable["name"])?, text(&variable["value"])?);
    }
    Ok(settings)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Result<String> {
    let text = value.as_str();
    text.map(str::to_owned)
        .with_context(|| format!("{value} is no text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(component: &str, replicas: u64) -> Value {
        json!({
            "kind": "Deployment",
            "metadata": {"name": format!("rollcall-{component}")},
            "spec": {"replicas": replicas, "template": {
                "metadata": {"labels": {"app.kubernetes.io/component": component}},
                "spec": {"terminationGracePeriodSeconds": 30, "containers": [{
                    "command": [format!("rollcall-{component}")],
                    "envFrom": [{"configMapRef": {"name": "common"}}],
                    "env": [{"name": "ROLLCALL_TOPIC", "value": "A"}],
                }]},
            }},
        })
    }

    fn common() -> Value {
        let data = json!({"ROLLCALL_GROUP": "g", "ROLLCALL_TOPIC": "hidden"});
        json!({"kind": "ConfigMap", "metadata": {"name": "common"}, "data": data})
    }

    #[test]
    fn a_replica_is_a_pod_with_the_settings_of_its_maps_and_its_own_above_them() {
        let objects = [
            common(),
            deployment("aggregator", 1),
            deployment("fetcher", 2),
        ];
        let manifests = Manifests::of(&objects).unwrap();
        let names: Vec<_> = manifests.fetchers.iter().map(|pod| &*pod.name).collect();
        assert_eq!(names, ["rollcall-fetcher", "rollcall-fetcher-2"]);
        let settings = &manifests.fetchers[1].settings;
        assert_eq!(settings["ROLLCALL_GROUP"], "g");
        assert_eq!(settings["ROLLCALL_TOPIC"], "A");
        assert_eq!(manifests.aggregator.grace, Duration::from_secs(30));
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |objects: &[Value], word: &str| {
            let error = format!("{:#}", Manifests::of(objects).unwrap_err());
            assert!(error.contains(word), "{error}");
        };
        check(&[common()], "no aggregator");
        check(&[deployment("aggregator", 1)], "common");
        check(&[common(), deployment("aggregator", 1)], "no fetcher");
        check(&[common(), deployment("aggregator", 2)], "several");
    }
}
