# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true of all our Kubernetes objects, whether they are files or come from the chart."""

import functools
import json
import os
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import urllib.request
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml
from kubernetes_validate import utils

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "packaging/kubernetes"
CHART = KUBERNETES / "chart"
GRAFANA = ROOT / "packaging/grafana"
CRDS = json.loads((Path(__file__).parent / "kubernetes_crds.json").read_text())
# Secrets that the operator makes, by the names in chart/ci.
GIVEN_SECRETS = {"presenced", "quikapp-redis", "redis-of-a-provider", "sentinel"}
# Variables of extraEnv in chart/ci.
GIVEN_VARIABLES = {"TZ"}

# It reads two megabytes of JSON for each object otherwise.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)


class Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML readers take one without a word."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"{key} is there twice, {node.start_mark}")
        return super().construct_mapping(node, deep)


def parse(text):
    return [item for item in yaml.load_all(text, Loader) if item]


def load(path):
    return parse(Path(path).read_text())


def source(path, pattern):
    """What a pattern finds in a file of ours."""
    found = re.search(pattern, (ROOT / path).read_text())
    assert found, f"{pattern} is not in {path}: these tests have to follow"
    return found[1]


def project_version():
    return source("CMakeLists.txt", r"project\(presence VERSION (\S+)")


def drain_seconds():
    """From SIGTERM until the last client has been cut."""
    spread = source("server/transport/transportconfig.h", r"drainSpread = std::chrono::seconds\((\d+)\)")
    return int(spread) + int(source("shared/protocol/limits.h", r"kCloseDeadline = (\d+)s;"))


@functools.cache
def variables():
    """The daemon's variables: name to default and meaning, from the table of its README."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", (ROOT / "server/app/README.md").read_text(), re.M)
    assert len(rows) > 30, "the table of server/app/README.md has another form"
    return {name: (default.strip("`"), meaning) for name, default, meaning in rows}


def carried_versions(first):
    """The versions of Kubernetes from `first` on whose schemas are there."""
    found = dict.fromkeys(utils.major_minor(version) for version in utils.all_versions())
    return [version for version in found if int(version.split(".")[1]) >= int(first.split(".")[1])]


def quantity(text):
    """Bytes of a quantity of memory, as Kubernetes or Redis writes it."""
    number, unit = re.fullmatch(r"(\d+)([a-zA-Z]*)", str(text)).groups()
    powers = {"": 0, "k": 1, "m": 2, "g": 3}
    return int(number) * 1024 ** powers[unit.lower().removesuffix("i").removesuffix("b")]


def within(selector, labels):
    return bool(selector) and selector.items() <= labels.items()


def run_daemon(program, deployment):
    """Starts the daemon with the pod's variables, asks whether it lives, and ends it as the kubelet does."""
    pod = deployment["spec"]["template"]["spec"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt", "-subj", "/CN=redis"],
                       check=True, capture_output=True)
        Path(folder, "ca.crt").write_text(Path(folder, "tls.crt").read_text())
        environment = {"PATH": os.environ["PATH"], "HOME": folder}
        for variable in pod["containers"][0]["env"]:
            given = variable.get("valueFrom", {})
            secrets = {"REDIS_URL": "redis://redis/1", "MONGODB_URI": "mongodb://mongodb.invalid/presence"}
            text = variable.get("value", secrets.get(variable["name"], "secret" * 6))
            environment[variable["name"]] = "presenced-7d9c-x2x" if "fieldRef" in given else re.sub(
                "^/etc/presenced/(redis-)?tls/", f"{folder}/", text)
        environment |= {"PRESENCE_PORT": "0", "PRESENCE_BIND": "127.0.0.1"}
        with subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as daemon:
            said = []
            for line in daemon.stdout:
                said.append(line)
                if found := re.search(r"listens on (\S+)$", line):
                    break
            else:
                raise AssertionError(f"exit code {daemon.wait()}: {''.join(said)}")
            threading.Thread(target=daemon.stdout.read, daemon=True).start()
            probe = pod["containers"][0]["livenessProbe"]["httpGet"]
            with urllib.request.urlopen(f"{probe.get('scheme', 'HTTP').lower()}://{found[1]}{probe['path']}",
                                        context=ssl._create_unverified_context()):
                pass
            daemon.send_signal(signal.SIGTERM)
            try:
                status = daemon.wait(pod["terminationGracePeriodSeconds"])
            except subprocess.TimeoutExpired:
                daemon.kill()
                raise
        assert status == 0, f"exit code {status}"


