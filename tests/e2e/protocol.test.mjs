// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the daemon does with clients that are wrong, and with those that say it another way.
import assert from "node:assert/strict"
import { request } from "node:http"
import { after, before, test as nodeTest } from "node:test"
import WebSocket from "ws"
import { Client, push } from "./client.mjs"
import { Cluster, eventually, token } from "./cluster.mjs"

/** A test that hangs is a test that failed. */
const test = (name, run) => nodeTest(name, { timeout: 30_000 }, run)

const cluster = new Cluster()
let daemon

before(async () => {
  await cluster.startRedis()
  daemon = await cluster.startDaemon({ AUTH_ORIGINS: "https://chat.example.com" })
})
after(async () => {
  await Client.leaveAll()
  await cluster.stop()
})

function refusal(path, options = {}, protocols = []) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}${path}`, protocols, options)
    socket.on("unexpected-response", (request, response) => { resolve(response.statusCode); request.destroy() })
    socket.on("open", () => { socket.close(); reject(new Error("was opened")) })
    socket.on("error", () => {})
  })
}

function open(path, options = {}, protocols = []) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}${path}`, protocols, options)
    // Several messages may come at once: kept until somebody asks.
    socket.inbox = []
    socket.on("message", data => socket.inbox.push(JSON.parse(data)))
    socket.on("open", () => resolve(socket))
    socket.on("error", reject)
  })
}

const path = user => `/socket/websocket?vsn=2.0.0&token=${token(user)}`
const reply = socket => eventually(() => {
  if (socket.inbox.length === 0) throw new Error("nothing came")
  return socket.inbox.shift()
})
const closing = socket => new Promise(resolve => socket.once("close", code => resolve(code)))

test("a WebSocket is refused before the upgrade", async () => {
  assert.equal(await refusal("/socket/websocket?vsn=2.0.0"), 401)
  assert.equal(await refusal("/socket/websocket?vsn=2.0.0&token=abc"), 401)
  assert.equal(await refusal(`/socket/websocket?token=${token("a", { exp: 1 })}`), 401)
  assert.equal(await refusal(`/nowhere?token=${token("a")}`), 404)
  assert.equal(await refusal(path("a"), { origin: "https://evil.example.com" }), 403)
  assert.equal(await refusal(`/socket/websocket?vsn=3.0.0&token=${token("a")}`), 400)
})

test("the token may come in each of the three ways", async () => {
  const bearer = await open("/socket/websocket?vsn=2.0.0",
    { headers: { Authorization: `Bearer ${token("a")}` }, origin: "https://chat.example.com" })
  bearer.close()
  const alice = new Client(daemon, "alice",
    { options: { params: {}, authToken: token("alice") } })
  await alice.enter("acme")
  await alice.leave()
})

test("a join is refused with a reason", async () => {
  const alice = new Client(daemon, "alice", { claims: { workspaces: ["acme"], channels: ["7"] } })
  await assert.rejects(alice.join("presence:bob"), /unauthorized/)
  await assert.rejects(alice.join("workspace:other"), /unauthorized/)
  await assert.rejects(alice.join("channel:8"), /unauthorized/)
  await assert.rejects(alice.join("nonsense:1"), /unmatched topic/)
  await assert.rejects(alice.join("user:a b"), /invalid topic/)
  await assert.rejects(alice.join("presence:alice", { workspace_id: "other" }), /unauthorized/)
  await assert.rejects(alice.join("presence:alice", { device_id: "" }), /characters/)
  const channel = await alice.enter("acme")
  await assert.rejects(push(channel, "set_status", { status: "asleep" }), /must be online/)
  await assert.rejects(push(channel, "typing_start", {}), /characters/)
  await assert.rejects(push(channel, "join_channel", { channel_id: "8" }), /unauthorized/)
  await assert.rejects(push(channel, "get_online_users", { limit: 0 }), /whole number/)
  await assert.rejects(push(channel, "dance"), /unknown event/)
  await alice.leave()
})

test("heartbeats, leaving, and joining twice", async () => {
  const nobody = { user_id: "bob", status: "offline", custom_message: null, emoji: null, expires_at: null, kinds: [], last_seen: null,
    updated_at: null, revision: 0 }
  const socket = await open(path("alice"))
  const say = async message => { socket.send(JSON.stringify(message)); return reply(socket) }
  assert.deepEqual(await say([null, "1", "phoenix", "heartbeat", {}]),
    [null, "1", "phoenix", "phx_reply", { status: "ok", response: {} }])
  assert.deepEqual(await say(["2", "2", "user:bob", "phx_join", {}]),
    ["2", "2", "user:bob", "phx_reply", { status: "ok", response: nobody }])
  assert.deepEqual(await say(["3", "3", "user:bob", "phx_join", {}]),
    ["2", "2", "user:bob", "phx_close", {}])
  assert.deepEqual(await reply(socket), ["3", "3", "user:bob", "phx_reply", { status: "ok", response: nobody }])
  // A late leave of the first join does not end the second one.
  assert.deepEqual((await say(["2", "4", "user:bob", "phx_leave", {}]))[4], { status: "ok", response: {} })
  assert.deepEqual((await say(["3", "5", "user:bob", "phx_leave", {}]))[4], { status: "ok", response: {} })
  assert.deepEqual(await reply(socket), ["3", "3", "user:bob", "phx_close", {}])
  assert.deepEqual(await say(["3", "6", "user:bob", "anything", {}]),
    ["3", "6", "user:bob", "phx_reply", { status: "error", response: { reason: "unmatched topic" } }])
  socket.close()
})

