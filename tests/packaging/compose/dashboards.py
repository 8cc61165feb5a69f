# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dashboards.py <presenced>: every expression of the dashboard and of the rules, asked of a real Prometheus that
scrapes a real daemon; and the rules on made-up data, by promtool."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import quote

import yaml

from client import SECRET, Node, Socket, eventually, fetch
from composefile import ROOT
from container import enter_namespaces, run

GRAFANA = ROOT / "packaging/grafana"
PROMETHEUS = "http://127.0.0.1:9090"
METRICS = "http://127.0.0.1:9401/metrics"
CONFIG = """
global: {scrape_interval: 500ms, evaluation_interval: 1s}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: presence
    static_configs: [{targets: ["127.0.0.1:9401"]}]
"""
# what Grafana puts in place of them
VARIABLES = {"$job": "presence", "$instance": ".*", "$__rate_interval": "3s"}
# Where clients have been busy, these are more than nothing: by title, what the legend says.
BUSY = {
    "Is it healthy?": {"Delivered within 1 s (hour)", "Delivered within 1 s (3 days)", "Nodes up", "Versions"},
    "Who is online?": {"online", "typing"},
    "How long until a change reaches who watches?": {"p50", "p99"},
    "How many clients are connected, and what do they do?":
        {"{{instance}}", "connections accepted", "joins", "REST requests", "messages in", "messages out"},
    "How fast does Redis answer?": {"p50", "p99", "commands"},
    "How loaded are the nodes?": {"{{instance}} processor", "{{instance}} descriptors", "{{instance}} memory"},
    "What waits, and how many does a change reach?": {"receivers, p50", "events received"},
}
# of what is not configured here
ABSENT = {"Does the archive keep up?"}


def query(expression):
    answer = json.loads(fetch(f"{PROMETHEUS}/api/v1/query?query={quote(expression)}"))
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def names_in(expression):
    """Of metrics, and of what is recorded of them."""
    return set(re.findall(r"\b(?:\w+:[\w:]+|presence_\w+|process_\w+|up)\b", re.sub(r'"[^"]*"', "", expression)))


def rules():
    groups = yaml.safe_load((GRAFANA / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def recorded():
    return {rule["record"] for rule in rules() if "record" in rule}


class Dashboard:
    def __init__(self):
        self.raw = json.loads((GRAFANA / "presence.json").read_text())
        self.panels = [panel for panel in self.raw["panels"] if panel["type"] != "row"]

    def expressions(self):
        """(title of the panel, legend, expression with its variables replaced)"""
        for panel in self.panels:
            for target in panel["targets"]:
                expression = target["expr"]
                for name, value in VARIABLES.items():
                    expression = expression.replace(name, value)
                yield panel["title"], target["legendFormat"], expression

    def metrics(self):
        """Those of the rules as well, without what is recorded."""
        used = {name for *_, expression in self.expressions() for name in names_in(expression)}
        for rule in rules():
            used |= names_in(rule["expr"])
        return used - recorded()


class Live(unittest.TestCase):
    dashboard = Dashboard()
    socket = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(dir="/run"))
        (cls.folder / "prometheus.yml").write_text(CONFIG)
        shutil.copy(GRAFANA / "alerts.yaml", cls.folder)
        with (cls.folder / "log").open("w") as log:
            cls.daemon = subprocess.Popen([PRESENCED], stdout=log, stderr=log, env={
                "PATH": os.environ["PATH"], "PRESENCE_STATE_DIR": str(cls.folder / "state"), "AUTH_JWT_SECRET": SECRET,
                "HEARTBEAT_INTERVAL": "500", "TYPING_TTL": "60", "CANARY_INTERVAL": "500"})
            cls.prometheus = subprocess.Popen(
                ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                 "--web.listen-address=127.0.0.1:9090"], cwd=cls.folder, stdout=log, stderr=log)
        cls.addClassCleanup(cls.stop)
        cls.node = Node("127.0.0.1")
        eventually(lambda: cls.node.call("GET", "/health/ready")[0] == 200, 10, "the daemon is ready")
        eventually(lambda: query('up{job="presence"} == 1'), 10, "Prometheus scrapes")
        cls.socket = Socket(cls.node, "alice")
        cls.socket.push("presence:alice", "phx_join", {"device_id": "web:1", "workspace_id": "acme"})
        cls.socket.push("presence:alice", "join_channel", {"channel_id": "7"})
        cls.socket.push("presence:alice", "typing_start", {"channel_id": "7"})
        cls.socket.push("user:bob", "phx_join", {})
        # until every rate has something to go by
        eventually(cls.every_panel_shows_something, 15, "data for every panel")

    @classmethod
    def every_panel_shows_something(cls):
        cls.node.put_status("bob", status="busy", custom_message=str(time.monotonic()))
        cls.node.heartbeat("bob", "web:1", "acme")
        cls.socket.push("workspace:acme", "phx_join", {})
        cls.socket.push("workspace:acme", "phx_leave", {})
        values = {(title, legend): [float(each["value"][1]) for each in query(expression)]
                  for title, legend, expression in cls.dashboard.expressions()}
        empty = {key for key, of_each in values.items() if not of_each and key[0] not in ABSENT}
        assert not empty, f"no data for {empty}"
        idle = {(title, legend) for title, legends in BUSY.items() for legend in legends
                if not any(value > 0 for value in values[title, legend])}
        assert not idle, f"nothing seen of {idle}"
        # Every node tells of the whole cluster, so they are not to be added up. The canary is in no count.
        assert values["Who is online?", "online"] == [2], values["Who is online?", "online"]
        return True

    @classmethod
    def stop(cls):
        if cls.socket is None:
            print((cls.folder / "log").read_text())
        else:
            cls.socket.close()  # else the daemon drains
        for process in (cls.prometheus, cls.daemon):
            process.terminate()
            process.wait(20)

    def test_variables(self):
        for variable in self.dashboard.raw["templating"]["list"]:
            if variable["type"] != "query":
                continue
            selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
            url = f"{PROMETHEUS}/api/v1/label/{label}/values?match[]={quote(selector.replace('$job', 'presence'))}"
            self.assertEqual(json.loads(fetch(url))["data"], [{"job": "presence", "instance": "127.0.0.1:9401"}[label]])

    def test_metrics_exist(self):
        exposed = set(re.findall(r"^(\w+)", fetch(METRICS), re.MULTILINE)) | {"up"}
        exposed.add("presence_findings")  # absent while there are none
        # Of what is not configured here.
        samples = (ROOT / "server/app/daemonsamples.cpp").read_text()
        exposed |= set(re.findall(r'"(presence_(?:archive|tls)_\w+)"', samples))
        used = self.dashboard.metrics()
        self.assertGreater(len(used), 40)
        self.assertLessEqual(used, exposed)

    def test_no_alert_of_a_healthy_node(self):
        for rule in alerts():
            self.assertEqual(query(rule["expr"]), [], rule["alert"])
        groups = json.loads(fetch(f"{PROMETHEUS}/api/v1/rules"))["data"]["groups"]
        loaded = [rule for group in groups for rule in group["rules"]]
        self.assertEqual([rule["name"] for rule in loaded], [rule.get("alert") or rule["record"] for rule in rules()])
        self.assertEqual({rule["health"] for rule in loaded}, {"ok"})


