#!/usr/bin/env python3
"""Checks rendered manifests (the files RENDERED, and RENDERED_LANES with several aggregators) and compose.yaml: Kubernetes'
schemas, and what rollcall needs of them.

usage: manifests.py check | render

Every fault is one line: which object, which field, what is wrong, what is accepted. All of them come at once; rollcall's
rules ask only of objects that fit the schemas.
"""

import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import kubernetes_validate
import yaml

TOP = Path(__file__).resolve().parent.parent.parent
KUBERNETES = "1.37"
# What a fetcher does after its drain: the last commit, leaving the group, closing the admin port.
AFTER_DRAIN_S = 10
# The aggregator's own bounds for answers, connections and the admin port, added up.
AGGREGATOR_END_S = 10
UNITS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60}


def seconds(text):
    """A length of time as rollcall's settings have it; None when it is none."""
    found = re.fullmatch(rf"(\d+)\s*({'|'.join(UNITS)})", str(text))
    return int(found[1]) * UNITS[found[2]] if found else None


def at(value, path, default=None):
    """The value at a dotted path."""
    for step in path.split("."):
        if not isinstance(value, dict) or value.get(step) is None:
            return default
        value = value[step]
    return value


class Manifests:
    """The objects, and what is wrong with them."""

    def __init__(self, objects):
        self.objects = objects
        self.faults = []
        self.fits = True

    def wrong(self, thing, field, problem):
        self.faults.append(f"{thing['kind']} {thing['metadata']['name']}: {field}: {problem}")

    def of(self, kind):
        return [thing for thing in self.objects if thing["kind"] == kind]

    def workloads(self):
        return self.of("Deployment") + self.of("StatefulSet")

    def component(self, name):
        label = "spec.template.metadata.labels"
        return [thing for thing in self.workloads() if at(thing, label, {}).get("app.kubernetes.io/component") == name]

    def roll(self):
        return [topic for each in self.component("aggregator") for topic in topics(self.settings(each))]

    def settings(self, deployment):
        """The variables of a deployment's container, as the container sees them."""
        maps = {thing["metadata"]["name"]: thing.get("data", {}) for thing in self.of("ConfigMap")}
        container = containers(deployment)[0]
        found = {}
        for source in container.get("envFrom", []):
            name = at(source, "configMapRef.name")
            if name not in maps:
                self.wrong(deployment, "envFrom", f"there is no ConfigMap {name}")
            found |= maps.get(name, {})
        return found | {each["name"]: each.get("value", "") for each in container.get("env", [])}

    def check(self):
        self.schemas()
        if self.fits:
            self.rules()
        return self.faults

    def rules(self):
        aggregators, fetchers = self.component("aggregator"), self.component("fetcher")
        if len(aggregators) != 1:
            self.faults.append(f"{len(aggregators)} workloads with the component aggregator; one is needed")
        for deployment in aggregators + fetchers:
            self.pod(deployment)
        for deployment in aggregators:
            self.aggregator(deployment, fetchers)
            if deployment["kind"] == "StatefulSet":
                self.lanes(deployment, fetchers)
            else:
                self.one_lane(deployment)
        for deployment in fetchers:
            self.fetcher(deployment)
        self.namespace()
        self.reach()

    def schemas(self):
        for thing in self.objects:
            try:
                kubernetes_validate.validate(thing, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                self.fits = False
                self.wrong(thing, ".".join(map(str, error.path)) or "whole", error.message)

    def pod(self, deployment):
        """The restricted profile, and what keeps a pod within its bounds."""
        replicas = at(deployment, "spec.replicas", 1)
        if replicas < 1:
            self.wrong(deployment, "spec.replicas", f"{replicas}; at least 1, or its topics have no reader")
        spec = deployment["spec"]["template"]["spec"]
        wanted = {
            "automountServiceAccountToken": False,
            "securityContext.runAsNonRoot": True,
            "securityContext.runAsUser": image_user(),
            "securityContext.seccompProfile.type": "RuntimeDefault",
        }
        self.expect(deployment, spec, wanted)
        for container in containers(deployment):
            wanted = {
                "image": f"rollcall:{version()}",
                "securityContext.allowPrivilegeEscalation": False,
                "securityContext.readOnlyRootFilesystem": True,
                "securityContext.capabilities.drop": ["ALL"],
                "livenessProbe.httpGet.path": "/livez",
                "livenessProbe.httpGet.port": "admin",
                "readinessProbe.httpGet.path": "/readyz",
                "readinessProbe.httpGet.port": "admin",
            }
            self.expect(deployment, container, wanted)
            for field in ("requests.cpu", "requests.memory", "limits.memory"):
                if at(container, f"resources.{field}") is None:
                    self.wrong(deployment, f"resources.{field}", "missing")

    def expect(self, deployment, within, wanted):
        for field, value in wanted.items():
            found = at(within, field)
            if found != value:
                self.wrong(deployment, field, f"{json.dumps(found)}; {json.dumps(value)} is needed")

    def one_lane(self, deployment):
        """Two aggregators at once would each get the feeds of some fetchers, and gather only those."""
        replicas = at(deployment, "spec.replicas", 1)
        if replicas > 1:
            self.wrong(deployment, "spec.replicas", f"{replicas}; a Deployment is one lane, so 1: several are a StatefulSet")
        lanes = self.settings(deployment).get("ROLLCALL_LANES", "1")
        if lanes != "1":
            self.wrong(deployment, "ROLLCALL_LANES", f"{lanes}; a Deployment is one lane, so 1: several are a StatefulSet")
        self.expect(deployment, deployment, {"spec.strategy.type": "Recreate"})

    def lanes(self, stateful, fetchers):
        """Each pod is the lane that its name says, all of them are there at once, and everybody knows each by name."""
        replicas, settings = at(stateful, "spec.replicas", 1), self.settings(stateful)
        lanes = settings.get("ROLLCALL_LANES", "1")
        if lanes != str(replicas):
            self.wrong(stateful, "ROLLCALL_LANES", f"{lanes}; there are {replicas} replicas, and each is a lane")
        lane = settings.get("ROLLCALL_LANE", "0")
        if lane != "hostname":
            self.wrong(stateful, "ROLLCALL_LANE", f"{lane!r}; hostname is needed, or all pods are the same lane")
        self.expect(stateful, stateful, {"spec.podManagementPolicy": "Parallel"})
        name = at(stateful, "spec.serviceName")
        services = [service for service in self.of("Service") if service["metadata"]["name"] == name]
        if not services:
            self.wrong(stateful, "spec.serviceName", f"there is no Service {name}")
        for service in services:
            self.expect(service, service, {"spec.clusterIP": "None", "spec.publishNotReadyAddresses": True})
        pods = [f"{stateful['metadata']['name']}-{number}.{name}" for number in range(replicas)]
        for fetcher in fetchers:
            told = self.settings(fetcher).get("ROLLCALL_AGGREGATOR", "")
            if hosts(told) not in (sorted(pods), [name]):
                self.wrong(fetcher, "ROLLCALL_AGGREGATOR", f"{told!r}; the lanes are {', '.join(pods)}")

    def aggregator(self, deployment, fetchers):
        grace = grace_of(deployment)
        if grace < AGGREGATOR_END_S:
            self.wrong(deployment, "terminationGracePeriodSeconds", f"{grace}; at least {AGGREGATOR_END_S}")
        roll = topics(self.settings(deployment))
        if not roll:
            self.wrong(deployment, "ROLLCALL_TOPIC", "no topics; at least one is needed")
        fed = [topic for each in fetchers for topic in topics(self.settings(each))]
        for topic in sorted(set(fed) - set(roll)):
            self.wrong(deployment, "ROLLCALL_TOPIC", f"{topic} has a fetcher and is not on the roll")
        for topic in sorted(set(roll) - set(fed)):
            self.wrong(deployment, "ROLLCALL_TOPIC", f"{topic} is on the roll and has no fetcher")
        for topic in sorted({topic for topic in fed if fed.count(topic) > 1}):
            self.wrong(deployment, "ROLLCALL_TOPIC", f"{topic} has two Deployments; raise the replicas of one instead")

    def fetcher(self, deployment):
        settings = self.settings(deployment)
        if len(topics(settings)) != 1:
            self.wrong(deployment, "ROLLCALL_TOPIC", f"{settings.get('ROLLCALL_TOPIC', '')!r}; one topic is needed")
        drain = drain_of(settings)
        if drain is None:
            problem = f"{settings['ROLLCALL_DRAIN_TIMEOUT']!r}; a length of time such as 5s is needed"
            self.wrong(deployment, "ROLLCALL_DRAIN_TIMEOUT", problem)
        elif grace_of(deployment) < drain + AFTER_DRAIN_S:
            problem = f"{grace_of(deployment)}; a drain of {drain:g} s needs at least {drain + AFTER_DRAIN_S:g}"
            self.wrong(deployment, "terminationGracePeriodSeconds", problem)

    def namespace(self):
        names = [thing["metadata"]["name"] for thing in self.of("Namespace")]
        for thing in self.of("Namespace"):
            level = at(thing, "metadata.labels", {}).get("pod-security.kubernetes.io/enforce")
            if level != "restricted":
                self.wrong(thing, "pod-security.kubernetes.io/enforce", f"{level}; restricted is needed")
        for thing in self.objects:
            if thing["kind"] != "Namespace" and at(thing, "metadata.namespace") not in names:
                self.wrong(thing, "metadata.namespace", f"{at(thing, 'metadata.namespace')} is not among {names}")

    def reach(self):
        """Services and policies select pods that are there, by ports that they have."""
        pods = [each["spec"]["template"] for each in self.workloads()]
        for service in self.of("Service"):
            self.selected(service, pods, service["spec"]["selector"], [each["targetPort"] for each in service["spec"]["ports"]])
        for policy in self.of("NetworkPolicy"):
            rules = policy["spec"].get("ingress", [])
            ports = [each["port"] for rule in rules for each in rule.get("ports", [])]
            self.selected(policy, pods, at(policy, "spec.podSelector.matchLabels", {}), ports)
            if any(not rule.get("from") for rule in rules):
                self.wrong(policy, "spec.ingress", "a rule without `from` lets everybody in")
        everybody = [each for each in self.of("NetworkPolicy") if not at(each, "spec.podSelector.matchLabels")]
        if not any("ingress" not in each["spec"] for each in everybody):
            self.faults.append("no NetworkPolicy that keeps everybody out who is not let in by name")

    def selected(self, thing, pods, selector, ports):
        chosen = [pod for pod in pods if selector.items() <= at(pod, "metadata.labels", {}).items()]
        if not chosen:
            self.wrong(thing, "selector", "selects no pod")
        for pod in chosen:
            had = {port["name"] for container in pod["spec"]["containers"] for port in container.get("ports", [])}
            for port in set(ports) - had:
                self.wrong(thing, "port", f"{port} is no port of a pod that it selects")


def containers(deployment):
    return deployment["spec"]["template"]["spec"]["containers"]


def grace_of(deployment):
    return at(deployment, "spec.template.spec.terminationGracePeriodSeconds", 30)


def topics(settings):
    return [topic.strip() for topic in settings.get("ROLLCALL_TOPIC", "").split(",") if topic.strip()]


def hosts(urls):
    """The names in a list of URLs, in order; with an empty one for what is no URL."""
    return sorted(urlsplit(url.strip()).hostname or "" for url in urls.split(","))


def drain_of(settings):
    """How long a fetcher with these settings drains, in seconds; None when it does not say so."""
    return seconds(settings.get("ROLLCALL_DRAIN_TIMEOUT", "5s"))


def line_of(file, begin):
    """What follows `begin` in the first line of a file that begins so."""
    lines = (TOP / file).read_text().splitlines()
    found = [line.removeprefix(begin).strip(' "') for line in lines if line.startswith(begin)]
    return found[0] if found else sys.exit(f"manifests: {file}: no line begins with {begin}")


def version():
    return line_of("Cargo.toml", "version = ")


def image_user():
    return int(line_of("Dockerfile", "USER ").split(":")[0])


def compose_faults(compose, manifests):
    """What is wrong with compose.yaml: names that lead nowhere, topics that are not those of the roll, a short grace."""
    faults = []
    roll = manifests.roll()
    drains = [drain_of(manifests.settings(each)) for each in manifests.component("fetcher")]
    drain = max([each for each in drains if each is not None], default=0)
    services = compose["services"]
    fed = []
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            if other not in services:
                faults.append(f"compose.yaml {name}: depends_on: there is no service {other}")
        for secret in service.get("secrets", []):
            if secret["source"] not in compose["secrets"]:
                faults.append(f"compose.yaml {name}: secrets: there is no secret {secret['source']}")
        for file in service.get("env_file", []):
            if not (TOP / file).is_file():
                faults.append(f"compose.yaml {name}: env_file: there is no {file}")
        if "rollcall" in service["image"] and service["image"] != f"rollcall:{version()}":
            faults.append(f"compose.yaml {name}: image: {service['image']}; rollcall:{version()} is needed")
        if service.get("command") == ["rollcall-fetcher"]:
            fed += topics(service.get("environment", {}))
            if (seconds(service.get("stop_grace_period")) or 0) < drain + AFTER_DRAIN_S:
                faults.append(f"compose.yaml {name}: stop_grace_period: shorter than the drain and what follows it")
    if sorted(fed) != sorted(roll):
        faults.append(f"compose.yaml: fetchers of {sorted(fed)}; the roll is {sorted(roll)}")
    return faults


def other_faults():
    channel, image = line_of("rust-toolchain.toml", "channel = "), line_of("Dockerfile", "ARG RUST=")
    if channel != image:
        yield f"Dockerfile: RUST: {image}; rust-toolchain.toml has {channel}"


def read(variable):
    return [thing for thing in yaml.safe_load_all(Path(os.environ[variable]).read_text()) if thing]


def main():
    objects = read("RENDERED")
    if sys.argv[1:] == ["render"]:
        print(json.dumps(objects))
        return
    manifests = Manifests(objects)
    faults = manifests.check()
    with_lanes = Manifests(read("RENDERED_LANES"))
    faults += [f"kubernetes-lanes: {fault}" for fault in with_lanes.check() if fault not in faults]
    if manifests.fits:
        faults += compose_faults(yaml.safe_load((TOP / "compose.yaml").read_text()), manifests)
    faults += other_faults()
    if faults:
        sys.exit("manifests:\n  " + "\n  ".join(faults))
    lanes = at(with_lanes.component("aggregator")[0], "spec.replicas")
    print(f"manifests: {len(objects)} objects fit Kubernetes {KUBERNETES}; {len(manifests.roll())} topics, each with its fetcher")
    print(f"manifests: with {lanes} lanes {len(with_lanes.objects)} objects")


if __name__ == "__main__":
    main()
