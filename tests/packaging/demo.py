#!/usr/bin/env python3
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""demo.py <build>: `run.sh --demo` has users in three workspaces on two nodes, one of which dies and comes
back, touches no other Redis, and leaves neither a process nor a file, however it ends."""
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

BUILD = pathlib.Path(sys.argv[1]).resolve()
RUN = pathlib.Path(__file__).parents[2] / "packaging/run.sh"
WORKSPACES = ["acme", "globex", "initech"]
PATIENCE = 30  # seconds, on a machine that is busy
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def wait(what, condition):
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what}"
        time.sleep(0.05)
    return result


def descendants():
    """Of this process, which inherits those whose parent has ended: {pid: command line}."""
    parents, commands = {}, {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, parent = path.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(path.name)] = int(parent)
                commands[int(path.name)] = path.joinpath("cmdline").read_bytes().decode()
        except OSError:
            continue
    found, new = {}, {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new}
        found |= {pid: commands[pid] for pid in new}
    return found


class Demo:
    def __init__(self, *options, **environment):
        system = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
        # It has its own Redis, whatever is configured.
        self.process = subprocess.Popen(
            [RUN, "--demo", *options], stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            env=system | {"PRESENCE_BUILD": str(BUILD), "REDIS_URL": "redis://127.0.0.1:1", **environment})
        self.directory = pathlib.Path(self.line(r"Admin token: in (.*)/admin-token"))
        self.token = (self.directory / "admin-token").read_text()

    def line(self, pattern):
        """What the group of the pattern is in the next line that has it."""
        for line in self.process.stdout:
            if match := re.search(pattern, line):
                return match[1]
        raise AssertionError(f"it has ended without saying {pattern}")

    def get(self, url):
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def online(self, url):
        return [self.get(f"{url}/api/presence/workspace/{name}/online?limit=1")["total"] for name in WORKSPACES]

    def expect_nothing_left(self):
        wait("every process has ended", lambda: self.process.poll() is not None and not descendants())
        self.process.stdout.close()


def has_users_and_a_node_that_dies():
    demo = Demo("--outage-after", "4", "--outage", "1")
    url = demo.line("node-a listens on (.*)")
    counts = wait("300 users, but those who are away", lambda: sum(c := demo.online(url)) > 270 and c)
    assert min(counts) > 30 and sum(counts) <= 300, counts
    demo.line("(node-b was killed)")
    url = demo.line("node-b listens on (.*)")
    assert demo.get(f"{url}/health")["status"] == "healthy"
    assert sum(demo.online(url)) > 270, demo.online(url)

    demo.process.send_signal(signal.SIGTERM)
    demo.expect_nothing_left()
    assert demo.process.returncode == 0
    assert not demo.directory.exists()


def ends_with_what_it_was_started_by():
    demo = Demo()
    demo.line("(node-b listens)")
    demo.process.kill()
    demo.expect_nothing_left()
    subprocess.run(["rm", "-r", demo.directory], check=True)


def ends_with_its_window():
    with tempfile.TemporaryDirectory() as home:
        demo = Demo(DISPLAY=":0", QT_QPA_PLATFORM="offscreen", XDG_RUNTIME_DIR=home, XDG_CONFIG_HOME=home)
        demo.line("(node-b listens)")
        window = wait("the window is open", lambda: [
            pid for pid, command in descendants().items() if "presence-admin\0--demo\0" in command])
        os.kill(window[0], signal.SIGTERM)
        demo.expect_nothing_left()
        assert not demo.directory.exists()


assert LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
has_users_and_a_node_that_dies()
ends_with_what_it_was_started_by()
if (BUILD / "admin/app/presence-admin").exists():
    ends_with_its_window()
