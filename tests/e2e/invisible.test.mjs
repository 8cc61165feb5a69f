// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Who hides is, to everybody but itself and an admin, one who went.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { ADMIN, call, get, metric, fixture, test } from "./fixture.mjs"
import { busybody, CAME, GONE, stage } from "./witness.mjs"

const s = fixture({ environment: { HEARTBEAT_INTERVAL: "250", PRESENCE_TTL: "5" } })
const FIREHOSE = ["presence:updates", "presence:status", "presence:typing"]

/** Without what differs between two users who did the same one after the other. */
function anonymous(value, name) {
  const numbers = ["last_seen", "updated_at", "revision", "previous", "sequence", "timestamp", "phx_ref", "phx_ref_prev",
    "online_at"]
  return JSON.parse(JSON.stringify(value).replaceAll(name, "somebody"), (key, each) =>
    numbers.includes(key) && each !== null ? typeof each : each)
}

/** All that somebody else reads of the user. */
async function read(name, { workspace, channel }, node = s.nodes[1]) {
  const observer = new Client(node, "observer")
  await observer.enter("observers")
  const rest = {
    single: await get(node, `/api/presence/users/${name}`),
    bulk: (await call(node, "POST", "/api/presence/bulk", { body: { user_ids: [name] } })).body,
    service: await get(node, `/api/presence/users/${name}`, { user: "svc", claims: { scope: "service" } }),
    online: (await get(node, `/api/presence/workspace/${workspace}/online`)).users.filter(row => row.id === name),
    viewers: (await get(node, `/api/presence/channel/${channel}/viewers`)).users.includes(name),
    typing: (await get(node, `/api/presence/channel/${channel}/typing`)).users.includes(name),
  }
  const socket = {
    user: await observer.joinReply(`user:${name}`),
    watched: (await observer.say("watch", { user_ids: [name] })).users,
    asked: (await observer.say("get_presence", { user_ids: [name] })).users,
  }
  await observer.join(`workspace:${workspace}`)
  await observer.join(`channel:${channel}`)
  const [members, looking] = await Promise.all(["workspace", "channel"].map(kind => eventually(() => {
    const state = observer.inbox.find(m => m.topic.startsWith(kind) && m.event === "presence_state")
    assert.ok(state, `no presence_state of the ${kind}`)
    return state.payload
  })))
  await observer.leave()
  return { ...rest, ...socket, member: members[name] ?? null, looking: looking[name] ?? null }
}

/** Somebody comes, chooses a status and goes by `go`; answers all that others got of that. */
async function story(name, go) {
  const set = await stage(name, [name], s.nodes)
  const listener = s.cluster.connect()
  await listener.subscribe(...FIREHOSE)
  const client = await busybody(s.nodes[0], name, set)
  await set.hear(name, CAME)
  await client.say("set_status", { status: "busy", custom_message: "Deep work", emoji: "🎯" })
  await set.hear(name, ["user busy", "roster ~"])
  await set.fence.pass()
  set.begin()
  await go(client)
  await set.hear(name, GONE)
  await set.fence.outlast()
  set.expect(name, GONE)
  const told = set.witnesses.map(witness => witness.messages
    .filter(m => JSON.stringify(m.payload).includes(`"${name}"`)).map(m => JSON.stringify(anonymous(m, name))).sort())
  return anonymous({ told, published: listener.events(name), read: await read(name, set) }, name)
}

test("one who hides and one who goes look the same in all that others get", async () => {
  const hidden = await story("hidden", client => client.say("set_status", { status: "invisible" }))
  const gone = await story("gone", client => client.leave())
  assert.deepEqual(hidden, gone)
  assert.equal(hidden.read.single.status, "offline")
  assert.deepEqual(hidden.read.single.devices, [])
})

