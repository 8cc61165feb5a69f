// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Clients that get no WebSocket through, or fall back while a node is down: the phoenix package by long polling.
import assert from "node:assert/strict"
import * as phoenix18 from "phoenix"
import "./browserglobals.mjs"
import * as phoenix17 from "phoenix-1.7"
import WebSocket from "ws"
import { Client } from "./client.mjs"
import { eventually, token } from "./cluster.mjs"
import { fixture, get, metric, test } from "./fixture.mjs"
import { missing, startProxy } from "./proxy.mjs"

const PING = 6
const environment = { PRESENCE_PING_INTERVAL: String(PING), PRESENCE_TTL: "30", HEARTBEAT_INTERVAL: "5000" }
const s = fixture({ nodes: 3, environment })
const LIBRARIES = [["phoenix 1.7", phoenix17], ["phoenix 1.8", phoenix18]]

/** A client without WebSockets. */
function poller(node, user, library = phoenix18, options = {}) {
  return new Client(node, user, { library, options: { transport: library.LongPoll, ...options } })
}

async function isOnline(user, node = s.nodes[1]) {
  return (await get(node, `/api/presence/users/${user}`)).status !== "offline"
}

/** As phoenix.js does it, message by message. */
async function raw(method, user, { session, body, type = "application/x-ndjson", headers = {}, query = "" } = {}) {
  const response = await fetch(`${s.nodes[0].url}/socket/longpoll?vsn=2.0.0&token=${token(user)}${query}`, {
    method, body,
    headers: { ...(session ? { "X-Phoenix-Longpoll-Token": session } : {}), ...(body ? { "Content-Type": type } : {}), ...headers },
  })
  return { http: response.status, headers: response.headers, ...JSON.parse(await response.text()) }
}

const open = async user => (await raw("GET", user)).token
const joinOf = user => JSON.stringify(["1", "1", `presence:${user}`, "phx_join", { device_id: "web:1", workspace_id: "raw" }])

