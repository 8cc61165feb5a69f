// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Redis behind names, proxies and firewalls, as it is in production: several addresses of the loopback, a hosts
// file of the daemon's own, a proxy that switches or falls silent.
import assert from "node:assert/strict"
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { Client } from "./client.mjs"
import { Cluster, eventually, token } from "./cluster.mjs"
import { Redis } from "./redis.mjs"

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const directory = mkdtempSync(join(tmpdir(), "presence-network-"))
const children = []
const cluster = new Cluster()

after(async () => {
  await cluster.stop()
  for (const child of children) child.kill("SIGKILL")
  rmSync(directory, { recursive: true, force: true })
})

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** A server at `address`; answers { port, command, kill }. */
async function startRedis(address, options = [], port = null) {
  port ??= await freePort()
  const socket = join(directory, `redis-${address}-${port}.sock`)
  const child = spawn("redis-server", ["--port", String(port), "--bind", address, "--unixsocket", socket,
    "--dir", directory, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", ...options], { stdio: "ignore" })
  children.push(child)
  await eventually(() => new Promise((resolve, reject) => {
    createConnection(socket, resolve).once("error", reject)
  }))
  const admin = new Redis(socket)
  return { port, command: (...words) => admin.command(...words), kill() {
    const ended = new Promise(resolve => child.once("exit", resolve))
    child.kill("SIGKILL")
    return ended
  } }
}

/** Passes connections on to a port of 127.0.0.1, for new ones to another one once it is told. */
async function startSwitch(target) {
  const pairs = new Set()
  const server = createServer(client => {
    const upstream = createConnection(target, "127.0.0.1")
    const pair = { client, upstream }
    pairs.add(pair)
    client.pipe(upstream)
    upstream.pipe(client)
    for (const socket of [client, upstream]) {
      socket.on("error", () => {})
      socket.on("close", () => { if (pairs.delete(pair)) { client.destroy(); upstream.destroy() } })
    }
  })
  const port = await new Promise(resolve => server.listen(0, "127.0.0.1", () => resolve(server.address().port)))
  after(() => { server.close(); for (const { client, upstream } of pairs) { client.destroy(); upstream.destroy() } })
  return {
    port,
    to(other) { target = other },
    /** Those that there are carry nothing any more, and nobody is told. */
    silence() {
      for (const { client, upstream } of pairs) { client.unpipe(upstream); upstream.unpipe(client) }
      pairs.clear()
    },
  }
}

const asUser = user => ({ Authorization: `Bearer ${token(user)}`, "Content-Type": "application/json" })

async function put(node, status = "busy", user = "amy") {
  const response = await fetch(`${node.url}/api/presence/users/${user}/status`,
    { method: "PUT", headers: asUser(user), body: JSON.stringify({ status }) })
  return response.status
}

/** A replica has all that its primary had sent: one that is linked may still be reading it. */
async function caughtUp(replica, primary) {
  const offset = async (server, field) =>
    Number((await server.command("INFO", "replication")).match(new RegExp(`^${field}:(\\d+)`, "m"))?.[1] ?? -1)
  await eventually(async () => assert.match(await replica.command("INFO", "replication"), /master_link_status:up/))
  const sent = await offset(primary, "master_repl_offset")
  await eventually(async () => assert((await offset(replica, "slave_repl_offset")) >= sent))
}

/** Seconds until a change is accepted. */
async function untilWritten(t, node, what) {
  const begin = Date.now()
  await eventually(async () => assert.equal(await put(node), 200), 20_000)
  const seconds = (Date.now() - begin) / 1000
  t.diagnostic(`${what}: ${seconds.toFixed(2)} s until changes are accepted`)
  return seconds
}

const ready = async node => (await fetch(`${node.url}/health/ready`)).status

async function health(node) {
  const response = await fetch(`${node.url}/health`, { headers: { Authorization: `Bearer ${token("root", { scope: "admin" })}` } })
  return { status: response.status, body: await response.json() }
}

/** A hosts file that only the daemon sees. */
class Hosts {
  #path = join(directory, `hosts-${Math.random()}`)
  constructor(...lines) { this.set(...lines) }
  set(...lines) { writeFileSync(this.#path, ["127.0.0.1 localhost", ...lines, ""].join("\n")) }
  get wrapper() {
    return ["unshare", process.getuid() === 0 ? "-m" : "-rm", "sh", "-c",
      `mount --bind ${this.#path} /etc/hosts && exec "$@"`, "sh"]
  }
}

const hasNamespaces = spawnSync(new Hosts().wrapper[0], [...new Hosts().wrapper.slice(1), "true"]).status === 0
const needsNames = hasNamespaces ? {} : { skip: "no mount namespaces here" }

test("a name that moves is followed at once", needsNames, async t => {
  const one = await startRedis("127.0.0.2")
  const two = await startRedis("127.0.0.3", ["--replicaof", "127.0.0.2", String(one.port)], one.port)
  const hosts = new Hosts("127.0.0.2 cache.test")
  const node = await cluster.startDaemon({ REDIS_URL: `redis://cache.test:${one.port}` }, 0, hosts.wrapper)
  assert.equal(await put(node), 200)
  await caughtUp(two, one)
  await two.command("REPLICAOF", "NO", "ONE")
  hosts.set("127.0.0.3 cache.test")
  one.kill()
  assert(await untilWritten(t, node, "a name that moves") < 2)
  await node.stop()
})

test("a name that a cluster announces is followed when it moves", needsNames, async t => {
  const options = ["--cluster-enabled", "yes", "--cluster-announce-hostname", "shard.test", "--cluster-preferred-endpoint-type", "hostname",
    "--cluster-config-file", "shard.conf", "--dbfilename", "shard.rdb"]
  const port = 20_000 + Math.floor(Math.random() * 10_000) // its bus has a port 10,000 above
  const one = await startRedis("127.0.0.2", options, port)
  await one.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
  await eventually(async () => assert.match(await one.command("CLUSTER", "INFO"), /cluster_state:ok/))
  const hosts = new Hosts("127.0.0.2 seed.test shard.test")
  const node = await cluster.startDaemon({ REDIS_CLUSTER_NODES: `seed.test:${port}` }, 0, hosts.wrapper)
  await untilWritten(t, node, "a cluster by names")
  // The name that is configured leads nowhere: what the cluster announced does.
  hosts.set("127.0.0.5 seed.test", "127.0.0.3 shard.test")
  await one.command("SAVE")
  await one.kill()
  const moved = await startRedis("127.0.0.3", options, port)
  await eventually(async () => assert.match(await moved.command("CLUSTER", "INFO"), /cluster_state:ok/))
  assert(await untilWritten(t, node, "a name that a cluster announced") < 2)
  await node.stop()
})

test("a name that Sentinel announces is followed when it moves", needsNames, async t => {
  const one = await startRedis("127.0.0.2", ["--dbfilename", "primary.rdb"])
  const hosts = new Hosts("127.0.0.2 primary.test")
  const port = await freePort()
  const configuration = join(directory, "sentinel.conf")
  writeFileSync(configuration, ["bind 127.0.0.1", `port ${port}`, `dir ${directory}`, "sentinel resolve-hostnames yes",
    "sentinel announce-hostnames yes", `sentinel monitor mymaster primary.test ${one.port} 1`, ""].join("\n"))
  const [program, ...words] = hosts.wrapper
  children.push(spawn(program, [...words, "redis-server", configuration, "--sentinel"], { stdio: "ignore" }))
  const node = await cluster.startDaemon({ REDIS_SENTINELS: `127.0.0.1:${port}`, REDIS_SENTINEL_MASTER: "mymaster" }, 0, hosts.wrapper)
  await untilWritten(t, node, "Sentinel by names")
  await one.command("SAVE")
  hosts.set("127.0.0.3 primary.test")
  await one.kill()
  await startRedis("127.0.0.3", ["--dbfilename", "primary.rdb"], one.port)
  assert(await untilWritten(t, node, "a name that Sentinel announced") < 2)
  await node.stop()
})

// Its queue of connections is full, so the kernel drops every SYN.
function startBlackHole(address, port) {
  const program = "import socket, time; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); " +
    `s.bind(('${address}', ${port})); s.listen(0); c = [socket.socket() for _ in range(4)]; ` +
    `[(x.setblocking(False), x.connect_ex(('${address}', ${port}))) for x in c]; print('full', flush=True); time.sleep(600)`
  const child = spawn("python3", ["-c", program], { stdio: ["ignore", "pipe", "inherit"] })
  children.push(child)
  return new Promise(resolve => child.stdout.once("data", resolve))
}

test("an address that swallows packets costs a moment", needsNames, async t => {
  const server = await startRedis("127.0.0.2")
  await startBlackHole("127.0.0.4", server.port)
  const hosts = new Hosts("127.0.0.4 cache.test", "127.0.0.2 cache.test")
  const node = await cluster.startDaemon({ REDIS_URL: `redis://cache.test:${server.port}` }, 0, hosts.wrapper)
  assert(await untilWritten(t, node, "a first address that swallows packets") < 3)
  await node.stop()
})

test("an address that leads to a replica, or to nobody, is left for the next", needsNames, async t => {
  const primary = await startRedis("127.0.0.2")
  const replica = await startRedis("127.0.0.3", ["--replicaof", "127.0.0.2", String(primary.port)], primary.port)
  await caughtUp(replica, primary)
  const hosts = new Hosts("127.0.0.5 cache.test", "127.0.0.3 cache.test", "127.0.0.2 cache.test")
  const node = await cluster.startDaemon({ REDIS_URL: `redis://cache.test:${primary.port}` }, 0, hosts.wrapper)
  assert(await untilWritten(t, node, "addresses of nobody and of a replica first") < 3)
  await node.stop()
})

test("a primary that was demoted behind a proxy is left, also by what listens", async t => {
  const old = await startRedis("127.0.0.1")
  const next = await startRedis("127.0.0.1", ["--replicaof", "127.0.0.1", String(old.port)])
  await caughtUp(next, old)
  const proxy = await startSwitch(old.port)
  const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
  const watcher = new Client(node, "bob")
  await watcher.join("user:amy")
  const amy = new Client(node, "amy")
  await amy.enter("acme")
  const heard = () => watcher.inbox.filter(({ event }) => event === "status_update").map(({ payload }) => payload.status).at(-1)
  assert.equal(await put(node, "busy"), 200)
  await eventually(() => assert.equal(heard(), "busy"))
  await caughtUp(next, old)
  await next.command("REPLICAOF", "NO", "ONE")
  await old.command("REPLICAOF", "127.0.0.1", String(next.port))
  proxy.to(next.port)
  // What the old one has refused was not done, and goes to the new one.
  const begin = Date.now()
  assert.equal(await put(node, "away"), 200)
  t.diagnostic(`a demoted primary behind a proxy: ${((Date.now() - begin) / 1000).toFixed(2)} s until changes are accepted`)
  assert(Date.now() - begin < 3000)
  // The old one is a replica, and passes on what is published: until nobody listens there any more.
  await eventually(async () => {
    const channels = await old.command("PUBSUB", "SHARDCHANNELS")
    assert.equal(channels.length, 0)
  })
  await eventually(() => assert.equal(heard(), "away"))
  assert.equal(await put(node, "busy"), 200)
  await eventually(() => assert.equal(heard(), "busy"))
  await Client.leaveAll()
  await node.stop()
})

test("an old primary that follows nobody, behind a proxy that is late, is left by what listens", async () => {
  const old = await startRedis("127.0.0.1")
  const next = await startRedis("127.0.0.1", ["--replicaof", "127.0.0.1", String(old.port)])
  await caughtUp(next, old)
  const proxy = await startSwitch(old.port)
  const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, PRESENCE_SHARDS: "1" })
  const watcher = new Client(node, "bob")
  await watcher.join("user:amy")
  const amy = new Client(node, "amy")
  await amy.enter("acme")
  const heard = () => watcher.inbox.filter(({ event }) => event === "status_update").map(({ payload }) => payload.status).at(-1)
  await caughtUp(next, old)
  await next.command("REPLICAOF", "NO", "ONE")
  await old.command("REPLICAOF", "127.0.0.1", "1")
  const answer = put(node, "away")
  await sleep(2000)
  proxy.to(next.port)
  assert.equal(await answer, 200)
  await eventually(async () => {
    assert.equal(await put(node, heard() === "busy" ? "away" : "busy"), 200)
    await sleep(300)
    assert.equal((await old.command("PUBSUB", "SHARDCHANNELS")).length, 0)
    assert((await next.command("PUBSUB", "SHARDCHANNELS")).length > 0)
  }, 10_000)
  await eventually(() => assert(["busy", "away"].includes(heard())))
  await Client.leaveAll()
  await node.stop()
})

test("a path that was cut is noticed before somebody needs it", async t => {
  const server = await startRedis("127.0.0.1")
  const proxy = await startSwitch(server.port)
  const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_PING_INTERVAL: "1",
    REDIS_TIMEOUT: "1000", HEARTBEAT_INTERVAL: "30000" })
  assert.equal(await put(node), 200)
  proxy.silence()
  await sleep(4000)
  const begin = Date.now()
  assert.equal(await put(node, "away"), 200)
  t.diagnostic(`a path that was cut while idle: ${((Date.now() - begin) / 1000).toFixed(2)} s for the first change`)
  await node.stop()
})

