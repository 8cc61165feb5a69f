// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// TLS that ends in the daemon: https and wss, certificates that change, and who does not speak it.
import assert from "node:assert/strict"
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { Agent, request } from "node:https"
import { connect } from "node:net"
import { connect as connectTls } from "node:tls"
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import WebSocket from "ws"
import { Client } from "./client.mjs"
import { Cluster, eventually, token } from "./cluster.mjs"
import { test } from "./fixture.mjs"

// In --nightly 5,000.
const CLIENTS = Number(process.env.TLS_CLIENTS ?? 200)
const directory = mkdtempSync(join(tmpdir(), "presence-tls-"))
const file = name => join(directory, name)
const cluster = new Cluster({})
let node

/** A certificate of its own for localhost. */
function certify(name, kind = "ec") {
  const key = kind === "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"]
  execFileSync("openssl", ["req", "-x509", "-newkey", ...key, "-nodes", "-days", "2", "-subj", `/CN=${name}`,
    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)],
  { stdio: "ignore" })
}
function use(name) {
  copyFileSync(file(`${name}.pem`), file("tls.pem"))
  copyFileSync(file(`${name}.key`), file("tls.key"))
}
const authorities = () => ["first", "second"].map(name => readFileSync(file(`${name}.pem`)))

before(async () => {
  certify("first")
  certify("second", "rsa")
  use("first")
  await cluster.startRedis()
  node = await cluster.startDaemon({
    TLS_CERT: file("tls.pem"), TLS_KEY: file("tls.key"), LIMIT_USER_CONNECTIONS: "0", PRESENCE_PING_INTERVAL: "6",
    LIMIT_USER_REQUESTS: "0", LIMIT_USER_ROWS: "0" })
  Object.assign(node, { url: node.url.replace("http:", "https:"), socketUrl: node.socketUrl.replace("ws:", "wss:") })
})
after(async () => {
  await Client.leaveAll()
  await cluster.stop()
  rmSync(directory, { recursive: true })
})

const port = () => Number(new URL(node.url).port)

function ask(path, { method = "GET", body, agent, user = "alice" } = {}) {
  return new Promise((resolve, reject) => {
    const asking = request(node.url + path, { method, ca: authorities(), agent,
      headers: { Authorization: `Bearer ${token(user)}`, ...(body && { "Content-Type": "application/json" }) } }, response => {
      let text = ""
      const name = response.socket.getPeerCertificate().subject?.CN
      response.setEncoding("utf8")
      response.on("data", data => { text += data })
      response.on("end", () => resolve({ status: response.statusCode, text, name }))
    })
    asking.on("error", reject)
    asking.end(body && JSON.stringify(body))
  })
}

class SecureSocket extends WebSocket {
  constructor(url, protocols) { super(url, protocols, { ca: authorities() }) }
}
const phoenix = user => new Client(node, user, { options: { transport: SecureSocket } })
const fresh = async () => (await ask("/health", { agent: new Agent({ keepAlive: false }) })).name

/** What openssl s_client says. */
function sClient(...args) {
  const { stdout, stderr, status } = spawnSync("openssl", ["s_client", "-connect", `127.0.0.1:${port()}`, ...args],
    { input: "Q", encoding: "utf8", timeout: 10_000 })
  return { text: stdout + stderr, status }
}

test("phoenix.js by wss, and REST by https", async () => {
  const alice = phoenix("alice")
  const bob = phoenix("bob")
  await alice.enter("acme")
  await bob.enter("acme")
  const seen = await bob.follow("workspace:acme")
  await alice.say("set_status", { status: "busy", custom_message: "Füße" })
  await bob.next("presence_update", each => each.user_id === "alice" && each.custom_message === "Füße")
  await eventually(() => assert.deepEqual(seen.list(id => id).sort(), ["alice", "bob"]))
  assert.equal(JSON.parse((await ask("/api/presence/users/alice")).text).status, "busy")
  await alice.leave()
  await bob.leave()
})

test("large bodies and answers come whole", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ids = Array.from({ length: 1000 }, (_, i) => `${"somebody-with-a-long-name-".repeat(4)}${i}`)
  for (let i = 0; i < 5; ++i) {
    const { status, text } = await ask("/api/presence/bulk", { method: "POST", body: { user_ids: ids }, agent })
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(text).map(each => each.user_id), ids)
  }
  agent.destroy()
})

test("many messages at once are answered, each in its order", async () => {
  const socket = new SecureSocket(`${node.socketUrl}/websocket?vsn=2.0.0&token=${token("quick")}`)
  const refs = []
  socket.on("message", data => refs.push(Number(JSON.parse(data)[1])))
  await new Promise(resolve => socket.on("open", resolve))
  const padding = "x".repeat(2_000)
  for (let i = 0; i < 300; ++i) socket.send(JSON.stringify([null, String(i), "phoenix", "heartbeat", { padding }]))
  await eventually(() => assert.equal(refs.length, 300), 10_000)
  assert.deepEqual(refs, Array.from({ length: 300 }, (_, i) => i))
  socket.close()
})

