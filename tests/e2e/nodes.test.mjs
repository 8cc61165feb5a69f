// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Who is alive, and the one that sweeps.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { ADMIN, call, get, heartbeat, fixture, test } from "./fixture.mjs"

const environment = { HEARTBEAT_INTERVAL: "500", PRESENCE_TTL: "3" }
const s = fixture({ nodes: 3, environment })

const registry = async node => (await get(node, "/api/presence/nodes", ADMIN)).nodes

/** The name of the one that sweeps; there is one at a time. */
function sweeper(node, ms = 10_000) {
  return eventually(async () => {
    const [name, ...others] = (await registry(node)).filter(each => each.sweeps).map(each => each.name)
    assert.ok(name, "nobody sweeps")
    assert.deepEqual(others, [])
    assert.equal(await s.redis.command("HGET", "presence:sweeper:lease", "node"), name)
    return name
  }, ms)
}

test("the registry is for admins", async () => {
  assert.equal((await call(s.nodes[0], "GET", "/api/presence/nodes")).status, 403)
  assert.equal((await call(s.nodes[0], "GET", "/api/presence/nodes", { claims: { scope: "service" } })).status, 403)
})

test("each node says who is there, since when, and with how many connections", async () => {
  const before = Math.floor(Date.now() / 1000)
  const clients = [0, 0, 1].map((i, number) => new Client(s.nodes[i], `user-${number}`))
  for (const client of clients) await client.enter("acme")
  for (const node of s.nodes) {
    await eventually(async () => {
      const nodes = await registry(node)
      assert.deepEqual(nodes.map(({ name, connections, alive }) => [name, connections, alive]).sort(),
        [["node-0", 2, true], ["node-1", 1, true], ["node-2", 0, true]])
      for (const each of nodes) {
        assert.ok(each.started_at <= each.seen_at && before - each.started_at < 60)
        assert.ok(each.seen_at >= before)
      }
    }, 15_000)
  }
  for (const client of clients) await client.leave()
})

test("one node sweeps at a time", async () => {
  const name = await sweeper(s.nodes[0])
  for (const node of s.nodes) assert.equal(await sweeper(node), name)
})

test("when the one that sweeps is killed another one takes over within seconds, and the dead one shows as such", async t => {
  const name = await sweeper(s.nodes[0])
  const dead = s.nodes.find(node => node.name === name)
  const [other] = s.nodes.filter(node => node !== dead)
  const watcher = new Client(other, "watcher")
  await watcher.join("user:late")
  await heartbeat(other, "late", "bot:1", "acme")
  const began = Date.now()
  await dead.stop("SIGKILL")
  await eventually(async () => {
    const now = await sweeper(other)
    assert.notEqual(now, name)
  }, 10_000)
  const took = Date.now() - began
  t.diagnostic(`taken over after ${took} ms`)
  assert.ok(took < 8000, `took ${took} ms`)
  await watcher.next("status_update", update => update.user_id === "late" && update.status === "offline", 8000)
  await eventually(async () => {
    const entry = (await registry(other)).find(each => each.name === name)
    assert.ok(!entry || !entry.alive, "the dead one is alive")
  }, 30_000)
})

test("when the one that sweeps stops in order another one takes over too, and no entry of it stays", async () => {
  const [, ...rest] = await Promise.all([0, 1].map(i => s.cluster.startDaemon({ ...environment, NODE_NAME: `spare-${i}` })))
  const all = [...s.nodes, ...rest]
  const name = await sweeper(rest[0])
  const stopping = all.find(node => node.name === name)
  const [observer] = rest.filter(node => node !== stopping).concat(s.nodes.filter(node => node !== stopping))
  await stopping.stop()
  await eventually(async () => assert.notEqual(await sweeper(observer), name), 10_000)
  await eventually(async () => assert.ok(!(await registry(observer)).some(each => each.name === name && each.alive)), 30_000)
})
