// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the service that this one replaces did wrong, by the names it was known under.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { call, get, heartbeat, metric, fixture, test } from "./fixture.mjs"
import { RoamingClient } from "./roamingclient.mjs"
import { stage } from "./witness.mjs"

const environment = { HEARTBEAT_INTERVAL: "250", PRESENCE_TTL: "600", OFFLINE_GRACE: "1", TYPING_TTL: "60", VIEW_TTL: "300" }
const s = fixture({ clock: true, environment })
const FIREHOSE = ["presence:updates", "presence:status", "presence:typing"]

async function online(name, user, node = s.nodes[0]) {
  const set = await stage(name, [user], s.nodes)
  const client = new Client(node, user)
  await client.enter(set.workspace)
  await set.hear(user, ["roster +", "user online"])
  await set.fence.pass()
  set.begin()
  return { set, client }
}

test("heartbeat broadcasts: a heartbeat is told to nobody", async () => {
  const { set } = await online("beats", "beater")
  await heartbeat(s.nodes[0], "beater", "bot:1", set.workspace)
  const listener = s.cluster.connect()
  await listener.subscribe(...FIREHOSE)
  const ok = () => metric(s.nodes[0], 'presence_heartbeats_total{status="ok"}')
  const before = await ok()
  for (let i = 0; i < 10; ++i) assert.equal((await heartbeat(s.nodes[0], "beater", "bot:1", set.workspace)).status, 204)
  // Those of the connection come by themselves.
  await eventually(async () => assert.ok(await ok() >= before + 15))
  await set.fence.pass()
  set.expect("beater", [])
  assert.deepEqual(listener.events("beater"), [])
  assert.ok(listener.events("beats-fence").length > 0)
})

test("no reaper: a device whose node died is taken away, and the user told offline", async () => {
  const node = await s.cluster.startDaemon(environment)
  const { set } = await online("reaper", "reaped", node)
  await node.stop("SIGKILL")
  s.cluster.clock.step(601)
  await set.hear("reaped", ["user offline", "watch offline"], 15_000)
  assert.equal(await s.redis.command("ZCARD", "presence:user:reaped:devices"), 0)
})

test("online set never cleaned: nobody stays in presence:online:W", async () => {
  const { set, client } = await online("clean", "cleaned")
  await heartbeat(s.nodes[1], "forgotten", "bot:1", set.workspace)
  const members = () => s.redis.command("ZRANGE", `presence:online:${set.workspace}`, "0", "-1")
  assert.deepEqual((await members()).sort(), ["clean-fence", "cleaned", "forgotten"])
  await client.leave()
  await eventually(async () => assert.ok(!(await members()).includes("cleaned")))
  // The connected one is refreshed in between, the other one is not.
  for (let i = 0; i < 2; ++i) {
    s.cluster.clock.step(400)
    await eventually(async () => assert.ok(
      await s.redis.command("ZSCORE", `presence:online:${set.workspace}`, "clean-fence") > s.cluster.clock.now() - 5))
  }
  await eventually(async () => assert.deepEqual(await members(), ["clean-fence"]), 15_000)
})

test("one TTL for all typists: each stops on its own", async () => {
  const { set, client } = await online("typists", "stale")
  const active = new Client(s.nodes[1], "active")
  await active.enter(set.workspace)
  await client.say("typing_start", { channel_id: set.channel })
  for (let i = 0; i < 3; ++i) {
    await active.say("typing_start", { channel_id: set.channel })
    s.cluster.clock.step(25)
  }
  await active.say("typing_start", { channel_id: set.channel })
  await set.hear("stale", ["typing start", "typing stop"], 10_000)
  const { users } = await get(s.nodes[0], `/api/presence/channel/${set.channel}/typing`)
  assert.deepEqual(users, ["active"])
})

test("viewer vanishing after five minutes: who looks on for ten is still there", async () => {
  const { set, client } = await online("viewer", "looker")
  await client.say("join_channel", { channel_id: set.channel })
  await set.hear("looker", ["viewers +", "channel join"])
  set.begin()
  for (let i = 0; i < 3; ++i) {
    s.cluster.clock.step(200)
    // All who look on, the fence too: the oldest comes first.
    await eventually(async () => {
      const [, oldest] = await s.redis.command("ZRANGE", `presence:channel:${set.channel}`, "0", "0", "WITHSCORES")
      assert.ok(oldest > s.cluster.clock.now() - 5)
    })
  }
  await set.fence.outlast()
  set.expect("looker", [])
  assert.ok((await get(s.nodes[1], `/api/presence/channel/${set.channel}/viewers`)).users.includes("looker"))
})

test("invisible returned raw: nobody else reads the word", async () => {
  const { set, client } = await online("raw", "hider")
  await client.say("set_status", { status: "invisible" })
  await set.hear("hider", ["user offline"])
  const answers = [
    await get(s.nodes[1], "/api/presence/users/hider"),
    (await call(s.nodes[1], "POST", "/api/presence/bulk", { body: { user_ids: ["hider"] } })).body,
    await get(s.nodes[1], `/api/presence/workspace/${set.workspace}/online`),
    await set.witnesses[0].client.say("get_presence", { user_ids: ["hider"] }),
    await set.witnesses[0].client.say("watch", { user_ids: ["hider"] }),
    set.witnesses.flatMap(witness => witness.client.inbox),
  ]
  for (const answer of answers) assert.ok(!JSON.stringify(answer).includes("invisible"), JSON.stringify(answer))
})

test("status expiry without a consumer: a status that is over ends, and is told", async () => {
  const { set, client } = await online("expires", "briefly")
  await client.say("set_status", { status: "busy", custom_message: "Back at ten", clear_after: 60 })
  await set.hear("briefly", ["user busy"])
  s.cluster.clock.step(61)
  await set.hear("briefly", ["user busy", "user online"], 10_000)
  const { status, custom_message } = await get(s.nodes[1], "/api/presence/users/briefly")
  assert.deepEqual([status, custom_message], ["online", null])
})

test("unbounded device set: there is an end of devices, and those that are over go", async () => {
  const statuses = []
  for (let i = 0; i < 200; i += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, k) => heartbeat(s.nodes[0], "hoarder", `bot:${i + k}`, "hoard")))
    statuses.push(...answers.map(answer => answer.status))
  }
  const accepted = statuses.filter(status => status === 204).length
  assert.deepEqual([...new Set(statuses)].sort(), [204, 429])
  assert.equal(await s.redis.command("ZCARD", "presence:user:hoarder:devices"), accepted)
  s.cluster.clock.step(601)
  assert.equal((await heartbeat(s.nodes[1], "hoarder", "bot:new", "hoard")).status, 204)
  await eventually(async () => assert.deepEqual(
    await s.redis.command("ZRANGE", "presence:user:hoarder:devices", "0", "-1"), ["bot:new"]), 15_000)
})

test("unbounded device set: a page that makes up a new device each time it loads leaves none behind", async () => {
  for (let i = 0; i < 30; ++i) {
    const client = new RoamingClient("reloader", [RoamingClient.device("reloader", "reloads", `web:${i}`)])
    await client.connect(s.nodes[i % 2])
    await client.leave()
  }
  const last = new RoamingClient("reloader", [RoamingClient.device("reloader", "reloads", "web:last")])
  await last.connect(s.nodes[0])
  await eventually(async () => assert.deepEqual(
    await s.redis.command("ZRANGE", "presence:user:reloader:devices", "0", "-1"), ["web:last"]), 10_000)
  await last.leave()
})