test("who does not read is cut, and nobody else waits", async () => {
  const socket = connectTls({ port: port(), host: "127.0.0.1", ca: authorities(), servername: "localhost" })
  await new Promise(resolve => socket.on("secureConnect", resolve))
  socket.pause()
  const body = JSON.stringify({ user_ids: Array.from({ length: 1000 }, (_, i) => `nobody-${i}`) })
  const bulk = `POST /api/presence/bulk HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token("slow")}\r\n`
    + `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  for (let i = 0; i < 100; ++i) socket.write(bulk)
  for (let i = 0; i < 20; ++i) assert.equal((await ask("/api/presence/users/alice")).status, 200)
  // It is given all when it reads again.
  let got = ""
  socket.on("data", data => { got += data })
  socket.resume()
  await eventually(() => assert.equal(got.split("HTTP/1.1 200").length - 1, 100), 20_000)
  socket.destroy()
})

test("TLS 1.2 and 1.3, HTTP/1.1 by ALPN, and nothing older", () => {
  assert.match(sClient("-tls1_3").text, /TLSv1\.3/)
  assert.match(sClient("-tls1_2").text, /ECDHE-/)
  assert.notEqual(sClient("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").status, 0)
  assert.notEqual(sClient("-tls1_2", "-cipher", "AES128-SHA").status, 0)
  assert.match(sClient("-alpn", "h2,http/1.1").text, /ALPN protocol: http\/1\.1/)
  assert.notEqual(sClient("-alpn", "h2").status, 0)
})

test("whoever does not speak TLS keeps nobody else out", async () => {
  const heard = ["", "", "", ""]
  const strangers = Array.from({ length: 100 }, (_, i) => {
    const socket = connect(port(), "127.0.0.1")
    socket.on("error", () => {}).on("data", data => { heard[i % 4] += data })
    if (i % 4 === 0) socket.write("GET / HTTP/1.0\r\n\r\n")
    if (i % 4 === 1) socket.write(Buffer.from([0x16, 3, 1, 0x40, 0]))
    if (i % 4 === 2) socket.write(Buffer.alloc(5000, 0xff))
    return socket
  })
  assert.equal((await ask("/api/presence/users/alice")).status, 200)
  await eventually(() => assert.ok(strangers.filter(each => each.closed).length >= 50))
  assert.match(heard[0], /^HTTP\/1.1 400 .*This port speaks TLS/s)
  const measures = (await ask("/metrics")).text
  assert.ok(Number(measures.match(/^presence_tls_handshake_failures_total (\d+)/m)[1]) >= 50)
  const ends = Number(measures.match(/^presence_tls_certificate_not_after_seconds (\S+)/m)[1])
  assert.ok(Math.abs(ends - Date.now() / 1000 - 2 * 86400) < 3600, `${ends}`)
  for (const socket of strangers) socket.destroy()
  assert.equal((await ask("/api/presence/users/alice")).status, 200)
})

test("a new certificate drops nobody", async () => {
  assert.equal(await fresh(), "first")
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  assert.equal((await ask("/health", { agent })).status, 200)
  let closed = 0
  const sockets = []
  for (let i = 0; i < CLIENTS; i += 50) {
    await Promise.all(Array.from({ length: Math.min(50, CLIENTS - i) }, async () => {
      const socket = new SecureSocket(`${node.socketUrl}/websocket?vsn=2.0.0&token=${token("many")}`)
      socket.on("close", () => closed++)
      sockets.push(socket)
      await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject))
    }))
  }
  // Half of a pair is no certificate.
  copyFileSync(file("second.pem"), file("tls.pem"))
  process.kill(node.pid, "SIGHUP")
  assert.equal(await fresh(), "first")
  writeFileSync(file("tls.pem"), "nothing")
  process.kill(node.pid, "SIGHUP")
  assert.equal(await fresh(), "first")
  use("second")
  process.kill(node.pid, "SIGHUP")
  await eventually(async () => assert.equal(await fresh(), "second"))
  assert.equal((await ask("/health", { agent })).status, 200)
  let answered = 0
  for (const socket of sockets) {
    socket.on("message", () => answered++)
    socket.send(JSON.stringify([null, "1", "phoenix", "heartbeat", {}]))
  }
  await eventually(() => assert.equal(answered, CLIENTS), 20_000)
  assert.equal(closed, 0)
  for (const socket of sockets) socket.terminate()
  agent.destroy()
})

test("a certificate that cannot be used is an error", async () => {
  const outcome = environment => new Promise(resolve => {
    const child = spawn(process.env.PRESENCED, { env: { PATH: process.env.PATH, REDIS_URL: `unix://${cluster.socket}`,
      PRESENCE_PORT: "0", METRICS_BIND: "none", ...environment }, stdio: ["ignore", "ignore", "pipe"] })
    let text = ""
    child.stderr.on("data", data => { text += data })
    child.on("exit", code => resolve({ code, text }))
  })
  const pair = { TLS_CERT: file("first.pem"), TLS_KEY: file("first.key") }
  for (const [fault, environment] of Object.entries({
    "no key": { TLS_CERT: pair.TLS_CERT },
    "no certificate": { TLS_KEY: pair.TLS_KEY },
    "not there": { ...pair, TLS_CERT: file("none.pem") },
    "of another key": { ...pair, TLS_KEY: file("second.key") },
    "no certificate at all": { ...pair, TLS_CERT: file("first.key") },
  })) {
    const { code, text } = await outcome(environment)
    assert.notEqual(code, 0, fault)
    assert.match(text, /TLS_CERT|TLS_KEY/, fault)
  }
})
