// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the service costs Redis: commands and bytes a join, a change and a heartbeat; and what nodes
// hear of changes that few of them look at.
//
//   PRESENCED=build/release/server/app/presenced node tests/bench/cost.mjs
//
// Bytes are those of all connections, what Redis is asked here included (about 5 KB a figure).
import { Cluster } from "../e2e/cluster.mjs"
import { RoamingClient } from "../e2e/roamingclient.mjs"

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** What Redis has done so far. */
async function done(redis) {
  const stats = await redis.command("INFO", "stats")
  const calls = await redis.command("INFO", "commandstats")
  const field = name => Number(new RegExp(`${name}:(\\d+)`).exec(stats)[1])
  const of = pattern => [...calls.matchAll(pattern)].reduce((sum, found) => sum + Number(found[1]), 0)
  return {
    scripts: of(/cmdstat_(?:eval|fcall)\w*:calls=(\d+)/g),
    all: of(/cmdstat_[^:]+:calls=(\d+)/g),
    time: of(/cmdstat_(?!eval|fcall)[^:]+:calls=\d+,usec=(\d+)/g),
    in: field("total_net_input_bytes"), out: field("total_net_output_bytes"),
  }
}

async function cost(name, count, redis, what) {
  const before = await done(redis)
  await what()
  const after = await done(redis)
  const each = key => ((after[key] - before[key]) / count).toFixed(key === "in" || key === "out" ? 0 : 2)
  console.log(`| ${name} | ${each("scripts")} | ${each("all")} | ${each("in")} | ${each("out")} |`)
}

async function withCluster(run) {
  const cluster = new Cluster()
  try {
    await cluster.startRedis()
    await run(cluster)
  } finally {
    await RoamingClient.leaveAll()
    await cluster.stop()
  }
}

const person = (name, space) => new RoamingClient(name, [RoamingClient.device(name, space)])

/** The value of a counter of a node. */
async function counter(node, name) {
  const text = await (await fetch(node.url + "/metrics")).text()
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1] ?? 0)
}

const COUNT = 1000
const BEAT = 5000

await withCluster(async cluster => {
  console.log("| a | scripts | commands, with those of scripts | bytes in | bytes out |\n|---|---|---|---|---|")
  const node = await cluster.startDaemon({ HEARTBEAT_INTERVAL: String(BEAT) })
  const redis = cluster.connect()
  const clients = Array.from({ length: COUNT }, (_, i) => person(`user-${i}`, `space-${i % 100}`))
  await cost("join of `presence:`, in a workspace of 10", COUNT, redis, () =>
    RoamingClient.each(clients, client => client.connect(node)))
  await sleep(2 * BEAT) // every one has had its turn
  const beats = 4
  await cost("heartbeat", COUNT * beats, redis, () => sleep(beats * BEAT))
  let n = 0
  await cost("change of status", COUNT, redis, () =>
    RoamingClient.each(clients, client => client.say("set_status", { status: "busy", custom_message: `text ${++n}` })))
  await cost("change to what it was", COUNT, redis, () =>
    RoamingClient.each(clients, client => client.say("set_status", { status: "busy" })))
  await cost("leave", COUNT, redis, async () => {
    await RoamingClient.each(clients, client => client.leave())
    await sleep(1000)
  })
})

const NODES = 20
const USERS = 2000

await withCluster(async cluster => {
  const nodes = []
  for (let i = 0; i < NODES; ++i) nodes.push(await cluster.startDaemon({ PRESENCE_SHARDS: "1", REDIS_POOL_SIZE: "1" }))
  const users = Array.from({ length: USERS }, (_, i) => person(`user-${i}`, `space-${i % 200}`))
  await RoamingClient.each(users, user => user.connect(nodes[users.indexOf(user) % NODES]))
  // One on each node looks at one in a hundred.
  const watchers = nodes.map((_, i) => person(`watcher-${i}`, "watchers"))
  for (const [i, watcher] of watchers.entries()) {
    await watcher.connect(nodes[i])
    const looked = Array.from({ length: USERS / 100 }, (_, k) => `user-${(i * 37 + k * 100) % USERS}`)
    await watcher.say("watch", { user_ids: looked })
  }
  await sleep(1000)
  const before = await Promise.all(nodes.map(node => counter(node, "presence_events_received_total")))
  await RoamingClient.each(users, user => user.say("set_status", { status: "busy" }))
  await sleep(1000)
  const after = await Promise.all(nodes.map(node => counter(node, "presence_events_received_total")))
  const heard = after.map((count, i) => count - before[i])
  // Each node also hears of its own users: they are told on all their connections.
  const own = USERS / NODES
  console.log(`\n${NODES} nodes, ${USERS} users, each node looks at ${USERS / 100}: of ${USERS} changes a node heard ` +
    `${Math.min(...heard)} to ${Math.max(...heard)} messages, ${own} of them of its own users`)
})
