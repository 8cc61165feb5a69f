#!/usr/bin/env python3
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change costs Redis at least, when it is one function: the commands that it has to run, with arguments
that are ready, and no rule at all. Beside it the commands of the service that this one replaces, and the daemon's
own functions, alternately on one Redis: its processor time, the least of five rounds. And what the same commands of
10,000 idle connections cost when they come as they are due, every 15 s each, instead of 64 users at once.

    tests/bench/functionfloor.py build/release/server/app/presenced
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

CALLS, TOGETHER, USERS, ROUNDS = 10_000, 64, 1_000, 5
CONNECTIONS, INTERVAL, TICK, BATCH = 10_000, 15, 0.25, 32
VIEW = '"status":"busy","custom_message":"message","emoji":null,"expires_at":null,"kinds":["web"]'

FLOOR = """#!lua name=floor
local function result(a) return { a[2], 1, 1, a[4], {}, {}, a[2], 'busy', -1, {}, 0, 0, a[2], {} } end
local function publish(a)
  redis.call('SPUBLISH', a[6], a[7]) redis.call('PUBLISH', 'presence:status', a[7]) redis.call('SPUBLISH', a[8], a[9])
end
redis.register_function('floor_empty', function(k, a) return 1 end)
redis.register_function('floor_set_status', function(k, a)
  redis.call('TIME') redis.call('HGETALL', k[1]) redis.call('ZRANGE', k[2], 0, -1, 'WITHSCORES')
  redis.call('HSET', k[1], 'updated_at', a[1], 'revision', a[2], 'seen_at', a[1], 'regular', a[2], 'status', 'busy',
    'custom_message', a[3], 'seen_revision', a[2], 'seen', a[4])
  redis.call('LPUSH', k[3], a[5]) publish(a)
  return result(a)
end)
redis.register_function('floor_join', function(k, a)
  redis.call('TIME') redis.call('HGETALL', k[1]) redis.call('PUBSUB', 'SHARDNUMSUB', a[8])
  redis.call('ZRANGE', k[2], 0, -1, 'WITHSCORES')
  redis.call('HMGET', k[1], '', 'web:1') redis.call('ZADD', k[2], a[1], 'web:1') redis.call('EXPIRE', k[2], 60)
  redis.call('HSET', k[1], 'updated_at', a[1], 'revision', a[2], 'seen_at', a[1], 'regular', a[2], 'session:1', a[4],
    'places', 'w', 'seen_revision', a[2], 'seen', a[4], 'last_seen', a[1])
  redis.call('LPUSH', k[3], a[5]) redis.call('EXPIRE', k[3], 86400) publish(a)
  redis.call('HMGET', k[4], a[10], '^sequence') redis.call('ZADD', k[5], 'GT', 'CH', a[2], a[10])
  redis.call('ZADD', k[6], a[1], a[10])
  redis.call('HSET', k[4], a[10], a[7], '^sequence', a[2]) redis.call('SPUBLISH', k[4], a[7])
  redis.call('PUBLISH', 'presence:updates', a[7])
  redis.call('ZADD', k[7], a[1], a[10]) redis.call('ZADD', k[8], 'NX', a[1], a[10])
  return result(a)
end)
redis.register_function('floor_beat', function(k, a)
  for i = 1, #k, 3 do
    redis.call('HMGET', k[i], 'regular', 'seen_revision', 'status', 'session:1')
    redis.call('HSET', k[i], 'last_seen', a[1], 'session:1', a[4]) redis.call('ZADD', k[i + 1], a[1], 'web:1')
    redis.call('EXPIRE', k[i + 1], 60)
    redis.call('ZADD', k[i + 2], a[1], a[10])
  end
end)
"""


