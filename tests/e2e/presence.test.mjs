// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Two users on two daemons with one Redis: each sees the other within a second.
import assert from "node:assert/strict"
import { after, before, test as nodeTest } from "node:test"
import { Client, push } from "./client.mjs"
import { Cluster, eventually, token } from "./cluster.mjs"

/** A test that hangs is a test that failed. */
const test = (name, run) => nodeTest(name, { timeout: 30_000 }, run)

const cluster = new Cluster()
let one, two

before(async () => {
  await cluster.startRedis()
  one = await cluster.startDaemon()
  two = await cluster.startDaemon()
})
after(async () => {
  await Client.leaveAll()
  await cluster.stop()
})

async function get(daemon, path, user = "observer") {
  const response = await fetch(daemon.url + path, { headers: { Authorization: `Bearer ${token(user)}` } })
  assert.equal(response.status, 200)
  return response.json()
}

for (const vsn of ["2.0.0", "1.0.0"]) {
  const name = text => `${text}, V${vsn[0]}`
  const id = text => `${text}-v${vsn[0]}`

  test(name("join, status, typing, viewers and leaving are seen on the other node"), async () => {
    const alice = new Client(one, id("alice"), { vsn })
    const bob = new Client(two, id("bob"), { vsn })
    const acme = id("acme")
    const room = id("general")

    const bobs = await bob.enter(acme)
    const present = await bob.follow(`workspace:${acme}`)
    const ids = () => present.list(key => key).sort()
    await bob.join(`user:${alice.user}`)
    await bob.join(`channel:${room}`)

    const alices = await alice.enter(acme, "web:browser_abc")
    const state = await alice.next("presence_state")
    assert.deepEqual(Object.keys(state).sort(),
      ["custom_message", "devices", "emoji", "expires_at", "kinds", "last_seen", "status", "user_id"])
    assert.equal(state.user_id, alice.user)
    assert.equal(state.status, "online")
    assert.equal(state.devices[0].id, "web:browser_abc")
    assert.equal(typeof state.devices[0].timestamp, "number")

    await bob.next("status_update", m => m.user_id === alice.user && m.status === "online")
    await bob.next("presence_update", m => m.user_id === alice.user && m.workspace_id === acme)
    await eventually(() => assert.deepEqual(ids(), [alice.user, bob.user].sort()), 1000)

    await push(alices, "set_status", { status: "busy", custom_message: "Deep work", emoji: "🎯" })
    await bob.next("status_update", m => m.status === "busy" && m.custom_message === "Deep work" && m.emoji === "🎯")
    await eventually(() => {
      const metas = present.state[alice.user].metas
      assert.equal(metas.length, 1)
      assert.equal(metas[0].status, "busy")
    }, 1000)
    assert.equal((await get(two, `/api/presence/users/${alice.user}`)).custom_message, "Deep work")

    await push(alices, "typing_start", { channel_id: room })
    await bob.next("typing", m => m.user_id === alice.user && m.action === "start")
    assert.deepEqual((await get(two, `/api/presence/channel/${room}/typing`)).users, [alice.user])
    await push(alices, "typing_stop", { channel_id: room })
    await bob.next("typing", m => m.user_id === alice.user && m.action === "stop")

    await push(alices, "join_channel", { channel_id: room })
    await bob.next("presence", m => m.user_id === alice.user && m.action === "join")
    assert.deepEqual(await get(one, `/api/presence/channel/${room}/viewers`),
      { channel_id: room, users: [alice.user], count: 1, next: null })
    await push(alices, "leave_channel", { channel_id: room })
    await bob.next("presence", m => m.user_id === alice.user && m.action === "leave")

    const online = await push(bobs, "get_online_users", { limit: 10 })
    assert.equal(online.total, 2)
    assert.deepEqual(online.users.map(user => user.id).sort(), [alice.user, bob.user].sort())

    await push(alices, "join_channel", { channel_id: room })
    await push(alices, "typing_start", { channel_id: room })
    await eventually(() => assert.equal(
      bob.messages("presence").filter(m => m.action === "join").length, 2), 1000)
    await alice.leave()
    await bob.next("status_update", m => m.user_id === alice.user && m.status === "offline")
    await eventually(() => assert.deepEqual(ids(), [bob.user]), 1000)
    await eventually(() => assert.equal(
      bob.messages("presence").filter(m => m.action === "leave").length, 2), 1000)
    await eventually(() => assert.equal(
      bob.messages("typing").filter(m => m.action === "stop").length, 2), 1000)
    assert.equal((await get(one, `/api/presence/users/${alice.user}`)).status, "offline")
    await bob.leave()
  })
}

