// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Who is typing, until when, and who is looking on.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { get, fixture, test } from "./fixture.mjs"
import { stage } from "./witness.mjs"

const TYPING_TTL = 60
const VIEW_TTL = 300
const s = fixture({
  clock: true,
  environment: {
    HEARTBEAT_INTERVAL: "250", TYPING_TTL: String(TYPING_TTL), VIEW_TTL: String(VIEW_TTL),
    PRESENCE_TTL: "600", OFFLINE_GRACE: "2",
  },
})

async function client(node, user, { workspace }, device = "web:1") {
  const result = new Client(node, user)
  await result.enter(workspace, device)
  return result
}

/** A fixture whose users, each on a device, have been heard of. */
async function people(name, users) {
  const set = await stage(name, users, s.nodes)
  const clients = []
  for (const [i, user] of users.entries()) clients.push(await client(s.nodes[i % 2], user, set))
  for (const user of users) await set.hear(user, ["user online", "roster +"])
  await set.fence.pass()
  set.begin()
  return { set, clients, here: { channel_id: set.channel } }
}

const typing = async set => (await get(s.nodes[1], `/api/presence/channel/${set.channel}/typing`)).users.sort()
const viewing = async set => (await get(s.nodes[1], `/api/presence/channel/${set.channel}/viewers`)).users
  .filter(user => !user.includes("fence")).sort()

test("typing starts once however often it is said, and the stop that nobody says comes by itself", async () => {
  const { set, clients: [ann], here } = await people("expiry", ["ann"])
  for (let i = 0; i < 5; ++i) await ann.say("typing_start", here)
  await set.hear("ann", ["typing start"])
  assert.deepEqual(await typing(set), ["ann"])
  s.cluster.clock.step(40)
  await ann.say("typing_start", here)
  s.cluster.clock.step(40)
  await set.fence.outlast()
  set.expect("ann", ["typing start"])
  s.cluster.clock.step(TYPING_TTL)
  await set.hear("ann", ["typing stop"], 5000)
  await set.fence.pass()
  set.expect("ann", ["typing start", "typing stop"])
  assert.deepEqual(await typing(set), [])
})

test("one who goes on typing does not keep alive one who stopped", async () => {
  const { set, clients: [bea, carl], here } = await people("stale", ["bea", "carl"])
  await bea.say("typing_start", here)
  for (let i = 0; i < 3; ++i) {
    await carl.say("typing_start", here)
    s.cluster.clock.step(25)
  }
  await carl.say("typing_start", here)
  await set.hear("bea", ["typing start", "typing stop"], 5000)
  assert.deepEqual(await typing(set), ["carl"])
  set.expect("carl", ["typing start"])
})

test("a disconnect stops typing at once, and the viewer only after the grace", async () => {
  const { set, clients: [dora], here } = await people("closes", ["dora"])
  await dora.say("join_channel", here)
  await dora.say("typing_start", here)
  await set.hear("dora", ["typing start", "viewers +"])
  set.begin()
  await dora.leave()
  await set.hear("dora", ["typing stop"])
  await set.fence.pass()
  set.expect("dora", ["typing stop"])
  assert.deepEqual(await viewing(set), ["dora"])
  await set.hear("dora", ["channel leave", "viewers -", "user offline"], 6000)
})

test("going invisible stops typing and looking, before the offline", async () => {
  const { set, clients: [emil], here } = await people("hides", ["emil"])
  const listener = s.cluster.connect()
  await listener.subscribe("presence:status", "presence:typing")
  await emil.say("join_channel", here)
  await emil.say("typing_start", here)
  await set.hear("emil", ["typing start", "viewers +"])
  set.begin()
  await emil.say("set_status", { status: "invisible" })
  const gone = ["channel leave", "roster -", "typing stop", "user offline", "viewers -", "watch offline", "workspace offline"]
  await set.hear("emil", gone, 10_000)
  await set.fence.pass()
  set.expect("emil", gone)
  assert.deepEqual(await typing(set), [])
  assert.deepEqual(await viewing(set), [])
  assert.deepEqual(listener.events("emil").map(event => event.action ?? event.status), ["start", "stop", "offline"])
})

