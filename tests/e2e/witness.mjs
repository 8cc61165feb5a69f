// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Somebody who looks at users in every way there is, and knows what was told of each.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"

/** [user, what] for each user that the message tells of. */
export function news({ topic, event, payload }) {
  const kind = topic.split(":")[0]
  switch (`${kind} ${event}`) {
  case "user status_update": return [[payload.user_id, `user ${payload.status}`]]
  case "presence presence_update": return [[payload.user_id, `watch ${payload.status}`]]
  case "workspace presence_update": return [[payload.user_id, `workspace ${payload.status}`]]
  case "workspace presence_diff": return difference("roster", payload)
  case "channel presence_diff": return difference("viewers", payload)
  case "channel presence": return [[payload.user_id, `channel ${payload.action}`]]
  case "channel typing": return [[payload.user_id, `typing ${payload.action}`]]
  default: return []
  }
}

function difference(name, { joins, leaves }) {
  const users = [...new Set([...Object.keys(joins), ...Object.keys(leaves)])]
  return users.map(user => [user, `${name} ${!(user in leaves) ? "+" : user in joins ? "~" : "-"}`])
}

/** What a witness is told of one who types and looks at the channel, and goes. */
export const GONE = ["channel leave", "roster -", "typing stop", "user offline", "viewers -",
  "watch offline", "workspace offline"]

export class Witness {
  #begin = 0

  static async at(node, name, { users, workspace, channel }) {
    const witness = new Witness()
    witness.client = new Client(node, name)
    await witness.client.enter(`witnesses-of-${workspace}`)
    for (const user of users) await witness.client.join(`user:${user}`)
    await witness.client.join(`workspace:${workspace}`)
    await witness.client.join(`channel:${channel}`)
    await witness.client.say("watch", { user_ids: users })
    return witness
  }

  /** Everything before is forgotten. */
  begin() { this.#begin = this.client.inbox.length }

  get messages() { return this.client.inbox.slice(this.#begin) }

  /** What was told of the user since begin(), for example "user offline", in the order it came. */
  told(user) {
    return this.messages.flatMap(news).filter(([about]) => about === user).map(([, what]) => what)
  }

  /** Waits until all of `what` has been told of the user. */
  hears(user, what, ms = 2000) {
    return eventually(() => {
      const missing = [...what]
      for (const each of this.told(user)) {
        const at = missing.indexOf(each)
        if (at >= 0) missing.splice(at, 1)
      }
      assert.deepEqual(missing, [], `${this.client.user} has not heard of ${user}; only: ${this.told(user)}`)
    }, ms)
  }
}

/**
 * A user whose coming and going shows that all that happened before has arrived. It must be among
 * the users that the witnesses look at.
 */
export class Fence {
  #count = 0

  static async at(node, name, { workspace, channel }, witnesses) {
    const fence = new Fence()
    Object.assign(fence, { node, name, workspace, channel, witnesses })
    fence.client = new Client(node, name)
    await fence.client.enter(workspace)
    return fence
  }

  /** After it the witnesses have heard of everything that was published before. */
  async pass() {
    const text = `fence ${++this.#count}`
    const looks = this.#count % 2 === 1
    await this.client.say("set_status", { status: "online", custom_message: text })
    await this.client.say(looks ? "join_channel" : "leave_channel", { channel_id: this.channel })
    const arrived = witness => {
      const of = (topic, event) => witness.client.inbox.filter(m => m.topic.startsWith(topic) && m.event === event)
        .map(m => m.payload)
      const says = payload => payload.user_id === this.name && payload.custom_message === text
      const shows = payload => payload.joins[this.name]?.metas.some(meta => meta.custom_message === text)
      const wanted = payload => this.name in (looks ? payload.joins : payload.leaves)
      assert.ok(of("user:", "status_update").some(says), "no status_update of the fence")
      assert.ok(of("presence:", "presence_update").some(says), "no watched update of the fence")
      assert.ok(of("workspace:", "presence_update").some(says), "no update of the fence in the workspace")
      assert.ok(of("workspace:", "presence_diff").some(shows), "no diff of the fence in the workspace")
      assert.equal(of("channel:", "presence_diff").filter(wanted).length, Math.ceil(this.#count / 2),
        "no diff of the fence in the channel")
    }
    await Promise.all(this.witnesses.map(witness => eventually(() => arrived(witness))))
  }

  /**
   * After it the sweeper has also ended what was to end before now plus OFFLINE_GRACE: somebody
   * came and went in the meantime.
   */
  async outlast() {
    const ghost = new Client(this.node, `${this.name}-ghost-${this.#count}`)
    await ghost.enter(this.workspace)
    await ghost.say("join_channel", { channel_id: this.channel })
    const hear = (what, ms) => Promise.all(this.witnesses.map(witness => witness.hears(ghost.user, what, ms)))
    await hear(["workspace online", "roster +", "channel join", "viewers +"])
    await ghost.leave()
    await hear(["workspace offline", "roster -", "channel leave", "viewers -"], 15_000)
    await this.pass()
  }
}

/**
 * Two witnesses on two nodes and a fence, for users in a workspace and a channel of the test's
 * own, that begin with `name`.
 */
export async function stage(name, users, [one, two]) {
  const place = { workspace: `${name}-space`, channel: `${name}-room` }
  const all = { ...place, users: [...users, `${name}-fence`] }
  const witnesses = [await Witness.at(one, `${name}-witness-1`, all), await Witness.at(two, `${name}-witness-2`, all)]
  const fence = await Fence.at(two, `${name}-fence`, place, witnesses)
  return {
    ...place, witnesses, fence,
    begin: () => witnesses.forEach(witness => witness.begin()),
    hear: (user, what, ms) => Promise.all(witnesses.map(witness => witness.hears(user, what, ms))),
    /** That `what` was told of the user, once each, in any order, to everybody. */
    expect: (user, what) => witnesses.forEach(witness =>
      assert.deepEqual(witness.told(user).sort(), [...what].sort(), `what ${witness.client.user} heard of ${user}`)),
  }
}

/** A user online in the workspace, looking at the channel and typing in it. */
export async function busybody(node, user, { workspace, channel }, device = "web:1") {
  const client = new Client(node, user, { options: { reconnectAfterMs: () => 600_000 } })
  await client.enter(workspace, device)
  await client.say("join_channel", { channel_id: channel })
  await client.say("typing_start", { channel_id: channel })
  return client
}

/** What a witness is told when a busybody comes. */
export const CAME = ["channel join", "roster +", "typing start", "user online", "viewers +",
  "watch online", "workspace online"]