test("viewers of a channel follow as a Presence", async () => {
  const alice = new Client(one, "alice")
  const bob = new Client(two, "bob")
  const viewers = await bob.follow("channel:random")
  const alices = await alice.enter("acme")
  await push(alices, "join_channel", { channel_id: "random" })
  await eventually(() => assert.deepEqual(viewers.list(key => key), ["alice"]), 1000)
  // Who joins now begins with the whole list.
  const carl = new Client(one, "carl")
  const late = await carl.follow("channel:random")
  await eventually(() => assert.deepEqual(late.list(key => key), ["alice"]), 1000)
  await alice.leave()
  await eventually(() => assert.deepEqual(viewers.list(key => key), []), 1000)
  await bob.leave()
  await carl.leave()
})

test("a client rejoins after its node is gone and holds the truth again", async () => {
  const node = await cluster.startDaemon()
  const alice = new Client(node, "dora")
  const present = await alice.follow("workspace:drop")
  await alice.enter("drop")
  await eventually(() => assert.deepEqual(present.list(key => key), ["dora"]), 1000)

  await node.stop("SIGKILL")
  const bob = new Client(two, "erik")
  await bob.enter("drop")
  await cluster.startDaemon({}, node.port)
  await eventually(() => assert.deepEqual(present.list(key => key).sort(), ["dora", "erik"]), 5000)
  await alice.leave()
  await bob.leave()
})

test("a node that is asked to stop tells its clients to come back", async () => {
  const node = await cluster.startDaemon({ OFFLINE_GRACE: "5" })
  const closed = []
  const alice = new Client(node, "frida", { options: { reconnectAfterMs: () => 60_000 } })
  alice.socket.onClose(event => closed.push(event.code))
  const bob = new Client(two, "gustav")
  await bob.join("user:frida")
  await alice.enter("acme")
  await bob.next("status_update", m => m.status === "online")
  await node.stop()
  await eventually(() => assert.deepEqual(closed, [4502]), 1000)
  const again = new Client(one, "frida")
  await again.enter("acme")
  assert.deepEqual(bob.messages("status_update").map(m => m.status), ["online"])
  await again.leave()
  await alice.leave()
  await bob.leave()
})

test("watched users arrive as presence_update", async () => {
  const alice = new Client(one, "karin")
  const bob = new Client(two, "lars")
  const bobs = await bob.enter("elsewhere")
  const { users } = await push(bobs, "watch", { user_ids: ["karin", "nobody"] })
  assert.deepEqual(users.map(user => [user.user_id, user.status]), [["karin", "offline"], ["nobody", "offline"]])
  await alice.enter("acme")
  await bob.next("presence_update", m => m.user_id === "karin" && m.status === "online")
  await push(bobs, "unwatch", { user_ids: ["karin"] })
  const before = bob.messages("presence_update").length
  await alice.leave()
  const { users: now } = await push(bobs, "get_presence", { user_ids: ["karin"] })
  assert.equal(now[0].user_id, "karin")
  assert.equal(bob.messages("presence_update").length, before)
  await bob.leave()
})

// The last one: each connection finds Redis again in its own time.
test("Redis that dies and comes back leaves everybody with the truth", async () => {
  const alice = new Client(one, "hanna")
  const bob = new Client(two, "ivar")
  const present = await bob.follow("workspace:outage")
  await alice.enter("outage")
  await eventually(() => assert.deepEqual(present.list(key => key), ["hanna"]), 1000)
  await cluster.killRedis()
  // Once the daemon has read that its connections have ended.
  await eventually(async () => assert.equal((await fetch(one.url + "/health")).status, 503), 1000)
  await cluster.startRedis()
  // Refused until the daemon has found Redis again; phoenix.js goes on trying.
  const carl = new Client(one, "julia", { options: { rejoinAfterMs: () => 100 } })
  await new Promise(resolve => carl.socket.channel("presence:julia", { workspace_id: "outage" })
    .join().receive("ok", resolve))
  await eventually(() => assert.deepEqual(present.list(key => key).sort(), ["hanna", "julia"]), 15_000)
  for (const client of [alice, bob, carl]) await client.leave()
})
