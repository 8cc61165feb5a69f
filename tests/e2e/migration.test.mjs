// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The Elixir service on the same Redis, by the commands that it sends: during a migration its users
// and ours live beside each other. MIGRATION_SECONDS: how long, for the night.
import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { fixture, get, setStatus, test } from "./fixture.mjs"
import { stage } from "./witness.mjs"

const SECONDS = Number(process.env.MIGRATION_SECONDS ?? 6)
const TTL = 3
const s = fixture({ nodes: 2, environment: { HEARTBEAT_INTERVAL: "500", PRESENCE_TTL: String(TTL), OFFLINE_GRACE: "1" } })

const seconds = () => Math.floor(Date.now() / 1000)

/** PresenceTracker, ChannelPresence, TypingTracker and StatusScheduler of the Elixir service. */
class ElixirService {
  constructor(redis) { this.redis = redis }

  pipeline(...commands) { return Promise.all(commands.map(words => this.redis.command(...words))) }

  heartbeat(user, device, workspace) {
    return this.pipeline(["ZADD", `presence:user:${user}:devices`, seconds(), device],
      ["EXPIRE", `presence:user:${user}:devices`, TTL], ["ZADD", `presence:online:${workspace}`, seconds(), user],
      ["HSET", `presence:user:${user}`, "last_seen", seconds()])
  }

  setStatus(user, status, message, clearAfter) {
    return this.pipeline(
      ["HSET", `presence:user:${user}`, "status", status, "updated_at", seconds(), "custom_message", message],
      clearAfter ? ["ZADD", "presence:status_expiry", seconds() + clearAfter, user]
        : ["ZREM", "presence:status_expiry", user])
  }

  joinChannel(user, channel) {
    return this.pipeline(["ZADD", `presence:channel:${channel}`, seconds(), user],
      ["EXPIRE", `presence:channel:${channel}`, 300])
  }

  startTyping(user, channel) {
    return this.pipeline(["SADD", `typing:${channel}`, user], ["EXPIRE", `typing:${channel}`, 5])
  }

  /** A call that the scheduler makes each second. */
  async clearExpired() {
    const users = await this.redis.command("ZRANGEBYSCORE", "presence:status_expiry", 0, seconds())
    for (const user of users) {
      await this.redis.command("HSET", `presence:user:${user}`, "status", "online", "updated_at", seconds())
      await this.redis.command("ZREM", "presence:status_expiry", user)
    }
    return users
  }

  async presence(user) {
    const devices = await this.redis.command("ZRANGEBYSCORE", `presence:user:${user}:devices`, seconds() - TTL, "+inf")
    const status = await this.redis.command("HGET", `presence:user:${user}`, "status")
    return devices.length === 0 ? "offline" : status ?? "online"
  }

  viewers(channel) {
    return this.redis.command("ZRANGEBYSCORE", `presence:channel:${channel}`, seconds() - 300, "+inf")
  }

  online(workspace) {
    return this.redis.command("ZRANGEBYSCORE", `presence:online:${workspace}`, seconds() - TTL, "+inf")
  }
}

test(`both services are on one Redis for ${SECONDS} seconds, and nobody hears anything false`, async () => {
  const elixir = new ElixirService(s.redis)
  const { workspace, channel, fence, begin, expect, hear } = await stage("migration", ["ours", "theirs", "both"], s.nodes)
  const ours = new Client(s.nodes[0], "ours")
  await ours.enter(workspace)
  await ours.say("join_channel", { channel_id: channel })
  const both = new Client(s.nodes[1], "both")
  await both.enter(workspace, "ours:1")
  await elixir.heartbeat("both", "elixir:1", workspace)
  await setStatus(s.nodes[0], "ours", { status: "busy", custom_message: "till later", clear_after: SECONDS + 30 })
  await fence.pass()
  begin()

  const cleared = []
  const end = Date.now() + SECONDS * 1000
  for (let turn = 0; Date.now() < end; ++turn) {
    for (const user of ["theirs", "both"]) await elixir.heartbeat(user, "elixir:1", workspace)
    await elixir.setStatus("theirs", turn % 2 === 0 ? "busy" : "away", `turn ${turn}`, 60)
    await elixir.joinChannel("theirs", channel)
    await elixir.startTyping("theirs", channel)
    cleared.push(...await elixir.clearExpired())
    // What is there for either is there for the other.
    for (const node of s.nodes) {
      const theirs = await get(node, "/api/presence/users/theirs")
      assert.equal(theirs.status, turn % 2 === 0 ? "busy" : "away")
      assert.equal(theirs.custom_message, `turn ${turn}`)
      const { users } = await get(node, `/api/presence/workspace/${workspace}/online`)
      const names = users.map(each => each.id)
      for (const user of ["ours", "theirs", "both"]) assert.ok(names.includes(user), `${user} is not in ${names}`)
      assert.ok((await get(node, `/api/presence/channel/${channel}/viewers`)).users.includes("ours"))
      assert.ok((await get(node, `/api/presence/channel/${channel}/typing`)).users.includes("theirs"))
    }
    assert.equal(await elixir.presence("ours"), "busy")
    assert.equal(await elixir.presence("both"), "online")
    for (const user of ["ours", "both"]) assert.ok((await elixir.online(workspace)).includes(user))
    assert.ok((await elixir.viewers(channel)).includes("ours"))
    await sleep(300)
  }
  await fence.pass()
  for (const user of ["ours", "both"]) expect(user, [])
  assert.deepEqual(cleared, [], "the Elixir service ended statuses too early")

  // Who leaves us is still there for them, and gone when they stop, too.
  await both.leave()
  await sleep(1500)
  await elixir.heartbeat("both", "elixir:1", workspace)
  await fence.pass()
  expect("both", [])
  await hear("both", ["user offline", "watch offline", "workspace offline"], 15_000)
  await eventually(async () => assert.equal((await get(s.nodes[0], "/api/presence/users/theirs")).status, "offline"), 15_000)
  assert.equal((await get(s.nodes[0], "/api/presence/users/ours")).custom_message, "till later")
}, { timeout: 45_000 + SECONDS * 1000 })
