# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart by Helm itself, which HELM names, and the manifests by the Kustomize that KUSTOMIZE names."""

import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

import yaml

from kubernetes_checks import CHART, KUBERNETES, Checks, carried_versions, load, parse, project_version, run_daemon

HELM = os.environ["HELM"]
EXAMPLES = sorted((CHART / "ci").glob("*-values.yaml"))
# The oldest that the chart takes, the first with preStop's sleep, and the newest whose schemas are there.
VERSIONS = ["1.27", "1.30", carried_versions("1.30")[-1]]


def helm(*arguments):
    return subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True)


def template(*arguments, version=VERSIONS[-1], chart=CHART):
    return helm("template", "presenced", chart, "--namespace", "presence", "--kube-version", f"{version}.0", *arguments)


def objects(*arguments, **options):
    done = template(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return parse(done.stdout)


def of(items, kind):
    return next(item for item in items if item["kind"] == kind)


class HelmTest(unittest.TestCase):
    def test_lint(self):
        for values in [[]] + [["--values", example] for example in EXAMPLES]:
            with self.subTest(values):
                done = helm("lint", "--strict", CHART, "--kube-version", f"{VERSIONS[-1]}.0", *values)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rendered_objects(self):
        for example in EXAMPLES:
            for version in VERSIONS:
                with self.subTest(f"{example.name} {version}"):
                    items = objects("--values", example, version=version)
                    self.assertEqual(Checks(items, version).run(), [])
                    daemon = of(items, "Deployment")["spec"]["template"]["spec"]["containers"][0]
                    for stop in daemon.get("lifecycle", {}).get("preStop", {}):
                        self.assertEqual(stop, "exec" if version == "1.27" else "sleep")

    @unittest.skipUnless("PRESENCED" in os.environ, "PRESENCED does not name the daemon")
    def test_daemon_takes_the_variables(self):
        for example in EXAMPLES:
            with self.subTest(example.name):
                run_daemon(os.environ["PRESENCED"], of(objects("--values", example), "Deployment"))

    def test_everything_is_in_one_of_them(self):
        kinds = {item["kind"] for item in objects("--values", CHART / "ci/everything-values.yaml")}
        self.assertEqual(kinds, {
            "ConfigMap", "Deployment", "HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy", "Pod",
            "PodDisruptionBudget", "PrometheusRule", "Secret", "Service", "ServiceAccount", "ServiceMonitor"})

    def test_least_has_no_custom_resources(self):
        items = objects("--values", CHART / "ci/default-values.yaml")
        self.assertEqual({item["kind"] for item in items},
                         {"Deployment", "Pod", "PodDisruptionBudget", "Service", "ServiceAccount"})
        image = of(items, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
        self.assertEqual(image, f"presenced:{project_version()}")

    def test_numbers_and_secrets_are_written_as_they_are(self):
        items = objects("--values", CHART / "ci/everything-values.yaml")
        daemon = of(items, "Deployment")["spec"]["template"]["spec"]["containers"][0]
        env = {variable["name"]: variable.get("value") for variable in daemon["env"]}
        self.assertEqual((env["HEARTBEAT_INTERVAL"], env["OFFLINE_GRACE"], env["PRESENCE_PUBLISH"]),
                         ("3600000", "0", "false"))
        given = yaml.safe_load((CHART / "ci/url-values.yaml").read_text())
        secret = of(objects("--values", CHART / "ci/url-values.yaml"), "Secret")["stringData"]
        self.assertEqual(secret["REDIS_PASSWORD"], given["secret"]["redisPassword"])

    def test_a_changed_secret_restarts_the_pods(self):
        def annotations(password):
            items = objects("--set", f"redis.host=redis,secret.jwtSecret={'s' * 32},secret.redisPassword={password}")
            return of(items, "Deployment")["spec"]["template"]["metadata"]["annotations"]
        self.assertNotEqual(annotations("a"), annotations("b"))
        self.assertEqual(annotations("a"), annotations("a"))

    def test_bad_values_are_refused(self):
        least = ["--values", CHART / "ci/default-values.yaml"]
        bad = {
            "config.PRESENCE_TTLS=60": "PRESENCE_TTLS",
            "config.PRESENCE_TTL=0": "PRESENCE_TTL",
            "config.PRESENCE_TTL=20": "at least twice HEARTBEAT_INTERVAL",
            "config.VIEW_TTL=29": "VIEW_TTL must be",
            "config.OFFLINE_GRACE=60": "less than PRESENCE_TTL",
            "replicas=3": "replicas",
            "terminationGracePeriodSeconds=20": "must be more than 21",
            "preStopSleep=15": "must be more than 31",
            "config.REDIS_TIMEOUT=15001": "must be more than 32",
            "existingSecret=": "existingSecret",
            "secret.redisPassword=x": "one or the other",
            "redis.host=": "set: none",
            "redis.url=redis://redis": "set: url, host",
            "redis.host=,redis.url=redis://alice:hunter2@redis": "no user and password",
            "redis.host=,redis.clusterNodes={a:1},redis.database=1": "database 0 only",
            "redis.tls.enabled=true,redis.tls.cert=a": "belong together",
            "redis.tls.enabled=true,redis.tls.cert=a,redis.tls.key=b": "redis.tls.existingSecret",
            "redis.tls.existingSecret=a": "nothing uses TLS",
            "podDisruptionBudget.maxUnavailable=null": "minAvailable or maxUnavailable",
            r"commonLabels.app\.kubernetes\.io/part-of=x": "part-of",
            "autoscaling.enabled=true,autoscaling.maxReplicas=1": "minReplicas",
            "autoscaling.enabled=true,resources.requests.cpu=null": "resources.requests.cpu",
            "autoscaling.enabled=true,autoscaling.targetCPUUtilizationPercentage=null": "or metrics",
            "ingress.enabled=true": "ingress.hosts",
            "httpRoute.enabled=true": "httpRoute.parentRefs",
        }
        for change, said in bad.items():
            with self.subTest(change):
                done = template(*least, "--set", change)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(said, done.stderr)
                self.assertNotIn("hunter2", done.stderr)

    def test_short_secret_is_refused_and_not_quoted(self):
        done = template("--set", "redis.host=redis,secret.jwtSecret=hunter2")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("jwtSecret", done.stderr)
        self.assertNotIn("hunter2", done.stderr)

    def test_the_cluster_may_choose_the_user(self):
        fields = "runAsUser", "runAsGroup", "fsGroup"
        nothing = ",".join(f"podSecurityContext.{field}=null" for field in fields)
        items = objects("--values", CHART / "ci/default-values.yaml", "--set", nothing)
        self.assertEqual(set(of(items, "Deployment")["spec"]["template"]["spec"]["securityContext"]),
                         {"runAsNonRoot", "seccompProfile"})

    def test_old_kubernetes_is_refused(self):
        done = template("--values", CHART / "ci/default-values.yaml", version="1.26")
        self.assertIn("kubeVersion", done.stderr)

    def test_package_is_the_chart(self):
        everything = ["--values", CHART / "ci/everything-values.yaml"]
        with tempfile.TemporaryDirectory() as folder:
            done = helm("package", CHART, "--destination", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            (package,) = Path(folder).iterdir()
            with tarfile.open(package) as archive:
                names = archive.getnames()
            self.assertFalse([name for name in names if "/ci/" in name])
            self.assertEqual(objects(*everything, chart=package), objects(*everything))

    def test_manifests_are_rendered_from_the_chart(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([KUBERNETES / "render.sh", folder], check=True, stderr=subprocess.DEVNULL)
            new = {path.name: path.read_text() for path in Path(folder).iterdir()}
        old = {path.name: path.read_text() for path in (KUBERNETES / "manifests").iterdir()}
        del old["kustomization.yaml"]
        self.assertEqual(new, old, "run packaging/kubernetes/render.sh")

    def test_kustomize_builds_the_manifests(self):
        done = subprocess.run([os.environ["KUSTOMIZE"], "build", KUBERNETES / "manifests"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        kustomization = load(KUBERNETES / "manifests/kustomization.yaml")[0]
        files = [load(KUBERNETES / "manifests" / name)[0] for name in kustomization["resources"]]
        built = parse(done.stdout)
        self.assertCountEqual([item["kind"] for item in built], [item["kind"] for item in files])
        for item in files:
            self.assertEqual(of(built, item["kind"]), item)

    def test_prometheus_takes_the_rules(self):
        rule = of(objects("--values", CHART / "ci/everything-values.yaml"), "PrometheusRule")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(rule["spec"], file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