for (const [name, library] of LIBRARIES) {
  const tag = name.replace(/\W/g, "")

  test(`${name}: a client that looks at 150 channels says so at once`, async () => {
    const anna = poller(s.nodes[0], `many-${tag}`, library)
    // phoenix.js before 1.8 posts them all in one body when it is connected.
    await Promise.all(Array.from({ length: 150 }, (_, i) => anna.join(`channel:many-${i}`)))
    await anna.leave()
  })

  test(`${name}: presence by long polling is the same presence`, async () => {
    const bob = new Client(s.nodes[1], `bob-${tag}`)
    await bob.enter(`office-${tag}`)
    const seen = await bob.follow(`workspace:office-${tag}`)
    const anna = poller(s.nodes[0], `anna-${tag}`, library)
    await anna.enter(`office-${tag}`, "web:1", { channels: [`c-${tag}`] })
    const hers = await anna.follow(`workspace:office-${tag}`)
    await eventually(() => assert.deepEqual(seen.list(id => id).sort(), [anna.user, bob.user]))
    await eventually(() => assert.deepEqual(hers.list(id => id).sort(), [anna.user, bob.user]))
    await bob.join(`channel:c-${tag}`)
    await anna.say("set_status", { status: "busy", custom_message: "Füße 👍🏽" })
    const update = await bob.next("presence_update", each => each.user_id === anna.user && each.status === "busy")
    assert.equal(update.custom_message, "Füße 👍🏽")
    await anna.say("typing_start", { channel_id: `c-${tag}` })
    await bob.next("typing", each => each.user_id === anna.user && each.action === "start")
    await bob.say("set_status", { status: "away" })
    await anna.next("presence_update", each => each.user_id === bob.user && each.status === "away")
    assert.ok(await metric(s.nodes[0], "presence_longpoll_sessions") >= 1)
    // What a page does that is closed: it ends the poll.
    await anna.leave()
    await eventually(async () => assert.equal(await isOnline(anna.user), false), 4000)
    await bob.leave()
  })

  test(`${name}: many messages at once come in order, and none is lost`, async () => {
    const anna = poller(s.nodes[0], `many-${tag}`, library)
    await anna.enter(`many-${tag}`)
    const channels = Array.from({ length: 90 }, (_, i) => `m-${tag}-${i}`)
    await Promise.all(channels.map(channel_id => anna.say("join_channel", { channel_id })))
    for (const channel of [channels[0], channels.at(-1)])
      assert.deepEqual((await get(s.nodes[1], `/api/presence/channel/${channel}/viewers`)).users, [anna.user])
    const watched = Array.from({ length: 1000 }, (_, i) => `nobody-${i}`)
    await anna.say("watch", { user_ids: watched })
    await anna.leave()
  })

  test(`${name}: a client whose node is started anew joins again`, async () => {
    const node = await s.cluster.startDaemon({ ...environment, NODE_NAME: `again-${tag}`, OFFLINE_GRACE: "10" })
    const anna = poller(node, `again-${tag}`, library)
    await anna.enter(`again-${tag}`)
    let joins = 0
    anna.me.joinPush.receive("ok", () => { ++joins })
    await node.stop("SIGKILL")
    await s.cluster.startDaemon({ ...environment, NODE_NAME: `again-${tag}` }, node.port)
    await eventually(() => assert.ok(joins >= 1), 15_000)
    assert.deepEqual(await anna.say("set_status", { status: "busy" }), {})
    assert.equal(await isOnline(anna.user), true)
    await anna.leave()
  })

  test(`${name}: it falls back where no WebSocket gets through`, async () => {
    const proxy = await startProxy("nginx", s.nodes, text => text.replace("proxy_set_header Upgrade $http_upgrade;", ""))
    const anna = new Client(proxy, `fallback-${tag}`, { library, options: { longPollFallbackMs: 500, transport: WebSocket } })
    await anna.enter(`fallback-${tag}`)
    assert.equal(anna.socket.transport, library.LongPoll)
    assert.equal(await isOnline(anna.user), true)
    await anna.leave()
    await proxy.stop()
  }, { skip: missing("nginx") })

  test(`${name}: three nodes behind the shipped configuration, one of which goes`, async () => {
    const proxy = await startProxy("nginx", s.nodes)
    const node = await s.cluster.startDaemon({ ...environment, NODE_NAME: `third-${tag}`, OFFLINE_GRACE: "10" })
    const behind = await startProxy("nginx", [node, s.nodes[1], s.nodes[2]])
    const clients = [poller(proxy, `p-${tag}`, library), poller(behind, `q-${tag}`, library)]
    for (const client of clients) await client.enter(`proxied-${tag}`)
    const before = Date.now()
    await clients[0].say("set_status", { status: "busy" })
    await eventually(async () => assert.equal((await get(s.nodes[1], `/api/presence/users/${clients[0].user}`)).status, "busy"))
    assert.ok(Date.now() - before < 5000, "an answer waits for the end of the window")
    await node.stop()
    await eventually(async () => { await clients[1].say("set_status", { status: "away" }) }, 20_000)
    assert.equal((await get(s.nodes[1], `/api/presence/users/${clients[1].user}`)).status, "away")
    for (const client of clients) await client.leave()
    await proxy.stop()
    await behind.stop()
  }, { skip: missing("nginx") })
}

