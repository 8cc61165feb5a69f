# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""compose.yaml as an engine reads it."""
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packaging/docker"
# $$, ${NAME}, ${NAME:-default}, ${NAME:?message}: the forms that the file uses
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<word>[^}]*))?\}|(?P<other>))")


def interpolate(value, environment, used):
    """Puts variables into each text of it; their names are added to `used`."""
    def one(match):
        if match["dollar"]:
            return "$"
        if match["name"] is None:
            raise ValueError(f"neither a variable nor $$: {value}")
        used[match["name"]] = match["how"] or used.get(match["name"])
        found = environment.get(match["name"]) or ""
        if not found and match["how"] == ":?":
            raise KeyError(f"{match['name']}: {match['word']}")
        return found or (match["word"] if match["how"] == ":-" else "")
    if isinstance(value, dict):
        return {key: interpolate(each, environment, used) for key, each in value.items()}
    if isinstance(value, list):
        return [interpolate(each, environment, used) for each in value]
    return VARIABLE.sub(one, value) if isinstance(value, str) else value


def seconds(text):
    unit = {"s": 1, "m": 60}
    return sum(int(number) * unit[name] for number, name in re.findall(r"(\d+)([sm])", text))


@dataclass
class Mount:
    source: str  # a path, or the name of a volume
    target: str
    read_only: bool

    @property
    def is_bind(self):
        return self.source.startswith((".", "/"))


@dataclass
class Service:
    """What is said of one service, with what is left out filled in."""
    name: str
    raw: dict
    environment: dict = field(default_factory=dict)

    @property
    def image(self):
        return self.raw["image"]

    @property
    def command(self):
        command = self.raw.get("command", [])
        return shlex.split(command) if isinstance(command, str) else [str(word) for word in command]

    @property
    def check(self):
        """The health check as an argument vector, or None."""
        test = self.raw.get("healthcheck", {}).get("test")
        if test is None:
            return None
        if isinstance(test, str):
            return ["/bin/sh", "-c", test]
        return test[1:] if test[0] == "CMD" else ["/bin/sh", "-c", test[1]]

    @property
    def patience(self):
        """After how many seconds an engine calls it unhealthy."""
        check = self.raw["healthcheck"]
        return seconds(check["start_period"]) + seconds(check["interval"]) * check["retries"]

    @property
    def mounts(self):
        mounts = []
        for text in self.raw.get("volumes", []):
            source, target, *options = text.split(":")
            mounts.append(Mount(source, target, options == ["ro"]))
        return mounts

    @property
    def ports(self):
        """[(address, port of the host, port of the container)], as texts."""
        return [tuple(text.rsplit(":", 2)) for text in self.raw.get("ports", [])]

    @property
    def networks(self):
        return self.raw.get("networks", ["default"])

    @property
    def depends_on(self):
        return {name: each["condition"] for name, each in self.raw.get("depends_on", {}).items()}

    @property
    def grace(self):
        return seconds(self.raw.get("stop_grace_period", "10s"))

    @property
    def open_files(self):
        return self.raw.get("ulimits", {}).get("nofile")


class ComposeFile:
    def __init__(self, environment):
        self.path = FOLDER / "compose.yaml"
        self.text = self.path.read_text()
        # name -> how it is used: None, ":-" or ":?"
        self.variables = {}
        self.raw = interpolate(yaml.safe_load(self.text), environment, self.variables)
        self.services = {}
        for name, raw in self.raw["services"].items():
            # A variable without a value is passed on when it has one outside.
            passed = {key: environment.get(key) if value is None else str(value)
                      for key, value in raw.get("environment", {}).items()}
            self.variables |= {key: None for key, value in raw.get("environment", {}).items() if value is None}
            self.services[name] = Service(name, raw, {k: v for k, v in passed.items() if v is not None})

    def in_order(self, names):
        """These services, each after those that it depends on."""
        order = []

        def add(name):
            for other in self.services[name].depends_on:
                add(other)
            if name in names and name not in order:
                order.append(name)
        for name in names:
            add(name)
        return [self.services[name] for name in order]
