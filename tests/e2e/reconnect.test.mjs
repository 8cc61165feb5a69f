// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a client has again after it was away: phoenix.js repeats join params, and not what was pushed.
import assert from "node:assert/strict"
import { Client, push } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { fixture, get, setStatus, test } from "./fixture.mjs"

const s = fixture({ nodes: 2, environment: { OFFLINE_GRACE: "0" } })

const viewers = async channel => (await get(s.nodes[1], `/api/presence/channel/${channel}/viewers`)).users
const RECONNECTS = { options: { reconnectAfterMs: () => 300 } }

test("join params name channels and watched users, at each join", async () => {
  const ben = new Client(s.nodes[1], "ben")
  await ben.enter("acme")
  const roster = await new Client(s.nodes[1], "roster").follow("channel:general")
  const amelia = new Client(s.nodes[0], "amelia", RECONNECTS)
  await amelia.enter("acme", "web:1", { channels: ["general", "random"], watch: ["ben", "nobody"] })
  await amelia.next("presence_update", update => update.user_id === "ben" && update.status === "online")
  await amelia.next("presence_update", update => update.user_id === "nobody" && update.status === "offline")
  await eventually(async () => assert.deepEqual(await viewers("random"), ["amelia"]))
  await eventually(() => assert.deepEqual(roster.list(id => id), ["amelia"]))

  amelia.inbox.length = 0
  amelia.socket.conn.terminate()
  await eventually(async () => assert.deepEqual(await viewers("general"), []))
  await setStatus(s.nodes[1], "ben", { status: "busy" })
  await amelia.next("presence_update", update => update.user_id === "ben" && update.status === "busy", 5000)
  await eventually(async () => assert.deepEqual(await viewers("general"), ["amelia"]), 5000)
  await eventually(() => assert.deepEqual(roster.list(id => id), ["amelia"]))
  // From now on it is as if they had been pushed.
  await amelia.say("leave_channel", { channel_id: "general" })
  await amelia.say("unwatch", { user_ids: ["ben"] })
  await eventually(async () => assert.deepEqual(await viewers("general"), []))
  await setStatus(s.nodes[1], "ben", { status: "away" })
  await amelia.say("device_state", { state: "active" })
  assert.equal(amelia.messages("presence_update").filter(update => update.status === "away").length, 0)
})

test("who is invisible looks at nothing by join params", async () => {
  const ivan = new Client(s.nodes[0], "ivan")
  await ivan.enter("acme", "web:1", { channels: ["hidden"] })
  await eventually(async () => assert.deepEqual(await viewers("hidden"), ["ivan"]))
  await ivan.say("set_status", { status: "invisible" })
  await eventually(async () => assert.deepEqual(await viewers("hidden"), []))
  const phone = new Client(s.nodes[1], "ivan")
  await phone.enter("acme", "ios:1", { channels: ["hidden"] })
  const fence = new Client(s.nodes[1], "fence")
  await fence.enter("acme", "web:1", { channels: ["hidden"] })
  await eventually(async () => assert.deepEqual(await viewers("hidden"), ["fence"]))
  await phone.say("set_status", { status: "online" })
  await eventually(async () => assert.deepEqual((await viewers("hidden")).sort(), ["fence", "ivan"]))
})

/** Daemons with a grace, and a client of the first that has pushed what it looks at. */
async function viewer(user, params = {}) {
  const environment = { OFFLINE_GRACE: "2", PRESENCE_TTL: "15", HEARTBEAT_INTERVAL: "5000" }
  const nodes = [await s.cluster.startDaemon(environment), await s.cluster.startDaemon(environment)]
  const room = `${user}-room`
  const roster = await new Client(nodes[1], `${user}-roster`).follow(`channel:${room}`)
  const client = new Client(nodes[0], user)
  await client.enter("acme", "web:1", params)
  await client.say("join_channel", { channel_id: room })
  await eventually(() => assert.deepEqual(roster.list(id => id), [user]))
  const left = []
  roster.onLeave(id => left.push(id))
  client.breakOff()
  return { nodes, room, roster, left }
}