test("a server that closes idle connections refuses nothing", async () => {
  const server = await startRedis("127.0.0.1", ["--timeout", "1"])
  const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${server.port}` })
  const answers = []
  for (let i = 0; i < 8; ++i) {
    answers.push(await put(node, i % 2 ? "busy" : "away"))
    await sleep(900 + 100 * i)
  }
  assert.deepEqual(answers, Array(8).fill(200))
  await node.stop()
})

const refusals = {
  "too few replicas": {
    begin: server => server.command("CONFIG", "SET", "min-replicas-to-write", "1"),
    end: server => server.command("CONFIG", "SET", "min-replicas-to-write", "0"),
    error: /^NOREPLICAS/,
  },
  "no memory": {
    begin: server => server.command("CONFIG", "SET", "maxmemory", "1"),
    end: server => server.command("CONFIG", "SET", "maxmemory", "0"),
    error: /^OOM/,
  },
  "no right to run scripts": {
    begin: server => server.command("ACL", "SETUSER", "default", "-evalsha", "-fcall"),
    end: server => server.command("ACL", "SETUSER", "default", "+evalsha", "+fcall"),
    error: /^NOPERM/,
  },
}

for (const [name, refusal] of Object.entries(refusals)) {
  test(`readiness says so: ${name}`, async t => {
    const server = await startRedis("127.0.0.1")
    const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${server.port}` })
    await eventually(async () => assert.equal(await ready(node), 200))
    const begin = Date.now()
    await refusal.begin(server)
    await eventually(async () => assert.equal(await ready(node), 503), 10_000)
    t.diagnostic(`${name}: ${((Date.now() - begin) / 1000).toFixed(2)} s until it is not ready`)
    const { status, body } = await health(node)
    assert.equal(status, 503)
    assert.equal(body.status, "degraded")
    assert.match(body.redis.error, refusal.error)
    assert.match(await (await fetch(`${node.url}/metrics`)).text(), /^presence_redis_master_writable\{master="127\.0\.0\.1:\d+"\} 0$/m)
    assert.notEqual(await put(node), 200)
    await refusal.end(server)
    await eventually(async () => assert.equal(await ready(node), 200), 5000)
    assert.equal((await health(node)).body.status, "healthy")
    await node.stop()
  })
}

