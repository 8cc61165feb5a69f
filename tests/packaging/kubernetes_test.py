# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be tested of packaging/kubernetes without Helm and without a network."""

import copy
import itertools
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import jsonschema

from kubernetes_checks import (CHART, CRDS, KUBERNETES, ROOT, Checks, carried_versions, load, project_version, quantity,
                               run_daemon, variables)

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# Set by templates, or not for a pod, which has no Redis of its own.
ELSEWHERE = {"METRICS_BIND", "NODE_NAME", "PRESENCE_PORT", "PRESENCE_STATE_DIR", "AUTH_JWT_SECRET",
             "TLS_CERT", "TLS_KEY", "AUTH_JWT_SECRET_FILE", "REDIS_PASSWORD_FILE", "REDIS_SENTINEL_PASSWORD_FILE",
             "REDIS_URL_FILE", "MONGODB_URI_FILE"}


def merged(base, change):
    """As Helm merges values: maps by key, null removes."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    result = {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in result.items() if value is not None or key not in change}


def values(change=None):
    return merged(copy.deepcopy(load(CHART / "values.yaml")[0]), change or {})


def refusals(change):
    return list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(values(change)))


class ChartTest(unittest.TestCase):
    def test_version_is_that_of_the_project(self):
        chart = load(CHART / "Chart.yaml")[0]
        self.assertEqual(chart["appVersion"], project_version())
        self.assertEqual(chart["name"], "presenced")

    def test_schema_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_values_fit_the_schema(self):
        self.assertEqual(refusals({}), [])
        examples = sorted((CHART / "ci").glob("*-values.yaml"))
        self.assertGreaterEqual(len(examples), 6)
        for example in examples:
            with self.subTest(example.name):
                self.assertEqual(refusals(load(example)[0]), [])

    def test_schema_has_what_values_have(self):
        def compare(schema, given, path):
            for name, inner in schema.get("properties", {}).items():
                self.assertIn(name, given, f"{path} in values.yaml")
                if isinstance(given[name], dict) and name not in ("config", "startupProbe", "livenessProbe",
                                                                  "readinessProbe"):
                    compare(inner, given[name], f"{path}.{name}")
        compare(SCHEMA, {**values(), "global": {}}, "")

    def test_bad_values_are_refused(self):
        bad = [
            {"replicas": 3},
            {"config": {"PRESENCE_TTLS": 60}},
            {"config": {"PRESENCE_TTL": 0}},
            {"config": {"PRESENCE_TTL": "60"}},
            {"config": {"PRESENCE_PING_INTERVAL": 301}},
            {"config": {"PRESENCE_PUBLISH": "yes"}},
            {"config": {"LOG_LEVEL": "trace"}},
            {"config": {"AUTH_JWT_SECRET": "0123456789abcdef0123456789abcdef"}},
            {"secret": {"jwtSecret": "0123456789abcdef0123456789abcde"}},
            {"redis": {"url": "http://redis"}},
            {"redis": {"sentinels": ["one,two"]}},
            {"redis": {"clusterNodes": "one:6379"}},
            {"redis": {"passwordSecret": {"name": "redis"}}},
            {"redis": {"database": 16}},
            {"image": {"digest": "latest"}},
            {"service": {"port": 0}},
            {"service": {"type": "ExternalName"}},
            {"preStopSleep": -1},
            {"podDisruptionBudget": {"maxUnavailable": "some"}},
            {"ingress": {"paths": []}},
            {"monitoring": {"serviceMonitor": {"interval": "often"}}},
            {"readinessProbe": {"httpGet": {"path": "/"}}},
        ]
        for change in bad:
            with self.subTest(change):
                self.assertEqual(len(refusals(change)), 1)

    def test_config_is_the_daemons_table(self):
        helpers = (CHART / "templates/_helpers.tpl").read_text()
        set_here = r'- name: (REDIS_[A-Z_]+)|secretEnv" \(dict "root" \. "name" "([A-Z_]+)"|"(REDIS_SSL_[A-Z]+)"'
        elsewhere = ELSEWHERE | {name for names in re.findall(set_here, helpers) for name in names if name}
        config = SCHEMA["properties"]["config"]["properties"]
        self.assertFalse(set(config) & elsewhere)
        patterns = SCHEMA["properties"]["config"]["patternProperties"]
        limits_of_it = {name for name in variables() if any(re.search(each, name) for each in patterns)}
        self.assertEqual({name for name in variables() if name.startswith("LIMIT_")}, limits_of_it)
        self.assertEqual(set(variables()) - limits_of_it, set(config) | elsewhere)
        for name, schema in config.items():
            with self.subTest(name):
                meaning = variables()[name][1]
                limits = re.search(r", (\d+)-(\d+)\b", meaning)
                if limits:
                    self.assertEqual(schema, {"type": "integer", "minimum": int(limits[1]), "maximum": int(limits[2])})
                elif meaning.endswith("true or false"):
                    self.assertEqual(schema, {"type": "boolean"})
                elif "enum" in schema:
                    self.assertEqual(schema["enum"], re.split(r", | or ", meaning.split(":")[0]))
                else:
                    self.assertEqual(schema, {"type": "string"})

    def test_defaults_in_templates_are_the_daemons(self):
        helpers = (CHART / "templates/_helpers.tpl").read_text()
        defaults = re.search(r"\$defaults := dict\n(.*?) -\}\}", helpers, re.S)[1]
        pairs = re.findall(r'"([A-Z_]+)" (\d+)', defaults)
        self.assertEqual(len(pairs), 7)
        for name, value in pairs:
            self.assertEqual(variables()[name][0], value, name)

    def test_values_name_the_daemons_variables(self):
        text = (CHART / "values.yaml").read_text() + (CHART / "README.md").read_text()
        names = set(re.findall(r"\b(?:PRESENCE|REDIS|AUTH|LOG)_[A-Z_]+\b", text))
        self.assertLessEqual(names, set(variables()))

    def test_linked_files_are_those_of_grafana(self):
        for name in "presence.json", "alerts.yaml":
            self.assertEqual((CHART / "files" / name).resolve(), ROOT / "packaging/grafana" / name)


class ManifestTest(unittest.TestCase):
    def setUp(self):
        self.files = {path.name: load(path) for path in (KUBERNETES / "manifests").glob("*.yaml")}

    def test_kustomization_lists_the_files(self):
        (kustomization,) = self.files.pop("kustomization.yaml")
        self.assertEqual(set(kustomization["resources"]), set(self.files) - {"servicemonitor.yaml"})
        self.assertEqual(kustomization["namespace"], "presence")

    def test_manifests(self):
        self.files.pop("kustomization.yaml")
        objects = [item for items in self.files.values() for item in items]
        kinds = {"Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "HorizontalPodAutoscaler",
                 "NetworkPolicy", "ServiceMonitor"}
        self.assertEqual({item["kind"] for item in objects}, kinds)
        # preStop's sleep is in 1.30 and later.
        versions = carried_versions("1.30")
        self.assertGreaterEqual(len(versions), 5)
        for version in versions:
            with self.subTest(version):
                self.assertEqual(Checks(objects, version).run(), [])
        image = self.files["deployment.yaml"][0]["spec"]["template"]["spec"]["containers"][0]["image"]
        self.assertEqual(image, f"presenced:{project_version()}")
        self.assertNotIn("Helm", "".join(path.read_text() for path in (KUBERNETES / "manifests").glob("*.yaml")))

    @unittest.skipUnless("PRESENCED" in os.environ, "PRESENCED does not name the daemon")
    def test_daemon_takes_the_variables(self):
        run_daemon(os.environ["PRESENCED"], self.files["deployment.yaml"][0])

    def test_checks_notice_what_is_wrong(self):
        self.files.pop("kustomization.yaml")
        good = [item for items in self.files.values() for item in items]
        version = carried_versions("1.30")[-1]

        def pod(objects):
            return next(item for item in objects if item["kind"] == "Deployment")["spec"]["template"]["spec"]

        def service(objects):
            return next(item for item in objects if item["kind"] == "Service")

        changes = [
            lambda o: pod(o).update(enableServiceLink=False),
            lambda o: pod(o).update(terminationGracePeriodSeconds=20),
            lambda o: pod(o)["containers"][0]["readinessProbe"]["httpGet"].update(port="web"),
            lambda o: pod(o)["containers"][0]["env"].append({"name": "REDIS_PASSWORD", "value": "x"}),
            lambda o: pod(o)["containers"][0]["env"].append({"name": "PRESENCE_PORTS", "value": "x"}),
            lambda o: pod(o)["containers"][0]["env"].append({"name": "LOG_LEVEL", "value": 1}),
            lambda o: pod(o).update(serviceAccountName="other"),
            lambda o: service(o)["spec"]["selector"].update(app="other"),
            lambda o: service(o)["spec"]["ports"][0].update(name="web"),
            lambda o: service(o)["metadata"].pop("namespace"),
        ]
        for number, change in enumerate(changes):
            objects = copy.deepcopy(good)
            change(objects)
            with self.subTest(number):
                self.assertTrue(Checks(objects, version).run())


class RedisClusterTest(unittest.TestCase):
    def setUp(self):
        self.config, self.cluster = load(KUBERNETES / "redis-cluster.yaml")

    def test_fits_the_schemas(self):
        self.assertEqual(Checks([self.config, self.cluster], carried_versions("1.30")[-1]).run(), [])

    def test_is_what_the_daemon_needs(self):
        spec = self.cluster["spec"]
        self.assertEqual((spec["clusterSize"], spec["persistenceEnabled"]), (3, True))
        self.assertTrue(spec["redisExporter"]["enabled"] and spec["storage"]["nodeConfVolume"])
        lines = self.config["data"]["redis-additional.conf"].splitlines()
        settings = dict(line.split(" ", 1) for line in lines)
        self.assertEqual(settings["maxmemory-policy"], "noeviction")
        self.assertEqual(settings["appendonly"], "yes")
        limit = quantity(spec["kubernetesConfig"]["resources"]["limits"]["memory"])
        self.assertLessEqual(quantity(settings["maxmemory"]), limit / 2)
        for role in "redisLeader", "redisFollower":
            name = spec[role]["redisConfig"]["additionalRedisConfig"]
            self.assertEqual(name, self.config["metadata"]["name"])
        self.assertIn("Redis 7.0 or later", (ROOT / "packaging/README.md").read_text())
        self.assertRegex(spec["kubernetesConfig"]["image"], r":v([7-9]|\d\d)\.")

    def test_manifests_use_it(self):
        (deployment,) = load(KUBERNETES / "manifests/deployment.yaml")
        env = {item["name"]: item for item in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
        name = self.cluster["metadata"]["name"]
        self.assertEqual(env["REDIS_CLUSTER_NODES"]["value"], f"{name}-leader:6379,{name}-follower:6379")
        secret = self.cluster["spec"]["kubernetesConfig"]["redisSecret"]
        self.assertEqual(env["REDIS_PASSWORD"]["valueFrom"]["secretKeyRef"], secret)
        self.assertEqual(deployment["metadata"]["namespace"], self.cluster["metadata"]["namespace"])

    def test_redis_takes_the_settings(self):
        """A real server, which does not start with a line that it does not know."""
        with tempfile.TemporaryDirectory() as folder:
            socket = f"{folder}/redis.sock"
            file = Path(folder, "redis.conf")
            file.write_text(f"port 0\nunixsocket {socket}\ndir {folder}\n"
                            + self.config["data"]["redis-additional.conf"])
            with subprocess.Popen(["redis-server", file], stdout=subprocess.PIPE, text=True) as server:
                # It says so, or ends.
                said = list(itertools.takewhile(lambda line: "ready to accept" not in line, server.stdout))
                asked = subprocess.run(["redis-cli", "-s", socket, "CONFIG", "GET", "maxmemory*"],
                                       capture_output=True, text=True)
                server.terminate()
        settings = asked.stdout.split()
        self.assertIn("noeviction", settings, said)
        self.assertIn(str(512 * 1024 * 1024), settings)


class StyleTest(unittest.TestCase):
    def test_every_file_has_its_header(self):
        for path in KUBERNETES.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.suffix != ".md" and path.name != "NOTES.txt":
                with self.subTest(path.name):
                    head = path.read_text()[:400]
                    self.assertIn("SPDX-License-Identifier: GPL-3.0-or-later", head)

    def test_custom_resources_are_named_once(self):
        self.assertEqual({"ServiceMonitor", "PrometheusRule", "HTTPRoute", "RedisCluster"},
                         {kind for kind in CRDS if kind[0].isupper()})


if __name__ == "__main__":
    unittest.main(verbosity=2)