/** Until the grace is over: somebody who left after the viewer's connection broke has gone. */
async function outlast({ nodes, room, left }, name) {
  const fence = new Client(nodes[0], name)
  await fence.enter("acme", "web:1")
  await fence.say("join_channel", { channel_id: room })
  await eventually(async () => assert.ok((await viewers(room)).includes(name)))
  await fence.leave()
  await eventually(() => assert.ok(left.includes(name)), 8000)
}

test("a device that comes back to another node looks at what it looked at", async () => {
  const set = await viewer("vera")
  const other = new Client(set.nodes[1], "vera")
  await other.enter("acme", "ios:1")
  const again = new Client(set.nodes[1], "vera")
  await again.enter("acme")
  await outlast(set, "vera-fence")
  assert.deepEqual(set.left, ["vera-fence"])
  assert.deepEqual(await viewers(set.room), ["vera"])
  // It is what this connection looks at, and not the other device's.
  await again.say("leave_channel", { channel_id: set.room })
  await eventually(() => assert.deepEqual(set.roster.list(id => id), []))
})

test("join params without a channel say that the device looks at none", async () => {
  const set = await viewer("nora")
  const again = new Client(set.nodes[1], "nora")
  await again.enter("acme", "web:1", { channels: [] })
  await outlast(set, "nora-fence")
  await eventually(() => assert.deepEqual(set.left.sort(), ["nora", "nora-fence"]))
})

test("who comes back invisible is a viewer when it shows itself", async () => {
  const set = await viewer("ina")
  await setStatus(set.nodes[1], "ina", { status: "invisible" })
  const again = new Client(set.nodes[1], "ina")
  await again.enter("acme")
  await outlast(set, "ina-fence")
  await eventually(() => assert.deepEqual(set.left.sort(), ["ina", "ina-fence"]))
  assert.deepEqual(set.roster.list(id => id), [])
  await again.say("set_status", { status: "online" })
  await eventually(() => assert.deepEqual(set.roster.list(id => id), ["ina"]))
})

test("who may not enter a channel any more does not come back to it", async () => {
  const set = await viewer("max")
  const again = new Client(set.nodes[1], "max", { claims: { channels: ["others"] } })
  await again.enter("acme")
  await outlast(set, "max-fence")
  await eventually(() => assert.deepEqual(set.left.sort(), ["max", "max-fence"]))
})

test("a client that holds all that it may is let in again at once", async () => {
  const big = new Client(s.nodes[0], "big")
  const closes = []
  big.socket.onClose(({ code }) => closes.push(code))
  const looksAt = []
  big.me = big.socket.channel("presence:big", { device_id: "web:1", workspace_id: "acme" })
  const joins = [big.me, ...Array.from({ length: 199 }, (_, i) => big.socket.channel(`user:other-${i}`, {}))]
  let answered = 0
  for (const channel of joins) channel.join().receive("ok", () => {
    ++answered
    if (channel === big.me) // as phoenix.js calls it at each join
      for (let i = 0; i < 100; ++i)
        push(big.me, "join_channel", { channel_id: `big-${i}` }).then(() => looksAt.push(i), () => {})
  })
  await eventually(() => assert.deepEqual([answered, looksAt.length], [200, 100]), 20_000)
  for (let round = 2; round <= 4; ++round) {
    big.socket.conn.terminate()
    await eventually(() => assert.deepEqual([answered, looksAt.length], [200 * round, 100 * round]), 20_000)
  }
  assert.deepEqual(closes, [1006, 1006, 1006])
})

test("join params that are wrong are refused", async () => {
  const client = new Client(s.nodes[0], "wrong")
  for (const params of [{ channels: "general" }, { channels: ["a b"] }, { watch: [null] }, { watch: { a: 1 } },
    { channels: Array.from({ length: 101 }, (_, i) => `c${i}`) }])
    await assert.rejects(client.enter("acme", "web:1", params), JSON.stringify(params))
})
