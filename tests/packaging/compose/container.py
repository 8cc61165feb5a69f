# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a service of compose.yaml without an engine, from this machine's programs in place of its image: namespaces,
root file system, mounts, user, capabilities, limits, networks and DNS are what an engine makes of the file."""
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from composefile import FOLDER

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# of this process alone, and gone with it
SCRATCH = Path("/run/compose")


def enter_namespaces():
    """Starts the program again with mounts, network, host name and processes of its own: whatever it starts and mounts
    ends with it, however it ends, and nothing of it reaches a network."""
    if os.environ.get("IN_NAMESPACES"):
        return
    unshare = ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    probe = subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, text=True)
    if probe.returncode != 0:
        sys.exit("This test makes mount, network and process namespaces: it needs root with CAP_SYS_ADMIN.\n"
                 + probe.stderr)
    os.execvpe(unshare[0], [*unshare, sys.executable, *sys.argv], {**os.environ, "IN_NAMESPACES": "1"})


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"
    return done.stdout


def mac_of(address):
    """As an engine does: who takes an address over has the same MAC."""
    return "02:42:" + ":".join(f"{int(byte):02x}" for byte in address.split("."))


@dataclass
class Image:
    """What is on this machine for an image."""
    entrypoint: list
    user: str  # uid:gid
    files: dict = field(default_factory=dict)  # path in the container -> path here


class Engine:
    def __init__(self, compose, images):
        """`images`: by name, without the tag."""
        self._images = images
        self._addresses = 1  # taken in each network
        self.containers = {}
        run("mount", "-t", "tmpfs", "none", "/run")
        for folder in ("roots", "volumes", "logs"):
            (SCRATCH / folder).mkdir(parents=True)
        run("ip", "link", "set", "lo", "up")
        # Addresses for measurements (RFC 2544): none of them is anybody's.
        self._networks = {name: f"198.18.{i}" for i, name in enumerate(compose.raw["networks"])}
        for name, prefix in self._networks.items():
            run("ip", "link", "add", name, "type", "bridge")
            # Else it is that of one of its ports, and becomes another.
            run("ip", "link", "set", name, "address", mac_of(f"{prefix}.1"))
            run("ip", "address", "add", f"{prefix}.1/24", "dev", name)
            run("ip", "link", "set", name, "up")
            threading.Thread(target=self._serve_dns, args=(f"{prefix}.1",), daemon=True).start()

    def image(self, service):
        return self._images.get(service.image.rpartition(":")[0] or service.image)

    def create(self, service, number=None):
        name = service.name if number is None else f"{service.name}-{number}"
        self.containers[name] = Container(self, service, name)
        return self.containers[name]

    def take_addresses(self, service):
        """By network; never the same."""
        self._addresses += 1
        return {network: f"{self._networks[network]}.{self._addresses}" for network in service.networks}

    def _serve_dns(self, address):
        """A name is that of a service or a host. Who asks is told where it runs, in networks that both are in."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))
        while True:
            question, client = server.recvfrom(512)
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            end = at + 5
            found = self._resolve(".".join(labels), client[0])
            # of type A; there are no addresses of IPv6
            answers = found if struct.unpack_from("!H", question, at + 1)[0] == 1 else []
            flags = 0x8180 if found else 0x8183
            head = question[:2] + struct.pack("!HHHHH", flags, 1, len(answers), 0, 0)
            # a pointer to the name, type, class, time to live, size
            entry = struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4)
            server.sendto(head + question[12:end] + b"".join(entry + socket.inet_aton(ip) for ip in answers), client)

    def _resolve(self, name, asker):
        running = [each for each in list(self.containers.values()) if each.is_running]
        networks = {network for each in running if asker in each.addresses.values() for network in each.addresses}
        return [ip for each in running if name in each.names
                for network, ip in each.addresses.items() if network in networks]