class Form(unittest.TestCase):
    """What Grafana would not say, but show."""

    def setUp(self):
        self.dashboard = Dashboard()

    def test_panels(self):
        panels = self.dashboard.raw["panels"]
        self.assertEqual(len(self.dashboard.panels), 12)
        self.assertEqual(len({panel["title"] for panel in panels}), len(panels))
        # in the order in which they are read
        self.assertEqual(panels, sorted(panels, key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"])))
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells

    def test_targets(self):
        for panel in self.dashboard.panels:
            self.assertEqual(len({target["refId"] for target in panel["targets"]}), len(panel["targets"]))
            for each in [panel, *panel["targets"]]:
                self.assertEqual(each["datasource"], {"type": "prometheus", "uid": "${datasource}"})
            for target in panel["targets"]:
                self.assertIn('job="$job"', target["expr"])
                # What is recorded is of all nodes.
                if not names_in(target["expr"]) & recorded():
                    self.assertIn('instance=~"$instance"', target["expr"])
        for *_, expression in self.dashboard.expressions():
            self.assertNotIn("$", expression)

    def test_overrides_are_of_something(self):
        for panel in self.dashboard.panels:
            legends = [target["legendFormat"] for target in panel["targets"]]
            for override in panel["fieldConfig"]["overrides"]:
                kind, name = override["matcher"]["id"], override["matcher"]["options"]
                pattern = {"byName": re.escape(name), "byRegexp": name.strip("/")}[kind]
                search = re.fullmatch if kind == "byName" else re.search
                self.assertTrue(any(search(pattern, legend) for legend in legends), f"{panel['title']}: {name}")

    def test_metrics_are_documented(self):
        text = (ROOT / "packaging/README.md").read_text()
        rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", text[text.index("| metric | labels | what |"):], re.MULTILINE)
        documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
        used = {re.sub(r"_(bucket|count|sum)$", "", name) for name in self.dashboard.metrics()}
        self.assertGreater(len(used), 40)
        self.assertEqual(used - documented - {"up"}, set())


class Rules(unittest.TestCase):
    def test_on_made_up_data(self):
        tests = sorted(Path(__file__).parent.glob("*_test.yaml"))
        with tempfile.TemporaryDirectory() as folder:
            for file in [GRAFANA / "alerts.yaml", *tests]:
                shutil.copy(file, folder)
            run("promtool", "check", "rules", f"{folder}/alerts.yaml")
            done = subprocess.run(["promtool", "test", "rules", *(file.name for file in tests)], cwd=folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # Each is seen to fire, and not to; or to be recorded.
        loaded = [test for file in tests for test in yaml.safe_load(file.read_text())["tests"]]
        cases = [case for test in loaded for case in test.get("alert_rule_test", [])]
        for rule in alerts():
            fires = {bool(case["exp_alerts"]) for case in cases if case["alertname"] == rule["alert"]}
            self.assertEqual(fires, {True, False}, rule["alert"])
        asked = [case["expr"] for test in loaded for case in test.get("promql_expr_test", []) if case["exp_samples"]]
        self.assertEqual(recorded(), {name for expression in asked for name in names_in(expression)} & recorded())

    def test_what_is_said(self):
        for rule in alerts():
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
            self.assertTrue(rule["annotations"]["summary"] and rule["annotations"]["description"], rule["alert"])


if __name__ == "__main__":
    enter_namespaces()
    PRESENCED = os.path.realpath(sys.argv.pop(1))
    run("mount", "-t", "tmpfs", "none", "/run")
    run("ip", "link", "set", "lo", "up")
    unittest.main()