for (const name of ["too few replicas", "no memory"]) {
  test(`what is refused for a second waits: ${name}`, async () => {
    const server = await startRedis("127.0.0.1")
    const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${server.port}` })
    assert.equal(await put(node), 200)
    await refusals[name].begin(server)
    const answers = Promise.all(["amy", "bob", "eve"].map(user => put(node, "away", user)))
    await sleep(1000)
    await refusals[name].end(server)
    assert.deepEqual(await answers, [200, 200, 200])
    assert.equal(await ready(node), 200)
    await node.stop()
  })
}

test("a password is rotated without a gap", async () => {
  const server = await startRedis("127.0.0.1", ["--requirepass", "old"])
  await server.command("AUTH", "old")
  const path = join(directory, "password")
  writeFileSync(path, "old\n")
  const node = await cluster.startDaemon({ REDIS_URL: `redis://127.0.0.1:${server.port}`, REDIS_PASSWORD_FILE: path })
  const hangUp = () => process.kill(node.pid, "SIGHUP")
  let isOver = false
  const answers = []
  const load = (async () => {
    while (!isOver) answers.push(await put(node, answers.length % 2 ? "busy" : "away"))
  })()
  const ids = async () => new Set([...(await server.command("CLIENT", "LIST")).matchAll(/^id=(\d+) addr=127/gm)].map(found => found[1]))
  const before = await ids()
  assert(before.size > 3)
  // One that the server does not know: those that there are stay.
  writeFileSync(path, "wrong\n")
  hangUp()
  await sleep(1500)
  for (const id of before) assert((await ids()).has(id))
  await server.command("CONFIG", "SET", "requirepass", "new")
  writeFileSync(path, "new\n")
  for (let i = 0; i < 5; ++i) hangUp()
  await eventually(async () => {
    const now = await ids()
    for (const id of before) assert(!now.has(id))
  })
  await server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
  await eventually(async () => assert.equal(await ready(node), 200))
  isOver = true
  await load
  // Those under way when they were killed are not counted.
  assert(answers.length > 100)
  assert(answers.filter(answer => answer !== 200).length <= 1, `${answers.filter(answer => answer !== 200)}`)
  await node.stop()
})

/** An authority, and two certificates of it; answers a function from "ca", "server.pem", … to the file. */
function certify(name) {
  const file = part => join(directory, `${name}-${part}`)
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "ignore" })
  openssl("req", "-x509", ...key, "-days", "2", "-subj", `/CN=${name}`, "-keyout", file("ca.key"), "-out", file("ca"))
  for (const whose of ["server", "client"])
    openssl("req", "-x509", ...key, "-days", "2", "-subj", `/CN=${whose}`, "-addext", "subjectAltName=IP:127.0.0.1",
      "-CA", file("ca"), "-CAkey", file("ca.key"), "-keyout", file(`${whose}.key`), "-out", file(`${whose}.pem`))
  return file
}

