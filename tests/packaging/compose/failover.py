# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""failover.py <presenced>: the services of compose.yaml are started in its order; then the master is killed and comes
back, the next one is restarted at once, and all are stopped and started again. Presence is as it was each time."""
import json
import os
import sys
import time
from urllib.parse import quote

from client import SECRET, Closed, Node, Socket, eventually, fetch
from composefile import ComposeFile
from container import Engine, Image, enter_namespaces

PASSWORD = "apasswordofthetests"
MASTER = "quikapp-master"
NODES = 2
# how long a change may be refused after the master has died
OUTAGE = 30
# No program of Debian's packages stands for these.
NOT_STARTED = {"grafana", "mongodb", "redis-commander"}

started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True)


class Deployment:
    def __init__(self, presenced):
        compose = ComposeFile({"AUTH_JWT_SECRET": SECRET, "REDIS_PASSWORD": PASSWORD, "MONGODB_PASSWORD": "unused",
                               "GRAFANA_PASSWORD": "unused"})
        self.engine = Engine(compose, {
            "redis": Image([], "0:0"),
            "presenced": Image(["/presenced"], "10001:10001", {"/presenced": presenced}),
            "prom/prometheus": Image(["prometheus"], "65534:65534"),
        })
        self._services = compose.in_order([name for name in compose.services if name not in NOT_STARTED])
        for service in self._services:
            for number in range(1, NODES + 1) if service.name == "presence" else [None]:
                self.engine.create(service, number)

    def __getitem__(self, name):
        return self.engine.containers[name]

    def of(self, service):
        return [each for each in self.engine.containers.values() if each.service.name == service]

    def up(self):
        """Each once what it depends on has started, or is healthy."""
        for service in self._services:
            for name, condition in service.depends_on.items():
                if condition == "service_healthy":
                    self.wait_healthy(name)
            for each in self.of(service.name):
                each.start()
        for service in self._services:
            self.wait_healthy(service.name)

    def wait_healthy(self, name):
        for each in self.of(name):
            eventually(each.is_healthy, each.service.patience, f"{each.name} is healthy")

    def down(self):
        for service in reversed(self._services):
            for each in self.of(service.name):
                code = each.stop()
                assert code == 0, f"{each.name} ended with {code}"

    def nodes(self):
        return [Node(each.addresses["front"]) for each in self.of("presence")]

    def master(self):
        """The host of the master, on which all Sentinels have to agree."""
        said = set()
        for number in (1, 2, 3):
            code, text = self[f"redis-sentinel-{number}"].exec(
                "redis-cli", "-e", "-p", "26379", "sentinel", "get-master-addr-by-name", MASTER)
            assert code == 0, text
            said.add(text.split()[0])
        assert len(said) == 1, said
        return said.pop()

    def replication(self, name):
        code, text = self[name].exec("redis-cli", "-e", "info", "replication")
        assert code == 0, text
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def check_replication(self, master, replica):
        """The Sentinels name the master, and the other has all that it has."""
        eventually(lambda: self.master() == master, 20, f"the Sentinels name {master}")
        eventually(lambda: (said := self.replication(replica))["role"] == "slave" and said["master_host"] == master
                   and said["master_link_status"] == "up", 30, f"{replica} replicates {master}")
        eventually(lambda: json.loads(fetch(f"http://{self.nodes()[0].address[0]}:9401/health"))["redis"]["replicas"] == 1, 15,
                   "the daemon has heard of the replica")

    def query(self, expression):
        url = f"http://{self['prometheus'].addresses['front']}:9090/api/v1/query?query={quote(expression)}"
        return json.loads(fetch(url))["data"]["result"]

    def print_logs(self):
        for each in self.engine.containers.values():
            if each.log.exists():
                print(f"--- {each.name}", *each.log.read_text().splitlines()[-40:], sep="\n", flush=True)


def seen(node):
    user = node.get("/api/presence/users/alice")
    return user["status"], user["custom_message"], [device["id"] for device in user["devices"]]


def check_presence(deployment, status, message, patience=OUTAGE):
    """Each node says so of alice, and a change goes through each; answers with the message of the last change."""
    for node in deployment.nodes():
        eventually(lambda: seen(node) == (status, message, ["web:1"]), patience, f"alice is {status}: {message}")
    for i, node in enumerate(deployment.nodes()):
        message += f" {i}"
        eventually(lambda: node.put_status("alice", status=status, custom_message=message)[0] == 200, patience,
                   "a change")
        for other in deployment.nodes():
            eventually(lambda: seen(other)[1] == message, 5, "the change is seen")
    return message


def check_told(watcher, message):
    watcher.wait(lambda each: each[2:4] == ["user:alice", "status_update"] and each[4]["custom_message"] == message, 10)


def play(deployment):
    deployment.up()
    say("all services are healthy")
    first, second = deployment.nodes()

    # alice signs on at one node, bob looks on from the other.
    status, answer = first.heartbeat("alice", "web:1", "acme")
    assert status == 204, answer
    status, answer = first.put_status("alice", status="busy", custom_message="Deep work")
    assert status == 200, answer
    watcher = Socket(second, "bob")
    assert watcher.push("user:alice", "phx_join", {})["status"] == "busy"
    message = check_presence(deployment, "busy", "Deep work", 5)
    check_told(watcher, message)
    assert [user["id"] for user in second.get("/api/presence/workspace/acme/online")["users"]] == ["alice"]
    deployment.check_replication("redis-master", "redis-replica")
    say("a status is seen on both nodes")

    # What was written within the last second may be lost: not so where a replica has it.
    killed = time.monotonic()
    deployment["redis-master"].kill()
    message = check_presence(deployment, "busy", message)
    outage = time.monotonic() - killed
    assert outage < OUTAGE, f"{outage:.1f} s"
    check_told(watcher, message)
    # Shards find the new master each by itself.
    eventually(lambda: first.heartbeat("alice", "web:1", "acme")[0] == 204, 5, "a heartbeat")
    say(f"the master was killed: changes go through after {outage:.1f} s, the WebSocket is still open and told of them")

    deployment["redis-master"].start()
    deployment.check_replication("redis-replica", "redis-master")
    say("it is back with another address, as a replica")

    # As an engine does at once with a container that has ended.
    killed = time.monotonic()
    deployment["redis-replica"].kill()
    deployment["redis-replica"].start(same_addresses=True)
    message = check_presence(deployment, "busy", message)
    check_told(watcher, message)
    master = deployment.master()
    deployment.check_replication(master, "redis-master" if master == "redis-replica" else "redis-replica")
    say(f"the next master was killed and restarted: changes go through after {time.monotonic() - killed:.1f} s")

    nodes = eventually(lambda: deployment.query('up{job="presence"} == 1'), 30, "Prometheus scrapes")
    assert len(nodes) == NODES, nodes
    rules = json.loads(fetch(f"http://{deployment['prometheus'].addresses['front']}:9090/api/v1/rules"))
    assert rules["data"]["groups"][0]["name"] == "presence"
    say("Prometheus scrapes every node")

    master = deployment.master()
    deployment.down()
    try:
        raise AssertionError(watcher.wait(lambda each: each[3] == "phx_close", 1))
    except Closed as closed:
        assert closed.code == 4502, closed.code
    say("all have stopped by themselves, and the WebSocket was told to go elsewhere")
    deployment.up()
    assert deployment.master() == master, f"{master} was the master"
    check_presence(deployment, "busy", message)
    say("all are back, with other addresses: so is the status, and who is the master")


def main():
    enter_namespaces()
    deployment = Deployment(os.path.realpath(sys.argv[1]))
    try:
        play(deployment)
    except BaseException:
        deployment.print_logs()
        raise
    print(f"Not started: {', '.join(sorted(NOT_STARTED))}")


if __name__ == "__main__":
    main()
