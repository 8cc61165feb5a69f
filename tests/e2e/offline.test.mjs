// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// However a user goes, it goes once, and nothing of it is left.
import assert from "node:assert/strict"
import { after, describe } from "node:test"
import { eventually } from "./cluster.mjs"
import { get, heartbeat, fixture, test } from "./fixture.mjs"
import { killObservers, startObserver } from "./observer.mjs"
import { busybody, CAME, GONE, stage } from "./witness.mjs"

const TTL = 3
const environment = {
  PRESENCE_TTL: String(TTL), HEARTBEAT_INTERVAL: "500", OFFLINE_GRACE: "1", TYPING_TTL: "60",
  PRESENCE_PING_INTERVAL: "6", LOG_LEVEL: "error",
}
const s = fixture({ environment })
after(killObservers)

async function nothingIsLeft(user, { workspace, channel }, since) {
  const seen = await get(s.nodes[1], `/api/presence/users/${user}`)
  assert.equal(seen.status, "offline")
  assert.deepEqual(seen.devices, [])
  assert.ok(seen.last_seen >= since - 1, `last_seen ${seen.last_seen}, came ${since}`)
  const { redis } = s
  await eventually(async () => assert.equal(await redis.command("ZSCORE", `presence:online:${workspace}`, user), null))
  assert.equal(await redis.command("ZSCORE", `presence:channel:${channel}`, user), null)
  assert.equal(await redis.command("SISMEMBER", `typing:${channel}`, user), 0)
  assert.equal(await redis.command("ZCARD", `presence:user:${user}:devices`), 0)
  const online = await get(s.nodes[0], `/api/presence/workspace/${workspace}/online`)
  assert.ok(!online.users.some(row => row.id === user))
}

/** Somebody comes by `come`, goes by `go` of what that answered, and is gone within `ms`. */
async function goes(name, ms, come, go, { arrival = CAME, departure = GONE } = {}) {
  const since = Math.floor(Date.now() / 1000)
  const set = await stage(name, [name], s.nodes)
  const client = await come(name, set)
  await set.hear(name, arrival)
  set.begin()
  await go(client)
  await set.hear(name, departure, ms)
  await set.fence.outlast()
  set.expect(name, departure)
  await nothingIsLeft(name, set, since)
}

const comes = node => (name, place) => busybody(node, name, place)

describe("one offline, once in the cluster, when", { concurrency: true }, () => {
  test("the client closes", () => goes("close", 5000, comes(s.nodes[0]), client => client.leave()))

  test("the connection breaks", () => goes("break", 5000, comes(s.nodes[0]), client => client.breakOff()))

  test("the process of the client is killed", () => goes("killed", 5000,
    (name, place) => startObserver(s.nodes[0], name, place), child => child.signal("SIGKILL")))

  test("the client vanishes without a word and answers no ping", () => goes("vanish", 20_000,
    (name, place) => startObserver(s.nodes[0], name, place), child => child.signal("SIGSTOP")))

  test("the node is killed", async () => {
    const node = await s.cluster.startDaemon(environment)
    await goes("crash", (TTL + 5) * 1000, comes(node), () => node.stop("SIGKILL"))
  })

  test("a REST device does not call any more", () => goes("rest", (TTL + 5) * 1000,
    async (name, { workspace }) => heartbeat(s.nodes[0], name, "bot:1", workspace), () => {},
    { arrival: ["roster +", "user online", "watch online", "workspace online"],
      departure: ["roster -", "user offline", "watch offline", "workspace offline"] }))
})

test("who hears of it on Pub/Sub: typing stops, then the user is offline, then the workspace shows it", async () => {
  const listener = s.cluster.connect()
  await listener.subscribe("presence:updates", "presence:status", "presence:typing")
  const client = await busybody(s.nodes[0], "orderly", { workspace: "order", channel: "order" })
  await client.leave()
  await eventually(() => assert.deepEqual(
    listener.events("orderly").map(event => `${event.channel.slice(9)} ${event.status ?? event.action}`),
    ["status online", "updates online", "typing start", "typing stop", "status offline", "updates offline"]))
})

test("Redis is away when the client closes: once, and nobody else with it", async () => {
  const since = Math.floor(Date.now() / 1000)
  const set = await stage("outage", ["outage", "stays"], s.nodes)
  const client = await busybody(s.nodes[0], "outage", set)
  const stays = await busybody(s.nodes[1], "stays", set)
  await set.hear("outage", CAME)
  await set.hear("stays", CAME)
  set.begin()
  await s.cluster.killRedis()
  await client.leave()
  await s.cluster.startRedis()
  s.redis = s.cluster.connect()
  await set.hear("outage", GONE, 25_000)
  await set.fence.outlast()
  set.expect("outage", GONE)
  set.expect("stays", [])
  await nothingIsLeft("outage", set, since)
  await stays.leave()
})
