// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Tokens of an identity provider: its keys by https, as it replaces them, is away, slow or wrong.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { createServer } from "node:https"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import * as jose from "jose"
import WebSocket from "ws"
import { Client } from "./client.mjs"
import { Cluster, eventually } from "./cluster.mjs"
import { test } from "./fixture.mjs"

/** What an identity provider has: keys with names, and an endpoint that says them. */
class Provider {
  keys = []
  asked = []
  answer = null // instead of the keys

  constructor(directory) {
    const file = name => join(directory, name)
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", file("key.pem"), "-out", file("ca.pem")],
    { stdio: "ignore" })
    this.authorities = file("ca.pem")
    this.server = createServer({ key: readFileSync(file("key.pem")), cert: readFileSync(file("ca.pem")) },
      (request, response) => {
        this.asked.push(request.url)
        if (this.answer) return this.answer(response)
        response.setHeader("Content-Type", "application/json")
        response.end(JSON.stringify(this.jwks()))
      })
  }

  jwks() {
    return { keys: [
      // As Keycloak has it.
      { kty: "RSA", use: "enc", alg: "RSA-OAEP", kid: "for-encryption", n: "AQAB", e: "AQAB", x5c: ["AAAA"] },
      ...this.keys.map(({ jwk }) => jwk)] }
  }

  async start() {
    await new Promise(resolve => this.server.listen(0, "127.0.0.1", resolve))
    this.url = `https://localhost:${this.server.address().port}/realms/chat/certs?client=presence`
  }

  stop() { this.server.closeAllConnections(); this.server.close() }

  /** `hides` are members that its JWK lacks. */
  async add(kid, alg, hides = []) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, alg === "EdDSA" ? { crv: "Ed25519" } : {})
    const jwk = { ...await jose.exportJWK(publicKey), kid, alg, use: "sig" }
    for (const member of hides) delete jwk[member]
    const key = { kid, alg, privateKey, jwk }
    this.keys.push(key)
    return key
  }
}

function sign({ kid, alg, privateKey }, user, claims = {}, header = {}) {
  return new jose.SignJWT({ sub: user, iss: "https://login.example.com/realms/chat", aud: "presence", ...claims })
    .setProtectedHeader({ alg, kid, typ: "JWT", ...header }).setIssuedAt().setExpirationTime(claims.exp ?? "10m").sign(privateKey)
}

const directory = mkdtempSync(join(tmpdir(), "presence-tokens-"))
const cluster = new Cluster({})
const provider = new Provider(directory)
const file = join(directory, "jwks.json")
let node
const started = (environment = {}) => cluster.startDaemon({
  AUTH_JWT_SECRET: undefined, AUTH_JWKS_URL: provider.url, AUTH_JWKS_CA: provider.authorities, AUTH_JWKS_REFRESH: "3600",
  AUTH_JWT_ISSUER: "https://login.example.com/realms/chat", AUTH_JWT_AUDIENCE: "presence", ...environment })

before(async () => {
  await cluster.startRedis()
  await provider.start()
  await provider.add("rsa", "RS256", ["alg"]) // Entra does not say
  await provider.add("pss", "PS256")
  await provider.add("ec", "ES256")
  await provider.add("ed", "EdDSA")
  writeFileSync(file, JSON.stringify({ keys: [] }))
  node = await started({ AUTH_JWKS_FILE: file })
})
after(async () => {
  await Client.leaveAll()
  await cluster.stop()
  provider.stop()
  rmSync(directory, { recursive: true })
})

async function ask(token, on = node) {
  const response = await fetch(`${on.url}/api/presence/users/alice`, { headers: { Authorization: `Bearer ${token}` } })
  const retryAfter = response.headers.get("retry-after")
  return { status: response.status, retryAfter, detail: (await response.json()).detail }
}
const accepted = (token, on) => eventually(async () => assert.equal((await ask(token, on)).status, 200), 12_000)

function connect(token) {
  return new Promise(resolve => {
    const socket = new WebSocket(`${node.url.replace("http", "ws")}/socket/websocket?vsn=2.0.0&token=${token}`)
    socket.on("open", () => { socket.close(); resolve(101) })
    socket.on("unexpected-response", (_, response) => resolve(response.statusCode))
    socket.on("error", () => resolve("error"))
  })
}

test("tokens of each kind open sockets and REST; the query of the URL is kept", async () => {
  for (const key of provider.keys) {
    await accepted(await sign(key, "alice"))
    assert.equal(await connect(await sign(key, "alice")), 101, key.alg)
    assert.equal((await ask(await sign(key, "alice", {}, { typ: "at+jwt" }))).status, 200)
    assert.equal((await ask(await sign(key, "alice", {}, { kid: undefined }))).status, 200, `${key.alg} without a kid`)
  }
  assert.deepEqual([...new Set(provider.asked)], ["/realms/chat/certs?client=presence"])
})

