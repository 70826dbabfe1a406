"""What is wrong with a manifest is said, with the object and the field. RENDERED names the file of the right ones."""

import copy
import os
import unittest
from pathlib import Path

import yaml

import manifests

RENDERED = list(yaml.safe_load_all(Path(os.environ["RENDERED"]).read_text()))
LANES = list(yaml.safe_load_all(Path(os.environ["RENDERED_LANES"]).read_text()))
COMPOSE = yaml.safe_load((manifests.TOP / "compose.yaml").read_text())
AGGREGATOR = "rollcall-aggregator"
FETCHER = "rollcall-fetcher-schedule-car-order"


def named(objects, kind, name):
    return next(each for each in objects if each["kind"] == kind and each["metadata"]["name"].startswith(name))


class TestManifests(unittest.TestCase):
    def faults_after(self, change):
        objects = copy.deepcopy(RENDERED)
        change(objects)
        return manifests.Manifests(objects).check()

    def check(self, change, *expected):
        """One line of what is said has all these words."""
        faults = self.faults_after(change)
        self.assertTrue(any(all(word in fault for word in expected) for fault in faults), f"{expected} not in {faults}")

    def deployment(self, name, change):
        return lambda objects: change(named(objects, "Deployment", name)["spec"])

    def test_the_manifests_are_right(self):
        self.assertEqual(self.faults_after(lambda objects: None), [])

    def test_no_replicas(self):
        self.check(self.deployment(FETCHER, lambda spec: spec.update(replicas=0)), FETCHER, "spec.replicas", "0")
        self.check(self.deployment(FETCHER, lambda spec: spec.update(replicas="0")), FETCHER, "spec.replicas", "'0'")
        self.check(self.deployment(AGGREGATOR, lambda spec: spec.update(replicas=2)), AGGREGATOR, "one lane")

    def test_a_deployment_of_several_lanes(self):
        def several(objects):
            named(objects, "ConfigMap", AGGREGATOR)["data"]["ROLLCALL_LANES"] = "2"

        self.check(several, AGGREGATOR, "ROLLCALL_LANES", "one lane")

    def test_no_topics(self):
        def none(objects):
            named(objects, "ConfigMap", AGGREGATOR)["data"]["ROLLCALL_TOPIC"] = ""

        self.check(none, AGGREGATOR, "ROLLCALL_TOPIC", "no topics")
        self.check(self.deployment(FETCHER, lambda spec: containers(spec)[0].pop("env")), FETCHER, "one topic is needed")

    def test_a_topic_without_a_fetcher_and_a_fetcher_without_its_topic(self):
        def gone(objects):
            objects.remove(named(objects, "Deployment", FETCHER))

        def other(spec):
            containers(spec)[0]["env"][0]["value"] = "SCHEDULE-CAR-PRICE"

        self.check(gone, AGGREGATOR, "SCHEDULE-CAR-ORDER is on the roll and has no fetcher")
        self.check(self.deployment(FETCHER, other), "SCHEDULE-CAR-PRICE has two Deployments")

    def test_a_pod_that_is_killed_before_it_has_drained(self):
        short = self.deployment(FETCHER, lambda spec: pod(spec).update(terminationGracePeriodSeconds=10))
        self.check(short, FETCHER, "terminationGracePeriodSeconds", "10")

        def long_drain(objects):
            named(objects, "ConfigMap", "rollcall-fetcher")["data"]["ROLLCALL_DRAIN_TIMEOUT"] = "1m"

        self.check(long_drain, "terminationGracePeriodSeconds", "drain of 60 s")

        def no_drain(objects):
            named(objects, "ConfigMap", "rollcall-fetcher")["data"]["ROLLCALL_DRAIN_TIMEOUT"] = "soon"

        self.check(no_drain, FETCHER, "ROLLCALL_DRAIN_TIMEOUT", "'soon'", "5s is needed")

    def test_what_the_restricted_profile_forbids(self):
        root = self.deployment(FETCHER, lambda spec: pod(spec)["securityContext"].update(runAsUser=0))
        self.check(root, FETCHER, "runAsUser", "0")
        able = self.deployment(FETCHER, lambda spec: containers(spec)[0]["securityContext"].pop("capabilities"))
        self.check(able, FETCHER, "capabilities")
        hungry = self.deployment(FETCHER, lambda spec: containers(spec)[0].pop("resources"))
        self.check(hungry, FETCHER, "resources.limits.memory", "missing")

    def test_a_field_that_kubernetes_does_not_know(self):
        self.check(self.deployment(FETCHER, lambda spec: spec.update(replicsa=1)), FETCHER, "replicsa")

    def test_a_policy_that_lets_everybody_in(self):
        def open_to_all(objects):
            named(objects, "NetworkPolicy", "callers")["spec"]["ingress"][0].pop("from")

        self.check(open_to_all, "callers-of-the-aggregator", "everybody")
        self.check(lambda objects: objects.remove(named(objects, "NetworkPolicy", "nobody")), "keeps everybody out")

    def test_a_service_that_selects_nothing(self):
        def misspelt(objects):
            named(objects, "Service", AGGREGATOR)["spec"]["selector"]["app.kubernetes.io/component"] = "agregator"

        self.check(misspelt, "Service", AGGREGATOR, "selects no pod")


