// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Snapshots and changes fit, whatever happens meanwhile, and lead to what a fresh snapshot says.
import assert from "node:assert/strict"
import { Chain, Revisions } from "./chain.mjs"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { get, fixture, test } from "./fixture.mjs"

const s = fixture({
  nodes: 3,
  environment: { OFFLINE_GRACE: "1", PRESENCE_TTL: "10", HEARTBEAT_INTERVAL: "500", TYPING_TTL: "2", LOG_LEVEL: "error" },
})
const TOPICS = ["workspace:storm", "channel:storm"]
const HERE = { channel_id: "storm" }
const ACTORS = 12

/** A repeatable source of choices. */
function dice(seed) {
  let state = seed
  return sides => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % sides
  }
}

/** A user who does something all the time, until `stop`; a refusal while Redis is away is no fault. */
class Actor {
  static #counts = new Map()
  #isOver = false

  constructor(index) {
    this.user = `actor-${index}`
    this.roll = dice(index * 7919 + 1)
    this.done = this.#live()
  }

  async #live() {
    while (!this.#isOver) await this.#act().catch(() => {})
  }

  async #act() {
    if (!this.client) return this.#enter()
    switch (this.roll(9)) {
    case 0: await this.client.say("join_channel", HERE); break
    case 1: await this.client.say("leave_channel", HERE); break
    case 2: await this.client.say("typing_start", HERE); break
    case 3: await this.client.say("typing_stop", HERE); break
    case 4: await this.client.say("set_status", { status: ["invisible", "online"][this.roll(2)] }); break
    case 5: await this.#leave(); break
    default:
      await this.client.say("set_status", { status: ["online", "busy", "away"][this.roll(3)], custom_message: this.#next() })
    }
  }

  async #enter() {
    const client = new Client(s.nodes[this.roll(2)], this.user, { options: { timeout: 2000 } })
    try {
      await client.enter("storm", `web:${this.roll(2)}`)
      this.client = client
    } catch {
      await client.leave()
    }
  }

  async #leave() {
    const { client } = this
    this.client = null
    if (this.roll(2) === 0) await client.leave()
    else client.breakOff()
  }

  /** Goes on from storm to storm, as the message that is stored does. */
  #next() {
    const count = (Actor.#counts.get(this.user) ?? 0) + 1
    Actor.#counts.set(this.user, count)
    return String(count)
  }

  async stop() {
    this.#isOver = true
    await this.done
  }
}

/** Somebody who joins in the middle, follows both topics, each user and a watch list. */
class Follower {
  revisions = new Revisions()
  watched = new Revisions()

  static async at(node, name) {
    const follower = new Follower()
    follower.client = new Client(node, name, { options: { timeout: 2000 } })
    await follower.client.enter("followers")
    follower.chains = []
    for (const topic of TOPICS) follower.chains.push(await Chain.follow(follower.client, topic))
    await follower.#followUsers()
    return follower
  }

  async #followUsers() {
    const users = Array.from({ length: ACTORS }, (_, i) => `actor-${i}`)
    for (const user of users) {
      await this.client.join(`user:${user}`, {}, channel => {
        channel.joinPush.receive("ok", row => this.revisions.start(row))
        channel.on("status_update", update => this.revisions.take(update))
      })
    }
    this.client.me.on("presence_update", update => this.watched.take(update))
    await this.watch()
  }

  /** Rows count from the moment they are there: what comes next may be in the same packet. */
  watch() {
    const users = Array.from({ length: ACTORS }, (_, i) => `actor-${i}`)
    return new Promise((resolve, reject) => this.client.me.push("watch", { user_ids: users })
      .receive("ok", reply => {
        reply.users.forEach(row => this.watched.start(row))
        resolve()
      })
      .receive("error", response => reject(new Error(response.reason)))
      .receive("timeout", () => reject(new Error("timeout"))))
  }

  get faults() { return [...this.chains, this.revisions, this.watched].flatMap(each => each.faults) }

  /** Holds what one does who joins now. */
  async agrees(node) {
    for (const chain of this.chains) assert.deepEqual(chain.view, await Chain.fresh(node, chain.topic), chain.topic)
    const { users } = await get(node, "/api/presence/channel/storm/typing")
    assert.deepEqual(this.chains.flatMap(chain => chain.typing), users.sort())
    for (let i = 0; i < ACTORS; ++i) {
      const { status, custom_message } = await get(node, `/api/presence/users/actor-${i}`)
      assert.deepEqual(this.revisions.status(`actor-${i}`), [status, custom_message])
      assert.deepEqual(this.watched.status(`actor-${i}`), [status, custom_message])
    }
  }
}

async function storm(during) {
  const actors = Array.from({ length: ACTORS }, (_, i) => new Actor(i))
  const followers = []
  try {
    await during(followers)
  } finally {
    for (const actor of actors) await actor.stop()
  }
  // Grace, sweeper, and what is on its way.
  for (const follower of followers) {
    await eventually(() => follower.agrees(s.nodes[1]), 15_000)
    assert.deepEqual(follower.faults, [])
    assert.ok(follower.chains.every(chain => chain.checked > 5), "nothing was checked")
    await follower.client.leave()
  }
  for (const actor of actors) await actor.client?.leave()
}

/** The storm has gone on for some more messages. */
const more = (follower, count = 40) => {
  const enough = follower.watched.checked + count
  return eventually(() => assert.ok(follower.watched.checked >= enough), 10_000)
}

test("who joins in the middle of a storm, and joins again", async () => {
  await storm(async followers => {
    followers.push(await Follower.at(s.nodes[0], "early"))
    for (let i = 0; i < 6; ++i) {
      await more(followers[0])
      followers.push(await Follower.at(s.nodes[i % 3], `late-${i}`))
    }
    // What was on its way to the first membership would reach the second one too, as in Phoenix:
    // a broadcast names no join. So the first one is left before.
    const [, late] = followers
    for (const [i, chain] of late.chains.entries()) {
      await chain.leave()
      assert.deepEqual(chain.faults, [])
      late.chains[i] = await Chain.follow(late.client, chain.topic)
      await more(followers[0])
    }
  })
})

test("who moves to another node because its own was killed", async () => {
  const [port, environment] = [s.nodes[2].port, { NODE_NAME: s.nodes[2].name, OFFLINE_GRACE: "1", PRESENCE_TTL: "10",
    HEARTBEAT_INTERVAL: "500", TYPING_TTL: "2", LOG_LEVEL: "error" }]
  await storm(async followers => {
    followers.push(await Follower.at(s.nodes[0], "still"))
    const moved = await Follower.at(s.nodes[2], "moved")
    await more(followers[0])
    // Another node takes the place at once: phoenix.js comes back by itself and joins all again.
    await s.nodes[2].stop("SIGKILL")
    s.nodes[2] = await s.cluster.startDaemon(environment, port)
    followers.push(moved)
    const watching = moved.client.me
    await eventually(() => assert.ok(watching.isJoined()), 10_000)
    await eventually(() => moved.watch(), 10_000)
    await more(followers[0])
  })
})

// The last one: each connection finds Redis again in its own time.
test("whose node lost Redis for a second", async () => {
  await storm(async followers => {
    followers.push(await Follower.at(s.nodes[0], "steady-0"), await Follower.at(s.nodes[1], "steady-1"))
    for (const chain of followers.flatMap(follower => follower.chains)) chain.mayRepeat = true
    await more(followers[0])
    await s.cluster.killRedis()
    await s.cluster.startRedis()
    await more(followers[0])
    await more(followers[1])
  })
})