test("the same user on two devices stops typing, and leaves, with the last of them", async () => {
  const { set, clients: [first], here } = await people("pair", ["fay"])
  const second = await client(s.nodes[1], "fay", set, "phone")
  for (const each of [first, second]) {
    await each.say("join_channel", here)
    await each.say("typing_start", here)
  }
  await set.hear("fay", ["typing start", "viewers +"])
  await set.fence.pass()
  set.begin()
  await first.say("typing_stop", here)
  await first.say("leave_channel", here)
  await set.fence.pass()
  set.expect("fay", [])
  assert.deepEqual(await typing(set), ["fay"])
  assert.deepEqual(await viewing(set), ["fay"])
  await second.say("typing_stop", here)
  await second.say("leave_channel", here)
  await set.hear("fay", ["typing stop", "channel leave", "viewers -"])
  await set.fence.pass()
  set.expect("fay", ["typing stop", "channel leave", "viewers -"])
})

test("who leaves a channel stops typing there at once", async () => {
  const set = await stage("goer", ["goran"], s.nodes)
  const goran = new Client(s.nodes[0], "goran")
  await goran.enter(set.workspace)
  const here = { channel_id: set.channel }
  await goran.say("join_channel", here)
  await goran.say("typing_start", here)
  await set.hear("goran", ["typing start", "channel join", "viewers +", "roster +", "workspace online", "user online"])
  set.begin()
  await goran.say("leave_channel", here)
  await set.hear("goran", ["typing stop", "channel leave", "viewers -"], 1000)
  set.expect("goran", ["typing stop", "channel leave", "viewers -"])
  // One who looks only on: the same, without having looked.
  await goran.say("typing_start", here)
  await set.hear("goran", ["typing start"])
  await goran.say("leave_channel", here)
  await eventually(async () => assert.deepEqual(await typing(set), []), 1000)
})

test("a join is told who is typing, though nobody is", async () => {
  const channel = "told"
  const theo = new Client(s.nodes[0], "theo")
  await theo.enter("acme")
  const joined = async (node, name) => {
    const client = new Client(node, name)
    const { response } = await new Promise(resolve => {
      client.me = client.socket.channel(`channel:${channel}`)
      client.me.join().receive("ok", response => resolve({ response }))
    })
    const state = await client.next("typing_state")
    assert.equal(state.sequence, response.sequence)
    return { client, users: state.users }
  }
  assert.deepEqual((await joined(s.nodes[0], "first")).users, [])
  await theo.say("typing_start", { channel_id: channel })
  await eventually(async () => assert.deepEqual((await joined(s.nodes[0], "second")).users, ["theo"]))
  const { client, users } = await joined(s.nodes[1], "third")
  assert.deepEqual(users, ["theo"])
  // phoenix.js drops what carries the join_ref of an older join.
  client.inbox.length = 0
  await theo.say("typing_stop", { channel_id: channel })
  client.socket.conn.terminate()
  await client.next("typing_state", state => state.users.length === 0, 5000)
})

test("one of two devices that disconnects leaves the other typing and looking", async () => {
  const { set, clients: [first], here } = await people("rest", ["gus"])
  const second = await client(s.nodes[1], "gus", set, "web:2")
  await first.say("join_channel", here)
  await second.say("join_channel", here)
  await set.hear("gus", ["viewers +"])
  await first.say("typing_start", here)
  await second.say("typing_start", here)
  await set.hear("gus", ["typing start"])
  await set.fence.pass()
  set.begin()
  await first.leave()
  await set.fence.pass()
  set.expect("gus", [])
  assert.deepEqual(await typing(set), ["gus"])
  await second.say("typing_stop", here)
  await set.fence.outlast()
  set.expect("gus", ["typing stop"])
  assert.deepEqual(await viewing(set), ["gus"])
})

test("a viewer stays for as long as it is connected", async () => {
  const { set, clients: [hal], here } = await people("stays", ["hal"])
  await hal.say("join_channel", here)
  await set.hear("hal", ["channel join", "viewers +"])
  set.begin()
  const { clock } = s.cluster
  // Each step leaves time for a heartbeat before the viewer is over.
  for (let passed = 0; passed <= 2 * VIEW_TTL; passed += VIEW_TTL - 50) {
    clock.step(VIEW_TTL - 50)
    // All of them, the fence too: the oldest comes first.
    const refreshed = async key => {
      const [, oldest] = await s.redis.command("ZRANGE", key, "0", "0", "WITHSCORES")
      assert.ok(oldest > clock.now() - 5)
    }
    await eventually(() => refreshed(`presence:channel:${set.channel}`))
    await eventually(() => refreshed(`presence:online:${set.workspace}`))
  }
  await set.fence.outlast()
  set.expect("hal", [])
  assert.deepEqual(await viewing(set), ["hal"])
})