test("what is not signed as its key says is refused", async () => {
  const [rsa, pss, ec] = provider.keys
  const refused = async (token, why) => assert.equal((await ask(token)).status, 401, why)
  await refused(await sign({ ...rsa, kid: "ec" }, "alice").then(token => token), "the key of another")
  await refused(await sign({ ...pss, kid: "rsa", alg: "PS256" }, "alice"), "another algorithm than the key's")
  const secret = new TextEncoder().encode(JSON.stringify(ec.jwk))
  await refused(await sign({ kid: "ec", alg: "HS256", privateKey: secret }, "alice"), "a public key as a secret")
  await refused(new jose.UnsecuredJWT({ sub: "alice" }).encode(), "none")
  const own = await jose.generateKeyPair("ES256")
  await refused(await sign({ kid: "ec", alg: "ES256", privateKey: own.privateKey }, "alice",
    {}, { jwk: await jose.exportJWK(own.publicKey) }), "a key that it brings itself")
  await refused(await sign(ec, "alice", { iss: "https://login.example.org" }), "another issuer")
  await refused(await sign(ec, "alice", { aud: "chat" }), "another audience")
  await refused(await sign(ec, "alice", { aud: "chat presence" }), "one audience with a space")
  await refused(await sign(ec, "alice", { exp: Math.floor(Date.now() / 1000) - 60 }), "expired")
})

test("a new key is looked for when a token names it, and an old one goes", async () => {
  const next = await provider.add("next", "ES256")
  const [rsa] = provider.keys
  const token = await sign(next, "alice")
  const first = await ask(token)
  assert.equal(first.status, 503)
  assert.equal(first.retryAfter, "1")
  await accepted(token)
  // phoenix.js comes back by itself meanwhile.
  const later = await provider.add("later", "RS256")
  const alice = new Client(node, "alice", { options: { params: { token: await sign(later, "alice") } } })
  await alice.enter("acme")
  // What is taken out is out with the next look, also where it was remembered.
  const old = await sign(rsa, "alice")
  assert.equal((await ask(old)).status, 200)
  provider.keys.shift()
  process.kill(node.pid, "SIGHUP")
  await eventually(async () => assert.notEqual((await ask(old)).status, 200))
  await alice.leave()
})

test("a name that the provider does not know is asked for once", async () => {
  const { privateKey } = await jose.generateKeyPair("ES256")
  const forged = await sign({ kid: "made-up", alg: "ES256", privateKey }, "alice")
  assert.equal((await ask(forged)).status, 503)
  await eventually(async () => assert.equal((await ask(forged)).status, 401), 12_000)
  const asked = provider.asked.length
  for (let i = 0; i < 20; ++i) assert.equal((await ask(forged)).status, 401)
  // Others make it ask no more often than once in five seconds.
  for (let i = 0; i < 50; ++i) {
    assert.equal((await ask(await sign({ kid: `made-up-${i}`, alg: "ES256", privateKey }, "alice"))).status, 503)
  }
  assert.ok(provider.asked.length - asked <= 1, `${provider.asked.length - asked} fetches`)
})

test("keys stay while the provider is away, slow or wrong", async () => {
  const token = await sign(provider.keys[0], "alice")
  await accepted(token)
  const faults = {
    "an error": response => { response.statusCode = 500; response.end() },
    "a page": response => response.end("<html>"),
    "no keys": response => response.end(JSON.stringify({ keys: [] })),
    "an endless answer": response => { response.write("x".repeat(400_000)) },
    "a closed connection": response => response.destroy(),
    "another place": response => { response.writeHead(302, { Location: "https://example.org/keys" }); response.end() },
  }
  for (const [name, answer] of Object.entries(faults)) {
    const asked = provider.asked.length
    provider.answer = answer
    process.kill(node.pid, "SIGHUP")
    await eventually(() => assert.ok(provider.asked.length > asked, name))
    assert.equal((await ask(token)).status, 200, name)
  }
  provider.answer = null
  const metrics = await (await fetch(`${node.url}/metrics`)).text()
  assert.match(metrics, /^presence_auth_key_fetch_failures_total [1-9]/m)
})

test("a file has keys as well, also secrets, and is read again", async () => {
  const secret = new Uint8Array(32).fill(7)
  const key = { kid: "shared", alg: "HS256", privateKey: secret }
  const token = await sign(key, "alice")
  assert.notEqual((await ask(token)).status, 200)
  writeFileSync(file, JSON.stringify({ keys: [{ kty: "oct", kid: "shared", k: Buffer.from(secret).toString("base64url") }] }))
  process.kill(node.pid, "SIGHUP")
  await accepted(token)
  writeFileSync(file, "{") // half written
  process.kill(node.pid, "SIGHUP")
  assert.equal((await ask(token)).status, 200)
})