test("nothing that one in hiding does is heard, and the moment of hiding stays its last_seen", async () => {
  const set = await stage("quiet", ["quiet"], s.nodes)
  const client = await busybody(s.nodes[0], "quiet", set)
  await set.hear("quiet", CAME)
  await client.say("set_status", { status: "invisible" })
  await set.hear("quiet", GONE)
  await set.fence.pass()
  const before = await read("quiet", set)
  set.begin()
  const listener = s.cluster.connect()
  await listener.subscribe(...FIREHOSE)

  await client.say("set_status", { status: "invisible", custom_message: "Nobody reads this", emoji: "🙈" })
  await client.say("typing_start", { channel_id: set.channel })
  await client.say("join_channel", { channel_id: set.channel })
  await client.say("device_state", { state: "idle" })
  const second = new Client(s.nodes[1], "quiet")
  await second.enter(set.workspace, "phone")
  await second.say("typing_start", { channel_id: set.channel })
  await second.leave()
  // Some heartbeats, and a second by which last_seen would move.
  const beats = await metric(s.nodes[0], 'presence_heartbeats_total{status="ok"}')
  await eventually(async () => assert.ok(await metric(s.nodes[0], 'presence_heartbeats_total{status="ok"}') > beats + 8))
  await set.fence.outlast()
  set.expect("quiet", [])
  assert.deepEqual(listener.events("quiet"), [])
  assert.deepEqual(await read("quiet", set), before)

  await client.leave()
  await set.fence.outlast()
  set.expect("quiet", [])
  assert.deepEqual(listener.events("quiet"), [])
  assert.deepEqual(await read("quiet", set), before)
})

/** The count of active channels follows a moment after the last one left. */
function emptyChannelsAreForgotten() {
  const { redis } = s
  return eventually(async () => {
    for (const channel of await redis.command("ZRANGE", "presence:index:channels", "0", "-1")) {
      const viewers = await redis.command("ZCARD", `presence:channel:${channel}`)
      const typists = await redis.command("SCARD", `typing:${channel}`)
      assert.ok(viewers + typists > 0, `${channel} is empty`)
    }
  })
}

test("no count that a stranger reads has one in hiding in it", async () => {
  const place = { workspace: "counted", channel: "counted" }
  const seen = new Client(s.nodes[1], "counted-seen")
  await seen.enter("counted")
  const client = await busybody(s.nodes[0], "counted-hidden", place)
  const online = 'presence_online_users{workspace_id="counted"}'
  const typing = 'presence_typing_users{channel_id="counted"}'
  const is = (name, value) => eventually(async () => assert.equal(await metric(s.nodes[1], name), value), 15_000)
  await is(online, 2)
  await is(typing, 1)
  const health = async () => JSON.stringify((await (await fetch(s.nodes[0].url + "/health")).json()).presence)
  const total = async () => (await get(s.nodes[1], "/api/presence/workspace/counted/online")).total
  assert.equal(await total(), 2)
  const open = await health()
  await client.say("set_status", { status: "invisible" })
  await eventually(async () => assert.equal(await total(), 1))
  await is(online, 1)
  await is(typing, 0)
  await emptyChannelsAreForgotten()
  const hidden = await health()
  await client.leave()
  await eventually(async () => assert.equal((await get(s.nodes[1], "/api/presence/users/counted-hidden", ADMIN)).devices.length, 0))
  assert.notEqual(open, hidden)
  assert.equal(await health(), hidden)
})

test("the user itself and an admin see the truth", async () => {
  const client = await busybody(s.nodes[0], "truth", { workspace: "truth", channel: "truth" })
  await client.say("set_status", { status: "invisible", custom_message: "Reading" })
  const own = await client.next("presence_state", state => state.status === "invisible")
  assert.equal(own.custom_message, "Reading")
  assert.equal(own.devices.length, 1)
  for (const caller of [{ user: "truth" }, ADMIN]) {
    const seen = await get(s.nodes[1], "/api/presence/users/truth", caller)
    assert.deepEqual([seen.status, seen.custom_message, seen.devices.length], ["invisible", "Reading", 1])
    const { body } = await call(s.nodes[1], "POST", "/api/presence/bulk", { ...caller, body: { user_ids: ["truth"] } })
    assert.deepEqual([body[0].status, body[0].custom_message], ["invisible", "Reading"])
  }
  const { users } = await client.say("get_presence", { user_ids: ["truth"] })
  assert.deepEqual([users[0].status, users[0].custom_message], ["invisible", "Reading"])
})

test("who comes out of hiding is back where it is, and who joins while hidden was never there", async () => {
  const set = await stage("back", ["back"], s.nodes)
  await call(s.nodes[0], "PUT", "/api/presence/users/back/status", { user: "back", body: { status: "invisible" } })
  const client = await busybody(s.nodes[0], "back", set)
  await set.fence.pass()
  set.expect("back", [])
  await client.say("set_status", { status: "online" })
  // Still open at the channel, not typing any more.
  const returned = CAME.filter(what => what !== "typing start")
  await set.hear("back", returned)
  await set.fence.pass()
  set.expect("back", returned)
  await client.leave()
})