test("what is not the protocol closes only its own connection", async () => {
  const bystander = new Client(daemon, "bystander")
  await bystander.enter("acme")
  for (const wrong of ["not json", "{}", "[1]", '["1","2",3,"e",{}]']) {
    const socket = await open(path("alice"))
    socket.send(wrong)
    assert.equal(await closing(socket), 1008)
  }
  const large = await open(path("alice"))
  large.send("x".repeat(70_000))
  assert.equal(await closing(large), 1009)
  const binary = await open(path("alice").replace("2.0.0", "1.0.0"))
  binary.send(Buffer.from([1, 2, 3]))
  assert.equal(await closing(binary), 1008)
  assert.equal(bystander.socket.connectionState(), "open")
  await bystander.leave()
})

test("a token that expires closes its socket", async () => {
  const soon = Math.floor(Date.now() / 1000) + 1
  const socket = await open(`/socket/websocket?vsn=2.0.0&token=${token("alice", { exp: soon })}`)
  assert.equal(await closing(socket), 4001)
})

test("a device that is signed off is closed and gone", async () => {
  const alice = new Client(daemon, "alice", { options: { reconnectAfterMs: () => 60_000 } })
  const codes = []
  alice.socket.onClose(event => codes.push(event.code))
  await alice.enter("acme", "web:9")
  const response = await fetch(`${daemon.url}/api/presence/users/alice/devices/web:9`,
    { method: "DELETE", headers: { Authorization: `Bearer ${token("alice")}` } })
  assert.equal(response.status, 204)
  await eventually(() => assert.deepEqual(codes, [4002]), 1000)
  await alice.leave()
})

test("messages right behind a join wait for its answer, and each gets one reply", async () => {
  const socket = await open(path("eager"))
  const topic = "presence:eager"
  const say = (ref, event, payload = {}) => socket.send(JSON.stringify(["1", String(ref), topic, event, payload]))
  say(1, "phx_join", { device_id: "web:1", workspace_id: "acme" })
  say(2, "set_status", { status: "busy", custom_message: "at once" })
  say(3, "join_channel", { channel_id: "eager-room" })
  say(4, "get_presence", { user_ids: ["eager"] })
  say(5, "nonsense")
  say(6, "phx_leave")
  say(7, "set_status", { status: "away" })
  const replies = () => socket.inbox.filter(([, , , event]) => event === "phx_reply")
  await eventually(() => {
    assert.ok(socket.inbox.some(([, , , event]) => event === "phx_close"))
    assert.ok(replies().length >= 7)
  })
  assert.deepEqual(replies().map(([, ref]) => ref).sort(), ["1", "2", "3", "4", "5", "6", "7"])
  assert.equal(replies()[0][1], "1", "the join is answered first")
  // What comes behind the leave may find the channel ending, or gone.
  assert.equal(replies().filter(([, ref]) => ref !== "7").at(-1)[1], "6", "and the leave last")
  const [, , , , { response }] = replies().find(([, ref]) => ref === "4")
  assert.equal(response.users[0].status, "busy")
  const wrong = replies().filter(([, , , , { status }]) => status === "error")
  assert.deepEqual(wrong.map(([, ref, , , { response: { reason } }]) => [ref, reason]).sort(),
    [["5", "unknown event"], ["7", "unmatched topic"]])
  socket.close()
})

test("the WebSocket's path, spelled another way, and without what makes it one", async () => {
  const socket = await open(`//socket//websocket/?vsn=2.0.0&token=${token("slash")}`)
  socket.close()
  const { status, headers, body } = await get("/socket/websocket/")
  assert.equal(status, 426)
  assert.equal(headers.upgrade, "websocket")
  assert.match(body, /Upgrade: websocket/)
  assert.equal((await get("/health//")).status, 200)
  // An empty token hides nothing.
  const header = { headers: { Authorization: `Bearer ${token("empty")}` } }
  ;(await open("/socket/websocket?vsn=2.0.0&token=", header)).close()
})

/** fetch() does not show what an upgrade would need. */
function get(target) {
  return new Promise((resolve, reject) => request({ port: daemon.port, path: target }, response => {
    let body = ""
    response.on("data", data => { body += data })
    response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }))
  }).on("error", reject).end())
}
