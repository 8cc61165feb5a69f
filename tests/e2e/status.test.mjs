// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a user says of itself, and when it ends.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { call, get, fixture, setStatus, test } from "./fixture.mjs"
import { stage } from "./witness.mjs"

const environment = { HEARTBEAT_INTERVAL: "500", PRESENCE_TTL: "600", OFFLINE_GRACE: "2", LOG_LEVEL: "error" }
const s = fixture({ nodes: 3, clock: true, environment })
const REVERTED = ["roster ~", "user online", "watch online", "workspace online"]

test("what is said after a loss goes before what a node held, also when the next change leaves it out", async () => {
  const client = new Client(s.nodes[0], "kept")
  await client.enter("kept")
  const change = body => setStatus(s.nodes[1], "kept", body)
  await change({ status: "busy", custom_message: "before", emoji: "🎯" })
  await eventually(() => assert.equal(client.inbox.at(-1).payload.custom_message, "before"))
  const redis = s.cluster.connect()
  process.kill(s.nodes[0].pid, "SIGSTOP")
  try {
    await redis.command("DEL", "presence:user:kept", "presence:user:kept:devices")
    await change({ status: "busy", custom_message: "after" })
    await change({ status: "away" })
  } finally {
    process.kill(s.nodes[0].pid, "SIGCONT")
  }
  await eventually(async () => {
    const { status, custom_message, emoji } = await get(s.nodes[1], "/api/presence/users/kept", { user: "kept" })
    assert.deepEqual([status, custom_message, emoji], ["away", "after", "🎯"])
  }, 10_000)
})

test("a field left out stays, null and the empty text clear it", async () => {
  const seen = async (user, body) => {
    await setStatus(s.nodes[0], user, body)
    const { status, custom_message, emoji } = await get(s.nodes[1], `/api/presence/users/${user}`, { user })
    return [status, custom_message, emoji]
  }
  const client = new Client(s.nodes[2], "merge")
  await client.enter("merge")
  assert.deepEqual(await seen("merge", { status: "busy", custom_message: "Deep work", emoji: "🎯" }), ["busy", "Deep work", "🎯"])
  assert.deepEqual(await seen("merge", { status: "away" }), ["away", "Deep work", "🎯"])
  assert.deepEqual(await seen("merge", { status: "busy", custom_message: null }), ["busy", null, "🎯"])
  assert.deepEqual(await seen("merge", { status: "busy", emoji: "" }), ["busy", null, null])
  assert.deepEqual(await seen("merge", { status: "busy", custom_message: "Back soon" }), ["busy", "Back soon", null])
  const { body } = await call(s.nodes[1], "DELETE", "/api/presence/users/merge/status", { user: "merge" })
  assert.deepEqual([body.status, body.custom_message, body.emoji], ["online", null, null])
})

test("the same by WebSocket, and no event when nothing changes", async () => {
  const set = await stage("same", ["same"], s.nodes)
  const client = new Client(s.nodes[0], "same")
  await client.enter(set.workspace)
  await client.say("set_status", { status: "busy", custom_message: "Lunch", emoji: "🍜" })
  await set.hear("same", ["user online", "user busy"])
  await set.fence.pass()
  set.begin()
  await client.say("set_status", { status: "busy" })
  await client.say("set_status", { status: "busy", custom_message: "Lunch" })
  await set.fence.pass()
  set.expect("same", [])
  await client.say("set_status", { status: "busy", emoji: null })
  await set.fence.pass()
  set.expect("same", ["roster ~", "user busy", "watch busy", "workspace busy"])
})

test("what is stored while a user is offline shows when it comes", async () => {
  await setStatus(s.nodes[0], "early", { status: "busy", custom_message: "On my way" })
  assert.equal((await get(s.nodes[1], "/api/presence/users/early")).status, "offline")
  const client = new Client(s.nodes[2], "early")
  await client.enter("early")
  await eventually(async () => {
    const { status, custom_message } = await get(s.nodes[1], "/api/presence/users/early")
    assert.deepEqual([status, custom_message], ["busy", "On my way"])
  })
})

/** A user whose status ends in 60 s. */
async function ending(name, node) {
  const set = await stage(name, [name], s.nodes)
  const client = new Client(node, name)
  await client.enter(set.workspace)
  await client.say("set_status", { status: "busy", custom_message: "Call", emoji: "📞", clear_after: 60 })
  await set.hear(name, ["user busy"])
  await set.fence.pass()
  set.begin()
  return { set, client }
}