class Container:
    def __init__(self, engine, service, name):
        self._engine = engine
        self.service = service
        self.name = name
        self.image = engine.image(service)
        # An engine gives its id where the file names no host.
        self.host = service.raw.get("hostname", f"id-of-{name}")
        self.names = {service.name, name, self.host}
        self.addresses = {}
        self.log = SCRATCH / "logs" / name
        self._process = None
        self._root = None
        self._starts = 0

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def user(self):
        user = self.service.raw.get("user")
        return self.image.user if user is None else {"redis": "999:1000"}.get(user, user)

    def start(self, same_addresses=False):
        """With other addresses each time, as a container that is made again; or as one that is restarted."""
        if not same_addresses:
            self.addresses = self._engine.take_addresses(self.service)
        self._make_network()
        self._make_root()
        with self.log.open("a") as log:
            log.write(f"--- started with {self.addresses}\n")
        self._process = subprocess.Popen(
            self._within("unshare", "--uts", "--pid", "--fork", "--kill-child",
                         "sh", "-c", 'hostname "$0" && exec "$@"', self.host,
                         *self._confined(*self.image.entrypoint, *self.service.command)),
            stdin=subprocess.DEVNULL, stdout=self.log.open("a"), stderr=subprocess.STDOUT, env=self._environment())

    def exec(self, *command, timeout=5):
        """(exit code, output), as `docker compose exec`."""
        done = subprocess.run(self._within(*self._confined(*command)), capture_output=True, text=True, timeout=timeout,
                              env=self._environment())
        return done.returncode, done.stdout + done.stderr

    def is_healthy(self):
        assert self.is_running, f"{self.name} has ended with {self._process.returncode}"
        return self.exec(*self.service.check)[0] == 0

    def kill(self):
        """With -9, and its network with it."""
        os.kill(self._inner(), signal.SIGKILL)
        self._process.wait(5)
        self._remove()

    def stop(self):
        """As `docker compose stop` does; answers with the exit code."""
        os.kill(self._inner(), signal.SIGTERM)
        try:
            code = self._process.wait(self.service.grace)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within its stop_grace_period") from None
        self._remove()
        return code

    def _inner(self):
        """Its process number 1, as seen from here."""
        pid = self._process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def _remove(self):
        for i in range(len(self.addresses)):
            # the namespace itself may last a little longer
            run("ip", "-netns", self.name, "link", "delete", f"eth{i}")
        run("ip", "netns", "delete", self.name)

    def _environment(self):
        return {"PATH": PATH, "HOSTNAME": self.host, **self.service.environment}

    def _within(self, *command):
        return ["nsenter", f"--net=/run/netns/{self.name}", *command]

    def _confined(self, *command):
        limit = self.service.open_files
        words = []
        if limit:
            # Without CAP_SYS_RESOURCE the test cannot raise its own.
            words += ["prlimit", f"--nofile={min(limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1])}"]
        uid, _, gid = self.user.partition(":")
        words += ["chroot", str(self._root), "setpriv", "--reuid", uid, "--regid", gid, "--clear-groups"]
        if self.service.raw.get("cap_drop") == ["ALL"]:
            words += ["--bounding-set=-all", "--inh-caps=-all"]
        if "no-new-privileges:true" in self.service.raw.get("security_opt", []):
            words += ["--no-new-privs"]
        return [*words, *command]

    def _make_network(self):
        run("ip", "netns", "add", self.name)
        run("ip", "-netns", self.name, "link", "set", "lo", "up")
        for i, (network, address) in enumerate(self.addresses.items()):
            end = f"v{address.replace('.', '')[5:]}"
            run("ip", "link", "add", end, "type", "veth",
                "peer", "name", f"eth{i}", "address", mac_of(address), "netns", self.name)
            run("ip", "link", "set", end, "master", network, "up")
            run("ip", "-netns", self.name, "address", "add", f"{address}/24", "dev", f"eth{i}")
            run("ip", "-netns", self.name, "link", "set", f"eth{i}", "up")

    def _make_root(self):
        self._starts += 1
        root = self._root = SCRATCH / "roots" / f"{self.name}.{self._starts}"
        root.mkdir()
        run("mount", "--bind", root, root)
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / name).symlink_to(f"usr/{name}")
        self._bind("/usr", "/usr", read_only=True)
        self._bind("/dev", "/dev")
        self._bind("/proc", "/proc")
        (root / "etc").mkdir()
        for name in ("ld.so.cache", "nsswitch.conf", "protocols", "services"):
            if Path("/etc", name).exists():
                shutil.copy(f"/etc/{name}", root / "etc")
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nredis:x:999:1000::/data:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nredis:x:1000:\n")
        first, *_ = self.addresses.values()
        (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{first} {self.host}\n")
        (root / "etc/resolv.conf").write_text(
            f"nameserver {first.rpartition('.')[0]}.1\noptions ndots:0\n")
        for target, source in self.image.files.items():
            self._bind(source, target, read_only=True)
        uid, _, gid = self.user.partition(":")
        for mount in self.service.mounts:
            if mount.is_bind:
                self._bind((FOLDER / mount.source).resolve(), mount.target, mount.read_only)
            else:
                volume = SCRATCH / "volumes" / mount.source
                if not volume.exists():
                    volume.mkdir()
                    os.chown(volume, int(uid), int(gid))
                self._bind(volume, mount.target, mount.read_only)
        for path in self.service.raw.get("tmpfs", []):
            (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
            run("mount", "-t", "tmpfs", "-o", "mode=1777", "none", root / path.lstrip("/"))
        if self.service.raw.get("read_only"):
            run("mount", "-o", "remount,bind,ro", root)

    def _bind(self, source, target, read_only=False):
        path = self._root / target.lstrip("/")
        if Path(source).is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        run("mount", "--bind", source, path)
        if read_only:
            run("mount", "-o", "remount,bind,ro", path)
