#!/usr/bin/env python3
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""deb.py <packages> <older packages>: the Debian packages, from installation to purge.

In a Debian made by debootstrap: installed, the unit judged by systemd-analyze, its ExecStart run as its user
with a listener on NOTIFY_SOCKET, used by a client, upgraded from the older packages while clients are
connected, removed, purged. Needs root; systemd itself does not run, so the test does what it would.
"""

import base64
import glob
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

E2E = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")
CONFIGURATION = "/etc/presenced/presenced.conf"
PORT = 4001
URL = f"http://127.0.0.1:{PORT}"


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run(command, check=True, **options)


def eventually(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return result


def get(path):
    try:
        with urllib.request.urlopen(URL + path, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


class Root:
    """A Debian without anything in it."""

    def __init__(self, path):
        self.path = path
        run("debootstrap", "--variant=minbase", "--include=ca-certificates,systemd", "bookworm", path,
            stdout=subprocess.DEVNULL)
        run("mount", "-t", "proc", "proc", f"{path}/proc")

    def __call__(self, *command, **options):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return run("chroot", self.path, *command, env=environment, **options)

    def install(self, packages, *options):
        # Of each, and not the debug symbols.
        files = [f for f in glob.glob(f"{packages}/*.deb") if "-dbgsym_" not in f]
        for file in files:
            shutil.copy(file, f"{self.path}/tmp")
        self("sh", "-c", "apt-get update -qq && apt-get install -y -qq --no-install-recommends "
             "-o Dpkg::Options::=--force-confold "
             + " ".join([*options, ""]) + " ".join("/tmp/" + os.path.basename(f) for f in files) + " >/dev/null")

    def version(self):
        return self("dpkg-query", "-W", "-f", "${Version}", "presenced", stdout=subprocess.PIPE, text=True).stdout

    def end(self):
        run("umount", f"{self.path}/proc")


class Service:
    """The unit's ExecStart, as systemd would run it."""

    def __init__(self, root):
        self.root = root
        text = open(f"{root.path}/lib/systemd/system/presenced.service").read()
        self.command = re.search(r"^ExecStart=(\S+)$", text, re.M)[1]
        self.files = re.findall(r"^EnvironmentFile=-?(\S+)$", text, re.M)
        self.variables = dict(re.findall(r"^Environment=(\w+)=(\S+)$", text, re.M))
        self.process = None
        self.watchdog = int(re.search(r"^WatchdogSec=(\d+)$", text, re.M)[1])

    def start(self):
        os.makedirs(f"{self.root.path}/run/presenced-test", exist_ok=True)
        path = "/run/presenced-test/notify"
        if os.path.exists(self.root.path + path):
            os.unlink(self.root.path + path)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.root.path + path)
        os.chmod(self.root.path + path, 0o666)
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **self.variables, "NOTIFY_SOCKET": path,
                       "WATCHDOG_USEC": str(self.watchdog * 1_000_000)}
        for file in self.files:
            for line in open(self.root.path + file):
                if "=" in line and not line.startswith("#"):
                    name, value = line.strip().split("=", 1)
                    environment[name] = value
        # StateDirectory= and User=.
        self.root("install", "-d", "-o", "presenced", "-g", "presenced", "-m", "0700", "/var/lib/presenced")
        self.process = subprocess.Popen(
            ["chroot", f"--userspec={self.id('-u')}:{self.id('-g')}", self.root.path, self.command],
            env=environment)
        self.expect("READY=1")
        self.secret = environment["AUTH_JWT_SECRET"]

    def id(self, which):
        return self.root("id", which, "presenced", stdout=subprocess.PIPE, text=True).stdout.strip()

    def expect(self, what, seconds=30):
        self.notify.settimeout(seconds)
        try:
            while what not in self.notify.recv(4096).decode():
                pass
        except TimeoutError:
            sys.exit(f"the service did not say {what}")

    def stop(self):
        self.process.terminate()
        self.expect("STOPPING=1")
        assert self.process.wait(60) == 0, self.process.returncode

    def token(self, user):
        def part(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
        signed = part({"alg": "HS256"}) + b"." + part({"sub": user})
        signature = hmac.digest(self.secret.encode(), signed, hashlib.sha256)
        return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def check_unit(root):
    root("systemd-analyze", "verify", "--man=no", "presenced.service")
    report = root("systemd-analyze", "security", "--offline=true", "--no-pager", "presenced.service",
                  stdout=subprocess.PIPE, text=True).stdout
    exposure = float(re.search(r"exposure level for presenced.service: ([\d.]+)", report)[1])
    print("exposure:", exposure)
    assert exposure <= 2.0, report


def check_service(root):
    """What systemd is told: to start it at boot, and to restart it after an upgrade."""
    assert os.path.islink(root.path + "/etc/systemd/system/multi-user.target.wants/presenced.service")
    scripts = root.path + "/var/lib/dpkg/info/presenced."
    assert re.search(r"deb-systemd-invoke.*(restart|\$_dh_action)", open(scripts + "postinst").read())
    assert re.search(r"deb-systemd-invoke stop", open(scripts + "prerm").read())


def check_files(root):
    for path, mode in {"/usr/bin/presenced": 0o755, "/usr/bin/presence-admin": 0o755,
                       "/etc/presenced": 0o750, "/etc/presenced/presenced.conf": 0o640,
                       "/etc/presenced/secret.conf": 0o640, "/usr/share/man/man8/presenced.8.gz": 0o644,
                       "/usr/share/man/man1/presence-admin.1.gz": 0o644,
                       "/usr/share/applications/presence-admin.desktop": 0o644}.items():
        status = os.stat(root.path + path)
        assert status.st_mode & 0o777 == mode, (path, oct(status.st_mode))
    size = os.stat(root.path + "/usr/bin/presenced").st_size
    print("presenced:", size, "bytes")
    assert size < 10_000_000, "it is not stripped"


def main():
    packages, older = sys.argv[1:3]
    run(os.path.join(E2E, "packages.sh"))
    scratch = tempfile.mkdtemp(prefix="presenced-deb-")
    root = Root(f"{scratch}/root")
    begin = time.monotonic()
    clients = service = None
    try:
        root.install(older)
        check_unit(root)
        check_files(root)
        check_service(root)
        service = Service(root)
        service.start()
        print(f"from packages to a running service: {time.monotonic() - begin:.1f} s")
        assert get("/health/ready")[0] == 200
        assert get("/api/presence/users/anna")[0] == 401
        service.expect("WATCHDOG=1")
        # Two who watch each other over the restart, and say when one of them was seen offline.
        clients = subprocess.Popen(
            ["node", "upgrade.mjs", URL, service.token("anna"), service.token("bob")], cwd=E2E,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert clients.stdout.readline() == "connected\n"
        with open(root.path + CONFIGURATION, "a") as file:
            file.write("PRESENCE_PING_INTERVAL=30\n")
        # There, back as the guide says, and there again.
        for each, *options in ((packages,), (older, "--allow-downgrades"), (packages,)):
            root.install(each, *options)
            assert glob.glob(f"{each}/presenced_{root.version()}_*.deb"), root.version()
            assert "PRESENCE_PING_INTERVAL=30" in open(root.path + CONFIGURATION).read()
        check_unit(root)
        check_files(root)
        check_service(root)
        service.stop()
        service.start()
        assert clients.stdout.readline() == "reconnected\n"
        clients.stdin.close()
        answer = clients.stdout.read()
        assert clients.wait(60) == 0 and answer == "no false event\n", answer
        version = json.loads(get("/health")[1])["version"]
        assert f"presenced_{version}-" in " ".join(glob.glob(f"{packages}/*.deb")), version
        assert f'presence_build_info{{version="{version}"}} 1' in get("/metrics")[1].decode()
        service.stop()
        root("apt-get", "remove", "-y", "-qq", "presenced", "presence-admin", stdout=subprocess.DEVNULL)
        assert os.path.exists(root.path + "/etc/presenced/secret.conf"), "removing is not purging"
        root("dpkg", "--purge", "presenced", "presence-admin")
        for path in ("/etc/presenced", "/var/lib/presenced", "/usr/bin/presenced"):
            assert not os.path.exists(root.path + path), path
    finally:
        if clients:
            clients.kill()
        if service and service.process and service.process.poll() is None:
            service.process.kill()
        root.end()
        shutil.rmtree(scratch)
    print("passed")


main()
