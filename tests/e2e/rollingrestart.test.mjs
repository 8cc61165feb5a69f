// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// All nodes are replaced, one after the other, or one dies: who comes back in time was never gone, and looks at
// the channel that it pushed once.
// ROLLING_CLIENTS says how many clients; ROLLING_VERBOSE prints what it took.
import assert from "node:assert/strict"
import { eventually } from "./cluster.mjs"
import { get, fixture, test } from "./fixture.mjs"
import { RoamingClient } from "./roamingclient.mjs"
import { stage } from "./witness.mjs"

const COUNT = Number(process.env.ROLLING_CLIENTS ?? 300)
const GRACE = 5
const DRAINING = 4502
const environment = { OFFLINE_GRACE: String(GRACE), PRESENCE_TTL: "15", HEARTBEAT_INTERVAL: "5000", LOG_LEVEL: "error" }
// The fourth is not restarted: its clients watch.
const s = fixture({ nodes: 4, environment })
const patience = 45_000 + COUNT * 40

const report = (...words) => { if (process.env.ROLLING_VERBOSE) console.log(...words) }

/** To the next one of the three. */
function elsewhere(node) {
  return s.nodes[(s.nodes.findIndex(each => each.port === node.port) + 1) % 3]
}

async function total(name) {
  return (await get(s.nodes[3], `/api/presence/workspace/${name}-space/online?limit=1`)).total
}

/** A load that everybody has heard of. With it is the fence. */
async function load(name, count, where, set) {
  const clients = Array.from({ length: count }, (_, i) =>
    new RoamingClient(`${name}-${i}`, [RoamingClient.device(`${name}-${i}`, `${name}-space`)]))
  await RoamingClient.each(clients, async client => {
    await client.connect(where(clients.indexOf(client)), elsewhere)
    await client.say("join_channel", { channel_id: set.channel })
  })
  await eventually(async () => assert.equal(await total(name), count + 1))
  await set.fence.pass()
  set.begin()
  return clients
}

/** Nobody of the load was heard of, and all of it is there. */
async function unmoved(name, clients, set, listener) {
  await set.fence.outlast()
  const mine = new Set(clients.map(client => client.user))
  assert.deepEqual(listener.events().filter(event => mine.has(event.user_id)), [])
  for (const witness of set.witnesses) {
    assert.deepEqual(clients.flatMap(client => witness.told(client.user)), [])
  }
  assert.equal(await total(name), clients.length + 1)
}

/** They look at the channel by the connections that they have now. */
async function look(clients, set) {
  const { users } = await get(s.nodes[3], `/api/presence/channel/${set.channel}/viewers`)
  const viewers = new Set(users)
  assert.deepEqual(clients.map(client => client.user).filter(user => !viewers.has(user)), [])
  const [client] = clients
  await client.say("leave_channel", { channel_id: set.channel })
  await set.hear(client.user, ["channel leave"])
}

async function listen() {
  const listener = s.cluster.connect()
  await listener.subscribe("presence:updates", "presence:status", "presence:typing")
  return listener
}

test("three nodes are restarted one after the other and nobody hears of anybody", async () => {
  const set = await stage("roll", [], [s.nodes[3], s.nodes[3]])
  const clients = await load("roll", COUNT, i => s.nodes[i % 3], set)
  const listener = await listen()
  for (let i = 0; i < 3; ++i) {
    const began = Date.now()
    const node = s.nodes[i]
    await node.stop()
    const stopped = Date.now()
    s.nodes[i] = await s.cluster.startDaemon({ ...environment, NODE_NAME: node.name }, node.port)
    await eventually(() => assert.ok(clients.every(client => client.isHere)), patience)
    report(`${node.name}: stopped after ${stopped - began} ms, all back after ${Date.now() - began} ms`)
  }
  const codes = new Set(clients.flatMap(client => client.closes))
  assert.deepEqual([...codes], [DRAINING])
  assert.ok(clients.every(client => client.returns >= 1), "each was asked to go")
  await unmoved("roll", clients, set, listener)
  await look(clients, set)
  report(`${COUNT} clients returned ${clients.reduce((sum, client) => sum + client.returns, 0)} times`)
  await RoamingClient.each(clients, client => client.leave())
}, { timeout: 3 * patience })

test("a node that drains spreads the return of its clients", async () => {
  const node = await s.cluster.startDaemon(environment)
  const reasons = []
  const clients = Array.from({ length: 40 }, (_, i) =>
    new RoamingClient(`spread-${i}`, [RoamingClient.device(`spread-${i}`, "spread")]))
  await RoamingClient.each(clients, client => client.connect(node))
  for (const client of clients) client.onReason = reason => reasons.push(reason)
  await node.stop()
  await eventually(() => assert.equal(reasons.length, clients.length))
  const delays = reasons.map(reason => {
    assert.match(reason, /^draining retry_after_ms=\d+$/)
    return Number(reason.split("=")[1])
  })
  assert.ok(delays.every(delay => delay >= 0 && delay <= GRACE * 500), delays.join())
  assert.ok(new Set(delays).size > clients.length / 4, `not spread: ${delays}`)
})

test("who comes back from a node that drained and leaves its channel is not seen there any longer", async () => {
  const node = await s.cluster.startDaemon(environment)
  const set = await stage("looks-away", [], [s.nodes[0], s.nodes[1]])
  const clients = await load("looks-away", 12, () => node, set)
  await node.stop()
  await eventually(() => assert.ok(clients.every(client => client.isHere && client.returns === 1)), patience)
  await RoamingClient.each(clients, client => client.say("leave_channel", { channel_id: set.channel }))
  // Not when the connections of before are over.
  await Promise.all(clients.map(client => set.hear(client.user, ["channel leave"])))
  await RoamingClient.each(clients, client => client.leave())
}, { timeout: 3 * patience })

test("a node is killed and all its clients return at once: all are there, nobody hears of it", async () => {
  const node = await s.cluster.startDaemon(environment)
  const set = await stage("storm", [], [s.nodes[0], s.nodes[1]])
  const clients = await load("storm", Math.min(COUNT, 1000), () => node, set)
  const listener = await listen()
  const began = Date.now()
  await node.stop("SIGKILL")
  await eventually(() => assert.ok(clients.every(client => client.isHere && client.returns === 1)), patience)
  report(`${clients.length} returned after ${Date.now() - began} ms`)
  assert.equal(await total("storm"), clients.length + 1)
  await unmoved("storm", clients, set, listener)
  await RoamingClient.each(clients, client => client.leave())
}, { timeout: 3 * patience })