test("a client that polls no more is gone within a ping and 5 s", async () => {
  const session = await open("stopped")
  assert.equal((await raw("POST", "stopped", { session, body: joinOf("stopped") })).status, 200)
  const joined = await raw("GET", "stopped", { session })
  assert.equal(joined.status, 200)
  const since = Date.now()
  assert.match(joined.messages[0], /"phx_reply",{"status":"ok"/)
  await eventually(async () => assert.equal(await isOnline("stopped"), false), (PING + 6) * 1000)
  assert.ok(Date.now() - since > 2000, "it was not given the time to poll again")
  assert.equal((await raw("GET", "stopped", { session })).status, 410)
  assert.equal((await raw("POST", "stopped", { session, body: "[]" })).status, 410)
})

test("a session is polled through every shard, and each message comes once", async () => {
  const session = await open("shards")
  await raw("POST", "shards", { session, body: joinOf("shards") })
  const messages = []
  for (let i = 0; i < 40; ++i) {
    const body = JSON.stringify(["1", `r${i}`, "presence:shards", "device_state", { state: "active" }])
    // Each on a connection of its own: the kernel deals them out to the shards.
    const headers = { Connection: "close" }
    assert.equal((await raw("POST", "shards", { session, body, headers })).status, 200)
    messages.push(...(await raw("GET", "shards", { session, headers })).messages)
  }
  await eventually(async () => {
    messages.push(...(await raw("GET", "shards", { session })).messages)
    const refs = messages.map(text => JSON.parse(text)).filter(each => each[3] === "phx_reply").map(each => each[1])
    assert.deepEqual(refs, ["1", ...Array.from({ length: 40 }, (_, i) => `r${i}`)])
  })
})

test("an older poll is answered when there is a newer one", async () => {
  const session = await open("twice")
  const older = raw("GET", "twice", { session })
  await new Promise(resolve => setTimeout(resolve, 50))
  const newer = raw("GET", "twice", { session })
  assert.equal((await older).status, 204)
  await raw("POST", "twice", { session, body: JSON.stringify([null, "1", "phoenix", "heartbeat", {}]) })
  assert.equal((await newer).messages.length, 1)
})

test("who may not come in is told 403, in the form that phoenix.js knows", async () => {
  const refused = await fetch(`${s.nodes[0].url}/socket/longpoll?vsn=2.0.0&token=nonsense`)
  const body = await refused.json()
  assert.deepEqual([body.status, typeof body.reason], [403, "string"])
  const foreign = await raw("GET", "foreign", { headers: { Origin: "https://elsewhere.example.com" } })
  assert.equal(foreign.status, 403)
  assert.equal(foreign.headers.get("access-control-allow-origin"), null)
  const same = await raw("GET", "same", { headers: { Origin: "http://127.0.0.1:9999" } })
  assert.equal(same.status, 410)
  assert.equal(same.headers.get("access-control-allow-origin"), "http://127.0.0.1:9999")
  const header = await fetch(`${s.nodes[0].url}/socket/longpoll?vsn=2.0.0`, { headers: { "X-Phoenix-AuthToken": token("header") } })
  assert.equal((await header.json()).status, 410)
})

test("what is wrong is answered, and ends nothing but itself", async () => {
  const session = await open("wrong")
  const post = (body, type) => raw("POST", "wrong", { session, body, type })
  assert.equal((await raw("POST", "wrong", { body: "[]" })).status, 410)
  assert.equal((await raw("POST", "wrong", { session: "lp.other.0.x", body: "[]" })).status, 410)
  assert.equal((await raw("DELETE", "wrong", { session })).http, 405)
  assert.equal((await post("%%%")).status, 400)
  assert.equal((await post(Array(1001).fill(JSON.stringify([null, "1", "phoenix", "heartbeat", {}])).join("\n"))).status, 400)
  assert.equal((await post(`["1","1","presence:wrong","phx_join",{"x":"${"x".repeat(70_000)}"}]`)).status, 400)
  assert.equal((await post(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]))).status, 400)
  // As phoenix.js before 1.7: one message, which is the body.
  assert.equal((await post(JSON.stringify([null, "one", "phoenix", "heartbeat", {}]), "application/json")).status, 200)
  const { messages } = await raw("GET", "wrong", { session })
  assert.match(messages.at(-1), /"one"/)
})

test("who sends faster than is allowed is answered later, and is cut in the end", async () => {
  const session = await open("fast")
  const body = Array(100).fill(JSON.stringify([null, "1", "phoenix", "heartbeat", {}])).join("\n")
  for (let i = 0; i < 6; ++i) assert.equal((await raw("POST", "fast", { session, body })).status, 200)
  const began = Date.now()
  assert.equal((await raw("POST", "fast", { session, body })).status, 200)
  assert.ok(Date.now() - began > 1000, "not slowed")
  const all = await Promise.all(Array.from({ length: 12 }, () => raw("POST", "fast", { session, body })))
  assert.equal(all.at(-1).status, 410)
  assert.ok(all.every(each => [200, 410].includes(each.status)), "one is left without an answer")
})

test("a session ends with its token", async () => {
  const anna = new Client(s.nodes[0], "short", {
    claims: { exp: Math.floor(Date.now() / 1000) + 2 }, options: { transport: phoenix18.LongPoll },
  })
  await anna.enter("short")
  await eventually(async () => assert.equal(await isOnline("short"), false), 6000)
  await anna.leave()
})