class Checks:
    """Collects what is wrong with the objects that are installed together."""

    def __init__(self, objects, version):
        self.objects = objects
        self.version = version
        self.errors = []

    def run(self):
        for item in self.objects:
            self.check_schema(item)
            self.check_metadata(item)
        for deployment in self.of("Deployment"):
            self.check_deployment(deployment)
            self.check_selectors(deployment)
            self.check_routes(deployment)
            self.check_policy(deployment)
        self.check_monitoring()
        return self.errors

    def of(self, kind):
        return [item for item in self.objects if item["kind"] == kind]

    def named(self, kind, name):
        return [item for item in self.of(kind) if item["metadata"]["name"] == name]

    def expect(self, holds, what):
        if not holds:
            self.errors.append(what)

    def check_schema(self, item):
        kind = item["kind"]
        try:
            if kind in CRDS:
                self.expect(item["apiVersion"] == CRDS[kind]["apiVersion"], f"{kind}: {item['apiVersion']}")
                jsonschema.validate(item["spec"], CRDS[kind]["spec"])
            else:
                kubernetes_validate.validate(item, self.version, strict=True)
        except jsonschema.ValidationError as error:
            path = ".".join(str(part) for part in error.absolute_path)
            self.errors.append(f"{kind} in {self.version}: {path}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            self.errors.append(error.message)

    def check_metadata(self, item):
        metadata = item["metadata"]
        what = f"{item['kind']} {metadata['name']}"
        self.expect(len(metadata["name"]) <= 63, f"{what}: the name is too long")
        self.expect(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", metadata["name"]), f"{what}: not a name")
        self.expect("namespace" in metadata, f"{what}: no namespace")
        for key, value in metadata.get("labels", {}).items():
            fits = re.fullmatch(r"|[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value)
            self.expect(fits, f"{what}: {key}={value}")

    def check_deployment(self, deployment):
        pod = deployment["spec"]["template"]["spec"]
        daemon = pod["containers"][0]
        expect = self.expect
        expect(pod["enableServiceLinks"] is False, "service links would be read as configuration")
        expect(pod["automountServiceAccountToken"] is False, "the daemon has a token of the API server")
        account = pod["serviceAccountName"]
        expect(account == "default" or self.named("ServiceAccount", account), f"no ServiceAccount {account}")
        expect(pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001, "runs as root")
        expect(pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, "no seccomp profile")
        expect(
            daemon["securityContext"]
            == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
            "the container may do too much",
        )
        expect(
            deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0},
            "a rolling update ends more than one node at a time",
        )
        expect(
            bool(self.of("HorizontalPodAutoscaler")) == ("replicas" not in deployment["spec"]),
            "replicas and the autoscaler contradict each other",
        )
        self.check_probes(daemon)
        environment = self.check_environment(daemon)
        self.check_end(pod, daemon, environment)
        self.check_volumes(pod)

    def check_probes(self, daemon):
        ports = {port["name"]: port["containerPort"] for port in daemon["ports"]}
        bind = next(each["value"] for each in daemon["env"] if each["name"] == "METRICS_BIND")
        wanted = {"http": int(variables()["PRESENCE_PORT"][0]), "metrics": int(bind.rsplit(":", 1)[1])}
        self.expect(ports == wanted, f"ports {ports}")
        api = (ROOT / "server/http/presenceapi.cpp").read_text()
        for probe, path in ("startup", "/health/live"), ("liveness", "/health/live"), ("readiness", "/health/ready"):
            asked = daemon[f"{probe}Probe"]["httpGet"]
            self.expect(asked["port"] in ports and asked["path"] == path, f"{probe}: {asked}")
            is_encrypted = any(each["name"] == "TLS_CERT" for each in daemon["env"])
            self.expect(asked.get("scheme", "HTTP") == ("HTTPS" if is_encrypted else "HTTP"), f"{probe}: {asked}")
            self.expect(f'u"{path}"_s' in api, f"the daemon does not answer {path}")

    def check_environment(self, daemon):
        names = [variable["name"] for variable in daemon["env"]]
        self.expect(len(set(names)) == len(names), f"variables twice: {names}")
        unknown = set(names) - set(variables()) - GIVEN_VARIABLES
        self.expect(not unknown, f"not variables of the daemon: {unknown}")
        environment = {}
        for variable in daemon["env"]:
            name = variable["name"]
            given = variable.get("valueFrom", {})
            environment[name] = variable.get("value", given)
            self.expect(isinstance(environment[name], dict) or type(environment[name]) is str, f"{name} is not text")
            if "secretKeyRef" in given:
                self.check_secret(name, given["secretKeyRef"])
            else:
                self.expect(not re.search("SECRET|PASSWORD", name), f"{name} is not from a Secret")
        self.expect(environment["NODE_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}, "NODE_NAME")
        has_keys = "AUTH_JWKS_URL" in environment
        secret = environment.get("AUTH_JWT_SECRET", {"secretKeyRef": {"optional": True}})
        self.expect(has_keys or not secret["secretKeyRef"].get("optional"), "nothing that tokens are signed with")
        places = {"REDIS_URL", "REDIS_HOST", "REDIS_SENTINELS", "REDIS_CLUSTER_NODES"} & set(environment)
        self.expect(len(places) == 1, f"Redis is at {places}")
        return environment

    def check_secret(self, variable, reference):
        secrets = self.named("Secret", reference["name"])
        if secrets:
            self.expect(secrets[0]["stringData"].get(reference["key"]), f"{variable}: {reference} has no such key")
        else:
            self.expect(reference["name"] in GIVEN_SECRETS, f"{variable}: no Secret {reference['name']}")

    def check_end(self, pod, daemon, environment):
        stop = daemon.get("lifecycle", {}).get("preStop", {})
        pause = 0
        if "sleep" in stop:
            pause = stop["sleep"]["seconds"]
        elif stop:
            command, seconds = stop["exec"]["command"]
            self.expect(command == "/bin/sleep", f"preStop runs {command}")
            pause = int(seconds)
        timeout = int(environment.get("REDIS_TIMEOUT", variables()["REDIS_TIMEOUT"][0])) / 1000
        delay = int(environment.get("DRAIN_DELAY", variables()["DRAIN_DELAY"][0])) / 1000
        needed = pause + delay + drain_seconds() + timeout
        grace = pod["terminationGracePeriodSeconds"]
        self.expect(grace > needed, f"the pod is killed after {grace} s, and needs {needed} s to end")

    def check_volumes(self, pod):
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        mounts = {mount["name"] for container in pod["containers"] for mount in container.get("volumeMounts", [])}
        self.expect(volumes == mounts, f"volumes {volumes}, mounted {mounts}")
        files = [v["value"] for v in pod["containers"][0]["env"] if re.match("REDIS_SSL_.|TLS_", v["name"])]
        places = [mount["mountPath"] for mount in pod["containers"][0].get("volumeMounts", [])]
        for file in files:
            self.expect(str(Path(file).parent) in places, f"{file} is in no volume")

    def check_selectors(self, deployment):
        name = deployment["metadata"]["name"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        selectors = [deployment["spec"]["selector"]["matchLabels"]]
        selectors += [item["spec"]["selector"]["matchLabels"] for item in self.of("PodDisruptionBudget")]
        selectors += [item["spec"]["podSelector"]["matchLabels"] for item in self.of("NetworkPolicy")]
        selectors += [item["spec"]["selector"] for item in self.of("Service")]
        spread = deployment["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        selectors += [item["labelSelector"]["matchLabels"] for item in spread]
        for selector in selectors:
            self.expect(within(selector, labels), f"{selector} does not select the pods")
            for pod in self.of("Pod"):
                self.expect(not within(selector, pod["metadata"]["labels"]), f"{selector} selects the test's pod")
        for scaler in self.of("HorizontalPodAutoscaler"):
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
            self.expect(scaler["spec"]["scaleTargetRef"] == target, "the autoscaler is for something else")
        ports = {port["name"] for port in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]}
        self.expect(len(self.of("Service")) == 1, "one Service")
        for port in self.of("Service")[0]["spec"]["ports"]:
            self.expect(port["targetPort"] in ports, f"the Service's port {port}")

    def check_routes(self, deployment):
        service = self.of("Service")[0]
        port = service["spec"]["ports"][0]
        paths = []
        for ingress in self.of("Ingress"):
            annotations = ingress["metadata"]["annotations"]
            daemon = deployment["spec"]["template"]["spec"]["containers"][0]
            set_ping = [v["value"] for v in daemon["env"] if v["name"] == "PRESENCE_PING_INTERVAL"]
            ping = int((set_ping + [variables()["PRESENCE_PING_INTERVAL"][0]])[0])
            for name in "proxy-read-timeout", "proxy-send-timeout":
                self.expect(int(annotations[f"nginx.ingress.kubernetes.io/{name}"]) > ping + 5, f"{name} is too short")
            self.expect(annotations["nginx.ingress.kubernetes.io/upstream-hash-by"] == "$remote_addr", "no affinity")
            for rule in ingress["spec"]["rules"]:
                for path in rule["http"]["paths"]:
                    paths.append(path["path"])
                    wanted = {"name": service["metadata"]["name"], "port": {"name": port["name"]}}
                    self.expect(path["backend"]["service"] == wanted, f"Ingress to {path['backend']}")
        for route in self.of("HTTPRoute"):
            for rule in route["spec"]["rules"]:
                paths += [match["path"]["value"] for match in rule["matches"]]
                wanted = {"name": service["metadata"]["name"], "port": port["port"]}
                self.expect(rule["backendRefs"] == [wanted], f"HTTPRoute to {rule['backendRefs']}")
        self.expect(set(paths) <= {"/socket", "/api"}, f"open to the world: {paths}")
        for pod in self.of("Pod"):
            url = pod["spec"]["containers"][0]["command"][-1]
            scheme = "https" if port.get("appProtocol") == "https" else "http"
            self.expect(url == f"{scheme}://{service['metadata']['name']}:{port['port']}/health", f"the test asks {url}")

    def check_policy(self, deployment):
        daemon = deployment["spec"]["template"]["spec"]["containers"][0]
        given = {variable["name"]: str(variable.get("value")) for variable in daemon["env"]}
        for policy in self.of("NetworkPolicy"):
            ingress = policy["spec"]["ingress"][0]
            self.expect([port["port"] for port in ingress["ports"]] == ["http"], f"ingress {ingress['ports']}")
            others = [port["port"] for rule in policy["spec"]["ingress"][1:] for port in rule["ports"]]
            self.expect(others == ["metrics"], f"ingress {others}")
            if "from" in ingress:
                tester = self.of("Pod")[0]["metadata"]["labels"] if self.of("Pod") else {}
                peers = [peer.get("podSelector", {}).get("matchLabels", {}) for peer in ingress["from"]]
                self.expect(not tester or any(within(peer, tester) for peer in peers), "helm test is not let in")
            open_ports = [p["port"] for rule in policy["spec"]["egress"] for p in rule["ports"]]
            self.expect(open_ports.count(53) == 2, "no DNS")
            places = ",".join(given.get(name, "") for name in ("REDIS_URL", "REDIS_SENTINELS", "REDIS_CLUSTER_NODES"))
            needed = [int(port) for port in re.findall(r":(\d+)(?:[,/]|$)", places)]
            needed += [int(given["REDIS_PORT"])] if "REDIS_PORT" in given else []
            needed += [6379] if "REDIS_SENTINELS" in given else []
            for port in needed:
                self.expect(port in open_ports, f"port {port} of Redis is closed")

    def check_monitoring(self):
        for monitor in self.of("ServiceMonitor"):
            spec = monitor["spec"]
            service = self.of("Service")[0]
            self.expect(within(spec["selector"]["matchLabels"], service["metadata"]["labels"]), "selects no Service")
            job = service["metadata"]["labels"].get(spec["jobLabel"], "")
            self.expect("presence" in job, f"alerts expect another job than {job!r}")
            self.expect(spec["namespaceSelector"]["matchNames"] == [service["metadata"].get("namespace")], "namespace")
            daemon = self.of("Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
            ports = [port["name"] for port in daemon["ports"]]
            asked = [endpoint["targetPort"] for endpoint in spec["endpoints"]]
            self.expect(asked == ["metrics"] and "metrics" in ports, f"endpoints of {ports}")
            offered = [port["name"] for port in service["spec"]["ports"]]
            self.expect(offered == ["http"], f"the Service offers {offered}")
        for rule in self.of("PrometheusRule"):
            self.expect([rule["spec"]] == load(GRAFANA / "alerts.yaml"), "not the alerts of packaging/grafana")
        for dashboard in self.of("ConfigMap"):
            if "presence.json" in dashboard["data"]:
                text = dashboard["data"]["presence.json"]
                same = json.loads(text) == json.loads((GRAFANA / "presence.json").read_text())
                self.expect(same, "not the dashboard of packaging/grafana")
                self.expect(len(text) < 1000000, "a ConfigMap has at most a mebibyte")
                self.expect(dashboard["metadata"]["labels"]["grafana_dashboard"] == "1", "Grafana does not look for it")