async function reverted(name, set) {
  await set.hear(name, REVERTED, 10_000)
  await set.fence.outlast()
  set.expect(name, REVERTED)
  const { status, custom_message, emoji } = await get(s.nodes[1], `/api/presence/users/${name}`)
  assert.deepEqual([status, custom_message, emoji], ["online", null, null])
  assert.equal(await s.redis.command("ZSCORE", "presence:status_expiry", name), null)
}

test("clear_after fires when due and not before, once, with three nodes that sweep", async () => {
  const { set } = await ending("due", s.nodes[0])
  s.cluster.clock.step(40)
  await set.fence.outlast()
  set.expect("due", [])
  s.cluster.clock.step(25)
  await reverted("due", set)
})

test("a message alone changes neither the status nor its end", async () => {
  const { set, client } = await ending("texted", s.nodes[0])
  await client.say("set_status", { custom_message: "Longer call" })
  await setStatus(s.nodes[1], "texted", { emoji: null })
  await eventually(async () => {
    const { status, custom_message, emoji } = await get(s.nodes[1], "/api/presence/users/texted")
    assert.deepEqual([status, custom_message, emoji], ["busy", "Longer call", null])
  })
  await set.fence.pass()
  for (const witness of set.witnesses)
    assert.deepEqual(witness.told("texted").filter(what => what.startsWith("user")), ["user busy", "user busy"])
  set.begin()
  s.cluster.clock.step(61)
  await reverted("texted", set)
})

test("a new status without clear_after stays", async () => {
  const { set, client } = await ending("kept", s.nodes[1])
  await client.say("set_status", { status: "away" })
  await set.hear("kept", ["user away"])
  await set.fence.pass()
  set.begin()
  s.cluster.clock.step(61)
  await set.fence.outlast()
  set.expect("kept", [])
})

test("clear_after of a user who is offline is silent", async () => {
  const set = await stage("absent", ["absent"], s.nodes)
  await setStatus(s.nodes[0], "absent", { status: "busy", clear_after: 60 })
  s.cluster.clock.step(61)
  await eventually(async () => assert.equal(await s.redis.command("ZSCORE", "presence:status_expiry", "absent"), null), 10_000)
  await set.fence.outlast()
  set.expect("absent", [])
  assert.equal((await get(s.nodes[0], "/api/presence/users/absent", { user: "absent" })).status, "offline")
})

test("clear_after survives the restart of the node that set it", async () => {
  const node = await s.cluster.startDaemon(environment)
  const { set, client } = await ending("restart", node)
  await node.stop("SIGKILL")
  const again = new Client(s.nodes[0], "restart")
  await again.enter(set.workspace)
  s.cluster.clock.step(61)
  await reverted("restart", set)
  await client.leave()
})

// The last one: each connection finds Redis again in its own time.
test("clear_after that is due while Redis is away fires once when it is back", async () => {
  const { set } = await ending("outage", s.nodes[0])
  await s.cluster.killRedis()
  s.cluster.clock.step(61)
  await s.cluster.startRedis()
  s.redis = s.cluster.connect()
  await reverted("outage", set)
})

test("others see when a status ends, also of who has gone or hides meanwhile", async () => {
  const busy = { status: "busy", custom_message: "lunch", clear_after: 60 }
  const ends = {}
  const clients = {}
  for (const user of ["here", "gone", "hidden"]) {
    clients[user] = new Client(s.nodes[0], user)
    await clients[user].enter("diner")
    await clients[user].say("set_status", busy)
    const seen = await get(s.nodes[1], `/api/presence/users/${user}`)
    assert.ok(Number.isInteger(seen.expires_at), JSON.stringify(seen))
    assert.equal((await get(s.nodes[1], `/api/presence/users/${user}`, { user })).expires_at, seen.expires_at)
    ends[user] = seen.expires_at
  }
  await clients.gone.leave()
  await clients.hidden.say("set_status", { status: "invisible" })
  const seenOf = async user => {
    const { status, custom_message, expires_at } = await get(s.nodes[1], `/api/presence/users/${user}`)
    return { status, custom_message, expires_at }
  }
  for (const user of ["gone", "hidden"]) await eventually(async () => assert.deepEqual(await seenOf(user),
    { status: "offline", custom_message: "lunch", expires_at: ends[user] }))
  s.cluster.clock.step(61)
  for (const user of ["gone", "hidden"]) await eventually(async () => assert.deepEqual(await seenOf(user),
    { status: "offline", custom_message: null, expires_at: null }))
  await eventually(async () => assert.deepEqual(await seenOf("here"),
    { status: "online", custom_message: null, expires_at: null }))
  for (const client of Object.values(clients)) await client.leave()
})
