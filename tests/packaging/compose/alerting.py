# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""alerting.py <presenced>: a real Prometheus with our rules scrapes three nodes on one Redis. One node is killed and
started again: its alert fires, and is resolved. The canary's recording rules have values; then Redis hangs, and the alert
of the objective fires. In a copy of the rules what an alert has to last (`for`) is shortened; the rest is as shipped."""
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from client import SECRET, eventually, fetch

RULES = Path(__file__).resolve().parents[3] / "packaging/grafana/alerts.yaml"
NODES = 3
LASTS = "2s"
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: presence
    static_configs: [{{targets: {targets}}}]
"""
BURN = "PresenceErrorBudgetBurnFast"

started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True)


def free_ports(count):
    """Below those of outgoing connections, so that nobody takes one while its node is down."""
    ports = []
    with ExitStack() as stack:
        while len(ports) < count:
            port = random.randrange(20000, 30000)
            try:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                ports.append(port)
            except OSError:
                pass
    return ports


class Deployment:
    def __init__(self, presenced, folder):
        self._presenced = presenced
        self._folder = folder
        self._processes = {}
        *ports, prometheus = free_ports(NODES + 1)
        self.instances = [f"127.0.0.1:{port}" for port in ports]
        self._prometheus = f"127.0.0.1:{prometheus}"

    def up(self):
        self._start("redis", "redis-server", "--port", "0", "--unixsocket", f"{self._folder}/redis.sock", "--save", "",
                    "--dir", self._folder)
        eventually((self._folder / "redis.sock").exists, 5, "Redis listens")
        for number in range(NODES):
            self.start_node(number)
        for number in range(NODES):
            self.wait_ready(number)
        (self._folder / "prometheus.yml").write_text(CONFIG.format(targets=json.dumps(self.instances)))
        text, shortened = re.subn(r"^( +for:) .+$", rf"\1 {LASTS}", RULES.read_text(), flags=re.MULTILINE)
        assert shortened > 5, f"{shortened} alerts have to last"
        (self._folder / "alerts.yaml").write_text(text)
        self._start("prometheus", "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                    f"--web.listen-address={self._prometheus}")
        eventually(lambda: len(self.query('up{job="presence"} == 1')) == NODES, 20, "Prometheus scrapes every node")

    def start_node(self, number):
        self._start(f"node{number}", self._presenced, PRESENCE_BIND="127.0.0.1", PRESENCE_PORT="0",
                    METRICS_BIND=self.instances[number], REDIS_URL=f"unix://{self._folder}/redis.sock",
                    NODE_NAME=f"node{number}", AUTH_JWT_SECRET=SECRET, CANARY_INTERVAL="500")

    def wait_ready(self, number):
        def is_ready():
            assert self._processes[f"node{number}"].poll() is None, f"node {number} has ended"
            return fetch(f"http://{self.instances[number]}/health")
        eventually(is_ready, 10, f"node {number} is ready")

    def signal(self, name, number):
        self._processes[name].send_signal(number)
        if number == signal.SIGKILL:
            self._processes[name].wait(5)

    def down(self):
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait(5)

    def metrics(self, number):
        return fetch(f"http://{self.instances[number]}/metrics")

    def ask(self, path):
        answer = json.loads(fetch(f"http://{self._prometheus}/api/v1/{path}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        return self.ask(f"query?query={quote(expression)}")["result"]

    def alerts(self, name):
        """(state, instance) of each, sorted."""
        return sorted((each["state"], each["labels"].get("instance")) for each in self.ask("alerts")["alerts"]
                      if each["labels"]["alertname"] == name)

    def recorded(self):
        rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
        assert {rule["health"] for rule in rules} <= {"ok", "unknown"}, rules
        return [rule["name"] for rule in rules if rule["type"] == "recording"]

    def print_logs(self):
        for log in sorted(self._folder.glob("*.log")):
            print(f"--- {log.name}", *log.read_text().splitlines()[-30:], sep="\n", flush=True)

    def _start(self, name, *command, **variables):
        # It ends with this test, however that ends.
        with (self._folder / f"{name}.log").open("a") as log:
            self._processes[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command], cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={"PATH": os.environ["PATH"], **variables})


def play_death_of_a_node(deployment):
    dead = deployment.instances[1]
    assert deployment.alerts("PresenceDown") == []
    killed = time.monotonic()
    deployment.signal("node1", signal.SIGKILL)
    eventually(lambda: deployment.alerts("PresenceDown") == [("firing", dead)], 15, "the alert of the node fires")
    assert [each["metric"]["instance"] for each in deployment.query("up == 0")] == [dead]
    say(f"a node was killed, and its alert fires after {time.monotonic() - killed:.1f} s")

    back = time.monotonic()
    deployment.start_node(1)
    eventually(lambda: deployment.alerts("PresenceDown") == [], 15, "the alert of the node is resolved")
    assert len(deployment.query('up{job="presence"} == 1')) == NODES
    say(f"it was started again, and its alert is resolved after {time.monotonic() - back:.1f} s")


def play_canary(deployment):
    delivered = 'rate(presence_canary_changes_total{result="delivered"}[10s]) > 0'
    eventually(lambda: len(deployment.query(delivered)) == NODES, 15, "the canary of each node is told of its changes")
    names = deployment.recorded()
    assert len(names) == 10, names
    for name in names:
        result, = eventually(lambda: deployment.query(name), 5, f"{name} has a value")
        assert result["metric"] == {"__name__": name, "job": "presence"}, result
        value = float(result["value"][1])
        assert 0 <= value < 0.1 if ":ratio_" in name else value > 0, f"{name} is {value}"
    assert deployment.alerts(BURN) == []
    say("what is recorded of the canary has values, and hardly a change was late")

    hung = time.monotonic()
    deployment.signal("redis", signal.SIGSTOP)
    eventually(lambda: deployment.alerts(BURN) == [("firing", None)], 30, "the alert of the objective fires")
    say(f"Redis hangs, and the alert of the objective fires after {time.monotonic() - hung:.1f} s")
    deployment.signal("redis", signal.SIGCONT)
    eventually(lambda: len(deployment.query(delivered.replace("10s", "3s"))) == NODES, 20, "changes are delivered again")
    say("Redis is back, and so are the changes")


def play(deployment):
    deployment.up()
    say(f"Prometheus scrapes {NODES} nodes")
    play_death_of_a_node(deployment)
    if "presence_canary_changes_total" in deployment.metrics(0):
        play_canary(deployment)
    else:
        say("this daemon has no canary: its rules are not tested")


def main():
    with tempfile.TemporaryDirectory() as folder:
        deployment = Deployment(os.path.realpath(sys.argv[1]), Path(folder))
        try:
            play(deployment)
        except BaseException:
            deployment.print_logs()
            raise
        finally:
            deployment.down()


if __name__ == "__main__":
    main()