test("an open socket takes a new token, and lives longer", async () => {
  const key = provider.keys[0]
  const soon = Math.floor(Date.now() / 1000) + 3
  const token = claims => sign(key, "renewing", claims)
  const client = new Client(node, "renewing", { options: { params: { token: await token({ exp: soon }) } } })
  await client.enter("acme")
  await client.join("workspace:acme")
  await client.join("workspace:other")
  let closed = 0
  client.socket.onClose(() => closed++)
  await assert.rejects(client.say("access_token", { access_token: "x.y.z" }))
  await assert.rejects(client.say("access_token", { access_token: await sign(key, "somebody-else") }), /another user/)
  await assert.rejects(client.say("access_token", { access_token: await token({ scope: "admin" }) }), /scope/)
  // What it does not allow any more ends.
  await client.say("access_token", { access_token: await token({ workspaces: ["acme"] }) })
  await client.next("phx_close")
  assert.deepEqual(client.messages("phx_close", "workspace:acme"), [])
  assert.equal(client.messages("phx_close", "workspace:other").length, 1)
  await new Promise(resolve => setTimeout(resolve, soon * 1000 + 1500 - Date.now()))
  assert.equal(closed, 0)
  await client.say("set_status", { status: "busy" })
  await client.leave()
})

test("SIGHUP asks again though the provider has not answered yet", async () => {
  const gone = await provider.add("gone", "ES256")
  const token = await sign(gone, "alice")
  await accepted(token)
  provider.answer = () => {}
  const asked = provider.asked.length
  process.kill(node.pid, "SIGHUP")
  await eventually(() => assert.ok(provider.asked.length > asked))
  provider.keys = provider.keys.filter(key => key !== gone)
  provider.answer = null
  process.kill(node.pid, "SIGHUP")
  await eventually(async () => assert.notEqual((await ask(token)).status, 200), 3000)
})

test("a key that was replaced under its name is asked for", async () => {
  const before = await provider.add("same-name", "ES256")
  await accepted(await sign(before, "alice"))
  provider.keys = provider.keys.filter(key => key !== before)
  const now = await provider.add("same-name", "ES256")
  const token = await sign(now, "alice")
  assert.equal((await ask(token)).status, 401)
  await accepted(token)
})

test("a topic that is being joined is answered before it ends", async () => {
  const key = provider.keys.at(-1)
  const frames = []
  const socket = new WebSocket(`${node.url.replace("http", "ws")}/socket/websocket?vsn=2.0.0&token=${await sign(key, "dora")}`)
  socket.on("message", data => frames.push(JSON.parse(data)))
  await new Promise(resolve => socket.on("open", resolve))
  const access_token = await sign(key, "dora", { workspaces: ["acme"] })
  socket.send(JSON.stringify(["1", "1", "workspace:other", "phx_join", {}]))
  socket.send(JSON.stringify([null, "2", "phoenix", "access_token", { access_token }]))
  await eventually(() => assert.ok(frames.some(frame => frame[3] === "phx_close")))
  const order = frames.filter(frame => frame[2] === "workspace:other").map(frame => frame[3])
  assert.equal(order.indexOf("phx_reply"), 0, JSON.stringify(order))
  assert.equal(order.filter(event => event === "phx_reply").length, 1)
  socket.close()
})

test("strangers who make up keys are limited however they come", async () => {
  const few = await started({ LIMIT_ADDRESS_UNAUTHENTICATED: "1/m burst=20" })
  const { privateKey } = await jose.generateKeyPair("ES256")
  for (const path of ["/socket/longpoll?vsn=2.0.0&token=", "/health?x="]) {
    const statuses = []
    for (let i = 0; i < 30; ++i) {
      const token = await sign({ kid: `made-up-${i}`, alg: "ES256", privateKey }, "alice")
      const headers = path.startsWith("/health") ? { Authorization: `Bearer ${token}` } : {}
      statuses.push((await fetch(few.url + path + token, { headers })).status)
    }
    assert.equal(statuses.at(-1), 429, path)
  }
  assert.equal((await fetch(`${few.url}/health/live`)).status, 200)
})

test("an end can be required", async () => {
  const strict = await started({ AUTH_REQUIRE_EXP: "true" })
  const key = provider.keys[0]
  const endless = await new jose.SignJWT({ sub: "alice", iss: "https://login.example.com/realms/chat", aud: "presence" })
    .setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey)
  await accepted(endless)
  await accepted(await sign(key, "alice"), strict)
  assert.equal((await ask(endless, strict)).status, 401)
})
