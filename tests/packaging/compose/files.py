# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""files.py <presenced>: what can be said of compose.yaml and the files beside it without starting anything."""
import json
import re
import subprocess
import sys
import unittest
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import yaml

from composefile import FOLDER, ROOT, ComposeFile, seconds

PRESENCED = sys.argv.pop(1)
REQUIRED = {"AUTH_JWT_SECRET", "REDIS_PASSWORD", "MONGODB_PASSWORD", "GRAFANA_PASSWORD"}
# Spread of the closing of connections, and what the end takes after it.
DRAIN, RESERVE = 5, 10


def daemon_variables():
    """name -> default, as the daemon itself prints them."""
    said = subprocess.run([PRESENCED, "--help"], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^  ([A-Z_]+) (?:\((.*)\))?$", said, re.MULTILINE))


class Compose(unittest.TestCase):
    def setUp(self):
        self.compose = ComposeFile({name: "x" for name in REQUIRED})
        self.services = self.compose.services
        self.sentinel = (FOLDER / "redis/sentinel.conf").read_text()

    def test_schema(self):
        package = Path(find_spec("check_jsonschema").origin).parent
        schema = json.loads((package / "builtin_schemas/vendor/compose-spec.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(self.compose.raw)

    def test_tls_is_added_to_what_is_there(self):
        added = yaml.safe_load((FOLDER / "compose.tls.yaml").read_text())
        self.assertEqual(set(added["services"]), {"presence"})
        variables = added["services"]["presence"]["environment"]
        self.assertFalse(set(variables) - set(daemon_variables()))
        where = added["services"]["presence"]["volumes"][0].split(":")[-2]
        self.assertEqual({str(Path(file).parent) for file in variables.values()}, {where})

    def test_files_exist(self):
        for service in self.services.values():
            for mount in service.mounts:
                if mount.is_bind:
                    self.assertTrue((FOLDER / mount.source).exists(), mount.source)
                    self.assertTrue(mount.read_only, mount.source)
        build = self.compose.raw["services"]["presence"]["build"]
        self.assertEqual((FOLDER / build["context"]).resolve(), ROOT)
        self.assertTrue((ROOT / build["dockerfile"]).exists(), build["dockerfile"])

    def test_what_is_named_is_declared(self):
        volumes = {mount.source for each in self.services.values() for mount in each.mounts if not mount.is_bind}
        self.assertEqual(volumes, set(self.compose.raw["volumes"]))
        networks = {network for each in self.services.values() for network in each.networks}
        self.assertEqual(networks, set(self.compose.raw["networks"]))
        for service in self.services.values():
            for name, condition in service.depends_on.items():
                self.assertIn(name, self.services)
                if condition == "service_healthy":
                    self.assertIsNotNone(self.services[name].check, name)

    def test_variables_are_documented(self):
        example = (FOLDER / ".env.example").read_text()
        documented = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))
        tls = re.findall(r"\$\{([A-Z_]+):\?", (FOLDER / "compose.tls.yaml").read_text())
        self.assertEqual(set(documented), set(self.compose.variables) | set(tls))
        # Without them nothing starts; none has a value that somebody could leave.
        self.assertEqual({name for name, how in self.compose.variables.items() if how == ":?"}, REQUIRED)
        self.assertEqual(set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE)), REQUIRED)
        for name in REQUIRED:
            with self.assertRaises(KeyError):
                ComposeFile({other: "x" for other in REQUIRED - {name}})

    def test_variables_of_the_daemon(self):
        known = daemon_variables()
        self.assertGreater(len(known), 20)
        self.assertLessEqual(set(self.compose.raw["services"]["presence"]["environment"]), set(known))
        example = (FOLDER / ".env.example").read_text()
        for name, value in re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE):
            if name in known:
                self.assertEqual(value, known[name], name)

    def test_images_are_pinned(self):
        for service in self.services.values():
            if service.name != "presence":
                self.assertRegex(service.image, r":v?\d+\.\d+\.\d+(-\w+)?$")

    def test_hardening(self):
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertEqual(service.raw["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service.raw["security_opt"])
                self.assertEqual(service.raw["restart"], "unless-stopped")
                self.assertTrue(service.raw["logging"]["options"]["max-size"])
                self.assertNotIn("privileged", service.raw)
                # Its image brings a check, and writes into its own configuration.
                if name != "redis-commander":
                    self.assertTrue(service.raw["read_only"])
                    self.assertTrue(service.check)

    def test_ports(self):
        """Only on the loopback address, and Redis and MongoDB not at all."""
        for service in self.services.values():
            for address, *_ in service.ports:
                self.assertEqual(address, "127.0.0.1")
            if service.image.startswith("redis:"):
                self.assertEqual(service.ports, [])
                self.assertEqual(service.networks, ["redis"])
        self.assertEqual(self.services["mongodb"].ports, [])
        self.assertEqual(self.services["mongodb"].networks, ["mongodb"])
        for network in ["redis", "mongodb"]:
            self.assertTrue(self.compose.raw["networks"][network]["internal"])

    def test_mongodb(self):
        uri = self.services["presence"].environment["MONGODB_URI"]
        mongodb = self.services["mongodb"].environment
        user, password = mongodb["MONGO_INITDB_ROOT_USERNAME"], mongodb["MONGO_INITDB_ROOT_PASSWORD"]
        self.assertEqual(uri, f"mongodb://{user}:{password}@mongodb:27017/presence?authSource=admin")

    def test_sentinels(self):
        monitor = re.search(r"^sentinel monitor (\S+) (\S+) (\d+) (\d+)$", self.sentinel, re.MULTILINE)
        name, host, port, quorum = monitor.groups()
        sentinels = [each for each in self.services if each.startswith("redis-sentinel")]
        self.assertEqual(len(sentinels), 3)
        self.assertEqual(int(quorum), 2)
        self.assertEqual((host, port), ("redis-master", "6379"))
        self.assertIn("sentinel resolve-hostnames yes", self.sentinel)
        self.assertIn("sentinel announce-hostnames yes", self.sentinel)
        environment = self.services["presence"].environment
        self.assertEqual(environment["REDIS_SENTINELS"], ",".join(f"{each}:26379" for each in sentinels))
        self.assertEqual(environment["REDIS_SENTINEL_MASTER"], name)
        self.assertEqual(self.services["redis-commander"].environment["SENTINEL_NAME"], name)
        for each in [*sentinels, "redis-master", "redis-replica"]:
            # what it announces has to be what others can resolve
            self.assertEqual(self.services[each].raw["hostname"], each)
        for each in sentinels:
            self.assertIn(name, self.services[each].check)

    def test_nodes_can_be_scaled(self):
        presence = self.services["presence"].raw
        self.assertFalse({"hostname", "container_name", "NODE_NAME"} & (set(presence) | set(presence["environment"])))
        scaled = ComposeFile(
            {name: "x" for name in REQUIRED} | {"PRESENCE_PORTS": "4001-4003", "HOST_ADDRESS": "0.0.0.0"})
        self.assertEqual(scaled.services["presence"].ports, [("0.0.0.0", "4001-4003", "4001")])
        self.assertGreaterEqual(self.services["presence"].grace, DRAIN + RESERVE)

    def test_secrets_stay_out_of_the_repository(self):
        ignored = subprocess.run(["git", "check-ignore", "--quiet", FOLDER / ".env"], cwd=ROOT)
        self.assertEqual(ignored.returncode, 0)


class Grafana(unittest.TestCase):
    """What is provisioned is where the services are, and where the files are mounted."""

    def setUp(self):
        self.compose = ComposeFile({name: "x" for name in REQUIRED})
        self.mounts = {mount.target: FOLDER / mount.source for mount in self.compose.services["grafana"].mounts}
        self.provisioning = self.mounts["/etc/grafana/provisioning"]

    def load(self, name):
        return yaml.safe_load((self.provisioning / name).read_text())

    def test_all_files_are_of_a_kind_that_is_read(self):
        for path in self.provisioning.rglob("*"):
            if path.is_file():
                self.assertIn(path.parent.name, ("datasources", "dashboards"))
                self.assertEqual(path.suffix, ".yaml")
                self.assertEqual(yaml.safe_load(path.read_text())["apiVersion"], 1)

    def test_datasource(self):
        source, = self.load("datasources/prometheus.yaml")["datasources"]
        self.assertEqual(source["type"], "prometheus")
        scheme, host, port = re.fullmatch(r"(\w+)://([^:]+):(\d+)", source["url"]).groups()
        self.assertEqual(scheme, "http")
        prometheus = self.compose.services[host]
        self.assertIn(port, [each[2] for each in prometheus.ports])
        self.assertTrue(set(prometheus.networks) & set(self.compose.services["grafana"].networks))
        interval = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["global"]["scrape_interval"]
        self.assertEqual(seconds(source["jsonData"]["timeInterval"]), seconds(interval))

    def test_dashboards(self):
        provider, = self.load("dashboards/presence.yaml")["providers"]
        dashboard = self.mounts[provider["options"]["path"] + "/presence.json"]
        self.assertEqual(json.loads(dashboard.read_text())["title"], "presenced")


if __name__ == "__main__":
    unittest.main()