class Redis:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._answers = self._socket.makefile("rb")

    @staticmethod
    def encode(*words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

    def _read(self):
        line = self._answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(line.decode())
        if kind == b"$":
            return None if rest == b"-1" else self._answers.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        return rest

    def command(self, *words):
        return self.send(self.encode(*words), 1)[0]

    def send(self, text, answers):
        self._socket.sendall(text)
        return [self._read() for _ in range(answers)]

    def cpu(self):
        info = self.command("INFO", "cpu").decode()
        return sum(float(value) for value in re.findall(r"^used_cpu_(?:sys|user):([\d.]+)", info, re.M))


def user(number, users=USERS):
    return f"u{number % users}"


def keys(number, prefix="presence"):
    of = f"{prefix}:user:{user(number)}"
    workspace = f"{prefix}:workspace:w{number % USERS // 10}"
    return [of, f"{of}:devices", f"{of}:changes", workspace, f"{workspace}:left", f"{workspace}:online", f"{prefix}:visible",
            f"{prefix}:index:users"]


def floor_arguments(number):
    revision = 1_800_000_000_000_000 + number
    own = f'state\n{revision}\nbusy\n0\n["busy","message","","0"]\n{{"user_id":"u",{VIEW},"last_seen":1,"devices":[{{"id":"web:1","timestamp":1}}]}}'
    event = f'{revision}\n{{"user_id":"{user(number)}",{VIEW},"last_seen":1,"updated_at":2,"revision":{revision}}}'
    return [1_800_000_000, revision, f"message {number}", VIEW, "1800000000 busy busy set", f"events:{user(number)}", event,
            f"self:{user(number)}", own, user(number)]


def seed_heartbeat(number, users=USERS):
    name = user(number, users)
    of = f"seed:user:{name}"
    return [("ZADD", f"{of}:devices", 1_800_000_000, "web:1"), ("EXPIRE", f"{of}:devices", 60),
            ("ZADD", f"seed:online:w{number % users // 10}", 1_800_000_000, name), ("HSET", of, "last_seen", 1_800_000_000),
            ("PUBLISH", "seed:updates", f'{{"user_id":"{name}","workspace_id":"w","timestamp":1800000000}}')]


def seed_join(number):
    of = f"seed:user:{user(number)}"
    return seed_heartbeat(number) + [("HGETALL", of), ("ZRANGEBYSCORE", f"{of}:devices", 0, "+inf", "WITHSCORES")]


def seed_set_status(number):
    return [("HSET", f"seed:user:{user(number)}", "status", "busy", "updated_at", 1_800_000_000, "custom_message", f"message {number}"),
            ("ZREM", "seed:status_expiry", user(number)),
            ("PUBLISH", "seed:status", f'{{"user_id":"{user(number)}","status":"busy","custom_message":"message","emoji":null}}')]


def ours(library, name, extra):
    def commands(number):
        of = f"presence:user:{user(number)}"
        return [("FCALL", f"{library}_user_{name}", 6, of, f"{of}:devices", f"{of}:changes", "presence:status_expiry", "presence:visible",
                 "presence:workspaces", user(number), 60, f"presence:events:user:{user(number)}", "presence:status",
                 f"presence:events:self:{user(number)}", "", *extra(number))]
    return commands


def announce(number):
    return [f"00000000-{number}", "web:1", f"w{number % USERS // 10}", "", "", 100, "state", "", 0, 1, "", "", 0, 0, 60_000, "web"]


def function(name, count):
    return lambda number: [("FCALL", name, count, *keys(number, "floor")[:count], *floor_arguments(number))]


def beat(number):
    each = [key for other in range(number * 32, number * 32 + 32) for key in keys(other, "floor")[:2] + keys(other, "floor")[5:6]]
    return [("FCALL", "floor_beat", len(each), *each, *floor_arguments(number))]


def spent(redis, make, units):
    calls = [make(number) for number in range(CALLS // units)]
    texts = [b"".join(Redis.encode(*words) for words in commands) for commands in calls]
    before = redis.cpu()
    for begin in range(0, len(texts), TOGETHER):
        redis.send(b"".join(texts[begin:begin + TOGETHER]), sum(len(commands) for commands in calls[begin:begin + TOGETHER]))
    return (redis.cpu() - before) / (len(texts) * units) * 1e6


def idle(redis):
    """µs of a heartbeat: 64 users at once, and as they are due, with what Redis spends on its timers meanwhile."""
    texts = [b"".join(Redis.encode(*words) for words in seed_heartbeat(number, CONNECTIONS)) for number in range(CONNECTIONS)]
    each = len(seed_heartbeat(0))

    def send(begin, end, together):
        for first in range(begin, end, together):
            part = texts[first:min(first + together, end)]
            redis.send(b"".join(part), each * len(part))

    send(0, CONNECTIONS, TOGETHER)
    before = redis.cpu()
    send(0, CONNECTIONS, TOGETHER)
    at_once, before = redis.cpu() - before, redis.cpu()
    ticks, begin = int(INTERVAL / TICK), time.monotonic()
    for tick in range(ticks):
        send(CONNECTIONS * tick // ticks, CONNECTIONS * (tick + 1) // ticks, BATCH)
        time.sleep(max(0, begin + TICK * (tick + 1) - time.monotonic()))
    return [spent / CONNECTIONS * 1e6 for spent in (at_once, redis.cpu() - before)]


def main(presenced, directory):
    path = os.path.join(directory, "redis.sock")
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"],
                              stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(path):
            time.sleep(0.01)
        redis = Redis(path)
        # The daemon loads its library, and goes.
        daemon = subprocess.Popen([presenced], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={
            **os.environ, "REDIS_URL": f"unix://{path}", "PRESENCE_PORT": "0", "PRESENCE_BIND": "127.0.0.1", "METRICS_BIND": "none",
            "CANARY_INTERVAL": "0", "AUTH_JWT_SECRET": "a secret of thirty-two bytes or more"})
        library = None
        while not library:
            listed = redis.command("FUNCTION", "LIST")
            library = next((each[1].decode() for each in listed if each[1].startswith(b"presenced_user")), None)
            time.sleep(0.05)
        daemon.terminate()
        daemon.wait()
        redis.command("FUNCTION", "LOAD", FLOOR)
        prefix = library.removesuffix("_user")
        set_status = ours(prefix, "set_status", lambda number: ["busy", f"message {number}", "set", "", "keep", 0, "none", 5000])
        join = ours(prefix, "announce", announce)
        for number in range(USERS):
            for words in join(number) + function("floor_join", 8)(number):
                redis.command(*words)
        rows = {
            "set_status": [("the seed's commands", seed_set_status, 1), ("a function of the commands alone", function("floor_set_status", 3), 1),
                           ("ours", set_status, 1)],
            "join": [("the seed's commands", seed_join, 1), ("a function of the commands alone", function("floor_join", 8), 1)],
            "heartbeat": [("the seed's commands", seed_heartbeat, 1), ("a function of the commands alone, 32 users a call", beat, 32)],
            "nothing": [("an empty function with keys and arguments", function("floor_empty", 8), 1)],
        }
        print("| | | µs | : the seed's |\n|---|---|---|---|")
        for row, columns in rows.items():
            least = [min(times) for times in zip(*([spent(redis, make, units) for _, make, units in columns] for _ in range(ROUNDS)))]
            for (name, _, _), value in zip(columns, least):
                print(f"| {row} | {name} | {value:.2f} | {value / least[0]:.1f} |")
        at_once, due = idle(redis)
        print(f"| idle | the seed's commands, 64 users at once | {at_once:.2f} | 1.0 |")
        print(f"| idle | the same as they are due, 32 at once | {due:.2f} | {due / at_once:.1f} |")
    finally:
        server.kill()


if __name__ == "__main__":
    scratch = tempfile.mkdtemp()
    try:
        main(sys.argv[1], scratch)
    finally:
        shutil.rmtree(scratch)