class TestLanes(unittest.TestCase):
    def faults_after(self, change):
        objects = copy.deepcopy(LANES)
        change(objects)
        return manifests.Manifests(objects).check()

    def check(self, change, *expected):
        """What is said is one line for each of the things that have all these words."""
        faults = self.faults_after(change)
        self.assertTrue(faults, f"nothing is said of {expected}")
        for fault in faults:
            self.assertTrue(all(word in fault for word in expected), f"{expected} not in {fault}")

    def stateful(self, change):
        return lambda objects: change(named(objects, "StatefulSet", AGGREGATOR)["spec"])

    def setting(self, name, key, value):
        def change(objects):
            named(objects, "ConfigMap", name)["data"][key] = value

        return change

    def test_the_manifests_are_right(self):
        self.assertEqual(self.faults_after(lambda objects: None), [])

    def test_every_pod_is_a_lane_of_its_own(self):
        more = self.setting(AGGREGATOR, "ROLLCALL_LANES", "3")
        self.check(more, "StatefulSet", AGGREGATOR, "ROLLCALL_LANES", "3", "2 replicas")
        alike = self.setting(AGGREGATOR, "ROLLCALL_LANE", "1")
        self.check(alike, "StatefulSet", AGGREGATOR, "ROLLCALL_LANE", "hostname")
        faults = self.faults_after(self.stateful(lambda spec: spec.update(replicas=3)))
        self.assertEqual(len(faults), 7, "the number of lanes, and the names in each fetcher")

    def test_lanes_that_wait_for_each_other(self):
        ordered = self.stateful(lambda spec: spec.update(podManagementPolicy="OrderedReady"))
        self.check(ordered, AGGREGATOR, "podManagementPolicy", "Parallel")

    def test_names_of_lanes(self):
        def balanced(objects):
            named(objects, "Service", AGGREGATOR)["spec"].pop("clusterIP")

        def hidden(objects):
            named(objects, "Service", AGGREGATOR)["spec"].pop("publishNotReadyAddresses")

        self.check(balanced, "Service", AGGREGATOR, "clusterIP")
        self.check(hidden, "Service", AGGREGATOR, "publishNotReadyAddresses")
        self.check(self.stateful(lambda spec: spec.update(serviceName="another")), "another")

    def test_fetchers_that_do_not_know_every_lane(self):
        def told(urls):
            return self.setting("rollcall-fetcher", "ROLLCALL_AGGREGATOR", urls)

        pod = "http://rollcall-aggregator-{}.rollcall-aggregator:7655".format
        self.check(told(pod(0)), "rollcall-fetcher-", "ROLLCALL_AGGREGATOR", "rollcall-aggregator-1.rollcall-aggregator")
        self.check(told(f"{pod(0)},{pod(0)}"), "ROLLCALL_AGGREGATOR")
        self.check(told(f"{pod(0)},{pod(1)},{pod(2)}"), "ROLLCALL_AGGREGATOR")
        self.check(told(""), "ROLLCALL_AGGREGATOR")
        self.assertEqual(self.faults_after(told(f"{pod(1)}, {pod(0)}")), [])
        self.assertEqual(self.faults_after(told("http://rollcall-aggregator:7655")), [], "the name of all of them")


class TestCompose(unittest.TestCase):
    def faults(self, change, objects):
        compose = copy.deepcopy(COMPOSE)
        change(compose["services"])
        return manifests.compose_faults(compose, manifests.Manifests(objects))

    def check(self, change, *expected):
        faults = self.faults(change, copy.deepcopy(RENDERED))
        self.assertTrue(any(all(word in fault for word in expected) for fault in faults), f"{expected} not in {faults}")

    def test_names_and_topics(self):
        self.check(lambda services: services.pop("schedule-car-order"), "fetchers of", "the roll is")
        self.check(lambda services: services.pop("topics"), "there is no service topics")
        self.check(lambda services: services["schedule-car-order"].update(stop_grace_period="5s"), "schedule-car-order", "drain")

    def test_a_drain_that_is_no_time_is_left_to_the_manifests(self):
        objects = copy.deepcopy(RENDERED)
        named(objects, "ConfigMap", "rollcall-fetcher")["data"]["ROLLCALL_DRAIN_TIMEOUT"] = "soon"
        self.assertEqual(self.faults(lambda services: None, objects), [])


def pod(spec):
    return spec["template"]["spec"]


def containers(spec):
    return pod(spec)["containers"]