test("certificate and authority are rotated", async () => {
  const [old, fresh] = [certify("old"), certify("new")]
  const file = name => join(directory, `tls-${name}`)
  const install = from => ["client.pem", "client.key"].forEach(name => copyFileSync(from(name), file(name)))
  copyFileSync(old("ca"), file("ca"))
  install(old)
  const tlsPort = await freePort()
  const server = await startRedis("127.0.0.1", ["--tls-port", String(tlsPort), "--tls-ca-cert-file", old("ca"),
    "--tls-cert-file", old("server.pem"), "--tls-key-file", old("server.key")])
  const node = await cluster.startDaemon({ REDIS_URL: `rediss://127.0.0.1:${tlsPort}`, REDIS_SSL_CA: file("ca"),
    REDIS_SSL_CERT: file("client.pem"), REDIS_SSL_KEY: file("client.key") })
  assert.equal(await put(node, "busy"), 200)
  const bob = new Client(node, "bob")
  await bob.join("user:amy")
  const amy = new Client(node, "amy")
  await amy.enter("acme")
  const ids = async () => new Set([...(await server.command("CLIENT", "LIST")).matchAll(/^id=(\d+) addr=127/gm)].map(found => found[1]))
  const before = await ids()
  let isOver = false
  const answers = []
  const load = (async () => {
    while (!isOver) answers.push(await put(node, answers.length % 2 ? "busy" : "away"))
  })()
  // Both authorities for a while, as operators do it; then the server's, then the old one goes.
  appendFileSync(file("ca"), readFileSync(fresh("ca")))
  const both = join(directory, "both")
  writeFileSync(both, Buffer.concat([readFileSync(old("ca")), readFileSync(fresh("ca"))]))
  await server.command("CONFIG", "SET", "tls-ca-cert-file", both)
  process.kill(node.pid, "SIGHUP")
  await eventually(async () => {
    const now = await ids()
    for (const id of before) assert(!now.has(id))
  })
  await server.command("CONFIG", "SET", "tls-cert-file", fresh("server.pem"), "tls-key-file", fresh("server.key"),
    "tls-ca-cert-file", fresh("ca"))
  copyFileSync(fresh("ca"), file("ca"))
  install(fresh)
  const between = await ids()
  process.kill(node.pid, "SIGHUP")
  await eventually(async () => {
    const now = await ids()
    for (const id of between) assert(!now.has(id))
  })
  isOver = true
  await load
  assert(answers.length > 5)
  assert.deepEqual(answers.filter(answer => answer !== 200), [])
  assert.equal(await ready(node), 200)
  // Those that watch are subscribed anew, too.
  assert.equal(await put(node, "online"), 200)
  const heard = () => bob.inbox.filter(({ event }) => event === "status_update").map(({ payload }) => payload.status).at(-1)
  await eventually(() => assert.equal(heard(), "online"))
  await Client.leaveAll()
  await node.stop()
})
