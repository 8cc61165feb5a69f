// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The canary: two users of each node that nobody sees, by which it measures what clients get.
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Client } from "./client.mjs"
import { Cluster, eventually, token } from "./cluster.mjs"

const cluster = new Cluster()
before(() => cluster.startRedis())
after(async () => {
  await Client.leaveAll()
  await cluster.stop()
})

const start = (environment = {}) => cluster.startDaemon({ CANARY_INTERVAL: "500", ...environment })

async function metrics(node) {
  const text = await (await fetch(`${node.url}/metrics`)).text()
  return name => {
    const line = text.split("\n").find(line => line.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length + 1))
  }
}

const delivered = 'presence_canary_changes_total{result="delivered"}'
const missed = 'presence_canary_changes_total{result="missed"}'
const refused = 'presence_canary_changes_total{result="refused"}'
const falseOfflines = "presence_canary_false_offlines_total"
const doubled = "presence_canary_doubled_events_total"
const ghosts = "presence_canary_ghost_seconds_count"

test("each node measures, and nobody sees by whom", async () => {
  const redis = cluster.connect()
  const listener = cluster.connect()
  await listener.subscribe("presence:updates", "presence:status", "presence:typing")
  const nodes = [await start(), await start()]
  for (const node of nodes) {
    await eventually(async () => {
      const value = await metrics(node)
      assert(value(delivered) >= 6)
      assert(value(ghosts) >= 2)
      assert(value('presence_canary_delivery_seconds_bucket{le="+Inf"}') >= 6)
    }, 20_000)
    const value = await metrics(node)
    for (const name of [missed, refused, falseOfflines, doubled]) assert.equal(value(name), 0, name)
  }
  assert.deepEqual(listener.heard, [])
  assert.deepEqual(await redis.command("ZRANGE", "presence:visible", 0, -1), [])
  assert.deepEqual(await redis.command("ZRANGE", "presence:workspaces", 0, -1), [])
  assert.deepEqual(await redis.command("ZRANGE", "presence:flapping", 0, -1), [])
  assert.match(await (await fetch(`${nodes[0].url}/metrics`)).text(), /^presence_online_users\{workspace_id="other"\} 0$/m)
  const [user] = (await redis.command("KEYS", "presence:user:^canary-*-stays")).map(key => key.slice("presence:user:".length))
  const client = new Client(nodes[0], "eve", { claims: { scope: "admin" } })
  for (const topic of [`user:${user}`, `presence:${user}`, `workspace:${user}`])
    await assert.rejects(client.join(topic), topic)
  const answer = await fetch(`${nodes[0].url}/api/presence/users/${encodeURIComponent(user)}`,
    { headers: { Authorization: `Bearer ${token("eve", { scope: "admin" })}` } })
  assert.equal(answer.status, 422)
  // What a node that died has left expires.
  for (const key of await redis.command("KEYS", "presence:*^canary*"))
    assert((await redis.command("TTL", key)) > 0, key)
  for (const node of nodes) await node.stop()
  await eventually(async () => {
    for (const key of await redis.command("KEYS", "presence:online:^canary-*"))
      assert.equal(await redis.command("ZCARD", key), 0)
  })
})

test("an outage of Redis is measured, and is no false offline", async () => {
  const node = await start({ REDIS_TIMEOUT: "500" })
  await eventually(async () => assert((await metrics(node))(delivered) >= 3), 10_000)
  process.kill(cluster.redisPid, "SIGSTOP")
  await new Promise(resolve => setTimeout(resolve, 3000))
  process.kill(cluster.redisPid, "SIGCONT")
  await eventually(async () => assert((await metrics(node))(refused) > 0))
  // Both go on: the one that stays, and the one that comes and goes.
  const before = await metrics(node)
  await eventually(async () => {
    const value = await metrics(node)
    assert(value(delivered) > before(delivered) + 2)
    assert(value(ghosts) > before(ghosts) + 1)
  }, 40_000)
  assert.equal((await metrics(node))(falseOfflines), 0)
  await node.stop()
})

test("a Redis that loses everything is no false offline, and measuring goes on", async () => {
  const redis = cluster.connect()
  const node = await start({ HEARTBEAT_INTERVAL: "1000" })
  await eventually(async () => assert((await metrics(node))(ghosts) >= 1), 10_000)
  for (let i = 0; i < 2; ++i) {
    await redis.command("FLUSHALL")
    const before = await metrics(node)
    await eventually(async () => {
      const value = await metrics(node)
      assert(value(delivered) > before(delivered) + 2)
      assert(value(ghosts) > before(ghosts) + 1)
    }, 40_000)
  }
  assert.equal((await metrics(node))(falseOfflines), 0)
  await node.stop()
})

test("what should never be is counted", async () => {
  const redis = cluster.connect()
  const node = await start({ CANARY_INTERVAL: "2000" })
  await eventually(async () => assert((await metrics(node))(delivered) >= 2), 15_000)
  const keys = await redis.command("KEYS", "presence:user:^canary-*-stays")
  const [user] = (await Promise.all(keys.map(async key => ({ key, status: await redis.command("HGET", key, "regular") }))))
    .filter(({ status }) => status !== null).map(({ key }) => key.slice("presence:user:".length))
  const revision = Date.now() * 1000 + 1_000_000
  const tell = (status, message, revision) => redis.command("SPUBLISH", `presence:events:user:${user}`,
    `${revision}\n${JSON.stringify({ user_id: user, status, custom_message: message, emoji: null, expires_at: null,
      kinds: [], last_seen: null, updated_at: null, revision })}`)
  await tell("offline", null, revision)
  await eventually(async () => assert.equal((await metrics(node))(falseOfflines), 1))
  await node.stop()
})

test("without an interval there is none", async () => {
  const node = await start({ CANARY_INTERVAL: "0" })
  assert.equal((await metrics(node))(delivered), undefined)
  await node.stop()
})
