# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the daemon: REST, and enough of WebSocket for a Phoenix channel."""
import base64
import hashlib
import hmac
import json
import os
import queue
import socket
import struct
import threading
import time
import urllib.error
import urllib.request

SECRET = "a secret of the tests, of thirty-two bytes and more"


def eventually(attempt, patience, what):
    """What `attempt` answers as soon as that is true; an error of it counts as not yet."""
    end = time.monotonic() + patience
    last = None
    while True:
        try:
            answer = attempt()
            if answer:
                return answer
            last = answer
        except (OSError, AssertionError, LookupError, ValueError) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}; last: {last!r}")
        time.sleep(0.1)


def token(user, **claims):
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    parts = {"alg": "HS256", "typ": "JWT"}, {"sub": user, **claims}
    head = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{head}.{encode(hmac.digest(SECRET.encode(), head.encode(), hashlib.sha256))}"


def fetch(url, timeout=3):
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return response.read().decode()


class Node:
    def __init__(self, address, port=4001):
        self.address = (address, port)
        self.url = f"http://{address}:{port}"

    def call(self, method, path, user="observer", body=None):
        """(status, body); the status of a node that does not answer is 0."""
        request = urllib.request.Request(self.url + path, method=method, headers={
            "Authorization": f"Bearer {token(user)}", "Content-Type": "application/json"})
        data = None if body is None else json.dumps(body).encode()
        try:
            # longer than the daemon takes to give up on Redis
            with urllib.request.urlopen(request, data, timeout=8) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def get(self, path):
        status, body = self.call("GET", path)
        assert status == 200, f"{path}: {status} {body}"
        return body

    def put_status(self, user, **status):
        return self.call("PUT", f"/api/presence/users/{user}/status", user, status)

    def heartbeat(self, user, device, workspace):
        return self.call("POST", "/api/presence/heartbeat", user, {"device_id": device, "workspace_id": workspace})


class Closed(Exception):
    """By the node, with this code; 1006 when it did not say."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Socket:
    """A WebSocket with the topics that were joined on it."""

    def __init__(self, node, user):
        self._socket = socket.create_connection(node.address, timeout=5)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall((f"GET /socket/websocket?vsn=2.0.0&token={token(user)} HTTP/1.1\r\nHost: presence\r\n"
                              f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                              "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        self._input = self._socket.makefile("rb")
        status = self._input.readline()
        assert b" 101 " in status, status
        while self._input.readline() != b"\r\n":
            pass
        self._socket.settimeout(None)
        self._refs = 0
        # messages [join_ref, ref, topic, event, payload], and at last a Closed
        self._received = queue.Queue()
        # Pings are answered whatever the test is at.
        threading.Thread(target=self._read_all, daemon=True).start()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)

    def push(self, topic, event, payload):
        """Answers with the `response` of the reply."""
        self._refs += 1
        ref = str(self._refs)
        self._send(1, json.dumps(["1", ref, topic, event, payload]).encode())
        message = self.wait(lambda each: each[1] == ref and each[3] == "phx_reply", 5)
        assert message[4]["status"] == "ok", message
        return message[4]["response"]

    def wait(self, matches, patience):
        """The first message that matches; those before it are dropped."""
        end = time.monotonic() + patience
        while True:
            try:
                message = self._received.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no such message within {patience} s") from None
            if isinstance(message, Closed):
                raise message
            if matches(message):
                return message

    def _read_all(self):
        code = 1006
        try:
            while code == 1006:
                opcode, data = self._receive()
                if opcode == 1:
                    self._received.put(json.loads(data))
                elif opcode == 9:
                    self._send(10, data)
                elif opcode == 8:
                    code = struct.unpack_from("!H", data)[0]
        except OSError:
            pass
        self._received.put(Closed(code))

    def _send(self, opcode, data):
        size = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
        # masked with zeroes: as it is
        self._socket.sendall(bytes([0x80 | opcode]) + size + bytes(4) + data)

    def _receive(self):
        opcode, size = self._read(2)
        size &= 0x7F
        if size == 126:
            size = struct.unpack("!H", self._read(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._read(8))[0]
        return opcode & 0xF, self._read(size)

    def _read(self, size):
        data = self._input.read(size)
        if len(data) != size:
            raise ConnectionError("the connection was closed")
        return data
